//! The meaning of `%` in a value (systemd.unit(5), "Specifiers"): literal, except for `%i` in templates.
//!
//! In a template, `%i` is the name of the instance and `%%i` is literal `%i`: before an `i`, two `%` are one, as for
//! systemd, so such a run is written as it is. Any other `%` is literal, and doubled in the unit file.

use std::borrow::Cow;

/// The meaning of `%i` in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Percent {
    /// Literal, like every other `%`.
    Literal,
    /// The name of the instance.
    Instance,
}

/// Escapes the `%` of a value.
pub fn written(bytes: &[u8], percent: Percent) -> Vec<u8> {
    mapped(bytes, |row, in_front_of_i| if in_front_of_i && percent == Percent::Instance { row } else { row * 2 })
}

pub fn written_text(text: &str, percent: Percent) -> String {
    String::from_utf8_lossy(&written(text.as_bytes(), percent)).into_owned()
}

/// The inverse of [`written_text`] for a template.
pub fn typed_text(text: &str) -> String {
    let typed = mapped(text.as_bytes(), |row, in_front_of_i| if in_front_of_i { row } else { row.div_ceil(2) });
    String::from_utf8_lossy(&typed).into_owned()
}

/// Escapes `%i` in a value without specifiers.
pub fn literal(bytes: &[u8]) -> Vec<u8> {
    mapped(bytes, |row, in_front_of_i| if in_front_of_i { row * 2 } else { row })
}

/// The value for the instance of this name.
pub fn of_instance<'a>(bytes: &'a [u8], name: &str) -> Cow<'a, [u8]> {
    if !bytes.windows(2).any(|pair| pair == b"%i") {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    each_row(bytes, |row, in_front_of_i, rest| {
        let kept = if in_front_of_i { row / 2 } else { row };
        out.extend(std::iter::repeat_n(b'%', kept));
        if in_front_of_i && row % 2 == 1 {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(&rest[1..]);
        } else {
            out.extend_from_slice(rest);
        }
    });
    Cow::Owned(out)
}

/// Whether `%i` occurs in a value.
pub fn names_instance(bytes: &[u8]) -> bool {
    let mut found = false;
    each_row(bytes, |row, in_front_of_i, _| found |= in_front_of_i && row % 2 == 1);
    found
}

/// Replaces each run of `%` by the number that `count` returns for its length and whether an `i` follows.
fn mapped(bytes: &[u8], count: impl Fn(usize, bool) -> usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    each_row(bytes, |row, in_front_of_i, rest| {
        out.extend(std::iter::repeat_n(b'%', count(row, in_front_of_i)));
        out.extend_from_slice(rest);
    });
    out
}

/// Splits bytes into a run of `%`, which may be empty, whether an `i` follows, and the text up to the next run.
fn each_row<'a>(bytes: &'a [u8], mut take: impl FnMut(usize, bool, &'a [u8])) {
    let mut left = bytes;
    while !left.is_empty() {
        let row = left.iter().take_while(|byte| **byte == b'%').count();
        let behind = &left[row..];
        let end = behind.iter().position(|byte| *byte == b'%').unwrap_or(behind.len());
        take(row, row > 0 && behind.first() == Some(&b'i'), &behind[..end]);
        left = &behind[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_in_front_of_an_i_is_systemds() {
        for (typed, instance, meant) in [
            ("%i", "%i", "a"),
            ("%%i", "%%i", "%i"),
            ("%%%i", "%%%i", "%a"),
            ("%%%%i", "%%%%i", "%%i"),
            ("100%", "100%%", "100%"),
            ("%h %n%i.x%", "%%h %%n%i.x%%", "%h %na.x%"),
            ("%% i", "%%%% i", "%% i"),
            ("%I%ii", "%%I%ii", "%Iai"),
            ("", "", ""),
        ] {
            assert_eq!(written_text(typed, Percent::Instance), instance, "{typed}");
            assert_eq!(of_instance(typed.as_bytes(), "a"), meant.as_bytes(), "{typed}");
            assert_eq!(typed_text(instance), typed);
            assert_eq!(written_text(typed, Percent::Literal), typed.replace('%', "%%"));
            let literal = literal(typed.as_bytes());
            assert_eq!(of_instance(&literal, "a"), typed.as_bytes(), "{typed}");
            assert!(!names_instance(&literal), "{typed}");
        }
    }
}
