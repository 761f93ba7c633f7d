//! One `-p NAME=VALUE`: a line of the unit file in the user's own words.

use crate::systemd::directives::{Section, section_of};
use crate::systemd::text::{LONG_LINE_MAX, Unwritable, check_line, ends_in_continuation};

/// A directive and its value, as they stand in a unit file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    name: String,
    value: String,
}

/// Why a text is no property.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PropertyError {
    /// No `=`.
    #[error("has no `=`: write NAME=VALUE, as in a unit file")]
    NoAssignment,
    /// Something before the `=` that is no directive's name.
    #[error("does not begin with the name of a directive")]
    Name,
    /// A value that would break the unit file.
    #[error("{0}")]
    Value(#[from] Unwritable),
}

impl Property {
    /// Takes `NAME=VALUE`; the value is what stands behind `NAME=` in a unit file.
    pub fn parse(text: &[u8]) -> Result<Property, PropertyError> {
        let text = check_line(text)?;
        let (name, value) = text.split_once('=').ok_or(PropertyError::NoAssignment)?;
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !named {
            return Err(PropertyError::Name);
        }
        // What systemd strips is stripped here, so that what is shown is what it reads.
        let value = value.trim_matches([' ', '\t']);
        if ends_in_continuation(value) {
            return Err(Unwritable::TrailingBackslash.into());
        }
        if text.len() >= LONG_LINE_MAX {
            return Err(Unwritable::TooLong(LONG_LINE_MAX - 1).into());
        }
        Ok(Property { name: name.to_owned(), value: value.to_owned() })
    }

    /// One of ours, whose value was made to be written.
    ///
    /// # Errors
    /// [`PropertyError`] for a value that would break the unit file after all.
    pub fn new(name: &str, value: &str) -> Result<Property, PropertyError> {
        Property::parse(format!("{name}={value}").as_bytes())
    }

    /// The directive.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value, as it stands in a unit file; empty resets a list.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The section it belongs to.
    pub fn section(&self) -> Section {
        section_of(&self.name)
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
            ("A=x\\", PropertyError::Value(Unwritable::TrailingBackslash)),
            ("A=x\\ ", PropertyError::Value(Unwritable::TrailingBackslash)),
        ] {
            assert_eq!(Property::parse(text.as_bytes()), Err(why), "{text:?}");
        }
        let property = Property::parse(b"Environment=A=%h $x").unwrap();
        assert_eq!((property.name(), property.value()), ("Environment", "A=%h $x"));
        assert_eq!(Property::parse(b"After=").unwrap().section(), Section::Unit);
    }
}
