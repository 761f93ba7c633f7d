//! Splits values into words like systemd (systemd.syntax(7), "Quoting"; systemd's `extract-word.c`).

use crate::shell::escape;

#[derive(Debug, Clone, Copy)]
pub struct Style {
    separators: &'static [char],
    /// Adjacent separators have an empty word between them.
    empty_words: bool,
    /// Quotes group a word.
    quotes: bool,
    backslash: Backslash,
}

/// The meaning of a backslash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backslash {
    /// Kept for another split.
    Literal,
    /// It is removed before the next character.
    Removed,
    /// It begins a C escape; unknown ones are invalid.
    Escape,
    /// It begins a C escape; unknown ones are kept.
    EscapeOrLiteral,
}

const WHITE: &[char] = &[' ', '\t', '\n', '\r'];

impl Style {
    /// Words separated by white space.
    pub const PLAIN: Style =
        Style { separators: WHITE, empty_words: false, quotes: false, backslash: Backslash::Removed };
    /// With quotes.
    pub const QUOTED: Style = Style { quotes: true, ..Style::PLAIN };
    /// With quotes and C escapes.
    pub const ESCAPED: Style = Style { backslash: Backslash::Escape, ..Style::QUOTED };
    /// The arguments of a command: with quotes, C escapes, and invalid escapes as they are.
    pub const COMMAND: Style = Style { backslash: Backslash::EscapeOrLiteral, ..Style::QUOTED };
    /// Words separated by white space; backslashes are kept.
    pub const RAW: Style = Style { backslash: Backslash::Literal, ..Style::PLAIN };
    /// Words separated by white space, with quotes; backslashes are kept for another split.
    pub const TUPLES: Style = Style { quotes: true, ..Style::RAW };
    /// Words separated by white space or commas, with quotes.
    pub const COMMAS: Style = Style { separators: &[' ', '\t', '\n', '\r', ','], ..Style::QUOTED };
    /// Parts separated by colons.
    pub const COLONS: Style = Style { separators: &[':'], empty_words: true, ..Style::PLAIN };
    /// Parts separated by colons, with C escapes.
    pub const ESCAPED_COLONS: Style = Style { backslash: Backslash::Escape, ..Style::COLONS };
    /// Paths separated by colons and white space.
    pub const BINDS: Style = Style { separators: &[':', ' ', '\t', '\n', '\r'], empty_words: true, ..Style::QUOTED };
}

/// A word of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'a> {
    /// Without quotes and escapes.
    pub text: String,
    /// As in the value.
    pub source: &'a str,
    /// The separator after it.
    pub separator: Option<char>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("has an unclosed quote")]
    Quote,
    #[error("contains an invalid escape")]
    Escape,
    #[error("ends in a backslash")]
    TrailingBackslash,
    #[error("is not valid UTF-8")]
    NotUtf8,
}

pub fn split(text: &str, style: Style) -> Result<Vec<String>, Invalid> {
    let mut rest = text;
    let mut words = Vec::new();
    while let Some(word) = next(&mut rest, style)? {
        words.push(word.text);
        if style.empty_words && rest.is_empty() && word.separator.is_some() {
            words.push(String::new());
        }
    }
    Ok(words)
}

/// True if the syntax is valid and each word is.
pub fn all(text: &str, style: Style, is_valid: impl Fn(&str) -> bool) -> bool {
    split(text, style).is_ok_and(|words| words.iter().all(|word| is_valid(word)))
}

/// The next word of `rest`, which is advanced; `None` at the end.
pub fn next<'a>(rest: &mut &'a str, style: Style) -> Result<Option<Word<'a>>, Invalid> {
    if !style.empty_words {
        *rest = rest.trim_start_matches(style.separators);
    }
    let text = *rest;
    if text.is_empty() {
        return Ok(None);
    }
    let (mut word, mut quote, mut separator) = (Vec::new(), None, None);
    let (mut end, mut at) = (text.len(), 0);
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        at += c.len_utf8();
        match (c, quote) {
            ('\\', _) => at += unescape(&text[at..], style, &mut word)?,
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) if style.quotes => quote = Some(c),
            (c, None) if style.separators.contains(&c) => {
                (separator, end) = (Some(c), start);
                break;
            }
            (c, _) => push(&mut word, c),
        }
    }
    *rest = &text[at..];
    if !style.empty_words {
        *rest = rest.trim_start_matches(style.separators);
    }
    match quote {
        Some(_) => Err(Invalid::Quote),
        None => {
            let text_of_word = String::from_utf8(word).map_err(|_| Invalid::NotUtf8)?;
            Ok(Some(Word { text: text_of_word, source: &text[..end], separator }))
        }
    }
}

fn push(word: &mut Vec<u8>, c: char) {
    word.extend(c.encode_utf8(&mut [0; 4]).bytes());
}

/// Reads what follows a backslash and returns its length.
fn unescape(text: &str, style: Style, word: &mut Vec<u8>) -> Result<usize, Invalid> {
    let Some(first) = text.chars().next() else {
        if style.backslash != Backslash::EscapeOrLiteral {
            return Err(Invalid::TrailingBackslash);
        }
        word.push(b'\\');
        return Ok(0);
    };
    let is_separator = style.empty_words && style.separators.contains(&first);
    if style.backslash == Backslash::Literal {
        word.push(b'\\');
    }
    if matches!(style.backslash, Backslash::Literal | Backslash::Removed) || is_separator {
        push(word, first);
        return Ok(first.len_utf8());
    }
    let before = word.len();
    match escape(text, word) {
        Some(length) if word[before..] != [0] => Ok(length),
        _ if style.backslash == Backslash::EscapeOrLiteral => {
            word.truncate(before);
            word.push(b'\\');
            push(word, first);
            Ok(first.len_utf8())
        }
        _ => Err(Invalid::Escape),
    }
}

/// Unescapes a whole text.
pub fn unescaped(text: &str) -> Result<Vec<u8>, Invalid> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend(before.bytes());
        rest = &after[unescape(after, Style::ESCAPED, &mut out)?..];
    }
    out.extend(rest.bytes());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, style: Style) -> Option<Vec<String>> {
        split(text, style).ok()
    }

    #[test]
    fn words_are_split_as_systemd_splits_them() {
        let of = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(words("a  b", Style::PLAIN), of(&["a", "b"]));
        assert_eq!(words(r#"a "b c"d"#, Style::QUOTED), of(&["a", "b cd"]));
        assert_eq!(words(r#"a "b c"#, Style::QUOTED), None);
        assert_eq!(words(r#""b c""#, Style::PLAIN), of(&["\"b", "c\""]));
        assert_eq!(words(r"a\tb", Style::QUOTED), of(&["atb"]));
        assert_eq!(words(r"a\tb\x41\101", Style::ESCAPED), of(&["a\tbAA"]));
        assert_eq!(words(r"a\qb", Style::ESCAPED), None);
        assert_eq!(words(r"a\x00", Style::ESCAPED), None);
        for kept in [r"s/\d/x/", r"\;", r"\1", r"\x0g", r"\x00", r"\u12", r"\777", r"\é", r"a\"] {
            assert_eq!(words(kept, Style::COMMAND), of(&[kept]));
            assert_eq!(words(kept, Style::ESCAPED), None, "{kept}");
        }
        assert_eq!(words(r"a\d\x41\;", Style::COMMAND), of(&[r"a\dA\;"]));
        assert_eq!(words(r"a\\\ b", Style::PLAIN), of(&[r"a\ b"]));
        assert_eq!(words(r"a\x2db c", Style::RAW), of(&[r"a\x2db", "c"]));
        assert_eq!(words("a::b", Style::COLONS), of(&["a", "", "b"]));
        assert_eq!(words("a:", Style::COLONS), of(&["a", ""]));
        assert_eq!(words("", Style::QUOTED), of(&[]));
    }
}
