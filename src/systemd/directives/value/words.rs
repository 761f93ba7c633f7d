//! Splits words like systemd (systemd.syntax(7), "Quoting").

#[derive(Debug, Clone, Copy)]
pub struct Style {
    separators: &'static [char],
    /// Adjacent separators have an empty word between them.
    empty_words: bool,
    /// Quotes group a word.
    quotes: bool,
    /// A backslash begins a C escape.
    escapes: bool,
    /// Backslashes are kept.
    keeps_backslash: bool,
}

const WHITE: &[char] = &[' ', '\t', '\n', '\r'];

impl Style {
    /// Words separated by white space; a backslash escapes the next character.
    pub const PLAIN: Style =
        Style { separators: WHITE, empty_words: false, quotes: false, escapes: false, keeps_backslash: false };
    /// With quotes.
    pub const QUOTED: Style = Style { quotes: true, ..Style::PLAIN };
    /// With quotes and C escapes.
    pub const ESCAPED: Style = Style { escapes: true, ..Style::QUOTED };
    /// Words separated by white space; backslashes are kept.
    pub const RAW: Style = Style { keeps_backslash: true, ..Style::PLAIN };
    /// Words separated by white space, with quotes; backslashes are kept for another split.
    pub const TUPLES: Style = Style { quotes: true, ..Style::RAW };
    /// Parts separated by colons.
    pub const COLONS: Style = Style { separators: &[':'], empty_words: true, ..Style::PLAIN };
    /// Parts separated by colons, with C escapes.
    pub const ESCAPED_COLONS: Style = Style { escapes: true, ..Style::COLONS };
    /// Paths separated by colons and white space.
    pub const BINDS: Style = Style { separators: &[':', ' ', '\t', '\n', '\r'], empty_words: true, ..Style::QUOTED };
}

/// `None` for invalid syntax: a quote that is not closed, a trailing backslash, or an unknown escape.
pub fn split(text: &str, style: Style) -> Option<Vec<String>> {
    let mut rest = text;
    let mut words = Vec::new();
    while let Some((word, end)) = next(&mut rest, style)? {
        words.push(word);
        if style.empty_words && rest.is_empty() && end.is_some() {
            words.push(String::new());
        }
    }
    Some(words)
}

/// The next word of `rest`, which is advanced, and the separator after it; `Some(None)` at the end.
pub fn next(rest: &mut &str, style: Style) -> Option<Option<(String, Option<char>)>> {
    if !style.empty_words {
        *rest = rest.trim_start_matches(style.separators);
    }
    if rest.is_empty() {
        return Some(None);
    }
    let mut word = Vec::new();
    let mut quote = None;
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match (c, quote) {
            ('\\', _) if !style.keeps_backslash => {
                let separates = rest[at + 1..].starts_with(style.separators) && style.escapes && style.empty_words;
                let used = unescape(&rest[at + 1..], style.escapes && !separates, &mut word)?;
                chars = rest[at + 1 + used..].char_indices();
                *rest = &rest[at + 1 + used..];
            }
            ('\\', _) => {
                let (_, following) = chars.next()?;
                word.extend(['\\', following].iter().collect::<String>().bytes());
            }
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) if style.quotes => quote = Some(c),
            (c, None) if style.separators.contains(&c) => {
                *rest = &rest[at + c.len_utf8()..];
                if !style.empty_words {
                    *rest = rest.trim_start_matches(style.separators);
                }
                return Some(Some((String::from_utf8(word).ok()?, Some(c))));
            }
            (c, _) => word.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    *rest = "";
    if quote.is_some() {
        return None;
    }
    Some(Some((String::from_utf8(word).ok()?, None)))
}

/// Reads an escape after its backslash and returns its length.
fn unescape(text: &str, as_in_c: bool, word: &mut Vec<u8>) -> Option<usize> {
    let first = text.chars().next()?;
    if !as_in_c {
        word.extend(first.encode_utf8(&mut [0; 4]).bytes());
        return Some(first.len_utf8());
    }
    let simple = match first {
        'a' => Some(0x07),
        'b' => Some(0x08),
        'f' => Some(0x0c),
        'n' => Some(b'\n'),
        'r' => Some(b'\r'),
        't' => Some(b'\t'),
        'v' => Some(0x0b),
        's' => Some(b' '),
        '\\' | '"' | '\'' => Some(first as u8),
        _ => None,
    };
    if let Some(byte) = simple {
        word.push(byte);
        return Some(1);
    }
    let (digits, radix, from) = match first {
        'x' => (2, 16, 1),
        'u' => (4, 16, 1),
        'U' => (8, 16, 1),
        '0'..='7' => (3, 8, 0),
        _ => return None,
    };
    let code = text.get(from..from + digits)?;
    if !code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let code = u32::from_str_radix(code, radix).ok().filter(|code| *code != 0)?;
    match first {
        'u' | 'U' => word.extend(char::from_u32(code)?.encode_utf8(&mut [0; 4]).bytes()),
        _ => word.push(u8::try_from(code).ok()?),
    }
    Some(from + digits)
}

/// Unescapes a whole text; `None` for an invalid escape.
pub fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend(rest[..at].bytes());
        let used = unescape(&rest[at + 1..], true, &mut out)?;
        rest = &rest[at + 1 + used..];
    }
    out.extend(rest.bytes());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, style: Style) -> Option<Vec<String>> {
        split(text, style)
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
        assert_eq!(words(r"a\\\ b", Style::PLAIN), of(&[r"a\ b"]));
        assert_eq!(words(r"a\x2db c", Style::RAW), of(&[r"a\x2db", "c"]));
        assert_eq!(words("a::b", Style::COLONS), of(&["a", "", "b"]));
        assert_eq!(words("a:", Style::COLONS), of(&["a", ""]));
        assert_eq!(words("", Style::QUOTED), of(&[]));
    }
}
