//! A property: `-p [SECTION.]NAME=VALUE`, a line of the unit file as given.

use crate::systemd::directives::{Section, section_of};
use crate::systemd::text::{LONG_LINE_MAX, Unwritable, check_line, ends_in_continuation};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    named: Option<Section>,
    name: String,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PropertyError {
    #[error("has no `=`: write NAME=VALUE, as in a unit file")]
    NoAssignment,
    #[error("does not begin with the name of a directive")]
    Name,
    #[error("does not name a section of a unit file: use [Unit], [Service] or [Install]")]
    Section,
    #[error("{0}")]
    Value(#[from] Unwritable),
}

impl Property {
    /// Takes `NAME=VALUE` or `SECTION.NAME=VALUE`, with the value as in a unit file. [`crate::resolve`] checks whether
    /// systemd knows the name and accepts the value.
    pub fn parse(text: &[u8]) -> Result<Property, PropertyError> {
        let text = check_line(text)?;
        let (name, value) = text.split_once('=').ok_or(PropertyError::NoAssignment)?;
        let is_name = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let (section, name) = match name.split_once('.') {
            Some((section, name)) if is_name(section) => (Some(section), name),
            _ => (None, name),
        };
        if !is_name(name) {
            return Err(PropertyError::Name);
        }
        let section = section.map(|section| Section::parse(section).ok_or(PropertyError::Section)).transpose()?;
        // systemd strips these too; what is shown must be what systemd reads.
        let value = value.trim_matches([' ', '\t']);
        if ends_in_continuation(value) {
            return Err(Unwritable::TrailingBackslash.into());
        }
        if text.len() >= LONG_LINE_MAX {
            return Err(Unwritable::TooLong(LONG_LINE_MAX - 1).into());
        }
        Ok(Property { named: section, name: name.to_owned(), value: value.to_owned() })
    }

    /// A property of mkservice itself, whose value is written by mkservice.
    pub fn new(name: &str, value: &str) -> Result<Property, PropertyError> {
        Property::parse(format!("{name}={value}").as_bytes())
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Empty to reset a list.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The given section, or else the section the directive belongs to.
    pub fn section(&self) -> Section {
        self.named.unwrap_or_else(|| section_of(&self.name))
    }

    pub fn named_section(&self) -> Option<Section> {
        self.named
    }

    pub fn written(&self) -> String {
        let section = self.named.map(|section| format!("{}.", section.name()));
        format!("{}{}={}", section.unwrap_or_default(), self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_break_out_of_its_line() {
        for (text, why) in [
            ("MemoryMax", PropertyError::NoAssignment),
            ("=1G", PropertyError::Name),
            ("[Install]\n=", PropertyError::Value(Unwritable::LineBreak)),
            ("A=x\nB=y", PropertyError::Value(Unwritable::LineBreak)),
            ("A=x\rB=y", PropertyError::Value(Unwritable::LineBreak)),
            ("[Install]x=", PropertyError::Name),
            ("#A=1", PropertyError::Name),
            (" A=1", PropertyError::Name),
            ("Unti.After=a.service", PropertyError::Section),
            ("Unit.=1", PropertyError::Name),
            ("A=x\\", PropertyError::Value(Unwritable::TrailingBackslash)),
            ("A=x\\ ", PropertyError::Value(Unwritable::TrailingBackslash)),
        ] {
            assert_eq!(Property::parse(text.as_bytes()), Err(why), "{text:?}");
        }
        let property = Property::parse(b"Environment=A=%h $x").unwrap();
        assert_eq!((property.name(), property.value()), ("Environment", "A=%h $x"));
        assert_eq!(Property::parse(b"After=").unwrap().section(), Section::Unit);
        let named = Property::parse(b"Service.StartLimitBurst=5").unwrap();
        assert_eq!((named.section(), named.name()), (Section::Service, "StartLimitBurst"));
        assert_eq!(Property::parse(named.written().as_bytes()), Ok(named));
        assert_eq!(Property::parse(b"StartLimitBurst=5").unwrap().section(), Section::Unit);
    }
}
