//! How a word is written in the settings that take C escapes: `ExecStart=` and `Environment=`.
//!
//! Facts: systemd.syntax(7) "Quoting", systemd.service(5) "Command lines", systemd's
//! `extract-word.c`. systemd reads such a word in this order: quotes and C escapes, then `%`
//! specifiers, then (for arguments, when the service starts) `$` variables. A hex escape therefore
//! protects neither `%` nor `$`; only doubling does.

use std::fmt::Write as _;

use super::specifier::{self, Percent};
use crate::model::unicode::is_noncharacter;

/// The meaning of `$` in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dollar {
    /// systemd expands variables: `$` is doubled.
    Doubled,
    /// systemd leaves `$` alone.
    Literal,
}

/// systemd reads back exactly these bytes.
pub fn word(bytes: &[u8], dollar: Dollar) -> String {
    word_with(bytes, dollar, Percent::Literal)
}

/// `percent` says whether `%i` is the name of an instance.
pub fn word_with(bytes: &[u8], dollar: Dollar, percent: Percent) -> String {
    if is_plain(bytes) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in specifier::written(bytes, percent).utf8_chunks() {
        for c in chunk.valid().chars() {
            push_char(&mut out, c, dollar);
        }
        push_bytes(&mut out, chunk.invalid());
    }
    out.push('"');
    out
}

/// Characters that need no quotes anywhere.
fn is_plain(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"_@+=:,./-".contains(b))
}

fn push_char(out: &mut String, c: char, dollar: Dollar) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '$' if dollar == Dollar::Doubled => out.push_str("$$"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\x0b' => out.push_str("\\v"),
        c if c.is_control() || is_noncharacter(c) => push_bytes(out, c.encode_utf8(&mut [0; 4]).as_bytes()),
        c => out.push(c),
    }
}

fn push_bytes(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "\\x{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_table() {
        let cases: &[(&[u8], &str)] = &[
            (b"plain-word_@+=:,./", "plain-word_@+=:,./"),
            (b"", r#""""#),
            (b";", r#"";""#),
            (b"two words", r#""two words""#),
            (b"\"\\", r#""\"\\""#),
            (b"100%h", r#""100%%h""#),
            (b"$HOME${X}$$", r#""$$HOME$${X}$$$$""#),
            (b"\n\t\r\x07\x08\x0c\x0b", r#""\n\t\r\a\b\f\v""#),
            (b"\x01\x7f\x1b", r#""\x01\x7f\x1b""#),
            (b"\xff\xfe", r#""\xff\xfe""#),
            ("é\u{85}\u{fdd0}".as_bytes(), r#""é\xc2\x85\xef\xb7\x90""#),
            (b"'#`~*", r#""'#`~*""#),
        ];
        for (bytes, written) in cases {
            assert_eq!(word(bytes, Dollar::Doubled), *written);
        }
        assert_eq!(word(b"a$b", Dollar::Literal), r#""a$b""#);
    }
}
