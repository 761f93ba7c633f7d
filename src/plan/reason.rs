//! Why a unit is restarted.

use std::fmt;

use crate::model::message::some_of;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Directives that a running unit does not take over; none if the whole unit is new to it.
    Directives(Vec<String>),
    /// The run began before the unit file was written.
    OlderFile,
    Secret,
    /// systemd is about to restart it, as it failed.
    Waiting,
}

impl Reason {
    /// `None` without any.
    pub fn text(reasons: &[Reason]) -> Option<String> {
        let words: Vec<String> = reasons.iter().map(Reason::to_string).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Directives(names) if names.is_empty() => f.write_str("it runs without this unit file"),
            Reason::Directives(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                write!(f, "{} changed", some_of(&names))
            }
            Reason::OlderFile => f.write_str("it runs with an older unit file"),
            Reason::Secret => f.write_str("a secret changed"),
            Reason::Waiting => f.write_str("it waits for its next automatic restart"),
        }
    }
}
