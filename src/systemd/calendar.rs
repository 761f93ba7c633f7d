//! Calendar events of `OnCalendar=` (systemd.time(7), "Calendar Events").

const SHORTHANDS: [&str; 13] = [
    "minutely",
    "hourly",
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "yearly",
    "annually",
    // An old misspelling that systemd accepts.
    "anually",
    "biannually",
    "bi-annually",
    "semiannually",
    "semi-annually",
];

/// The database of time zones.
pub const ZONES: &str = "/usr/share/zoneinfo";

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Seconds are counted in microseconds.
const SECOND: u64 = 1_000_000;

/// True for a valid calendar event, if its time zone exists ([`zone`]).
pub fn is_event(text: &str) -> bool {
    is_local(split_zone(text).0)
}

/// The time zone at the end of an event, which must be in the system's database; `None` for local time and UTC.
pub fn zone(event: &str) -> Option<&str> {
    split_zone(event).1
}

/// The event without its weekdays; `None` if it has none.
pub fn without_weekdays(event: &str) -> Option<&str> {
    let mut rest = event;
    weekdays(&mut rest)?;
    (rest.len() < event.len() && !rest.is_empty()).then_some(rest)
}

/// Splits off a trailing time zone.
fn split_zone(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(' ') {
        Some((event, zone)) if zone.eq_ignore_ascii_case("UTC") => (event, None),
        Some((event, zone)) if is_zone(zone) && !is_local(text) => (event, Some(zone)),
        _ => (text, None),
    }
}

/// True for a valid event without a time zone.
fn is_local(event: &str) -> bool {
    SHORTHANDS.iter().any(|word| event.eq_ignore_ascii_case(word)) || !event.is_empty() && read(event).is_some()
}

/// The form of a name in the database, which are paths.
fn is_zone(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-');
    name.split('/').all(|part| !part.is_empty() && part.chars().all(is_plain))
}

fn read(event: &str) -> Option<()> {
    let mut rest = event;
    weekdays(&mut rest)?;
    if let Some(epoch) = rest.strip_prefix('@') {
        // systemd rejects years after 2199.
        const LAST: u64 = 7_258_118_400;
        return epoch
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| epoch.parse::<u64>().ok())?
            .filter(|at| *at < LAST)
            .map(drop);
    }
    date(&mut rest)?;
    time(rest)
}

/// Weekdays, separated by commas, with `..` for ranges.
fn weekdays(rest: &mut &str) -> Option<()> {
    let mut from = None;
    let mut any = false;
    loop {
        let Some((day, length)) = weekday(rest) else { return if any { None } else { Some(()) } };
        let behind = &rest[length..];
        if !(behind.is_empty() || behind.starts_with(['-', '.', ',', ' '])) || from.is_some_and(|from| from > day) {
            return None;
        }
        *rest = behind;
        if rest.is_empty() || rest.starts_with(' ') {
            *rest = rest.trim_start_matches(' ');
            return Some(());
        }
        if let Some(behind) = rest.strip_prefix(',') {
            (*rest, from) = (behind, None);
        } else {
            *rest = rest.strip_prefix("..").or_else(|| rest.strip_prefix('-')).filter(|_| from.is_none())?;
            from = Some(day);
        }
        if rest.is_empty() || rest.starts_with(' ') {
            *rest = rest.trim_start_matches(' ');
            return from.is_none().then_some(());
        }
        any = true;
    }
}

/// The weekday at the start of a text, in full or as three letters, and its length.
fn weekday(text: &str) -> Option<(usize, usize)> {
    let begins = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    DAYS.iter().enumerate().find_map(|(number, day)| {
        let length = [*day, &day[..3]].into_iter().find(|word| begins(word))?.len();
        Some((number, length))
    })
}

/// `[YEAR-]MONTH-DAY`, with `~` for days counted from the end of the month; reads nothing before a time.
fn date(rest: &mut &str) -> Option<()> {
    if rest.is_empty() {
        return Some(());
    }
    let mut at = *rest;
    let first = chain(&mut at, false)?;
    if at.is_empty() || at.starts_with(':') {
        return Some(());
    }
    let mut from_end = at.starts_with('~');
    at = at.strip_prefix(['-', '~'])?;
    let second = chain(&mut at, false)?;
    if at.is_empty() || at.starts_with(' ') {
        *rest = at.trim_start_matches(' ');
        return (is_valid(&first, 1, 13, false) && is_valid(&second, 1, 32, from_end)).then_some(());
    }
    if from_end {
        return None;
    }
    from_end = at.starts_with('~');
    at = at.strip_prefix(['-', '~'])?;
    let third = chain(&mut at, false)?;
    if !(at.is_empty() || at.starts_with(' ')) {
        return None;
    }
    *rest = at.trim_start_matches(' ');
    let years: Vec<Part> = first.into_iter().map(Part::of_years).collect();
    let fits =
        is_valid(&years, 1970, 2200, false) && is_valid(&second, 1, 13, false) && is_valid(&third, 1, 32, from_end);
    fits.then_some(())
}

/// `HOUR:MINUTE[:SECOND]`, or nothing.
fn time(text: &str) -> Option<()> {
    if text.is_empty() {
        return Some(());
    }
    let mut at = text;
    let hours = chain(&mut at, false)?;
    at = at.strip_prefix(':')?;
    let minutes = chain(&mut at, false)?;
    let mut seconds = Vec::new();
    if !at.is_empty() {
        at = at.strip_prefix(':')?;
        seconds = chain(&mut at, true)?;
    }
    let fits =
        is_valid(&hours, 0, 24, false) && is_valid(&minutes, 0, 60, false) && is_valid(&seconds, 0, 60 * SECOND, false);
    (at.is_empty() && fits).then_some(())
}

/// A number or a range, with its repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    start: u64,
    stop: Option<u64>,
    step: u64,
}

impl Part {
    /// Two digits are a year from 1970 to 2069.
    fn of_years(self) -> Part {
        let whole = |year: u64| match year {
            0..=69 => year + 2000,
            70..=99 => year + 1900,
            year => year,
        };
        Part { start: whole(self.start), stop: self.stop.map(whole), ..self }
    }

    /// A range ends at the last number that its step reaches; a range of one number is that number.
    fn rounded(self) -> Part {
        let reached = |stop: u64| match stop.checked_sub(self.start) {
            Some(length) if self.step > 0 => stop - length % self.step,
            _ => stop,
        };
        let stop = self.stop.map(reached);
        if stop == Some(self.start) { Part { stop: None, step: 0, ..self } } else { Part { stop, ..self } }
    }
}

/// Numbers separated by commas; none for `*`.
fn chain(rest: &mut &str, seconds: bool) -> Option<Vec<Part>> {
    /// systemd's limit.
    const MOST: usize = 240;
    if let Some(behind) = rest.strip_prefix('*') {
        *rest = behind;
        return Some(Vec::new());
    }
    let mut parts = Vec::new();
    loop {
        parts.push(part(rest, seconds)?);
        match rest.strip_prefix(',') {
            Some(behind) if parts.len() < MOST => *rest = behind,
            Some(_) => return None,
            None => return (rest.is_empty() || rest.starts_with([' ', '-', '~', ':'])).then_some(parts),
        }
    }
}

fn part(rest: &mut &str, seconds: bool) -> Option<Part> {
    let unit = if seconds { SECOND } else { 1 };
    let start = number(rest, seconds)?;
    let (mut stop, mut step) = (None, 0);
    if let Some(behind) = rest.strip_prefix("..") {
        *rest = behind;
        stop = Some(number(rest, seconds)?);
        step = unit;
    }
    if let Some(behind) = rest.strip_prefix('/') {
        *rest = behind;
        step = number(rest, seconds)?;
        if step == 0 {
            return None;
        }
    } else if seconds && stop.is_some_and(|stop| start + step > stop) {
        return None;
    }
    (rest.is_empty() || rest.starts_with([' ', ',', '-', '~', ':'])).then_some(Part { start, stop, step })
}

fn number(rest: &mut &str, seconds: bool) -> Option<u64> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    let mut value: u64 = rest[..whole].parse().ok()?;
    *rest = &rest[whole..];
    if seconds {
        value = value.checked_mul(SECOND)?;
        // One point begins a fraction, two a range.
        if let Some(behind) = rest.strip_prefix('.').filter(|behind| !behind.starts_with('.')) {
            let length = digits(behind);
            let micros: String = behind[..length].chars().chain("000000".chars()).take(6).collect();
            value += if length == 0 { return None } else { micros.parse::<u64>().ok()? };
            *rest = &behind[length..];
        }
    }
    i32::try_from(value).ok().map(|_| value)
}

/// True if all parts are within the bounds (the upper one is exclusive) and each repeats at least once.
fn is_valid(parts: &[Part], from: u64, to: u64, from_end: bool) -> bool {
    /// Not every month has more days: when they are counted from the end, systemd lowers the upper bound by this, for
    /// each part again (tried on 247, 252 and 257).
    const UNSURE: u64 = 3;
    let mut parts: Vec<Part> = parts.iter().map(|part| part.rounded()).collect();
    parts.sort_unstable();
    parts.dedup();
    let mut bound = to;
    parts.iter().all(|&Part { start, stop, step }| {
        if from_end {
            bound = bound.saturating_sub(UNSURE);
        }
        let repeats = match stop {
            Some(stop) => (from..bound).contains(&stop) && start + step <= stop,
            None if from_end => start >= step + from,
            None => start + step < bound,
        };
        (from..bound).contains(&start) && step <= to - from && repeats
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_from_other_texts() {
        for event in [
            "daily",
            "Weekly UTC",
            "Mon..Fri 09:30",
            "Mon,Wed *-*-* 12:00:00",
            "*-*-* 04:00",
            "*:0/15",
            "03:00",
            "2026-12-24 18:00 Europe/Berlin",
            "*-*~1 23:59:59",
            "Sat 10..16:00",
            "*-1,7-1",
            "@1700000000",
            "*:*:0/10.5",
            "*-*~28",
            "*-*~1..28,2",
            "*-*~5/4",
            "4..5/22:29",
            "*-*-22..34/9",
        ] {
            assert!(is_event(event), "{event}");
        }
        for text in [
            "",
            "dayly",
            "25:00",
            "Mon-",
            "Fri..Mon 12:00",
            "12",
            "*-13-01",
            "*-*-32",
            "*-*~29",
            "*-*~1,26",
            "*-*~5/5",
            "12~21..30",
            "*-*-22..34/5",
            "04:60",
            "tomorrow",
            "5min",
            "12:00 Nowhere//City",
            "12:00 Nowhere/",
            "12:00 x y",
            "*:0/0",
            "12:00:00:00",
            " daily",
        ] {
            assert!(!is_event(text), "{text}");
        }
    }

    #[test]
    fn zones_and_weekdays_are_split_off() {
        for (event, expected) in [
            ("12:00 W-SU", Some("W-SU")),
            ("daily posix/Europe/Berlin", Some("posix/Europe/Berlin")),
            ("12:00 GMT0", Some("GMT0")),
            ("12:00 Asia/T3kyo", Some("Asia/T3kyo")),
            ("12:00 utc", None),
            ("Mon 1-2", None),
            ("Wed 2030-01-01", None),
        ] {
            assert_eq!((is_event(event), zone(event)), (true, expected), "{event}");
        }
        assert_eq!(without_weekdays("Wed..Fri 2030-01-01 5:00 UTC"), Some("2030-01-01 5:00 UTC"));
        assert_eq!([without_weekdays("2030-01-01"), without_weekdays("Mon"), without_weekdays("daily")], [None; 3]);
    }
}
