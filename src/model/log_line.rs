//! A line of a log.

use std::ops::Deref;

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct LogLine {
    /// In microseconds since 1970; 0 if unknown.
    pub time: u64,
    pub text: String,
}

impl Deref for LogLine {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// A line whose time is unknown.
impl<T: Into<String>> From<T> for LogLine {
    fn from(text: T) -> LogLine {
        LogLine { time: 0, text: text.into() }
    }
}
