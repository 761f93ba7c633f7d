//! Numeric values: plain numbers, sizes, percentages, limits and durations.

use crate::systemd::size::size;
use crate::systemd::timespan::TimeSpan;
use crate::systemd::words::{Style, next};

/// Decimal, `0x`, `0o`, `0b`, or octal with a leading `0`.
pub fn unsigned(text: &str) -> Option<u64> {
    let text = text.trim_start_matches([' ', '\t']);
    match prefixed(text) {
        Some((digits, radix)) => digits_of(digits.strip_prefix('+').unwrap_or(digits), radix),
        None => radix(text.strip_prefix('+').unwrap_or(text)),
    }
}

/// A number after `0b` or `0o`, which systemd reads itself, so that a sign comes after it. strtoul(3) reads the others.
fn prefixed(text: &str) -> Option<(&str, u32)> {
    let prefix = text.get(..2)?;
    let radix = [("0b", 2), ("0o", 8)].into_iter().find(|(known, _)| prefix.eq_ignore_ascii_case(known))?.1;
    Some((text[2..].trim_start_matches([' ', '\t']), radix))
}

/// Like [`unsigned`], with a sign.
pub fn signed(text: &str) -> Option<i64> {
    let trimmed = text.trim_start_matches([' ', '\t']);
    let negative = match prefixed(trimmed) {
        Some((digits, radix)) => digits.strip_prefix('-').map(|digits| digits_of(digits, radix)),
        None => trimmed.strip_prefix('-').map(radix),
    };
    match negative {
        Some(number) => i64::try_from(number?).ok().map(|number| -number),
        None => i64::try_from(unsigned(text)?).ok(),
    }
}

fn radix(digits: &str) -> Option<u64> {
    let begins = |prefix: &str| digits.len() > 2 && digits.to_ascii_lowercase().starts_with(prefix);
    let (digits, radix) = match digits {
        _ if begins("0x") => (&digits[2..], 16),
        _ if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        _ => (digits, 10),
    };
    digits_of(digits, radix)
}

fn digits_of(digits: &str, radix: u32) -> Option<u64> {
    // `from_str_radix` would accept a sign here.
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| u64::from_str_radix(digits, radix).ok())?
}

pub fn within(text: &str, least: i64, most: i64) -> bool {
    signed(text).is_some_and(|number| (least..=most).contains(&number))
}

/// A file mode: octal digits up to 7777.
pub fn is_mode(text: &str) -> bool {
    let text = text.trim_start_matches([' ', '\t']);
    !text.is_empty()
        && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte))
        && u64::from_str_radix(text, 8).is_ok_and(|mode| mode <= 0o7777)
}

/// A fraction in hundredths of a percent: `50%`, `12.5%`, `125‰`. Before 248, only one decimal and no `‱` are accepted.
pub fn share(text: &str, release: u32) -> Option<u64> {
    const FINER: u32 = 248;
    let fine = release >= FINER;
    if let Some(number) = text.strip_suffix('‱').filter(|_| fine) {
        return plain(number);
    }
    if let Some(number) = text.strip_suffix('‰') {
        return decimal(number, 10, u32::from(fine));
    }
    decimal(text.strip_suffix('%')?, 100, if fine { 2 } else { 1 })
}

/// A number with a limited number of decimals, times a factor.
fn decimal(text: &str, factor: u64, places: u32) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let length = u32::try_from(fraction.len()).ok()?;
    if text.contains('.') && (length == 0 || length > places) || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let behind: u64 = fraction.parse().ok()?;
    let behind = behind * factor / 10_u64.pow(length.max(1));
    let most = u64::try_from(i32::MAX).ok()?;
    plain(whole)?.checked_mul(factor)?.checked_add(behind).filter(|share| *share <= most)
}

/// A number that fits an `int`.
fn plain(text: &str) -> Option<u64> {
    signed(text).and_then(|number| u64::try_from(number).ok()).filter(|number| *number <= i32::MAX as u64)
}

/// A fraction up to the whole.
pub fn is_share(text: &str, release: u32) -> bool {
    share(text, release).is_some_and(|share| share <= 10_000)
}

/// A size, a percentage of memory, or `infinity`.
pub fn is_memory(text: &str, least: u64, release: u32) -> bool {
    match share(text, release) {
        Some(share) if share <= 10_000 => share >= least,
        _ => text == "infinity" || size(text, 1024).is_some_and(|bytes| (least..u64::MAX).contains(&bytes)),
    }
}

/// A mask, with or without `0x`.
pub fn is_hexadecimal(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    !digits.is_empty()
        && digits.trim_start_matches('0').len() <= 16
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A duration whose numbers are nanoseconds by default.
pub fn is_nanoseconds(text: &str) -> bool {
    // Nanoseconds are not among the units of other durations; their numbers have the same form as those of microseconds.
    in_micros(text, &["", "ns", "nsec"]).is_some_and(|spoken| TimeSpan::parse(&spoken).is_ok())
}

/// The text with these units replaced by microseconds; `None` if there is a unit without a number.
fn in_micros(text: &str, units: &[&str]) -> Option<String> {
    let mut rest = text.trim_matches([' ', '\t']);
    if rest == "infinity" {
        return Some(rest.to_owned());
    }
    let mut spoken = String::new();
    while !rest.is_empty() {
        rest = rest.strip_prefix('+').unwrap_or(rest);
        let number = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let behind = rest[number..].trim_start_matches([' ', '\t']);
        let unit = behind.chars().take_while(|c| c.is_alphabetic()).map(char::len_utf8).sum::<usize>();
        if number == 0 {
            return None;
        }
        let named = &behind[..unit];
        spoken.push_str(&format!("{}{} ", &rest[..number], if units.contains(&named) { "us" } else { named }));
        rest = behind[unit..].trim_start_matches([' ', '\t']);
    }
    Some(spoken)
}

/// `SOFT`, or `SOFT:HARD` with the first no larger than the second; `infinity` is the largest.
pub fn is_limit(text: &str, one: impl Fn(&str) -> Option<u64>) -> bool {
    let read = |text: &str| if text == "infinity" { Some(u64::MAX) } else { one(text) };
    let mut hard = text;
    let Ok(Some(soft)) = next(&mut hard, Style::COLONS) else { return false };
    match soft.separator {
        None => read(&soft.text).is_some(),
        Some(_) => matches!((read(&soft.text), read(hard)), (Some(soft), Some(hard)) if soft <= hard),
    }
}

/// The value of `LimitNICE=`: `+5` and `-5` as a nice level, or 1 to 40 as the kernel counts.
pub fn nice_limit(text: &str) -> Option<u64> {
    match text.as_bytes().first()? {
        b'+' => unsigned(&text[1..]).filter(|nice| *nice < 20).map(|nice| 20 - nice),
        b'-' => unsigned(&text[1..]).filter(|nice| *nice <= 20).map(|nice| 20 + nice),
        _ => unsigned(text).filter(|limit| *limit <= 40),
    }
}

/// Seconds of CPU time, rounded up.
pub fn limit_seconds(text: &str) -> Option<u64> {
    let span = TimeSpan::parse(text).ok()?;
    Some(span.length().map_or(u64::MAX, |length| length.as_secs() + u64::from(length.subsec_nanos() > 0)))
}

/// Microseconds, which is also the default unit.
pub fn limit_micros(text: &str) -> Option<u64> {
    let span = TimeSpan::parse(&in_micros(text, &[""])?).ok()?;
    span.length().map_or(Some(u64::MAX), |length| u64::try_from(length.as_micros()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_systemd_reads_them() {
        for (text, number) in [
            ("5", Some(5)),
            ("+5", Some(5)),
            ("0x10", Some(16)),
            ("+0x10", Some(16)),
            ("010", Some(8)),
            ("0b101", Some(5)),
            ("0B101", Some(5)),
            ("0O17", Some(15)),
            ("0b+1", Some(1)),
            ("+0b11", None),
            ("-0b11", None),
            ("0b2", None),
            ("08", None),
            ("", None),
        ] {
            assert_eq!(unsigned(text), number, "{text}");
        }
        for (text, bytes) in [
            ("1G", Some(1 << 30)),
            ("1.5K", Some(1536)),
            ("1G512M", Some((1 << 30) + (512 << 20))),
            ("1M1G", None),
            ("1Q", None),
            ("1GB", None),
            ("-1", None),
            ("", None),
            ("16E", None),
        ] {
            assert_eq!(size(text, 1024), bytes, "{text}");
        }
        for (text, release, hundredths) in [
            ("50%", 252, Some(5000)),
            ("12.5%", 247, Some(1250)),
            ("12.55%", 247, None),
            ("12.55%", 252, Some(1255)),
            ("5‰", 247, Some(50)),
            ("5", 252, None),
            ("-5%", 252, None),
        ] {
            assert_eq!(share(text, release), hundredths, "{text}");
        }
        assert!(is_limit("1024:4096", unsigned) && !is_limit("5:4", unsigned) && is_limit("5:infinity", unsigned));
        assert!(is_limit(r"\11", unsigned) && !is_limit(r"1:\2", unsigned));
        assert!(limit_micros("1 2") == Some(3) && !is_nanoseconds("infinity .7"));
        assert!(is_nanoseconds("50us 3ns") && is_nanoseconds("7") && !is_nanoseconds("7x"));
        assert!(signed("0b-1") == Some(-1) && signed("-0b1").is_none() && signed("-0x10") == Some(-16));
        assert!(is_mode("0755") && !is_mode("0788") && !is_mode("10000"));
    }
}
