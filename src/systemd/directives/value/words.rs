//! Values that are lists of words, split as systemd splits them (systemd.syntax(7), "Quoting").

/// How words are told apart.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// What stands between words.
    separators: &'static [char],
    /// Two separators in a row have an empty word between them.
    empty_words: bool,
    /// Quotes hold a word together.
    quotes: bool,
    /// A backslash begins an escape as in C.
    escapes: bool,
    /// A backslash stays where it is.
    keeps_backslash: bool,
}

const WHITE: &[char] = &[' ', '\t', '\n', '\r'];

impl Style {
    /// Words between white space; a backslash takes the next character as it is.
    pub const PLAIN: Style =
        Style { separators: WHITE, empty_words: false, quotes: false, escapes: false, keeps_backslash: false };
    /// The same, with quotes.
    pub const QUOTED: Style = Style { quotes: true, ..Style::PLAIN };
    /// The same, with escapes as in C.
    pub const ESCAPED: Style = Style { escapes: true, ..Style::QUOTED };
    /// Words between white space, with their backslashes.
    pub const RAW: Style = Style { keeps_backslash: true, ..Style::PLAIN };
    /// Words between white space, with quotes; backslashes stay, for what is split again.
    pub const TUPLES: Style = Style { quotes: true, ..Style::RAW };
    /// The parts between colons.
    pub const COLONS: Style = Style { separators: &[':'], empty_words: true, ..Style::PLAIN };
    /// The parts between colons, with escapes as in C.
    pub const ESCAPED_COLONS: Style = Style { escapes: true, ..Style::COLONS };
    /// Paths with colons between them and white space around them.
    pub const BINDS: Style = Style { separators: &[':', ' ', '\t', '\n', '\r'], empty_words: true, ..Style::QUOTED };
}

/// The words of a text; `None` where systemd finds no way through it: a quote that does not end, a
/// backslash at the end, an escape that it does not know.
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

/// The next word of `rest`, which is moved behind it, and the separator that ended it; `Some(None)`
/// at the end.
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

/// Reads what follows a backslash; gives its length.
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

/// A whole text with escapes as in C, without splitting it; `None` for one that is none.
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
