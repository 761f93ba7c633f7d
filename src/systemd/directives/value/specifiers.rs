//! Specifiers (systemd.unit(5)): which ones a version knows, and sample expansions.

/// Replaces specifiers by a sample; `None` for an unknown one, which systemd rejects. A `%` before anything but a
/// letter or a digit is literal.
pub fn resolved(text: &str, release: u32) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.clone().next() {
            Some('%') => out.push('%'),
            Some(letter) if letter.is_ascii_alphanumeric() => out.push_str(meaning(letter, release)?),
            _ => {
                out.push('%');
                continue;
            }
        }
        chars.next();
    }
    Some(out)
}

/// True if all specifiers are known.
pub fn resolves(text: &str, release: u32) -> bool {
    resolved(text, release).is_some()
}

/// True for a text that is valid once its specifiers are replaced.
pub fn is_resolved(text: &str, release: u32, is_valid: impl Fn(&str) -> bool) -> bool {
    resolved(text, release).is_some_and(|text| is_valid(&text))
}

/// Like [`resolved`] for unit names, which allow fewer specifiers.
pub fn resolved_name(text: &str, release: u32) -> Option<String> {
    const OTHERS: &str = "ICDEJLPRSTVYcdfhrsty";
    let unknown = text.replace("%%", "").split('%').skip(1).any(|rest| rest.starts_with(|c| OTHERS.contains(c)));
    if unknown { None } else { resolved(text, release) }
}

fn meaning(letter: char, release: u32) -> Option<&'static str> {
    let since = match letter {
        'A' | 'M' => 249,
        'd' | 'q' | 'y' | 'Y' => 251,
        'D' => 256,
        _ => 0,
    };
    if release < since {
        return None;
    }
    Some(match letter {
        'i' | 'I' => "",
        'n' => "unit.service",
        'N' | 'p' | 'P' | 'j' | 'J' => "unit",
        'f' | 'C' | 'd' | 'D' | 'E' | 'L' | 'S' | 't' | 'h' | 's' | 'T' | 'V' | 'y' | 'Y' | 'c' | 'r' | 'R' => "/path",
        'U' | 'G' => "0",
        'A' | 'B' | 'M' | 'W' => "",
        'a' | 'b' | 'g' | 'H' | 'l' | 'm' | 'o' | 'q' | 'u' | 'v' | 'w' => "word",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_specifiers_are_told() {
        assert_eq!(resolved("%h/x", 252).as_deref(), Some("/path/x"));
        assert_eq!(resolved("100%", 252).as_deref(), Some("100%"));
        assert_eq!(resolved("%%x % y", 252).as_deref(), Some("%x % y"));
        assert_eq!(resolved("%x", 252), None);
        assert_eq!(resolved("%d/key", 250), None);
        assert_eq!(resolved("%d/key", 251).as_deref(), Some("/path/key"));
        assert_eq!(resolved_name("%p-x.service", 252).as_deref(), Some("unit-x.service"));
        assert_eq!(resolved_name("%h.service", 252), None);
    }
}
