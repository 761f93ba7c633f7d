//! Sizes and shares as systemd reads them in unit files (systemd.resource-control(5), `parse-util.c`).

/// The letters behind numbers of bytes, each 1024 times the next; the last is none at all.
const UNITS: [(&str, u32); 8] = [("E", 60), ("P", 50), ("T", 40), ("G", 30), ("M", 20), ("K", 10), ("B", 0), ("", 0)];

/// Reads a size in bytes: numbers with a letter each, the largest letter first, added up (`1G 500M`). Fractions
/// are taken (`1.5G`). `None` for what systemd does not take.
pub fn bytes(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut units = &UNITS[..];
    let mut total: u64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let whole: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let mut fraction = 0.0;
        if let Some(after) = rest.strip_prefix('.') {
            let places = after.bytes().take_while(u8::is_ascii_digit).count();
            fraction = format!("0.{}0", &after[..places]).parse().ok()?;
            rest = &after[places..];
        }
        rest = rest.trim_start_matches([' ', '\t']);
        let place = units.iter().position(|(letter, _)| rest.starts_with(letter))?;
        let (letter, shift) = units[place];
        units = &units[place + 1..];
        rest = rest[letter.len()..].trim_start_matches([' ', '\t']);
        let scaled = whole.checked_mul(1 << shift)?;
        total = total.checked_add(scaled)?.checked_add((fraction * (1u64 << shift) as f64) as u64)?;
    }
    Some(total)
}

/// Reads a share as thousandths: `50%` or `12.5%`. Releases before 248 take no more than one decimal place.
/// `None` for anything else.
pub fn permille(text: &str) -> Option<u64> {
    let number = text.strip_suffix('%')?;
    let (whole, tenth) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(tenth) || tenth.len() != 1 {
        return None;
    }
    // As much as fits the numbers that systemd has for it.
    let whole: u64 = whole.parse().ok().filter(|whole| *whole <= 20_000_000)?;
    Some(whole * 10 + tenth.parse::<u64>().ok()?)
}

/// A number of bytes for people, as unit files have it: `1.5G`.
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
