//! The escaper of every `{{ … }}` in a unit template: default-deny.

use std::fmt::{self, Write};

use askama::filters::Escaper;

/// Writes one line of plain text: doubles `%`, so that no specifier is expanded, and fails on a line break, which would
/// begin another directive.
///
/// Values with other rules are written by [`crate::systemd`] and marked `Safe`. Value types refuse invalid input
/// before: a failure here is a bug.
#[derive(Debug, Clone, Copy)]
pub struct UnitText;

impl Escaper for UnitText {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '\n' | '\r' | '\0' => return Err(fmt::Error),
                '%' => dest.write_str("%%")?,
                c => dest.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    #[derive(Template)]
    #[template(source = "A={{ value }}", ext = "service")]
    struct Line<'a> {
        value: &'a str,
    }

    #[test]
    fn nobody_has_to_remember_to_escape() {
        assert_eq!(Line { value: "100%h $x" }.render().unwrap(), "A=100%%h $x");
        for value in ["a\nB=c", "a\rB=c", "a\0b"] {
            assert!(Line { value }.render().is_err(), "{value:?}");
        }
    }
}
