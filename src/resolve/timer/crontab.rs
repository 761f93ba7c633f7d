//! Converts the times of a crontab (crontab(5)) to calendar events.

use crate::model::diagnostic::{Error, Note, Result};
use crate::model::message::{Message, Part, message, set, set_all};
use crate::systemd::cron::{self, Schedule};

/// The value of `--cron`.
pub enum When {
    Boot,
    At(Schedule),
}

impl When {
    pub fn parse(text: &str) -> Result<When> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("@reboot") {
            return Ok(When::Boot);
        }
        let refuse = |why: Message| Error::invalid(message!("{}: {}", set("cron", text), why));
        let schedule = match <[&str; 5]>::try_from(text.split_whitespace().collect::<Vec<_>>()) {
            Ok(fields) => Schedule::parse(fields).map_err(|why| refuse(why.into()))?,
            Err(fields) => match Schedule::of_word(text) {
                Some(schedule) => schedule,
                None if fields.len() > 5 => {
                    let error = refuse(message!("{} fields instead of 5", fields.len()));
                    return Err(error.hint("give the command after the options, and not with the times"));
                }
                None => {
                    let error = refuse("expected minute, hour, day of the month, month and day of the week".into());
                    return Err(error.hint(set("cron", "30 4 * * *")));
                }
            },
        };
        if schedule.events().is_empty() {
            return Err(refuse("no such day".into()));
        }
        Ok(When::At(schedule))
    }
}

/// What differs from cron, or from what a step seems to say.
pub fn notes(text: &str, schedule: &Schedule) -> Vec<Note> {
    let clock_change = schedule.skips_clock_change().then(|| {
        message!("{}: cron makes up for a run that daylight saving time skips; systemd does not", set("cron", text))
    });
    let steps = cron::alone(text).into_iter().chain(cron::uneven(text));
    let steps = steps.map(|what| message!("{}: {}", set("cron", text), what));
    clock_change.into_iter().chain(steps).map(Note::from).collect()
}

/// The options equivalent to the time fields of a crontab line; `None` if it is not such a line.
pub fn translated(text: &str) -> Option<Part> {
    if text.eq_ignore_ascii_case("@reboot") {
        return Some(set("on-boot", "0"));
    }
    let schedule = Schedule::of_word(text).or_else(|| {
        let fields: Vec<&str> = text.split_whitespace().collect();
        Schedule::parse(fields.try_into().ok()?).ok()
    })?;
    let events = schedule.events();
    (!events.is_empty()).then(|| set_all("on-calendar", events))
}

#[cfg(test)]
mod tests {
    use super::translated;
    use crate::output::wording::Wording;

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
            ("@weekly", Some("--on-calendar 'Sun *-*-* 00:00:00'")),
            ("0 4 */2 * mon", Some("--on-calendar 'Mon *-*-01/2 04:00:00'")),
            ("* * * *", None),
            ("61 * * * *", None),
            ("tomorrow at noon or so", None),
        ] {
            assert_eq!(
                translated(line).map(|part| Wording::default().text(&part.into())).as_deref(),
                options,
                "{line}"
            );
        }
    }
}
