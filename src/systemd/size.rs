//! Sizes and percentages (systemd.resource-control(5), `parse-util.c`).

/// Exponents of 2.
const UNITS: [(&str, u32); 8] = [("E", 60), ("P", 50), ("T", 40), ("G", 30), ("M", 20), ("K", 10), ("B", 0), ("", 0)];

/// A size in bytes without a sign; `None` if systemd rejects it.
pub fn bytes(text: &str) -> Option<u64> {
    let is_plain = text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains('+');
    size(text.trim_end_matches([' ', '\t']), 1024).filter(|_| is_plain)
}

/// Numbers with descending units, each at most once, such as `1G 512M`. `base` is 1024 or 1000.
pub fn size(text: &str, base: u64) -> Option<u64> {
    const UNITS: [&str; 8] = ["E", "P", "T", "G", "M", "K", "B", ""];
    let mut rest = text;
    let mut total: u64 = 0;
    let mut smaller_than = 0;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let (number, after) = digits(rest.strip_prefix('+').unwrap_or(rest));
        let number: u64 = number.parse().ok()?;
        rest = after;
        let mut fraction = "";
        if let Some(behind) = rest.strip_prefix('.') {
            (fraction, rest) = digits(behind);
        }
        rest = rest.trim_start_matches([' ', '\t']);
        let unit = (smaller_than..UNITS.len()).find(|unit| rest.starts_with(UNITS[*unit]))?;
        let factor = base.checked_pow(6_u32.saturating_sub(u32::try_from(unit).ok()?))?;
        // More decimals are less than a byte.
        let places = &fraction[..fraction.len().min(18)];
        let behind = u128::from(places.parse::<u64>().unwrap_or(0)) * u128::from(factor);
        let bytes = u128::from(number) * u128::from(factor) + behind / 10_u128.pow(places.len().try_into().ok()?);
        total = total.checked_add(u64::try_from(bytes).ok()?)?;
        smaller_than = unit + 1;
        rest = &rest[UNITS[unit].len()..];
        if rest.is_empty() {
            return Some(total);
        }
    }
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// A percentage in thousandths: `50%` or `12.5%`. Before 248, only one decimal is accepted.
pub fn permille(text: &str) -> Option<u64> {
    let number = text.strip_suffix('%')?;
    let (whole, tenth) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(tenth) || tenth.len() != 1 {
        return None;
    }
    // systemd's limit.
    let whole: u64 = whole.parse().ok().filter(|whole| *whole <= 20_000_000)?;
    Some(whole * 10 + tenth.parse::<u64>().ok()?)
}

/// A human-readable size: `1.5G`.
pub fn shown(bytes: u64) -> String {
    let (letter, shift) = UNITS.into_iter().find(|(_, shift)| *shift > 0 && bytes >> shift > 0).unwrap_or(("", 0));
    let tenths = (bytes as f64 / (1u64 << shift) as f64 * 10.0).round();
    let number = tenths / 10.0;
    format!("{number}{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_systemd() {
        for (text, read) in [
            ("1", Some(1)),
            ("1K", Some(1 << 10)),
            ("1.5G", Some(3 << 29)),
            ("1.G", Some(1 << 30)),
            ("1G 500M", Some((1 << 30) + (500 << 20))),
            ("1G500M", Some((1 << 30) + (500 << 20))),
            ("1 G", Some(1 << 30)),
            ("1024 B", Some(1024)),
            ("15E", Some(15 << 60)),
            ("16E", None),
            ("1M1G", None),
            ("1G1G", None),
            ("1GB", None),
            ("1GiB", None),
            ("1k", None),
            (".5G", None),
            ("-1", None),
            ("0x10", None),
            ("1e3", None),
            ("", None),
            ("G", None),
        ] {
            assert_eq!(bytes(text), read, "{text:?}");
        }
        assert_eq!([1 << 30, 3 << 29, 512, 1 << 20].map(shown), ["1G", "1.5G", "512", "1M"]);
    }

    #[test]
    fn shares_have_a_percent_sign() {
        for (text, read) in [
            ("50%", Some(500)),
            ("12.5%", Some(125)),
            ("150%", Some(1500)),
            ("0%", Some(0)),
            ("12.34%", None),
            ("1.%", None),
            (".5%", None),
            ("50 %", None),
            ("50", None),
            ("%", None),
            ("99999999999%", None),
        ] {
            assert_eq!(permille(text), read, "{text:?}");
        }
    }
}
