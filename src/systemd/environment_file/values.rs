//! Parts of a value that a shell or Docker reads differently from systemd.

use std::collections::HashSet;

use super::findings::{NAME_SHOWN, is_like_assignment, keyword, shown};
use super::grammar::{Quoting, Raw, ValueByte, is_blank};
use super::words::What;
use crate::systemd::names::is_variable;

/// Well-known variables, whose names reveal no secret.
const WELL_KNOWN: [&str; 10] =
    ["HOME", "HOSTNAME", "LANG", "LOGNAME", "OLDPWD", "PATH", "PWD", "SHELL", "TMPDIR", "USER"];

/// The first finding of each kind in a variable's value, with its offset. `known` are the variables that the file sets.
pub fn found(content: &[u8], raw: &Raw, known: &HashSet<&str>) -> Vec<(usize, What)> {
    let name = shown(&raw.name);
    let value = Value { content, raw, known, name: &name };
    let found = [value.tilde(), value.comment(), value.expansion(), value.letter_escape(), value.bare_backslash()];
    // The quotes of a second assignment do not belong to this value.
    let second = value.second();
    let quotes = if second.is_some() { [second, None] } else { [value.after_quote(), value.quote_inside()] };
    found.into_iter().chain(quotes).flatten().collect()
}

struct Value<'a> {
    content: &'a [u8],
    raw: &'a Raw,
    known: &'a HashSet<&'a str>,
    name: &'a str,
}

type Found = Option<(usize, What)>;

impl Value<'_> {
    fn name(&self) -> String {
        self.name.into()
    }

    fn bytes(&self) -> impl Iterator<Item = (usize, &ValueByte)> {
        self.raw.value.iter().enumerate()
    }

    /// Shells expand it before a slash and alone.
    fn tilde(&self) -> Found {
        let [first, rest @ ..] = &self.raw.value[..] else { return None };
        let expands = is_bare(first, b'~') && rest.first().is_none_or(|next| is_bare(next, b'/'));
        expands.then(|| (first.at, What::Tilde { name: self.name() }))
    }

    /// Shells begin a comment at `#` after unescaped white space.
    fn comment(&self) -> Found {
        let begins = |(place, byte): &(usize, &ValueByte)| {
            let before = place.checked_sub(1).map(|place| self.raw.value[place]);
            let escaped = before.is_some_and(|before| before.quoting == Quoting::Escaped && before.at + 1 == byte.at);
            is_bare(byte, b'#') && is_blank(self.content[byte.at - 1]) && !escaped
        };
        self.bytes().find(begins).map(|(_, byte)| (byte.at, What::InlineComment { name: self.name() }))
    }

    fn expansion(&self) -> Found {
        let expands =
            |byte: &ValueByte| matches!(byte.quoting, Quoting::Bare | Quoting::Double) && b"$`".contains(&byte.byte);
        // `$$` is an escaped `$`, or part of a password.
        let doubled = |place: usize| place > 0 && self.raw.value[place - 1].byte == b'$';
        let mut places = self.bytes().filter(|(place, byte)| expands(byte) && !doubled(*place));
        places.find_map(|(place, byte)| {
            let shown = self.expanded(&self.raw.value[place..])?;
            Some((byte.at, What::Expansion { name: self.name(), shown }))
        })
    }

    /// What a shell would expand; `None` if it may be part of a secret.
    fn expanded(&self, rest: &[ValueByte]) -> Option<String> {
        let bytes: Vec<u8> = rest.iter().take(NAME_SHOWN).map(|byte| byte.byte).collect();
        let leading_name = |bytes: &[u8]| {
            let end = bytes.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
            let name = &bytes[..end.unwrap_or(bytes.len())];
            is_variable(name).then(|| String::from_utf8_lossy(name).into_owned())
        };
        match &bytes[..] {
            [b'`', ..] => rest[1..].iter().any(|byte| byte.byte == b'`').then(|| "a command in backticks".into()),
            [b'$', b'(', ..] => Some("`$(…)`".into()),
            [b'$', b'\'', ..] if rest[0].quoting == Quoting::Bare => Some("`$'…'`".into()),
            [b'$', b'{', inner @ ..] => leading_name(inner).map(|name| match inner.get(name.len()) {
                Some(b'}') => format!("`${{{name}}}`"),
                _ => "`${…}`".into(),
            }),
            [b'$', inner @ ..] => leading_name(inner).map(|name| {
                let is_known = WELL_KNOWN.contains(&&*name) || self.known.contains(&*name);
                if is_known { format!("`${name}`") } else { "`$…`".into() }
            }),
            _ => None,
        }
    }

    /// `.env` libraries replace these by control characters.
    fn letter_escape(&self) -> Found {
        let escapes = self.raw.value.windows(2).find(|pair| {
            let within = pair.iter().all(|byte| byte.quoting == Quoting::Double) && pair[0].at + 1 == pair[1].at;
            within && pair[0].byte == b'\\' && b"nrt".contains(&pair[1].byte)
        });
        escapes.map(|pair| (pair[0].at, What::LetterEscape { name: self.name(), letter: char::from(pair[1].byte) }))
    }

    /// Before other characters it is usually meant to be removed.
    fn bare_backslash(&self) -> Found {
        let mut byte = self.raw.value.iter();
        let lost = byte.find(|byte| byte.quoting == Quoting::Escaped && byte.byte.is_ascii_alphanumeric());
        lost.map(|byte| (byte.at, What::BareBackslash { name: self.name() }))
    }

    /// A shell would end the value at unquoted white space or an operator, and read on.
    fn second(&self) -> Found {
        let start = self.raw.quotes.last().map_or(Some(self.raw.equals + 1), |quoted| Some(quoted.close? + 1))?;
        let text = &self.content[start..self.raw.end];
        let blanks = if self.raw.quotes.is_empty() { text.len() - text.trim_ascii_start().len() } else { 0 };
        let is_separator = |byte: &u8| is_blank(*byte) || matches!(byte, b';' | b'&');
        let end = blanks + text[blanks..].iter().position(is_separator)?;
        let separators = text[end..].iter().take_while(|byte| is_separator(byte)).count();
        let (separator, rest) = text[end..].split_at(separators);
        let at = start + end + separators;
        let ends_command = separator.iter().any(|byte| !is_blank(*byte));
        if ends_command && keyword(rest).is_some() {
            return Some((at, What::Command { name: self.name() }));
        }
        // Connection strings and options have assignments of their own (`host=db user=app`, `-Da=b c=d`).
        let first = &self.content[self.raw.equals + 1..start + end];
        let is_own = first.contains(&b'=') || first.trim_ascii().starts_with(b"-") || first.contains(&b'\\');
        let small = |name: &[u8]| name.iter().any(u8::is_ascii_lowercase);
        let second = rest.split(|byte| *byte == b'=').next().unwrap_or_default();
        let is_second = separator.ends_with(b" ") && is_like_assignment(rest) && small(second) == small(&self.raw.name);
        (is_second && !is_own).then(|| (at, What::SecondAssignment { name: self.name() }))
    }

    fn after_quote(&self) -> Found {
        let mut closes = self.raw.quotes.iter().filter_map(|quoted| quoted.close);
        let gap = closes.find(|close| {
            let behind = &self.content[close + 1..self.raw.end];
            let more = behind.trim_ascii_start();
            more.len() < behind.len() && !more.is_empty() && more[0] != b'#'
        });
        gap.map(|close| (close, What::BehindQuote { name: self.name() }))
    }

    /// Literal quotes: in pairs, or after other quotes.
    fn quote_inside(&self) -> Found {
        // JSON is meant to keep its quotes.
        if self.raw.value.first().is_some_and(|first| is_bare(first, b'{') || is_bare(first, b'[')) {
            return None;
        }
        [b'"', b'\''].into_iter().find_map(|quote| {
            let mut kept = self.raw.value.iter().filter(|byte| is_bare(byte, quote));
            let (first, second) = (kept.next()?, kept.next());
            let meant = second.is_some() || !self.raw.quotes.is_empty();
            meant.then(|| (first.at, What::QuoteInside { name: self.name() }))
        })
    }
}

fn is_bare(it: &ValueByte, byte: u8) -> bool {
    it.quoting == Quoting::Bare && it.byte == byte
}
