//! Time spans (systemd.time(7), "Parsing Time Spans").

use std::time::Duration;

/// A time span and the text it was given as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeSpan {
    text: String,
    /// `None` is `infinity`.
    length: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid duration `{0}`: expected seconds or numbers with units, such as `5`, `500ms`, `1min 30s` or `infinity`"
)]
pub struct NotATimeSpan(pub String);

impl TimeSpan {
    /// The sum of numbers with optional units (default: seconds) and fractions, or `infinity`.
    pub fn parse(text: &str) -> Result<TimeSpan, NotATimeSpan> {
        let trimmed = text.trim_matches([' ', '\t']);
        let refuse = || NotATimeSpan(text.to_owned());
        if trimmed == "infinity" {
            return Ok(TimeSpan { text: trimmed.to_owned(), length: None });
        }
        let mut total: u64 = 0;
        let mut rest = trimmed;
        if rest.is_empty() {
            return Err(refuse());
        }
        while !rest.is_empty() {
            let (micros, after) = component(rest).ok_or_else(refuse)?;
            // `u64::MAX` is infinity to systemd.
            total = total.checked_add(micros).filter(|total| *total != u64::MAX).ok_or_else(refuse)?;
            rest = after.trim_start_matches([' ', '\t']);
        }
        Ok(TimeSpan { text: trimmed.to_owned(), length: Some(Duration::from_micros(total)) })
    }

    /// Whole seconds.
    pub fn seconds(seconds: u64) -> TimeSpan {
        TimeSpan { text: format!("{seconds}s"), length: Some(Duration::from_secs(seconds)) }
    }

    /// `None` for `infinity`.
    pub fn length(&self) -> Option<Duration> {
        self.length
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// In microseconds, as in systemd's `time-util.c`.
const UNITS: [(&str, u64); 30] = [
    ("seconds", 1_000_000),
    ("second", 1_000_000),
    ("sec", 1_000_000),
    ("s", 1_000_000),
    ("minutes", 60_000_000),
    ("minute", 60_000_000),
    ("min", 60_000_000),
    ("months", MONTH),
    ("month", MONTH),
    ("M", MONTH),
    ("msec", 1_000),
    ("ms", 1_000),
    ("m", 60_000_000),
    ("hours", HOUR),
    ("hour", HOUR),
    ("hr", HOUR),
    ("h", HOUR),
    ("days", 24 * HOUR),
    ("day", 24 * HOUR),
    ("d", 24 * HOUR),
    ("weeks", 168 * HOUR),
    ("week", 168 * HOUR),
    ("w", 168 * HOUR),
    ("years", YEAR),
    ("year", YEAR),
    ("y", YEAR),
    ("usec", 1),
    ("us", 1),
    ("µs", 1),
    ("μs", 1),
];
const HOUR: u64 = 3_600_000_000;
const MONTH: u64 = 2_629_800_000_000;
const YEAR: u64 = 31_557_600_000_000;

/// Reads one number with its unit; returns microseconds and the rest.
fn component(text: &str) -> Option<(u64, &str)> {
    // systemd accepts a plus before a number.
    let text = text.strip_prefix('+').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(text);
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    // systemd reads it as a signed number.
    let number: i64 = if whole == 0 { 0 } else { text[..whole].parse().ok()? };
    let number = number.unsigned_abs();
    let mut rest = &text[whole..];
    let mut fraction = "";
    if let Some(after) = rest.strip_prefix('.') {
        let length = digits(after);
        fraction = &after[..length];
        rest = &after[length..];
        // systemd rejects both `1.` and a lone point.
        if length == 0 {
            return None;
        }
    }
    if whole == 0 && fraction.is_empty() {
        return None;
    }
    let before = rest.len();
    let rest = rest.trim_start_matches([' ', '\t']);
    let found = UNITS.iter().find(|(name, _)| rest.starts_with(name));
    let (unit, after) = match found {
        Some((name, length)) => (*length, &rest[name.len()..]),
        None => (1_000_000, rest),
    };
    // Two numbers need white space or a unit between them, and a unit ends where its letters end.
    let bounded = match found {
        Some(_) => !after.starts_with(|c: char| c.is_alphabetic()),
        None => {
            after.is_empty()
                || after.starts_with(|c: char| c.is_ascii_digit())
                || (after.starts_with('.') && rest.len() < before)
        }
    };
    if !bounded {
        return None;
    }
    let mut micros = number.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.bytes() {
        place /= 10;
        micros = micros.checked_add(u64::from(digit - b'0') * place)?;
    }
    Some((micros, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_systemd_reads() {
        for (text, micros) in [
            ("5", 5_000_000),
            ("500ms", 500_000),
            ("1min 30s", 90_000_000),
            ("1.5s", 1_500_000),
            ("2 h", 2 * HOUR),
            ("1h30m", 5_400_000_000),
            ("10us", 10),
            ("0", 0),
            ("1w", 168 * HOUR),
            (" 3s ", 3_000_000),
            (".5s", 500_000),
        ] {
            assert_eq!(TimeSpan::parse(text).unwrap().length(), Some(Duration::from_micros(micros)), "{text}");
        }
        assert_eq!(TimeSpan::parse("infinity").unwrap().length(), None);
    }

    #[test]
    fn refuses_what_systemd_refuses() {
        for text in [
            "",
            " ",
            "soon",
            "5x",
            "-1",
            "1..2",
            "5 sx",
            "s",
            "1.5.5",
            "18446744073709551615us",
            "99999999999999y",
            "5s\n",
        ] {
            assert!(TimeSpan::parse(text).is_err(), "{text:?}");
        }
    }
}
