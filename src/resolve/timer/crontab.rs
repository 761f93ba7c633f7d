//! Converts the times of a crontab (crontab(5)) to calendar events.

use crate::model::message::{Part, set, set_all};
use crate::systemd::cron::Schedule;

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
