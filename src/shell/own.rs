//! Reads a command line that [`super::own_line`] wrote.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::split;

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
    let mut word = Vec::new();
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\'' => return Some((word, at + 1)),
            b'\\' => match bytes.next()?.1 {
                b'n' => word.push(b'\n'),
                b't' => word.push(b'\t'),
                b'r' => word.push(b'\r'),
                first @ b'0'..=b'3' => {
                    let digits = [first, bytes.next()?.1, bytes.next()?.1];
                    word.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok()?);
                }
                other => word.push(other),
            },
            byte => word.push(byte),
        }
    }
    None
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
