//! Reads a command line that [`super::own_line`] wrote.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::{escape, split};

/// The arguments of `mkservice`; `None` for a line that [`super::own_line`] did not write.
pub fn own_words(line: &str) -> Option<Vec<OsString>> {
    let mut rest = line.strip_prefix("mkservice")?;
    let mut all = Vec::new();
    while let Some(text) = rest.strip_prefix(' ') {
        let (word, length) = match text.strip_prefix("$'") {
            Some(quoted) => escaped(quoted).map(|(word, length)| (word, length + 2))?,
            None => {
                let length = plain_length(text)?;
                let [word] = split(&text[..length]).ok()?.try_into().ok()?;
                (word.text.into_bytes(), length)
            }
        };
        all.push(OsString::from_vec(word));
        rest = &text[length..];
    }
    rest.is_empty().then_some(all)
}

/// The length of a word in POSIX quoting.
fn plain_length(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match (quote, c) {
            (None, ' ') => return Some(at),
            (None | Some('"'), '\\') => drop(characters.next()),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    quote.is_none().then_some(text.len())
}

/// The bytes of `$'…'` after its opening quote, and its length with the closing one.
fn escaped(text: &str) -> Option<(Vec<u8>, usize)> {
    let (mut word, mut rest) = (Vec::new(), text);
    loop {
        let at = rest.find(['\\', '\''])?;
        word.extend(rest[..at].bytes());
        let after = &rest[at + 1..];
        if rest[at..].starts_with('\'') {
            return Some((word, text.len() - after.len()));
        }
        rest = &after[escape(after, &mut word)?..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::own_line;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(
            bytes in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..8), 0..5),
            texts in proptest::collection::vec("[a-z '\"\\\\$!é\n-]{0,8}", 0..5),
        ) {
            let words = bytes.into_iter().chain(texts.into_iter().map(String::into_bytes));
            let words: Vec<OsString> = words.map(OsString::from_vec).collect();
            prop_assert_eq!(own_words(&own_line(&words)), Some(words));
        }
    }

    #[test]
    fn what_is_none_is_seen() {
        for line in ["", "other x", "mkservice  x", "mkservice 'x", "mkservice $'x", "mkservice a|b", "mkservicex"] {
            assert_eq!(own_words(line), None, "{line}");
        }
    }
}
