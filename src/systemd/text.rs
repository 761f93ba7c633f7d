//! What a line of a unit file can contain, whatever the directive.
//!
//! By systemd.syntax(7) and systemd's `conf-parser.c` and `fileio.c`: lines end at `\n`, a lone `\r` and NUL; every
//! assignment must be UTF-8 without noncharacters, or the unit fails to load; an odd number of backslashes at the end
//! continues the line.

use crate::model::unicode::is_noncharacter;

/// The longest argument in bytes that the kernel passes to a program (`MAX_ARG_STRLEN` without the NUL), and the
/// longest `NAME=VALUE` of the environment.
pub const ARGUMENT_MAX: usize = 131_071;

/// The length in bytes from which systemd refuses a line including its continuations.
pub const LONG_LINE_MAX: usize = 1 << 20;

/// Why a value cannot be written to a unit file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    #[error("contains a line break, which unit files do not allow here")]
    LineBreak,
    #[error("contains a NUL byte, which neither programs nor unit files allow")]
    Nul,
    #[error("is not valid UTF-8, which systemd requires here")]
    NotUtf8,
    #[error("contains the Unicode noncharacter U+{0:04X}, which systemd refuses")]
    NonCharacter(u32),
    #[error("ends in a backslash, which would continue the line")]
    TrailingBackslash,
    #[error("ends in white space, which systemd strips")]
    TrailingBlank,
    /// White space or a backslash in a value that systemd passes to its executor unquoted.
    #[error("contains white space or a backslash, which systemd 255 and newer do not support here")]
    Unquoted,
    /// The limit in bytes.
    #[error("is longer than the limit of {0} bytes")]
    TooLong(usize),
}

/// Allows line breaks.
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

pub fn check_line(bytes: &[u8]) -> Result<&str, Unwritable> {
    let text = check_text(bytes)?;
    if text.contains(['\n', '\r']) {
        return Err(Unwritable::LineBreak);
    }
    Ok(text)
}

/// True if the next line would be appended to a line with this end.
pub fn ends_in_continuation(text: &str) -> bool {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Escapes specifiers.
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
