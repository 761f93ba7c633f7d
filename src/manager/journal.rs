//! What one run of a service logged, from the journal, through journalctl(1): the journal's files
//! have no other stable reader.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::state::LastRun;
use crate::host::tool::tool;
use crate::spec::Scope;

/// The last lines of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// What the program said.
    pub program: Vec<String>,
    /// What systemd said of the run.
    pub manager: Vec<String>,
    /// True when the caller may not read the journal.
    pub unreadable: bool,
}

/// How many entries of a run are read.
const ENTRIES: &str = "200";
/// How often, and how long apart, the journal is asked again until the end of the run is in it:
/// what processes say reaches it some milliseconds after they have ended.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// What systemd says when a run has ended: badly, or well.
const ENDS: [&str; 4] = ["Main process exited", "Failed with result", "Deactivated successfully", "Succeeded."];

/// Reads what a run logged: that with this invocation ID, which ended so.
///
/// What processes of a user say just before they end can lose the ID on its way (journald finds it
/// by the process, which is gone by then), so the entries of the program's own process count too.
///
/// A run that has ended is read until systemd's own word of its end is there, which comes last, or
/// a second has passed.
pub fn of_run(invocation: &str, run: &LastRun, has_ended: bool) -> Log {
    of_run_with(ENTRIES, invocation, run, has_ended)
}

/// The same with more of its entries.
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
    // Processes of the run, the system manager and the users' managers each name it by a field of
    // their own.
    let matches =
        ["_SYSTEMD_INVOCATION_ID", "INVOCATION_ID", "USER_INVOCATION_ID"].map(|field| format!("{field}={invocation}"));
    let mut arguments: Vec<String> = ["-n", wanted].map(str::to_owned).to_vec();
    arguments.extend([matches[0].clone(), "+".into(), matches[1].clone(), "+".into(), matches[2].clone()]);
    if run.pid != 0 && run.started != 0 {
        // Long before it was started the number may have been another process's. (The process can
        // speak before the manager has taken the time of its start.)
        let since = run.started.saturating_sub(1_000_000);
        arguments.extend(["--since".into(), format!("@{}.{:06}", since / 1_000_000, since % 1_000_000)]);
        arguments.extend(["+".into(), format!("_PID={}", run.pid)]);
    }
    let Ok(entries) = entries(&arguments) else { return Log { unreadable: true, ..Log::default() } };
    let mut log = Log::default();
    for entry in &entries {
        // What systemd says of the run names it; the program's own words need not.
        let of_manager = entry["INVOCATION_ID"] == invocation || entry["USER_INVOCATION_ID"] == invocation;
        let lines = if of_manager { &mut log.manager } else { &mut log.program };
        lines.extend(message(&entry["MESSAGE"]).lines().map(str::to_owned));
    }
    log
}

/// What of a unit's log is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The unit's manager.
    pub scope: Scope,
    /// The unit.
    pub unit: &'a str,
    /// The last so many entries; `None` for all.
    pub lines: Option<u32>,
    /// As journalctl's own option of that name.
    pub since: Option<&'a str>,
}

impl Wanted<'_> {
    /// What journalctl is asked with. A user's unit is looked for in all journals that may be read,
    /// and not only in those of the account (`--user`): where journals are volatile, or the account
    /// is a system account, it has none of its own.
    pub fn arguments(&self) -> Vec<String> {
        let kind = if self.scope == Scope::User { "--user-unit" } else { "--unit" };
        let mut arguments = vec![format!("{kind}={}", self.unit)];
        arguments.push(self.lines.map_or("--lines=all".into(), |lines| format!("--lines={lines}")));
        arguments.extend(self.since.map(|since| format!("--since={since}")));
        arguments
    }
}

/// One entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it reached the journal, in microseconds since 1970.
    pub time: u64,
    /// The process that logged it; 0 when that is unknown.
    pub pid: u32,
    /// The unit that it is of; empty when that is unknown.
    pub unit: String,
    /// Who says so: a program, or `systemd` itself.
    pub from: String,
    /// What it says.
    pub message: String,
}

/// Why a log cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The caller may not read it.
    Closed,
    /// Nothing was found in what the caller may read, and that is not everything.
    Partly,
    /// journalctl does not take what it was asked with, in its own words.
    Refused(String),
}

/// Reads a unit's log.
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
        // In the account's own journal there just is nothing of it yet.
        Err(Trouble::Partly) if wanted.scope == Scope::User => Ok(Vec::new()),
        Err(Trouble::Partly) => Err(Trouble::Closed),
        other => other,
    };
    asked.map(|values| values.iter().map(entry).collect())
}

/// What a process says has the unit that it runs in, what systemd says of a unit that which it is of; those of users'
/// managers stand beside the one that the manager itself runs in.
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
    // Only where it writes for people does it say why there is nothing.
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
    // Old ones colour their complaints even where nobody sees it.
    command.env("SYSTEMD_LOG_COLOR", "0").env("SYSTEMD_COLORS", "0");
    command.args(arguments).output().map_err(|_| Trouble::Closed)
}

/// Text is a string; what is not UTF-8 is an array of its bytes.
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
