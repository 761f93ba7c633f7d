//! When times of a calendar come, by systemd-analyze(1): time zones and their summer times are systemd's to know.

use std::process::Stdio;

use crate::host::tool::tool;

/// A moment that is to come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// By universal time, so that moments can be compared: `2026-11-24 00:00:00`.
    pub utc: String,
    /// By the machine's own: `Tue 2026-11-24 01:00:00 CET`.
    pub local: String,
}

/// Why the moments of a calendar event cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoMoments {
    /// systemd does not take it, for this reason.
    Refused(String),
    /// The program is not there.
    NoProgram,
}

/// The next moments of a calendar event, `count` of them at most; none when it lies in the past.
pub fn next(event: &str, count: usize) -> Result<Vec<Moment>, NoMoments> {
    let output = analyze(&["calendar", &format!("--iterations={count}"), "--", event])?;
    Ok(moments(&output))
}

/// A moment as people read it, by the machine's own time; `None` where the program is not there. In microseconds
/// since 1970.
pub fn local(moment: u64) -> Option<String> {
    let output = analyze(&["timestamp", "--", &format!("@{}", moment / 1_000_000)]).ok()?;
    let normalized = output.lines().find_map(|line| line.trim_start().strip_prefix("Normalized form: "))?;
    Some(normalized.trim().to_owned())
}

fn analyze(arguments: &[&str]) -> Result<String, NoMoments> {
    let mut command = tool("systemd-analyze");
    // The manager has the machine's time zone, and not that of this terminal.
    command.args(arguments).env_remove("TZ").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    let output = command.output().map_err(|_| NoMoments::NoProgram)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(NoMoments::Refused(said.lines().last().unwrap_or_default().to_owned()))
}

/// Lines of a label and a moment; where the machine has not universal time, one with that follows.
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
