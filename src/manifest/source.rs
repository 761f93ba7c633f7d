//! The text of a file of services: which place in it is meant, and how that looks.

use std::ops::Range;

use unicode_width::UnicodeWidthChar as _;

use crate::model::command::run;
use crate::model::diagnostic::{Code, Error, FilePlace, Result};
use crate::model::message::{Message, message, path_word, quoted};
use crate::shell;
use crate::spec::looks_secret;

/// How many bytes a file can have at most. A service takes a few hundred.
pub const SIZE_MAX: u64 = 4 << 20;

/// How many columns of a line are shown.
const WIDTH: usize = 100;

/// A file that was read.
#[derive(Debug)]
pub struct Source {
    file: String,
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
}

/// A byte order mark, which some editors write.
const MARK: &str = "\u{feff}";

impl Source {
    /// Takes the bytes of a file; `file` is its name for people.
    pub fn new(bytes: &[u8], file: &str) -> Result<Source> {
        let file = shell::printable(file);
        if bytes.len() as u64 > SIZE_MAX {
            return Err(too_big(&file, bytes.len() as u64));
        }
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_prefix(MARK).unwrap_or(&text).to_owned();
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        let source = Source { file, text, lines };
        let Err(error) = std::str::from_utf8(bytes) else { return Ok(source) };
        // The text before it is the same in both.
        let at = error.valid_up_to() - if bytes.starts_with(MARK.as_bytes()) { MARK.len() } else { 0 };
        let byte = bytes[error.valid_up_to()];
        let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let (what, from) = match utf16 {
            true => ("the file is UTF-16, but must be UTF-8".to_owned(), "UTF-16"),
            false => (format!("the byte 0x{byte:02x} is not valid UTF-8"), "LATIN1"),
        };
        let convert = run("iconv").args(["-f", from, "-t", "UTF-8", &source.file]);
        let hint = message!("save it as UTF-8: {} > {}", convert, path_word(format!("{}.utf8", source.file)));
        let end = at + char::REPLACEMENT_CHARACTER.len_utf8();
        Err(source.error(at..end, what).hint(hint))
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place of a range.
    pub fn place(&self, span: Range<usize>) -> FilePlace {
        let (line, start) = self.line_of(span.start);
        let column = self.text.get(start..span.start).map_or(0, |before| before.chars().count());
        FilePlace { file: self.file.clone(), line: line + 1, column: column + 1, excerpt: self.excerpt(span) }
    }

    /// The line that a byte is in, counted from 0, and where it begins.
    fn line_of(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at).saturating_sub(1);
        (line, self.lines[line])
    }

    /// The line of a range, which is marked under it.
    fn excerpt(&self, span: Range<usize>) -> Vec<String> {
        let (line, start) = self.line_of(span.start);
        let text = self.text[start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let (shown, hidden) = without_secret(text);
        let (mut out, mut marks, mut columns) = (String::new(), String::new(), 0);
        // Of a long line, the part around the range is shown.
        let far = text.char_indices().map(|(at, _)| start + at).take_while(|at| *at < span.start).count();
        let skipped = if far > WIDTH / 2 { far - WIDTH / 4 } else { 0 };
        if skipped > 0 {
            (out, marks, columns) = ("…".into(), " ".into(), 1);
        }
        for (at, c) in shown.char_indices().skip(skipped) {
            let written = if c == '\t' { " ".to_owned() } else { shell::printable(c.encode_utf8(&mut [0; 4])) };
            let width: usize = written.chars().map(|c| c.width().unwrap_or(0)).sum();
            if columns + width > WIDTH {
                out.push('…');
                break;
            }
            out.push_str(&written);
            let at = start + at;
            let mark = if span.contains(&at) || (at == span.start && span.is_empty()) { "^" } else { " " };
            marks.push_str(&mark.repeat(width));
            columns += width;
        }
        if hidden {
            out.push('…');
        }
        if !marks.contains('^') {
            marks.push('^');
        }
        let number = (line + 1).to_string();
        let gutter = " ".repeat(number.len());
        vec![format!("{number} | {out}"), format!("{gutter} | {}", marks.trim_end())]
    }

    /// What is wrong at a place.
    pub fn error(&self, span: Range<usize>, what: impl Into<Message>) -> Error {
        let place = self.place(span);
        Error::new(Code::FileInvalid, what).map(|it| it.place = Some(place.clone()))
    }
}

/// A file of a size that is not read.
pub fn too_big(file: &str, size: u64) -> Error {
    let mib = |size: u64| format!("{}.{} MiB", size >> 20, ((size % (1 << 20)) * 10) >> 20);
    let message = message!("{} is too large: {}; the limit is {}", quoted(file), mib(size), mib(SIZE_MAX));
    Error::new(Code::FileInvalid, message)
}

/// A line without a value that looks like a secret: error messages can end up in logs.
fn without_secret(line: &str) -> (&str, bool) {
    let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    let Some((name, value)) = line.split_once('=') else { return (line, looks_secret::by_form(line)) };
    let last = |text: &str| unquoted(text.rsplit(['.', '{', ',']).next().unwrap_or_default());
    let inner =
        value.split_once('=').is_some_and(|(name, value)| looks_secret::named_so(&last(name), &unquoted(value)));
    if inner || looks_secret::named_so(&last(name), &unquoted(value)) || looks_secret::by_form(value) {
        return (&line[..name.len() + 1], true);
    }
    (line, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::wording::plain;

    fn told(text: &str, span: Range<usize>) -> (String, Vec<String>) {
        let source = Source::new(text.as_bytes(), "mkservice.toml").unwrap();
        let FilePlace { file, line, column, excerpt } = source.place(span);
        (format!("{file}:{line}:{column}"), excerpt)
    }

    #[test]
    fn places_are_marked() {
        let owned = |lines: [&str; 2]| lines.map(str::to_owned).to_vec();
        assert_eq!(told("a\nbc = 1\n", 2..4), ("mkservice.toml:2:1".into(), owned(["2 | bc = 1", "  | ^^"])));
        // Characters count, not bytes, and wide ones take two columns.
        assert_eq!(told("日本 x\r\n", 7..8), ("mkservice.toml:1:4".into(), owned(["1 | 日本 x", "  |      ^"])));
        assert_eq!(
            told("a\tb\u{1b}c", 4..5),
            ("mkservice.toml:1:5".into(), owned([r"1 | a b\u{1b}c", "  |          ^"]))
        );
        // The end of a line, of the file, and of an empty file.
        assert_eq!(told("ab\n", 2..2), ("mkservice.toml:1:3".into(), owned(["1 | ab", "  |   ^"])));
        assert_eq!(told("ab\n", 3..3), ("mkservice.toml:2:1".into(), owned(["2 | ", "  | ^"])));
        assert_eq!(told("", 0..0), ("mkservice.toml:1:1".into(), owned(["1 | ", "  | ^"])));
        assert_eq!(told("\u{feff}a = 1", 0..1), ("mkservice.toml:1:1".into(), owned(["1 | a = 1", "  | ^"])));
    }

    #[test]
    fn long_lines_are_shown_around_the_place() {
        let line = format!("a = [{}x]", "1,".repeat(500));
        let (place, excerpt) = told(&line, 1005..1006);
        assert_eq!(place, "mkservice.toml:1:1006");
        assert_eq!(excerpt[0].chars().last(), Some(']'));
        assert_eq!(excerpt[0].chars().position(|c| c == 'x'), excerpt[1].find('^'));
        let (_, excerpt) = told(&line, 0..1);
        assert!(excerpt[0].chars().count() < 110 && excerpt[1] == "  | ^", "{excerpt:?}");
    }

    #[test]
    fn no_secret_is_shown() {
        for line in [
            "API_KEY = \"s3cr3t-value-9\"",
            "setenv = { DB_PASSWORD = 's3cr3t-value-9' }",
            "A = \"postgres://u:s3cr3t-value-9@h/d\"",
        ] {
            let (_, excerpt) = told(line, 0..3);
            assert!(!excerpt.join("\n").contains("s3cr3t"), "{excerpt:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        let wrong = |bytes: &[u8]| plain(&Source::new(bytes, "x.toml").unwrap_err());
        assert_eq!(
            wrong(b"a = 1\nb = \"gr\xfc\xdfe\"\n"),
            "x.toml:2:8: the byte 0xfc is not valid UTF-8 | \
             save it as UTF-8: iconv -f LATIN1 -t UTF-8 x.toml > x.toml.utf8"
        );
        assert!(wrong(b"\xff\xfea\0").starts_with("x.toml:1:1: the file is UTF-16, but must be UTF-8 | "));
        assert_eq!(wrong(&vec![b'#'; 10 << 20]), "`x.toml` is too large: 10.0 MiB; the limit is 4.0 MiB");
    }
}
