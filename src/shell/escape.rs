//! C escapes, as in `$'…'` and in unit files.

use std::ops::Range;

/// Appends the meaning of what follows a backslash, and returns its length; `None` for an invalid escape.
pub fn escape(text: &str, out: &mut Vec<u8>) -> Option<usize> {
    let byte = match text.bytes().next()? {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b's' => b' ',
        plain @ (b'\\' | b'"' | b'\'') => plain,
        b'x' => return number(text, 1..3, 16, out),
        b'u' => return number(text, 1..5, 16, out),
        b'U' => return number(text, 1..9, 16, out),
        b'0'..=b'3' => return number(text, 0..3, 8, out),
        _ => return None,
    };
    out.push(byte);
    Some(1)
}

/// Reads the digits of a byte, or after `u` of a character.
fn number(text: &str, place: Range<usize>, radix: u32, out: &mut Vec<u8>) -> Option<usize> {
    let end = place.end;
    let digits = text.get(place).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let code = u32::from_str_radix(digits, radix).ok()?;
    if text.starts_with(['u', 'U']) {
        out.extend(char::from_u32(code)?.encode_utf8(&mut [0; 4]).bytes());
    } else {
        out.push(u8::try_from(code).ok()?);
    }
    Some(end)
}
