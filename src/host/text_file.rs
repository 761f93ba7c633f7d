//! Reads text files that the user names, and expands patterns.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use glob::{MatchOptions, Pattern};
use rustix::fs::{Mode, OFlags};

use super::tree;
use crate::model::message::io_reason;

/// Why a file cannot be read as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotText {
    /// From 1; 0 for the whole file.
    pub line: usize,
    /// Completes a sentence that begins with the file.
    pub why: String,
    pub missing: bool,
}

/// Reads a file of at most `most` bytes.
pub fn read(path: &Path, most: u64) -> Result<String, NotText> {
    let trouble = |error: io::Error| NotText {
        line: 0,
        why: format!("cannot be read: {}", io_reason(&error)),
        missing: error.kind() == io::ErrorKind::NotFound,
    };
    // Opening a pipe would block until another process writes to it.
    let opened = rustix::fs::open(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty());
    let file = File::from(opened.map_err(|errno| trouble(errno.into()))?);
    let metadata = file.metadata().map_err(trouble)?;
    if metadata.is_dir() {
        return Err(not_text(0, "is a directory"));
    }
    if !metadata.is_file() {
        return Err(not_text(0, "is not a regular file"));
    }
    read_from(file, most)
}

/// Like [`read`], from an open file.
pub fn read_from(source: impl Read, most: u64) -> Result<String, NotText> {
    let mut bytes = Vec::new();
    let read = source.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| not_text(0, &format!("cannot be read: {}", io_reason(&error))))?;
    if bytes.len() as u64 > most {
        return Err(not_text(0, &format!("is larger than {} MiB", most >> 20)));
    }
    let line = |at: usize| bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(not_text(line(at), "contains a NUL byte, so it is not text"));
    }
    match std::str::from_utf8(&bytes) {
        // A byte order mark.
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()),
        Err(error) => Err(not_text(line(error.valid_up_to()), "is not valid UTF-8")),
    }
}

fn not_text(line: usize, why: &str) -> NotText {
    NotText { line, why: why.to_owned(), missing: false }
}

/// The maximum number of files that match a pattern.
const MATCHES_MAX: usize = 1000;

/// The files that match a pattern with `*`, `?` and `[…]` (glob(7)), sorted by name. Inaccessible directories match
/// nothing.
#[expect(clippy::disallowed_methods, reason = "only the file system knows what fits a pattern")]
pub fn matching(pattern: &Path) -> Vec<PathBuf> {
    let mut found = named(pattern);
    found.retain(|path| path.is_file());
    found
}

/// Includes links to `/dev/null`, by which systemd ignores files of the same name in other directories.
#[expect(clippy::disallowed_methods, reason = "only the file system knows what fits a pattern")]
pub fn matching_or_masked(pattern: &Path) -> Vec<PathBuf> {
    let mut found = named(pattern);
    found.retain(|path| path.is_file() || is_masked(path));
    found
}

/// A link to `/dev/null`.
pub fn is_masked(path: &Path) -> bool {
    let is_link = tree::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_symlink());
    is_link && tree::canonicalize(path).is_ok_and(|path| path == Path::new("/dev/null"))
}

#[expect(clippy::disallowed_methods, reason = "only the file system knows what fits a pattern")]
fn named(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.components() {
        let Component::Normal(part) = part else { continue };
        let Some(text) = part.to_str().filter(|text| text.contains(['*', '?', '['])) else {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        };
        let pattern = compiled(text);
        let mut next = Vec::new();
        for directory in &found {
            let entries = std::fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
            let names = entries.map(|entry| entry.file_name()).filter(|name| fits(&name.to_string_lossy(), &pattern));
            next.extend(names.map(|name| directory.join(name)));
        }
        next.sort_unstable();
        next.truncate(MATCHES_MAX);
        found = next;
    }
    found
}

/// Whether [`matching`] can find a path by a pattern.
pub fn is_match(path: &Path, pattern: &Path) -> bool {
    let names = |path: &Path| path.iter().map(|name| name.to_string_lossy().into_owned()).collect::<Vec<_>>();
    let (path, pattern) = (names(path), names(pattern));
    path.len() == pattern.len()
        && path.iter().zip(&pattern).all(|(name, part)| name == part || fits(name, &compiled(part)))
}

/// A bracket that is not closed is literal.
fn compiled(text: &str) -> Pattern {
    let text = text.replace("**", "*").replace("[^", "[!");
    Pattern::new(&text).or_else(|_| Pattern::new(&text.replace('[', "[[]"))).unwrap_or_default()
}

/// Hidden files must be matched explicitly.
fn fits(name: &str, pattern: &Pattern) -> bool {
    let options = MatchOptions { require_literal_leading_dot: true, ..MatchOptions::default() };
    pattern.matches_with(name, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns() {
        let is = |name: &str, pattern: &str| fits(name, &compiled(pattern));
        for (name, pattern) in [
            ("a.conf", "*.conf"),
            ("a.conf", "?.c*f"),
            ("x1", "x[0-9]"),
            ("x-", "x[!0-9]"),
            ("[", "["),
            ("a]", "a[]]"),
            ("x2", "x[^01]"),
            ("a[b", "a[*"),
            (".x", ".*"),
            ("", "*"),
        ] {
            assert!(is(name, pattern), "{name} {pattern}");
        }
        for (name, pattern) in [("a.ini", "*.conf"), ("ab", "?"), ("x1", "x[!0-9]"), ("", "?"), ("a", ""), (".x", "*")]
        {
            assert!(!is(name, pattern), "{name} {pattern}");
        }
        assert!(!is(&"a".repeat(5000), &format!("{}b", "*a".repeat(50))));
    }

    #[test]
    fn only_text_is_read() {
        for (bytes, expected) in [
            (&b"\xef\xbb\xbfa\n"[..], Ok("a\n")),
            (b"a\nb\0", Err((2, "NUL byte"))),
            (b"a\n\n\xff", Err((3, "not valid UTF-8"))),
            (b"0123456789", Err((0, "larger"))),
        ] {
            match (read_from(bytes, 8), expected) {
                (Ok(text), Ok(expected)) => assert_eq!(text, expected),
                (Err(refused), Err((line, part))) => {
                    assert!(refused.line == line && refused.why.contains(part), "{refused:?}");
                }
                (read, _) => panic!("{bytes:?}: {read:?}"),
            }
        }
    }
}
