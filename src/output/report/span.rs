//! Spans of time and amounts of memory in words.

/// A span of seconds, in its two largest units: `2 h 5 min`.
pub fn seconds(total: u64) -> String {
    const UNITS: [(u64, &str, &str); 4] =
        [(86_400, "day", "days"), (3_600, "h", "h"), (60, "min", "min"), (1, "s", "s")];
    let first = UNITS.iter().position(|(length, ..)| total >= *length).unwrap_or(UNITS.len() - 1);
    let mut rest = total;
    let mut words = Vec::new();
    for (length, one, many) in UNITS.iter().skip(first).take(2) {
        let count = rest / length;
        rest %= length;
        if count > 0 || words.is_empty() {
            words.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    }
    words.join(" ")
}

/// An amount of memory, as `free -h` has it: `12.3 MiB`.
pub fn bytes(amount: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = amount as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_are_enough() {
        for (total, words) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (7_500, "2 h 5 min"), (90_000, "1 day 1 h")]
        {
            assert_eq!(seconds(total), words);
        }
        assert_eq!(bytes(12_900_000), "12.3 MiB");
        assert_eq!(bytes(0), "0.0 KiB");
        assert_eq!(bytes(1 << 30), "1.0 GiB");
    }
}
