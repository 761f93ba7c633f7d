//! What one line of a unit file can hold at all, before any rule of a single directive.
//!
//! Facts: systemd.syntax(7), and systemd's `conf-parser.c` and `fileio.c`: lines end at `\n`, at a
//! lone `\r` and at NUL; every assignment must be UTF-8 without Unicode's noncharacters, or the
//! whole unit fails to load; an odd run of backslashes at the end swallows the next line.

use crate::model::unicode::is_noncharacter;

/// The longest argument, in bytes, that the kernel hands to a program (`MAX_ARG_STRLEN`, less its
/// closing NUL); the same holds for one `NAME=VALUE` of the environment.
pub const ARGUMENT_MAX: usize = 131_071;

/// The length, in bytes, from which systemd refuses a line, continuations included
/// (`LONG_LINE_MAX`).
pub const LONG_LINE_MAX: usize = 1 << 20;

/// Why a value cannot stand in a unit file as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// A line feed or carriage return.
    #[error("holds a line break, which a unit file cannot carry here")]
    LineBreak,
    /// A NUL byte.
    #[error("holds a NUL byte, which no program and no unit file can take")]
    Nul,
    /// Bytes that are no UTF-8.
    #[error("is not valid UTF-8, which systemd demands here")]
    NotUtf8,
    /// A noncharacter such as U+FDD0.
    #[error("holds the Unicode noncharacter U+{0:04X}, which systemd refuses")]
    NonCharacter(u32),
    /// An odd number of backslashes at the end.
    #[error("ends in a backslash, which would swallow the next line of the unit file")]
    TrailingBackslash,
    /// A blank or a tab at the end.
    #[error("ends in white space, which systemd strips")]
    TrailingBlank,
    /// A blank, a tab or a backslash, where systemd hands the value on to its executor unquoted.
    #[error("holds white space or a backslash, which systemd from 255 on cannot take here")]
    Unquoted,
    /// Longer than the kernel or systemd takes; the limit, in bytes.
    #[error("is longer than the {0} bytes that can be passed on")]
    TooLong(usize),
}

/// Checks that `bytes` are text for systemd: UTF-8, no NUL, no noncharacter. Line breaks pass.
pub fn check_text(bytes: &[u8]) -> Result<&str, Unwritable> {
    if bytes.contains(&0) {
        return Err(Unwritable::Nul);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Unwritable::NotUtf8)?;
    match text.chars().find(|c| is_noncharacter(*c)) {
        Some(c) => Err(Unwritable::NonCharacter(c as u32)),
        None => Ok(text),
    }
}

/// Checks that `bytes` can stand unescaped within one line: [`check_text`] and no line break.
pub fn check_line(bytes: &[u8]) -> Result<&str, Unwritable> {
    let text = check_text(bytes)?;
    if text.contains(['\n', '\r']) {
        return Err(Unwritable::LineBreak);
    }
    Ok(text)
}

/// True when a line that ends so would be joined with the next one.
pub fn ends_in_continuation(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Doubles every `%`, so that no specifier of systemd.unit(5) is expanded.
pub fn double_percent(text: &str) -> String {
    text.replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_a_line_cannot_hold() {
        assert_eq!(check_line(b"a\nb"), Err(Unwritable::LineBreak));
        assert_eq!(check_line(b"a\rb"), Err(Unwritable::LineBreak));
        assert_eq!(check_line(b"a\0b"), Err(Unwritable::Nul));
        assert_eq!(check_line(b"a\xffb"), Err(Unwritable::NotUtf8));
        assert_eq!(check_line("a\u{fdd0}".as_bytes()), Err(Unwritable::NonCharacter(0xfdd0)));
        assert_eq!(check_line("a\u{1ffff}".as_bytes()), Err(Unwritable::NonCharacter(0x1ffff)));
        assert_eq!(check_line("é\t%".as_bytes()), Ok("é\t%"));
    }

    #[test]
    fn counts_backslashes_at_the_end() {
        assert!(ends_in_continuation("a\\"));
        assert!(!ends_in_continuation("a\\\\"));
        assert!(ends_in_continuation("\\\\\\"));
        assert!(!ends_in_continuation("\\a"));
    }
}
