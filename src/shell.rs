//! POSIX shell words: quoting them for people to paste, and splitting a line into them.
//!
//! mkservice itself never passes a string to a shell.

mod commands;
mod escape;
mod own;
mod words;

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::model::unicode::is_noncharacter;

pub use commands::{Parameters, commands};
pub use escape::escape;
pub use own::own_words;
pub use words::{NotWords, Special, Word, split, words};

/// Writes one word so that a shell reads back exactly its bytes.
///
/// The result is always one line of printable text: words with control characters or invalid UTF-8 are written as `$'…'`
/// with escapes, which bash, zsh, ksh and POSIX.1-2024 support.
pub fn quote(word: impl AsRef<OsStr>) -> String {
    let bytes = word.as_ref().as_bytes();
    if is_plain(bytes) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(is_printable) => match shlex::try_quote(text) {
            Ok(quoted) => quoted.into_owned(),
            Err(_) => ansi_c_quote(bytes),
        },
        _ => ansi_c_quote(bytes),
    }
}

/// A path as it is printed.
pub fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

/// Quotes arguments, with single spaces between them.
pub fn join<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> String {
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// The first character of a line that needs a shell: an operator or an expansion.
pub fn operator(line: &str) -> Option<char> {
    match split(line).err()?.what {
        Special::Operator(c) | Special::Expansion(c) => Some(c),
        Special::LineBreak => Some('\n'),
        _ => None,
    }
}

/// Whether a word is an operator of shells, or a redirection with its file (`2>/dev/null`).
pub fn is_operator(word: &str) -> bool {
    let redirected = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '&');
    let redirects = [">>", ">/", ">&", "</"].iter().any(|start| redirected.starts_with(start));
    ["&&", "||", "|", "&", ">", "<"].contains(&redirected) || ["&&", "&", "&>"].contains(&word) || redirects
}

/// A line for a shell with these words: quoted, but for operators.
pub fn join_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let written = words.into_iter().map(|word| if is_operator(word) { word.to_owned() } else { quote(word) });
    written.collect::<Vec<_>>().join(" ")
}

/// The command line of mkservice with these arguments.
pub fn own_line(words: &[OsString]) -> String {
    join(std::iter::once(OsString::from("mkservice")).chain(words.iter().cloned()))
}

/// Makes untrusted text safe to print on a terminal by escaping what is not printable.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_printable(c) {
            out.push(c);
        } else {
            out.extend(c.escape_default());
        }
    }
    out
}

/// True for characters that neither move the cursor nor hide or reorder text on a terminal, and that systemd accepts in
/// a unit file.
pub fn is_printable(c: char) -> bool {
    let reorders = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let separates = matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    !(c.is_control() || reorders || separates || is_noncharacter(c))
}

/// Words that need no quotes in any shell. zsh expands a leading `=`.
fn is_plain(bytes: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(b);
    !bytes.is_empty() && bytes[0] != b'=' && bytes.iter().all(plain)
}

fn ansi_c_quote(bytes: &[u8]) -> String {
    let mut out = String::from("$'");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                '\'' => out.push_str("\\'"),
                '\\' => out.push_str("\\\\"),
                c if is_printable(c) => out.push(c),
                c => push_octal(&mut out, c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        push_octal(&mut out, chunk.invalid());
    }
    out.push('\'');
    out
}

/// Octal, because shells differ in how many digits of `\xNN` they read.
fn push_octal(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "\\{byte:03o}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn what_only_a_shell_could_do_is_seen() {
        for (line, found) in [
            ("mail -s 'down; call' root", None),
            (r#"curl -d "a&b" https://x/?a=b"#, None),
            (r"echo \$x \| y", None),
            (r#"echo "it's" '$x'"#, None),
            ("curl x | mail root", Some('|')),
            ("a && b", Some('&')),
            ("echo $MONITOR_UNIT", Some('$')),
            (r#"echo "$MONITOR_UNIT""#, Some('$')),
            ("echo 'a'`id`", Some('`')),
            ("a > b", Some('>')),
            ("(a)", Some('(')),
        ] {
            assert_eq!(operator(line), found, "{line}");
        }
    }

    #[test]
    fn plain_words_stay_plain() {
        assert_eq!(
            join(["mkservice", "--", "gunicorn", "app:app", "--bind", ":8000"]),
            "mkservice -- gunicorn app:app --bind :8000"
        );
    }

    #[test]
    fn bash_reads_back_what_was_written() {
        let words: Vec<OsString> = [
            &b"two words"[..],
            b"",
            b"it's",
            b"\"q\"",
            b"a\nb",
            b"\xff\xfe1",
            b"$HOME",
            b"back\\slash",
            b"\x1b[31m",
            b"tab\t'x'\\",
            "\u{fdd0}\u{85}é".as_bytes(),
            b"!x",
            b"~",
        ]
        .into_iter()
        .map(|bytes| OsString::from_vec(bytes.to_vec()))
        .collect();
        let script = format!("printf '%s\\0' {}", join(&words));
        let output =
            std::process::Command::new("bash").arg("-c").arg(&script).env("LC_ALL", "C.UTF-8").output().unwrap();
        let mut expected = Vec::new();
        for word in &words {
            expected.extend_from_slice(word.as_bytes());
            expected.push(0);
        }
        assert_eq!(output.stdout, expected, "{script}");
        assert!(!script.contains(|c: char| c.is_control()), "{script:?}");
    }
}
