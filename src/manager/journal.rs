//! Reads the journal through journalctl(1): the journal's files have no other stable reader.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::state::LastRun;
use crate::host::tool::tool;
use crate::spec::Scope;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// Messages of the program.
    pub program: Vec<String>,
    /// Messages of systemd about the run.
    pub manager: Vec<String>,
    /// The caller is not allowed to read the journal.
    pub unreadable: bool,
}

/// The number of entries that are read per run.
const ENTRIES: &str = "200";
/// How often, and how long apart, the journal is read until it contains the end of the run: messages reach it some
/// milliseconds after the process exited.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// Messages of systemd that a run has ended.
const ENDS: [&str; 4] = ["Main process exited", "Failed with result", "Deactivated successfully", "Succeeded."];

/// Reads the messages of the run with this invocation ID.
///
/// Messages that a user's process writes just before it exits can lack the invocation ID, since journald looks up the
/// process, which is gone by then. Entries with the process ID of the main process are therefore included.
///
/// If the run has ended, reading is repeated until systemd's message about the end is there, which comes last, or a
/// second has passed.
pub fn of_run(invocation: &str, run: &LastRun, has_ended: bool) -> Log {
    of_run_with(ENTRIES, invocation, run, has_ended)
}

/// Like [`of_run`], with more entries.
pub fn more_of_run(invocation: &str, run: &LastRun, has_ended: bool) -> Log {
    of_run_with("5000", invocation, run, has_ended)
}

fn of_run_with(entries: &str, invocation: &str, run: &LastRun, has_ended: bool) -> Log {
    let mut log = Log::default();
    for _ in 0..TRIES {
        log = read(entries, invocation, run);
        let complete = log.manager.iter().any(|line| ENDS.iter().any(|end| line.contains(end)));
        if log.unreadable || complete || !has_ended {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    log
}

fn read(wanted: &str, invocation: &str, run: &LastRun) -> Log {
    if invocation.is_empty() {
        return Log::default();
    }
    // Processes of the run, the system manager and user managers each use a field of their own.
    let matches =
        ["_SYSTEMD_INVOCATION_ID", "INVOCATION_ID", "USER_INVOCATION_ID"].map(|field| format!("{field}={invocation}"));
    let mut arguments: Vec<String> = ["-n", wanted].map(str::to_owned).to_vec();
    arguments.extend([matches[0].clone(), "+".into(), matches[1].clone(), "+".into(), matches[2].clone()]);
    if run.pid != 0 && run.started != 0 {
        // Before that, the process ID may have been another process's. The process can log before systemd records its
        // start.
        let since = run.started.saturating_sub(1_000_000);
        arguments.extend(["--since".into(), format!("@{}.{:06}", since / 1_000_000, since % 1_000_000)]);
        arguments.extend(["+".into(), format!("_PID={}", run.pid)]);
    }
    let Ok(entries) = entries(&arguments) else { return Log { unreadable: true, ..Log::default() } };
    let mut log = Log::default();
    for entry in &entries {
        // systemd's messages name the run; the program's do not have to.
        let of_manager = entry["INVOCATION_ID"] == invocation || entry["USER_INVOCATION_ID"] == invocation;
        let lines = if of_manager { &mut log.manager } else { &mut log.program };
        lines.extend(message(&entry["MESSAGE"]).lines().map(str::to_owned));
    }
    log
}

/// Which entries of a unit's log to read.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub scope: Scope,
    pub unit: &'a str,
    /// The number of last entries; `None` for all.
    pub lines: Option<u32>,
    /// As for journalctl.
    pub since: Option<&'a str>,
}

impl Wanted<'_> {
    /// Arguments of journalctl. A user unit is looked up in all readable journals, not only in the user's own
    /// (`--user`): with volatile journals, and for system users, there is no such journal.
    pub fn arguments(&self) -> Vec<String> {
        let kind = if self.scope == Scope::User { "--user-unit" } else { "--unit" };
        let mut arguments = vec![format!("{kind}={}", self.unit)];
        arguments.push(self.lines.map_or("--lines=all".into(), |lines| format!("--lines={lines}")));
        arguments.extend(self.since.map(|since| format!("--since={since}")));
        arguments
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// In microseconds since 1970.
    pub time: u64,
    /// 0 if unknown.
    pub pid: u32,
    /// Empty if unknown.
    pub unit: String,
    /// The program's name, or `systemd`.
    pub from: String,
    pub message: String,
}

/// Why a log cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The caller is not allowed to read it.
    Closed,
    /// Nothing was found, and the caller can only read a part of the journal.
    Partly,
    /// journalctl's error message.
    Refused(String),
}

pub fn of_unit(wanted: &Wanted<'_>) -> Result<Vec<Entry>, Trouble> {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
    let entry = |value: &Value| Entry {
        time: number(&value["__REALTIME_TIMESTAMP"]).unwrap_or(0),
        pid: value["_PID"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0),
        unit: unit_of(value),
        from: message(&value["SYSLOG_IDENTIFIER"]),
        message: message(&value["MESSAGE"]),
    };
    let asked = match entries(&wanted.arguments()) {
        // The user's own journal has no entries of the unit yet.
        Err(Trouble::Partly) if wanted.scope == Scope::User => Ok(Vec::new()),
        Err(Trouble::Partly) => Err(Trouble::Closed),
        other => other,
    };
    asked.map(|values| values.iter().map(entry).collect())
}

/// The unit of the process for its own messages, and the unit concerned for systemd's. Messages of a user manager name
/// the unit of the manager as well.
fn unit_of(value: &Value) -> String {
    let fields = ["USER_UNIT", "UNIT", "_SYSTEMD_USER_UNIT", "_SYSTEMD_UNIT"];
    fields.into_iter().map(|field| message(&value[field])).find(|unit| !unit.is_empty()).unwrap_or_default()
}

fn entries(arguments: &[String]) -> Result<Vec<Value>, Trouble> {
    let output = ask("json", arguments)?;
    let entries: Vec<Value> =
        output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    if !entries.is_empty() {
        return Ok(entries);
    }
    // It explains an empty result only in this format.
    let output = ask("short", arguments)?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let complains = |of: &str| complaint.contains(of);
    if complains("insufficient permissions") || complains("No journal files were") {
        Err(Trouble::Closed)
    } else if complains("not seeing messages from other users") {
        Err(Trouble::Partly)
    } else if output.status.success() {
        Ok(entries)
    } else {
        Err(Trouble::Refused(complaint.lines().next().unwrap_or_default().to_owned()))
    }
}

fn ask(format: &str, arguments: &[String]) -> Result<std::process::Output, Trouble> {
    let mut command = tool("journalctl");
    command.args(["--no-pager", "--all", "-o", format]).env("LC_ALL", "C").stdin(Stdio::null());
    // Old versions color their errors even without a terminal.
    command.env("SYSTEMD_LOG_COLOR", "0").env("SYSTEMD_COLORS", "0");
    command.args(arguments).output().map_err(|_| Trouble::Closed)
}

/// A string, or an array of bytes if it is not UTF-8.
fn message(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(bytes) => {
            let bytes: Vec<u8> =
                bytes.iter().filter_map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => String::new(),
    }
}
