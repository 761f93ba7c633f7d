//! Names of services.

use std::fmt;

use crate::systemd::names::{NAME_MAX, UNIT_SUFFIXES, is_name_char, reserved};

/// The name of a service without `.service`: valid for systemd, not reserved, and usable as a file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("is empty")]
    Empty,
    #[error("contains {0:?}, but unit names consist of ASCII letters, digits and `:_.-`")]
    Character(char),
    /// `@` makes a template or an instance.
    #[error("contains `@`, which systemd reserves for templates and instances")]
    Template,
    #[error("contains `..`")]
    DotDot,
    #[error("begins with `{0}`, which makes it look like an option or a hidden file")]
    Begin(char),
    #[error("is {0} bytes long; at most {NAME_MAX} are allowed")]
    TooLong(usize),
    #[error("is the name of another unit type, `{0}`")]
    OtherType(&'static str),
    /// The pattern of a reserved name.
    #[error("is reserved for the system (`{0}`)")]
    Reserved(&'static str),
}

impl UnitName {
    /// With or without `.service`.
    pub fn parse(text: &str) -> Result<UnitName, NameError> {
        let name = text.strip_suffix(".service").unwrap_or(text);
        if let Some(pattern) = reserved(name) {
            return Err(NameError::Reserved(pattern));
        }
        if name.contains('@') {
            return Err(NameError::Template);
        }
        UnitName::existing(text)
    }

    /// The name of an existing service, which may be reserved or an instance (`getty@tty1`).
    pub fn existing(text: &str) -> Result<UnitName, NameError> {
        let name = text.strip_suffix(".service").unwrap_or(text);
        let Some(first) = name.chars().next() else { return Err(NameError::Empty) };
        if first == '@' || name.ends_with('@') {
            return Err(NameError::Template);
        }
        if let Some(other) = name.chars().find(|c| !is_name_char(*c) && *c != '@') {
            return Err(NameError::Character(other));
        }
        if name.contains("..") {
            return Err(NameError::DotDot);
        }
        if matches!(first, '-' | '.') {
            return Err(NameError::Begin(first));
        }
        if let Some(suffix) = UNIT_SUFFIXES.into_iter().find(|suffix| name.ends_with(suffix)) {
            return Err(NameError::OtherType(suffix));
        }
        if name.len() > NAME_MAX {
            return Err(NameError::TooLong(name.len()));
        }
        Ok(UnitName(name.to_owned()))
    }

    /// Without suffix.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `NAME.service`
    pub fn unit(&self) -> String {
        format!("{}.service", self.0)
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_with_and_without_suffix() {
        for name in ["myscriptd", "web-1", "a.b_c:d", r"x\x2dy", &"n".repeat(NAME_MAX)] {
            assert_eq!(UnitName::parse(name).unwrap().as_str(), name);
            assert_eq!(UnitName::parse(&format!("{name}.service")).unwrap().as_str(), name);
        }
    }

    #[test]
    fn refuses_what_is_no_name() {
        use NameError::*;
        for (name, why) in [
            ("", Empty),
            (".service", Empty),
            ("..", DotDot),
            ("a..b", DotDot),
            ("../x", Character('/')),
            ("a/b", Character('/')),
            ("a b", Character(' ')),
            ("a\nb", Character('\n')),
            ("größe", Character('ö')),
            ("a%b", Character('%')),
            ("-x", Begin('-')),
            (".x", Begin('.')),
            ("x@", Template),
            ("x@y", Template),
            ("x.timer", OtherType(".timer")),
            ("a.service.service", OtherType(".service")),
            ("user@1000", Reserved("user@*")),
            ("systemd-foo", Reserved("systemd-*")),
            ("dbus.service", Reserved("dbus")),
        ] {
            assert_eq!(UnitName::parse(name), Err(why), "{name:?}");
        }
        assert_eq!(UnitName::parse(&"n".repeat(NAME_MAX + 1)), Err(TooLong(NAME_MAX + 1)));
    }
}
