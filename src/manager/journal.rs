//! Reads the journal through journalctl(1): the journal's files have no other stable reader.
//!
//! Any user can write entries with any fields. Only those that begin with an underscore are the journal's own.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read as _};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::geteuid;

use super::state::LastRun;
use crate::host::account;
use crate::host::tool::query;
use crate::model::log_line::LogLine;
use crate::spec::Scope;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// Messages of the program.
    pub program: Vec<LogLine>,
    /// Messages of systemd about the run.
    pub manager: Vec<LogLine>,
    /// The caller is not allowed to read the journal.
    pub unreadable: bool,
}

/// The number of entries that are read per run.
const ENTRIES: &str = "200";
/// How often, and how long apart, the journal is read until it contains the end of the run: messages reach it some
/// milliseconds after the process exited.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// The maximum size of a message, in bytes. A line of a program's output is shorter (`LineMax=` in journald.conf(5)).
const MESSAGE_MAX: usize = 64 << 10;
/// The maximum size of all messages that are kept, in bytes: the last ones.
const KEPT_MAX: usize = 4 << 20;

/// systemd's messages about the end of a run.
const ENDS: [&str; 4] = ["Main process exited", "Failed with result", "Deactivated successfully", "Succeeded."];

/// Reads the messages of the run with this invocation ID.
///
/// Messages that a user's process writes just before it exits can lack the invocation ID, since journald looks up the
/// process, which is gone by then. Entries with the process ID of the main process are therefore included.
///
/// After the end of the run, reading is repeated until systemd's message about the end is there, which comes last, or a
/// second has passed.
pub fn of_run(scope: Scope, invocation: &str, run: &LastRun, has_ended: bool) -> Log {
    of_run_with(ENTRIES, scope, invocation, run, has_ended)
}

/// Like [`of_run`], with more entries.
pub fn more_of_run(scope: Scope, invocation: &str, run: &LastRun, has_ended: bool) -> Log {
    of_run_with("5000", scope, invocation, run, has_ended)
}

fn of_run_with(entries: &str, scope: Scope, invocation: &str, run: &LastRun, has_ended: bool) -> Log {
    let mut log = Log::default();
    for _ in 0..TRIES {
        log = read(entries, scope, invocation, run);
        let complete = log.manager.iter().any(|line| ENDS.iter().any(|end| line.contains(end)));
        if log.unreadable || complete || !has_ended {
            break;
        }
        std::thread::sleep(PAUSE);
    }
    log
}

fn read(wanted: &str, scope: Scope, invocation: &str, run: &LastRun) -> Log {
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
    let author = Author::of(scope, invocation, run);
    let mut log = Log::default();
    for entry in &entries {
        let lines = match author.wrote(entry) {
            Some(Writer::Manager) => &mut log.manager,
            Some(Writer::Program) => &mut log.program,
            None => continue,
        };
        lines.extend(entry.lines());
    }
    log
}

/// Who wrote an entry about a run.
#[derive(Debug, PartialEq, Eq)]
enum Writer {
    Manager,
    Program,
}

/// What an entry about a run must have, whatever it says of itself.
struct Author<'a> {
    scope: Scope,
    invocation: &'a str,
    pid: u32,
    /// Who else can have sent an entry of a process that had exited before the journal looked it up; `None` for users
    /// that systemd makes up.
    uid: Option<u32>,
}

impl Author<'_> {
    fn of<'a>(scope: Scope, invocation: &'a str, run: &LastRun) -> Author<'a> {
        let uid = match (scope, run.account.as_str()) {
            (Scope::User, _) => Some(geteuid().as_raw()),
            (Scope::System, "") => Some(0),
            (Scope::System, name) => account::by_name(name).map(|account| account.uid),
        };
        Author { scope, invocation, pid: run.pid, uid }
    }

    /// Messages about the run are systemd's own; those of its cgroup are the program's, besides those of the process of
    /// systemd's that was to become the program. `None` if another user wrote it.
    fn wrote(&self, entry: &Entry) -> Option<Writer> {
        let trusted = &entry.trusted;
        let of_manager = match self.scope {
            // What PID 1 starts is in its cgroup at first, which is closed to everybody else.
            Scope::System => entry.pid == 1 || trusted.unit == "init.scope",
            Scope::User => trusted.uid == self.uid && trusted.user_unit == "init.scope",
        };
        let is_in_cgroup = trusted.invocation == self.invocation;
        // Nobody else becomes root or this user: the journal can have looked the process up when it had exited.
        let is_same_user = match (trusted.uid, self.uid) {
            (Some(0), _) => true,
            (Some(uid), Some(own)) => uid == own,
            // The range of DynamicUser= (systemd.exec(5)).
            (Some(uid), None) => (61_184..=65_519).contains(&uid),
            (None, _) => false,
        };
        let is_systemd = trusted.program.is_empty() || trusted.program.contains("/lib/systemd/systemd");
        match entry.about == self.invocation {
            true if of_manager || ((is_in_cgroup || is_same_user) && is_systemd) => Some(Writer::Manager),
            _ if is_in_cgroup || (is_same_user && self.pid != 0 && entry.pid == self.pid) => Some(Writer::Program),
            _ => None,
        }
    }
}

/// Which entries of a unit's log to read.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub scope: Scope,
    /// Names or patterns.
    pub units: &'a [String],
    /// The number of last entries; `None` for all.
    pub lines: Option<u32>,
    /// Options of journalctl, such as `--since=TIME`.
    pub filters: &'a [String],
}

fn unit_option(scope: Scope, unit: &str) -> String {
    format!("{}={unit}", if scope == Scope::User { "--user-unit" } else { "--unit" })
}

impl Wanted<'_> {
    /// Arguments of journalctl. A user unit is looked up in all readable journals, not only in the user's own
    /// (`--user`): with volatile journals, and for system users, this journal does not exist.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = self.units.iter().map(|unit| unit_option(self.scope, unit)).collect();
        arguments.push(self.lines.map_or("--lines=all".into(), |lines| format!("--lines={lines}")));
        arguments.extend(self.filters.iter().cloned());
        arguments
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// In microseconds since 1970.
    pub time: u64,
    /// 0 if unknown.
    pub pid: u32,
    /// Empty if unknown.
    pub unit: String,
    /// The name of the machine.
    pub host: String,
    /// The program's name, or `systemd`.
    pub from: String,
    pub message: String,
    /// The kind of a message of systemd (`MESSAGE_ID=`).
    pub kind: String,
    /// How a process of the unit exited, in a message of systemd about that.
    pub exit_code: String,
    pub exit_status: String,
    /// The invocation ID of the run that it says to be about.
    pub about: String,
    pub(super) trusted: Trusted,
}

/// What the journal itself found out about the sender; empty if the process was gone by then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Trusted {
    uid: Option<u32>,
    unit: String,
    user_unit: String,
    invocation: String,
    /// The path of the program.
    program: String,
}

/// Why a log cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogError {
    /// The caller is not allowed to read it.
    Closed,
    /// Nothing was found, and the caller can only read a part of the journal.
    Partly,
    /// journalctl's error message.
    Refused(String),
}

pub fn of_unit(wanted: &Wanted<'_>) -> Result<Vec<Entry>, LogError> {
    match entries(&wanted.arguments()) {
        // The user's own journal has no entries of the unit yet.
        Err(LogError::Partly) if wanted.scope == Scope::User => Ok(Vec::new()),
        Err(LogError::Partly) => Err(LogError::Closed),
        other => other,
    }
}

/// The last line in the log of each unit, as far as it is among the last entries of them all.
pub fn last_lines(scope: Scope, units: &[String]) -> HashMap<String, LogLine> {
    // A service that logs much must not make the list slow.
    const READ: usize = 10_000;
    let mut last = HashMap::new();
    if units.is_empty() {
        return last;
    }
    let mut arguments: Vec<String> = units.iter().map(|unit| unit_option(scope, unit)).collect();
    arguments.extend(["--reverse".to_owned(), format!("--lines={READ}")]);
    let _ = each_entry_while(&arguments, |entry| {
        if let Some(line) = entry.lines().last() {
            last.entry(entry.unit).or_insert(line);
        }
        // Patterns stand for any number of units.
        last.len() < units.len() || units.iter().any(|unit| unit.contains('*'))
    });
    last
}

/// The last entries that match, as far as they are kept.
pub(super) fn entries(arguments: &[String]) -> Result<Vec<Entry>, LogError> {
    let mut entries = VecDeque::new();
    let mut size = 0;
    let is_there = each_entry(arguments, |entry| {
        size += entry.message.len();
        entries.push_back(entry);
        while size > KEPT_MAX {
            size -= entries.pop_front().map_or(size, |entry: Entry| entry.message.len());
        }
    });
    is_there?;
    Ok(entries.into())
}

/// Passes on the entries that match, one by one.
pub fn each_entry(arguments: &[String], mut take: impl FnMut(Entry)) -> Result<(), LogError> {
    each_entry_while(arguments, |entry| {
        take(entry);
        true
    })
}

/// Passes on the entries that match, one by one, as long as more are wanted.
pub fn each_entry_while(arguments: &[String], mut take: impl FnMut(Entry) -> bool) -> Result<(), LogError> {
    let mut child = journalctl("export", arguments).stderr(Stdio::null()).stdout(Stdio::piped()).spawn();
    let child = child.as_mut().map_err(|_| LogError::Closed)?;
    let mut is_empty = true;
    if let Some(output) = child.stdout.take() {
        each_exported(BufReader::new(output), |entry| {
            is_empty = false;
            take(entry)
        });
    }
    // It has printed everything, or is not to go on.
    let _ = child.kill();
    let _ = child.wait();
    if !is_empty {
        return Ok(());
    }
    // It explains an empty result only in this format.
    let output = journalctl("short", arguments).output().map_err(|_| LogError::Closed)?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    let complains = |of: &str| complaint.contains(of);
    if complains("insufficient permissions") || complains("No journal files were") {
        Err(LogError::Closed)
    } else if complains("not seeing messages from other users") {
        Err(LogError::Partly)
    } else if output.status.success() || complaint.is_empty() {
        Ok(())
    } else {
        Err(LogError::Refused(complaint.lines().next().unwrap_or_default().to_owned()))
    }
}

/// Passes on the entries of an export, up to the first that cannot be read, as long as more are wanted.
pub fn each_exported(mut source: impl BufRead, mut take: impl FnMut(Entry) -> bool) {
    while let Ok(Some(entry)) = next_entry(&mut source) {
        if !take(entry) {
            break;
        }
    }
}

fn journalctl(format: &str, arguments: &[String]) -> std::process::Command {
    const FIELDS: &str = "MESSAGE,SYSLOG_IDENTIFIER,INVOCATION_ID,USER_INVOCATION_ID,UNIT,USER_UNIT,_PID,_UID,_EXE,\
                          _SYSTEMD_UNIT,_SYSTEMD_USER_UNIT,_SYSTEMD_INVOCATION_ID,MESSAGE_ID,EXIT_CODE,EXIT_STATUS,_HOSTNAME";
    let mut command = query("journalctl");
    command.args(["--no-pager", "--all", "-o", format, &format!("--output-fields={FIELDS}")]).args(arguments);
    command
}

/// Reads the next entry in the journal's export format (systemd's JOURNAL_EXPORT_FORMATS): a line `NAME=VALUE` for each
/// field, or a line `NAME`, the size of the value in 8 bytes, and the value; then an empty line. `None` at the end.
fn next_entry(source: &mut impl BufRead) -> io::Result<Option<Entry>> {
    let mut entry = Entry::default();
    let mut is_empty = true;
    loop {
        let (line, whole) = next_line(source)?;
        if line.is_empty() {
            // Nothing of it was read, or all.
            if whole > 0 && is_empty {
                continue;
            }
            return Ok((!is_empty).then(|| entry.with_unit()));
        }
        is_empty = false;
        let (name, value, size) = match line.iter().position(|byte| *byte == b'=') {
            Some(at) => (&line[..at], line[at + 1..].to_vec(), whole.saturating_sub(at + 2)),
            None => {
                let mut size = [0; 8];
                source.read_exact(&mut size)?;
                let size = u64::from_le_bytes(size);
                let kept = size.min(MESSAGE_MAX as u64);
                let mut value = Vec::new();
                source.take(kept).read_to_end(&mut value)?;
                // The line feed at the end too.
                io::copy(&mut source.take((size - kept).saturating_add(1)), &mut io::sink())?;
                (line.as_slice(), value, usize::try_from(size).unwrap_or(usize::MAX))
            }
        };
        let mut text = String::from_utf8_lossy(&value).into_owned();
        if size > value.len() {
            text.push_str(&format!("… [{} more bytes]", size - value.len()));
        }
        entry.set(name, text);
    }
}

impl Entry {
    pub fn lines(&self) -> impl Iterator<Item = LogLine> {
        self.message.lines().map(|text| LogLine { time: self.time, text: text.to_owned() })
    }

    /// Systemd names the unit that a message is about; another process can only be of its own.
    fn with_unit(mut self) -> Entry {
        let own = [&self.trusted.user_unit, &self.trusted.unit].into_iter().find(|unit| !unit.is_empty());
        if let Some(own) = own.filter(|own| self.pid != 1 && *own != "init.scope") {
            self.unit = own.clone();
        }
        self
    }

    fn set(&mut self, name: &[u8], text: String) {
        match name {
            b"__REALTIME_TIMESTAMP" => self.time = text.parse().unwrap_or(0),
            b"_PID" => self.pid = text.parse().unwrap_or(0),
            b"_UID" => self.trusted.uid = text.parse().ok(),
            b"_EXE" => self.trusted.program = text,
            b"_SYSTEMD_UNIT" => self.trusted.unit = text,
            b"_SYSTEMD_USER_UNIT" => self.trusted.user_unit = text,
            b"_SYSTEMD_INVOCATION_ID" => self.trusted.invocation = text,
            b"INVOCATION_ID" | b"USER_INVOCATION_ID" => self.about = text,
            b"UNIT" | b"USER_UNIT" => self.unit = text,
            b"SYSLOG_IDENTIFIER" => self.from = text,
            b"_HOSTNAME" => self.host = text,
            b"MESSAGE_ID" => self.kind = text,
            b"EXIT_CODE" => self.exit_code = text,
            b"EXIT_STATUS" => self.exit_status = text,
            b"MESSAGE" => self.message = text,
            _ => {}
        }
    }
}

/// A line without its end, as far as it is kept, and its whole size with its end; 0 at the end of the source.
fn next_line(source: &mut impl BufRead) -> io::Result<(Vec<u8>, usize)> {
    // The name of a field has at most 64 bytes.
    const LINE_MAX: usize = MESSAGE_MAX + 65;
    let (mut kept, mut whole) = (Vec::new(), 0);
    loop {
        let buffer = source.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        kept.extend_from_slice(&part[..part.len().min(LINE_MAX - kept.len())]);
        let used = part.len() + usize::from(end.is_some());
        whole += used;
        let is_over = end.is_some() || buffer.is_empty();
        source.consume(used);
        if is_over {
            return Ok((kept, whole));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(mut source: &[u8]) -> Vec<Entry> {
        std::iter::from_fn(|| next_entry(&mut source).unwrap()).collect()
    }

    #[test]
    fn values_of_any_bytes_are_read() {
        let text = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=5\n_PID=7\n_UID=0\nMESSAGE\n\x05\0\0\0\0\0\0\0a\n\nb\xff\n\
                     _SYSTEMD_UNIT=x.service\nUNIT=forged.service\n\n\n_PID=1\nUNIT=y.service\nMESSAGE=c=d\n\n";
        let [first, second] = &read_all(text)[..] else { panic!("two entries") };
        assert_eq!((first.time, first.pid, first.message.as_str()), (5, 7, "a\n\nb\u{fffd}"));
        assert_eq!((first.unit.as_str(), first.trusted.uid), ("x.service", Some(0)));
        assert_eq!((second.unit.as_str(), second.message.as_str()), ("y.service", "c=d"));
        assert!(read_all(b"").is_empty());
        // journalctl was killed.
        let cut = next_entry(&mut &b"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xffa"[..]).unwrap().unwrap();
        assert!(cut.message.starts_with("a… ["), "{}", cut.message);
    }

    #[test]
    fn only_the_beginning_of_a_huge_value_is_kept() {
        let huge = "a".repeat(3 * MESSAGE_MAX);
        let mut binary = b"MESSAGE\n".to_vec();
        binary.extend((huge.len() as u64).to_le_bytes());
        let binary = [&binary, huge.as_bytes(), b"\n_PID=2\n\n"].concat();
        for text in [format!("MESSAGE={huge}\n_PID=2\n\n").into_bytes(), binary] {
            let entries = read_all(&text);
            let message = &entries[0].message;
            assert!(message.starts_with("aaa") && message.len() < MESSAGE_MAX + 100, "{}", message.len());
            assert!(message.ends_with(" more bytes]"), "{}", &message[message.len() - 40..]);
            assert_eq!(entries[0].pid, 2);
        }
    }

    #[test]
    fn what_others_write_is_not_believed() {
        let run = LastRun { pid: 9, account: "root".into(), ..LastRun::default() };
        let of = |scope, entry: &str| {
            let entry = &read_all(entry.as_bytes())[0];
            Author { uid: Some(1000), ..Author::of(scope, "i", &run) }.wrote(entry)
        };
        let system = |entry: &str| of(Scope::System, entry);
        let user = |entry: &str| of(Scope::User, entry);
        let unit = "_SYSTEMD_UNIT=x.service\n_SYSTEMD_INVOCATION_ID=i\n_UID=1000\n";
        assert_eq!(system("_PID=1\n_SYSTEMD_UNIT=init.scope\nINVOCATION_ID=i\n\n"), Some(Writer::Manager));
        assert_eq!(system(&format!("{unit}_PID=9\n\n")), Some(Writer::Program));
        // What systemd starts is systemd until it executes the program.
        assert_eq!(system(&format!("{unit}INVOCATION_ID=i\n_EXE=/usr/lib/systemd/systemd\n\n")), Some(Writer::Manager));
        assert_eq!(system(&format!("{unit}INVOCATION_ID=i\n_EXE=/usr/bin/logger\n\n")), Some(Writer::Program));
        assert_eq!(system("_PID=9\n_UID=0\n_SYSTEMD_UNIT=init.scope\nINVOCATION_ID=i\n\n"), Some(Writer::Manager));
        assert_eq!(system("_PID=9\n_UID=1000\n_SYSTEMD_UNIT=x.service\n\n"), Some(Writer::Program));
        // It had exited before the journal looked.
        assert_eq!(system("_PID=9\n_UID=1000\n\n"), Some(Writer::Program));
        assert_eq!(system("_PID=9\n_UID=0\nINVOCATION_ID=i\n\n"), Some(Writer::Manager));
        // Another user.
        let session = "_SYSTEMD_UNIT=session-1.scope\n_SYSTEMD_INVOCATION_ID=j\n";
        assert_eq!(system(&format!("{session}_UID=1001\n_PID=9\nINVOCATION_ID=i\n\n")), None);
        assert_eq!(system("_UID=1001\n_PID=9\nINVOCATION_ID=i\n\n"), None);
        let manager = "_SYSTEMD_UNIT=user@1000.service\n_SYSTEMD_USER_UNIT=init.scope\nUSER_INVOCATION_ID=i\n";
        assert_eq!(system(&format!("{manager}_UID=1001\n\n")), None);
        assert_eq!(user(&format!("{manager}_UID=1000\n\n")), Some(Writer::Manager));
        assert_eq!(user(&format!("{manager}_UID=1001\n\n")), None);
    }
}
