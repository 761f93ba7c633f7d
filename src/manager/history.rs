//! How services exited and when systemd restarted them, by its messages in the journal.

use std::collections::HashMap;

use rustix::process::geteuid;

use super::exit::{CLD_DUMPED, CLD_EXITED, CLD_KILLED};
use super::journal::{Entry, entries};
use crate::spec::Scope;

/// The kinds of systemd's messages (sd-messages.h). One about the exit of a process is missing if the process exited
/// successfully.
const PROCESS_EXIT: &str = "98e322203f7a4ed290d09fe03c09fe15";
const SUCCESS: &str = "7ad2d189f7e94e70a38c781354912448";
const RESTART: &str = "5eb03494b6584870a536b337290809b3";

/// The number of messages that are read for each unit, and for all of them.
const OF_UNIT: usize = 40;
const OF_ALL: usize = 4000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// In microseconds since 1970, the last one last.
    pub restarts: Vec<u64>,
    pub exit: Option<Exit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// In microseconds since 1970.
    pub time: u64,
    /// The `CLD_*` code, and the exit status or signal; `None` for an exit that counts as success.
    pub how: Option<(i32, i32)>,
    /// The ID of the run.
    pub invocation: String,
}

/// The last messages about units, read at once.
pub fn of_units(scope: Scope, units: &[String]) -> HashMap<String, History> {
    if units.is_empty() {
        return HashMap::new();
    }
    let field = if scope == Scope::User { "USER_UNIT" } else { "UNIT" };
    let mut arguments = messages(scope, &[PROCESS_EXIT, SUCCESS, RESTART]);
    arguments.push(format!("--lines={}", (units.len() * OF_UNIT).min(OF_ALL)));
    arguments.extend(units.iter().map(|unit| format!("{field}={unit}")));
    collected(&entries(&arguments).unwrap_or_default())
}

pub fn of_unit(scope: Scope, unit: &str) -> History {
    of_units(scope, &[unit.to_owned()]).remove(unit).unwrap_or_default()
}

/// The restarts of all units since a time, as for journalctl.
pub fn restarts(scope: Scope, since: &str) -> HashMap<String, History> {
    let mut arguments = messages(scope, &[RESTART]);
    arguments.extend([format!("--since={since}"), format!("--lines={OF_ALL}")]);
    collected(&entries(&arguments).unwrap_or_default())
}

/// Selects messages of the manager itself: nobody else can have these fields.
fn messages(scope: Scope, kinds: &[&str]) -> Vec<String> {
    let of_manager = match scope {
        Scope::System => vec!["_PID=1".to_owned()],
        Scope::User => vec![format!("_UID={}", geteuid().as_raw()), "_SYSTEMD_USER_UNIT=init.scope".to_owned()],
    };
    of_manager.into_iter().chain(kinds.iter().map(|kind| format!("MESSAGE_ID={kind}"))).collect()
}

fn collected(entries: &[Entry]) -> HashMap<String, History> {
    let mut all: HashMap<String, History> = HashMap::new();
    for entry in entries {
        let history = all.entry(entry.unit.clone()).or_default();
        match entry.kind.as_str() {
            RESTART => history.restarts.push(entry.time),
            PROCESS_EXIT => history.exit = exit(entry),
            // The process may have been killed before, which was reported.
            SUCCESS if history.exit.as_ref().is_none_or(|exit| exit.invocation != entry.about) => {
                history.exit = Some(Exit { time: entry.time, how: None, invocation: entry.about.clone() });
            }
            _ => {}
        }
    }
    all
}

fn exit(entry: &Entry) -> Option<Exit> {
    let code = match entry.exit_code.as_str() {
        "exited" => CLD_EXITED,
        "killed" => CLD_KILLED,
        "dumped" => CLD_DUMPED,
        _ => return None,
    };
    let how = Some((code, entry.exit_status.parse().ok()?));
    Some(Exit { time: entry.time, how, invocation: entry.about.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_exit_counts() {
        let entry = |time, kind: &str, about: &str, exit: Option<(&str, &str)>| Entry {
            time,
            unit: "x.service".into(),
            kind: kind.into(),
            exit_code: exit.map_or("", |(code, _)| code).into(),
            exit_status: exit.map_or("", |(_, status)| status).into(),
            about: about.into(),
            ..Entry::default()
        };
        let last = |entries: &[Entry]| collected(entries).remove("x.service").unwrap();
        let failed = entry(1, PROCESS_EXIT, "a", Some(("exited", "7")));
        let again = entry(2, RESTART, "a", None);
        let history = last(&[failed.clone(), again.clone(), entry(3, RESTART, "b", None)]);
        assert_eq!(history.restarts, [2, 3]);
        assert_eq!(history.exit, Some(Exit { time: 1, how: Some((CLD_EXITED, 7)), invocation: "a".into() }));
        let history = last(&[failed.clone(), again, entry(4, SUCCESS, "b", None)]);
        assert_eq!(history.exit, Some(Exit { time: 4, how: None, invocation: "b".into() }));
        // SuccessExitStatus=7
        let history = last(&[failed, entry(2, SUCCESS, "a", None)]);
        assert_eq!(history.exit.unwrap().how, Some((CLD_EXITED, 7)));
        let history = last(&[entry(1, PROCESS_EXIT, "a", Some(("dumped", "11")))]);
        assert_eq!(history.exit.unwrap().how, Some((CLD_DUMPED, 11)));
    }
}
