//! Durations and sizes, as systemd writes them.

/// In its two largest units: `2h 5min`.
pub fn duration(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let counts = UNITS.map(|(length, unit)| {
        let count = rest / length;
        rest %= length;
        (count, unit)
    });
    let first = counts.iter().position(|(count, _)| *count > 0).unwrap_or(UNITS.len() - 1);
    let shown = counts[first..].iter().take(2).enumerate().filter(|(at, (count, _))| *at == 0 || *count > 0);
    shown.map(|(_, (count, unit))| format!("{count}{unit}")).collect::<Vec<_>>().join(" ")
}

/// `350ms` or as [`duration`], of nanoseconds.
pub fn cpu(nanoseconds: u64) -> String {
    match nanoseconds / 1_000_000 {
        ms @ 0..1000 => format!("{ms}ms"),
        ms => duration(ms / 1000),
    }
}

/// `12.3M`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["K", "M", "G", "T"];
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1}{}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_are_enough() {
        for (seconds, words) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1min"),
            (298, "4min 58s"),
            (7_500, "2h 5min"),
            (86_405, "1d"),
            (90_000, "1d 1h"),
        ] {
            assert_eq!(duration(seconds), words);
        }
        for (bytes, words) in [(12_900_000, "12.3M"), (0, "0.0K"), (1 << 30, "1.0G")] {
            assert_eq!(size(bytes), words);
        }
    }
}
