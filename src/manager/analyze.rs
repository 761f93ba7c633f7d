//! When calendar events elapse, by systemd-analyze(1), which knows time zones and daylight saving.

use crate::host::tool::query;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// In UTC, for comparison: `2026-11-24 00:00:00`.
    pub utc: String,
    /// In local time: `Tue 2026-11-24 01:00:00 CET`.
    pub local: String,
}

impl Moment {
    /// Its weekday and date in local time: `Tuesday`, `2026-11-24`.
    pub fn date(&self) -> Option<(&'static str, &str)> {
        const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let mut words = self.local.split(' ');
        let (short, date) = (words.next()?, words.next()?);
        Some((DAYS.into_iter().find(|day| day.starts_with(short))?, date))
    }
}

/// Why the times of a calendar event are unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoMoments {
    /// systemd's error message.
    Refused(String),
    /// The program is not installed, or was killed.
    Unknown(&'static str),
}

/// At most `count` times; none if the event is in the past.
pub fn next(event: &str, count: usize) -> Result<Vec<Moment>, NoMoments> {
    let output = analyze(&["calendar", &format!("--iterations={count}"), "--", event])?;
    Ok(moments(&output))
}

/// The first time since 1970; `None` if the event never occurs.
pub fn first(event: &str) -> Result<Option<Moment>, NoMoments> {
    let output = analyze(&["calendar", "--base-time=@0", "--", event])?;
    Ok(moments(&output).into_iter().next())
}

/// A time in microseconds since 1970, in local time; `None` if the program is not installed.
pub fn local(moment: u64) -> Option<String> {
    let output = analyze(&["timestamp", "--", &format!("@{}", moment / 1_000_000)]).ok()?;
    let normalized = output.lines().find_map(|line| line.trim_start().strip_prefix("Normalized form: "))?;
    Some(normalized.trim().to_owned())
}

fn analyze(arguments: &[&str]) -> Result<String, NoMoments> {
    let mut command = query("systemd-analyze");
    // The manager has the machine's time zone, and not that of this terminal.
    command.args(arguments).env_remove("TZ").env("LC_ALL", "C.UTF-8");
    let output = command.output().map_err(|_| NoMoments::Unknown("is not installed"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(match said.trim().lines().last() {
        Some(said) if output.status.code().is_some() => NoMoments::Refused(said.to_owned()),
        // It says why it refuses something.
        _ => NoMoments::Unknown("was killed"),
    })
}

/// Reads lines of label and time; if local time is not UTC, a line in UTC follows.
fn moments(output: &str) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    for (label, value) in output.lines().filter_map(|line| line.trim_start().split_once(": ")) {
        let value = value.trim();
        let without_day = || value.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" ");
        match label {
            "(in UTC)" => {
                if let Some(last) = moments.last_mut() {
                    last.utc = without_day();
                }
            }
            label if value != "never" && (label == "Next elapse" || label.starts_with("Iter")) => {
                moments.push(Moment { utc: without_day(), local: value.to_owned() });
            }
            _ => {}
        }
    }
    moments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_with_and_without_a_time_zone() {
        let output = "  Original form: daily\nNormalized form: *-*-* 00:00:00\n    Next elapse: Tue 2026-11-24 00:00:00 CET\n       (in UTC): Mon 2026-11-23 23:00:00 UTC\n       From now: 17h left\n       Iter. #2: Wed 2026-11-25 00:00:00 CET\n       (in UTC): Tue 2026-11-24 23:00:00 UTC\n       From now: 1 day 17h left\n";
        let read = moments(output);
        assert_eq!(read.len(), 2);
        assert_eq!(
            (read[0].utc.as_str(), read[0].local.as_str()),
            ("2026-11-23 23:00:00", "Tue 2026-11-24 00:00:00 CET")
        );
        assert_eq!(
            moments("    Next elapse: Tue 2026-11-24 00:00:00 UTC\n   Iteration #2: Wed 2026-11-25 00:00:00 UTC\n")
                .len(),
            2
        );
        assert_eq!(moments("    Next elapse: never\n"), []);
    }
}
