//! The time fields of a crontab line (crontab(5)), and their calendar events.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    minutes: Set,
    hours: Set,
    days: Set,
    months: Set,
    weekdays: Set,
    /// If the field of days begins with `*`, both fields must match; otherwise one is enough.
    either_day: bool,
}

/// Numbers below 64, a bit for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Set(u64);

impl Set {
    fn has(self, number: u32) -> bool {
        self.0 >> number & 1 == 1
    }

    fn add(&mut self, number: u32) {
        self.0 |= 1 << number;
    }

    fn numbers(self, first: u32, last: u32) -> Vec<u32> {
        (first..=last).filter(|number| self.has(*number)).collect()
    }
}

/// A field: its name, its range, and the names of its values.
struct Field {
    name: &'static str,
    first: u32,
    last: u32,
    names: &'static [&'static str],
}

const MINUTE: Field = Field { name: "minute", first: 0, last: 59, names: &[] };
const HOUR: Field = Field { name: "hour", first: 0, last: 23, names: &[] };
const DAY: Field = Field { name: "day of the month", first: 1, last: 31, names: &[] };
const MONTH: Field = Field {
    name: "month",
    first: 1,
    last: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
/// Sunday is both 0 and 7.
const WEEKDAY: Field =
    Field { name: "day of the week", first: 0, last: 7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

impl Schedule {
    pub fn parse(fields: [&str; 5]) -> Result<Schedule, String> {
        let [minute, hour, day, month, weekday] = fields;
        let mut weekdays = set(weekday, &WEEKDAY)?;
        if weekdays.has(7) {
            weekdays.add(0);
        }
        Ok(Schedule {
            minutes: set(minute, &MINUTE)?,
            hours: set(hour, &HOUR)?,
            days: set(day, &DAY)?,
            months: set(month, &MONTH)?,
            weekdays,
            either_day: !day.starts_with('*') && !weekday.starts_with('*'),
        })
    }

    /// `@daily` and the like; `None` for another word, and for `@reboot`.
    pub fn of_word(word: &str) -> Option<Schedule> {
        let fields = match word.to_ascii_lowercase().as_str() {
            "@hourly" => ["0", "*", "*", "*", "*"],
            "@daily" | "@midnight" => ["0", "0", "*", "*", "*"],
            // Sunday; systemd's `weekly` is Monday.
            "@weekly" => ["0", "0", "*", "*", "0"],
            "@monthly" => ["0", "0", "1", "*", "*"],
            "@yearly" | "@annually" => ["0", "0", "1", "1", "*"],
            "@every_minute" => ["*", "*", "*", "*", "*"],
            _ => return None,
        };
        Schedule::parse(fields).ok()
    }

    /// The calendar events that elapse at exactly these times (systemd.time(7)); empty if there are no such times, as
    /// on February 31.
    pub fn events(&self) -> Vec<String> {
        let written = |set: Set, field: &Field| written(&set.numbers(field.first, field.last), field.first, field.last);
        let time = format!("{}:{}:00", written(self.hours, &HOUR), written(self.minutes, &MINUTE));
        let (days, months) = (written(self.days, &DAY), written(self.months, &MONTH));
        let week = self.week();
        let weekdays = week.as_deref().map(|days| format!("{days} ")).unwrap_or_default();
        let dated = format!("*-{months}-{days} {time}");
        let mut events = Vec::new();
        if !self.either_day {
            if self.has_date() {
                events.push(format!("{weekdays}{dated}"));
            }
            return events.into_iter().map(shortened).collect();
        }
        // All days of one field are all days.
        if week.is_none() || days == "*" {
            return vec![shortened(format!("*-{months}-* {time}"))];
        }
        if self.has_date() {
            events.push(dated);
        }
        events.push(format!("{weekdays}*-{months}-* {time}"));
        events
    }

    /// True if cron runs it although daylight saving time skips its hour: clocks are put forward early in the morning.
    pub fn skips_clock_change(&self) -> bool {
        self.hours.numbers(HOUR.first, HOUR.last).len() <= 23 && (0..=3).any(|hour| self.hours.has(hour))
    }

    /// True if some month has one of the days.
    fn has_date(&self) -> bool {
        let length = |month: u32| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        MONTH_NUMBERS
            .filter(|month| self.months.has(*month))
            .any(|month| (1..=length(month)).any(|day| self.days.has(day)))
    }

    /// Names of weekdays; `None` for all of them.
    fn week(&self) -> Option<String> {
        const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        // systemd's week begins on Monday.
        let on: Vec<usize> = (0..7).filter(|place| self.weekdays.has((*place as u32 + 1) % 7)).collect();
        if on.len() == 7 {
            return None;
        }
        let range = |run: &[usize]| match run {
            [from, .., to] if run.len() > 2 => format!("{}..{}", NAMES[*from], NAMES[*to]),
            run => run.iter().map(|place| NAMES[*place]).collect::<Vec<_>>().join(","),
        };
        Some(on.chunk_by(|one, next| one + 1 == *next).map(range).collect::<Vec<_>>().join(","))
    }
}

const MONTH_NUMBERS: std::ops::RangeInclusive<u32> = 1..=12;

/// systemd's shorthands.
fn shortened(event: String) -> String {
    match event.as_str() {
        "*-*-* *:00:00" => "hourly".into(),
        "*-*-* 00:00:00" => "daily".into(),
        "*-*-01 00:00:00" => "monthly".into(),
        "*-01-01 00:00:00" => "yearly".into(),
        _ => event,
    }
}

/// Numbers as a component of a calendar event.
fn written(numbers: &[u32], first: u32, last: u32) -> String {
    let all = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
    if numbers.len() == all {
        return "*".into();
    }
    if let [from, second, .., to] = numbers {
        let step = second - from;
        if step > 1 && numbers.windows(2).all(|pair| pair[1] - pair[0] == step) {
            let is_open = to + step > last;
            return if is_open { format!("{from:02}/{step}") } else { format!("{from:02}..{to:02}/{step}") };
        }
    }
    let range = |run: &[u32]| match run {
        [from, .., to] if run.len() > 2 => format!("{from:02}..{to:02}"),
        run => run.iter().map(|number| format!("{number:02}")).collect::<Vec<_>>().join(","),
    };
    numbers.chunk_by(|one, next| one + 1 == *next).map(range).collect::<Vec<_>>().join(",")
}

/// One field: `*`, numbers, names, ranges and steps, separated by commas.
fn set(text: &str, field: &Field) -> Result<Set, String> {
    let mut set = Set::default();
    for part in text.split(',') {
        let refuse = |why: &str| Err(format!("the {} `{text}` {why}", field.name));
        if part.contains('~') {
            return refuse("is a random range (`~`), which is not supported: use a number");
        }
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => match step.parse::<u32>() {
                // A step beyond the last number leaves only the first, see [`alone`].
                Ok(step) if step > 0 => (range, Some(step)),
                _ => return refuse(&format!("has the invalid step `{step}`")),
            },
            None => (part, None),
        };
        let number = |text: &str| number(text, field);
        let (from, to) = match range.split_once('-') {
            // All days, each once.
            None if range == "*" => (field.first, if field.last == 7 { 6 } else { field.last }),
            None => {
                let from = number(range)?;
                if let Some(step) = step {
                    let end = if field.last == 7 { 6 } else { field.last };
                    return refuse(&format!(
                        "differs between versions of cron: use `{range}`, or `{range}-{end}/{step}`"
                    ));
                }
                (from, from)
            }
            Some((from, to)) => (number(from)?, number(to)?),
        };
        if from > to {
            return refuse("ends before it begins");
        }
        (from..=to).step_by(step.unwrap_or(1) as usize).for_each(|number| set.add(number));
    }
    Ok(set)
}

/// Warns of steps beyond the range of a field, where cron only uses the first number.
pub fn alone(fields: &str) -> Vec<String> {
    let mut told = Vec::new();
    for (text, field) in fields.split_ascii_whitespace().zip([&MINUTE, &HOUR, &DAY, &MONTH, &WEEKDAY]) {
        let is_beyond = |step: &str| step.parse::<u32>().is_ok_and(|step| step > field.last);
        if text.split(',').any(|part| part.split_once('/').is_some_and(|(_, step)| is_beyond(step))) {
            let what = "exceeds the range, so cron only uses the first number";
            told.push(format!("the {} `{text}`: its step {what}", field.name));
        }
    }
    told
}

/// Says of steps that do not divide the range of a field what follows its last number.
pub fn uneven(fields: &str) -> Vec<String> {
    let mut said = Vec::new();
    for (text, field) in fields.split_ascii_whitespace().zip([&MINUTE, &HOUR, &DAY, &MONTH]) {
        let step = text.strip_prefix("*/").and_then(|step| step.parse::<u32>().ok());
        let Some(step) = step.filter(|step| *step > 1 && *step <= field.last) else { continue };
        let last = field.first + (field.last - field.first) / step * step;
        if field.name == DAY.name || (field.last + 1 - field.first) % step != 0 {
            said.push(format!("the {} `{text}` begins again at {} after {last}", field.name, field.first));
        }
    }
    said
}

fn number(text: &str, field: &Field) -> Result<u32, String> {
    let lower = text.to_ascii_lowercase();
    let named = field.names.iter().position(|name| *name == lower).and_then(|place| u32::try_from(place).ok());
    if let Some(place) = named {
        // Months count from 1, weekdays from 0.
        return Ok(place + field.first);
    }
    let Field { name, first, last, .. } = field;
    match text.parse::<u32>() {
        Ok(number) if (*first..=*last).contains(&number) && !text.starts_with('+') => Ok(number),
        _ if text.is_empty() => Err(format!("the {name} is empty")),
        _ => Err(format!("the {name} `{text}` is not in the range {first} to {last}")),
    }
}

#[cfg(test)]
mod tests;
