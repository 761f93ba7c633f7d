//! What one run of a service logged, from the journal, through journalctl(1): the journal's files
//! have no other stable reader.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::state::LastRun;

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

/// Reads what a run logged: that with this invocation ID, which ended so.
///
/// What processes of a user say just before they end can lose the ID on its way (journald finds it
/// by the process, which is gone by then), so the entries of the program's own process count too.
///
/// A run that has ended is read until systemd's own word of its end is there, which comes last, or
/// a second has passed.
pub fn of_run(invocation: &str, run: &LastRun, has_ended: bool) -> Log {
    let mut log = Log::default();
    for _ in 0..TRIES {
        log = read(invocation, run);
        let complete =
            log.manager.iter().any(|line| line.contains("Main process exited") || line.contains("Failed with result"));
        if log.unreadable || complete || !has_ended {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    log
}

fn read(invocation: &str, run: &LastRun) -> Log {
    if invocation.is_empty() {
        return Log::default();
    }
    // Processes of the run, the system manager and the users' managers each name it by a field of
    // their own.
    let matches =
        ["_SYSTEMD_INVOCATION_ID", "INVOCATION_ID", "USER_INVOCATION_ID"].map(|field| format!("{field}={invocation}"));
    let mut command = Command::new("journalctl");
    command.args(["--no-pager", "--all", "-o", "json", "-n", ENTRIES]).env("LC_ALL", "C").stdin(Stdio::null());
    command.args([&matches[0], "+", &matches[1], "+", &matches[2]]);
    if run.pid != 0 && run.started != 0 {
        // Long before it was started the number may have been another process's. (The process can
        // speak before the manager has taken the time of its start.)
        let since = run.started.saturating_sub(1_000_000);
        command.arg("--since").arg(format!("@{}.{:06}", since / 1_000_000, since % 1_000_000));
        command.args(["+", &format!("_PID={}", run.pid)]);
    }
    let output = command.output();
    let Ok(output) = output else { return Log { unreadable: true, ..Log::default() } };
    let entries: Vec<Value> =
        output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let complaint = String::from_utf8_lossy(&output.stderr);
    let closed = complaint.contains("insufficient permissions") || complaint.contains("No journal files were");
    let mut log = Log { unreadable: entries.is_empty() && closed, ..Log::default() };
    for entry in &entries {
        // What systemd says of the run names it; the program's own words need not.
        let of_manager = entry["INVOCATION_ID"] == invocation || entry["USER_INVOCATION_ID"] == invocation;
        let lines = if of_manager { &mut log.manager } else { &mut log.program };
        lines.extend(message(&entry["MESSAGE"]).lines().map(str::to_owned));
    }
    log
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
