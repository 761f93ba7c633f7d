//! Dependencies on other units.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::UnitName;
use crate::systemd::names::{UNIT_SUFFIXES, is_name_char, of_path};

/// The full name of any unit: with its suffix, and with the instance if it has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OtherUnit(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OtherUnitError {
    #[error("is empty")]
    Empty,
    #[error("contains {0:?}, but unit names consist of ASCII letters, digits and `:_.-@`")]
    Character(char),
    #[error("is neither a unit name nor an absolute path")]
    RelativePath,
    #[error("contains `..`, which no unit name can express")]
    DotDot,
    /// `%` is a specifier.
    #[error("contains `%`, which is a specifier in unit names")]
    Specifier,
    /// A template without an instance.
    #[error("is a template: name an instance after the `@`")]
    Template,
    #[error("begins with `@`")]
    NoPrefix,
    #[error("is {0} bytes long, but unit names can have at most {UNIT_MAX}")]
    TooLong(usize),
}

/// The longest unit name, in bytes with suffix (systemd.unit(5)).
const UNIT_MAX: usize = 255;

impl OtherUnit {
    /// Like systemctl(1): a name without suffix is a service, an absolute path its mount or device.
    pub fn parse(text: &str) -> Result<OtherUnit, OtherUnitError> {
        let name = match text {
            path if path.starts_with('/') => of_path(path).ok_or(OtherUnitError::DotDot)?,
            name if has_suffix(name) => name.to_owned(),
            name => format!("{name}.service"),
        };
        let (stem, _) = name.rsplit_once('.').unwrap_or_default();
        if stem.is_empty() {
            return Err(OtherUnitError::Empty);
        }
        match name.chars().find(|c| !is_name_char(*c) && *c != '@') {
            Some('/') => return Err(OtherUnitError::RelativePath),
            Some('%') => return Err(OtherUnitError::Specifier),
            Some(other) => return Err(OtherUnitError::Character(other)),
            None => {}
        }
        if stem.starts_with('@') {
            return Err(OtherUnitError::NoPrefix);
        }
        if stem.ends_with('@') && stem.matches('@').count() == 1 {
            return Err(OtherUnitError::Template);
        }
        if name.len() > UNIT_MAX {
            return Err(OtherUnitError::TooLong(name.len()));
        }
        Ok(OtherUnit(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file it is loaded from: that of the template for an instance.
    pub fn file(&self) -> String {
        match (self.0.split_once('@'), self.0.rsplit_once('.')) {
            (Some((prefix, _)), Some((_, suffix))) => format!("{prefix}@.{suffix}"),
            _ => self.0.clone(),
        }
    }
}

impl fmt::Display for OtherUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub fn has_suffix(text: &str) -> bool {
    UNIT_SUFFIXES.into_iter().any(|suffix| text.ends_with(suffix))
}

/// Whether a value names a unit and not a command: it ends like one, and is one word without a slash.
pub fn names_unit(text: &str) -> bool {
    has_suffix(text) && !text.contains(['/', ' ', '\t', '\n'])
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependencies {
    /// Includes the units of [`Dependencies::requires`].
    pub after: Vec<OtherUnit>,
    pub requires: Vec<OtherUnit>,
    pub wants: Vec<OtherUnit>,
    pub part_of: Vec<OtherUnit>,
    /// Besides the companion that runs a command.
    pub on_failure: Vec<OtherUnit>,
}

impl Dependencies {
    /// Directives and units, in the order they are written.
    pub fn lists(&self) -> [(&'static str, &[OtherUnit]); 5] {
        [
            ("Requires", &self.requires),
            ("Wants", &self.wants),
            ("After", &self.after),
            ("PartOf", &self.part_of),
            ("OnFailure", &self.on_failure),
        ]
    }

    /// The first directive that names the service itself.
    pub fn of_itself(&self, name: &UnitName) -> Option<&'static str> {
        let unit = name.unit();
        let lists = self.lists().into_iter();
        lists.filter(|(_, units)| units.iter().any(|other| other.0 == unit)).map(|(directive, _)| directive).next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_they_mean_to_systemctl() {
        for (text, unit) in [
            ("web", "web.service"),
            ("web.service", "web.service"),
            ("a@b", "a@b.service"),
            ("a@b@c.timer", "a@b@c.timer"),
            ("network-online.target", "network-online.target"),
            ("web.targte", "web.targte.service"),
            ("/mnt/data", "mnt-data.mount"),
            ("/", "-.mount"),
            (r"srv-a\x20b.mount", r"srv-a\x20b.mount"),
            ("dev-sda1.device", "dev-sda1.device"),
        ] {
            assert_eq!(OtherUnit::parse(text).as_ref().map(OtherUnit::as_str), Ok(unit), "{text}");
        }
        assert_eq!(OtherUnit::parse("a@b@c.timer").unwrap().file(), "a@.timer");
        assert_eq!(OtherUnit::parse("web").unwrap().file(), "web.service");
    }

    #[test]
    fn refuses_what_systemd_does_not_take() {
        use OtherUnitError::*;
        for (text, why) in [
            ("", Empty),
            (".target", Empty),
            ("a b", Character(' ')),
            ("a\nb", Character('\n')),
            ("größe", Character('ö')),
            ("./data", RelativePath),
            ("a/b.mount", RelativePath),
            ("/srv/../x", DotDot),
            ("mail@%n.service", Specifier),
            ("a@", Template),
            ("a@.timer", Template),
            ("@a", NoPrefix),
        ] {
            assert_eq!(OtherUnit::parse(text), Err(why), "{text:?}");
        }
        assert_eq!(OtherUnit::parse(&"n".repeat(248)), Err(TooLong(256)));
        assert!(OtherUnit::parse(&"n".repeat(247)).is_ok());
    }
}
