//! Times as a crontab has them (crontab(5)), said in systemd's way.

use crate::systemd::calendar;

/// The options that mean what a line of a crontab says in front of its command; `None` for what is no such line.
pub fn translated(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let events = match lower.as_str() {
        "@reboot" => return Some("--on-boot 0".into()),
        "@hourly" => vec!["hourly".into()],
        "@daily" | "@midnight" => vec!["daily".into()],
        "@weekly" => vec!["weekly".into()],
        "@monthly" => vec!["monthly".into()],
        "@yearly" | "@annually" => vec!["yearly".into()],
        line => events(line)?,
    };
    let options = events.iter().map(|event| match event.contains([' ', '*']) {
        true => format!("--on-calendar '{event}'"),
        false => format!("--on-calendar {event}"),
    });
    Some(options.collect::<Vec<_>>().join(" ")).filter(|_| events.iter().all(|event| calendar::is_event(event)))
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

fn events(line: &str) -> Option<Vec<String>> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else { return None };
    let time = format!("{}:{}:00", field(hour, 0, 23, &[])?, field(minute, 0, 59, &[])?);
    let (day, month) = (field(day, 1, 31, &[])?, field(month, 1, 12, &MONTHS)?);
    let weekdays = weekdays(weekday)?;
    let dated = format!("*-{month}-{day} {time}");
    Some(match weekdays {
        None => vec![dated],
        Some(days) if day == "*" => vec![format!("{days} *-{month}-* {time}")],
        // Where both are given, a crontab means either.
        Some(days) => vec![dated, format!("{days} *-{month}-* {time}")],
    })
}

/// One field: `*`, numbers, ranges and steps, with commas between them.
fn field(text: &str, first: u32, last: u32, names: &[&str]) -> Option<String> {
    let part = |part: &str| {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let number = |text: &str| number(text, first, last, names);
        Some(match (range.split_once('-'), step) {
            (None, None) if range == "*" => "*".to_owned(),
            (None, Some(1)) if range == "*" => "*".to_owned(),
            (None, Some(step)) if range == "*" => format!("{first:02}/{step}"),
            (None, step) => match step {
                Some(step) => format!("{:02}..{last}/{step}", number(range)?),
                None => format!("{:02}", number(range)?),
            },
            (Some((from, to)), step) => {
                let (from, to) = (number(from)?, number(to)?);
                let step = step.map(|step| format!("/{step}")).unwrap_or_default();
                if from > to {
                    return None;
                }
                format!("{from:02}..{to:02}{step}")
            }
        })
    };
    let parts = text.split(',').map(part).collect::<Option<Vec<String>>>()?;
    Some(if parts.iter().any(|part| part == "*") { "*".into() } else { parts.join(",") })
}

fn number(text: &str, first: u32, last: u32, names: &[&str]) -> Option<u32> {
    let named = names.iter().position(|name| *name == text).and_then(|place| u32::try_from(place).ok());
    named.map(|place| place + first).or_else(|| text.parse().ok()).filter(|number| (first..=last).contains(number))
}

/// Days of the week by their names; `Some(None)` for all of them.
fn weekdays(text: &str) -> Option<Option<String>> {
    let mut on = [false; 7];
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        // Sunday is both 0 and 7.
        let day = |text: &str| number(text, 0, 7, &DAYS).map(|day| day as usize);
        let (from, to) = match range.split_once('-') {
            None if range == "*" => (0, 6),
            None => (day(range)?, if part.contains('/') { 6 } else { day(range)? }),
            Some((from, to)) => (day(from)?, day(to)?),
        };
        if from > to {
            return None;
        }
        (from..=to).step_by(step).for_each(|day| on[day % 7] = true);
    }
    if on.iter().all(|on| *on) {
        return Some(None);
    }
    let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    // systemd's week begins on Monday.
    let week: Vec<usize> = (1..=7).map(|day| day % 7).collect();
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for (place, _) in week.iter().enumerate().filter(|(_, day)| on[**day]) {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == place => *end = place,
            _ => ranges.push((place, place)),
        }
    }
    let name = |place: usize| names[week[place]];
    let range = |(from, to): &(usize, usize)| match to - from {
        0 => name(*from).to_owned(),
        1 => format!("{},{}", name(*from), name(*to)),
        _ => format!("{}..{}", name(*from), name(*to)),
    };
    Some(Some(ranges.iter().map(range).collect::<Vec<_>>().join(",")))
}

#[cfg(test)]
mod tests {
    use super::translated;

    #[test]
    fn crontabs_are_read() {
        for (line, options) in [
            ("*/5 * * * *", Some("--on-calendar '*-*-* *:00/5:00'")),
            ("0 3 * * *", Some("--on-calendar '*-*-* 03:00:00'")),
            ("30 8 * * 1-5", Some("--on-calendar 'Mon..Fri *-*-* 08:30:00'")),
            ("0 0 1,15 * *", Some("--on-calendar '*-*-01,15 00:00:00'")),
            ("0 4 1 * sun", Some("--on-calendar '*-*-01 04:00:00' --on-calendar 'Sun *-*-* 04:00:00'")),
            ("0 0-6/2 * jan,jul 0,6", Some("--on-calendar 'Sat,Sun *-01,07-* 00..06/2:00:00'")),
            ("5 4 * * 5-7", Some("--on-calendar 'Fri..Sun *-*-* 04:05:00'")),
            ("@reboot", Some("--on-boot 0")),
            ("@daily", Some("--on-calendar daily")),
            ("* * * *", None),
            ("61 * * * *", None),
            ("tomorrow at noon or so", None),
        ] {
            assert_eq!(translated(line).as_deref(), options, "{line}");
        }
    }
}
