//! Stops processes that do not belong to a unit, and no others. Each is held by a pidfd (pidfd_open(2)) before it is
//! checked: a PID that was reused in between is noticed, and one that is reused later is not signaled.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use zruntime::{AsyncIo, SharedRuntime};

use crate::adopt::{ProcessTable, short_command};
use crate::host::process::{self, Process};
use crate::model::command::run;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{io_reason, message, opt};
use crate::model::wait::{timed, together};
use crate::plan::ProcessRef;

/// How long processes can take to exit.
const PATIENCE: Duration = Duration::from_secs(10);

/// Stops processes as systemd does (SIGTERM, and SIGCONT for stopped ones), together with processes they have started
/// since they were read, and waits for their exit. With `kill`, the remaining ones are killed.
pub async fn end(processes: &[ProcessRef], kill: bool) -> Result<()> {
    let Some(head) = processes.first() else { return Ok(()) };
    let mut held: Vec<HeldProcess> = processes.iter().filter_map(HeldProcess::open).collect();
    if held.first().is_none_or(|first| first.what != *head) {
        let message = message!("process {} (`{}`) has already exited", head.pid, &head.command);
        return Err(Error::new(Code::ProcessExited, message));
    }
    let group = Process::read(head.pid).map(|process| process.group).filter(|group| *group == head.pid);
    held.extend(newcomers(processes).iter().filter_map(HeldProcess::open));
    let mut left = ask(held, kill).await?;
    // What was started in the meantime has lost its parent; its process group still identifies it.
    if let Some(group) = group.filter(|_| left.is_empty()) {
        let late = members(group, head.started);
        left = ask(late.iter().filter_map(HeldProcess::open).collect(), kill).await?;
    }
    match left.into_iter().map(|held| held.what).collect::<Vec<_>>() {
        left if left.is_empty() => Ok(()),
        left => Err(still_running(&left, kill)),
    }
}

fn still_running(left: &[ProcessRef], killed: bool) -> Error {
    let names: Vec<String> = left.iter().map(|one| format!("{} (`{}`)", one.pid, one.command)).collect();
    let subject = match names.as_slice() {
        [one] => format!("process {one} has"),
        many => format!("processes {} have", many.join(", ")),
    };
    let pids: Vec<String> = left.iter().map(|one| one.pid.to_string()).collect();
    let how = if killed { " (killed with SIGKILL)" } else { "" };
    let message = message!("{} not exited within {} s{}", subject, PATIENCE.as_secs(), how);
    let error = Error::new(Code::ProcessStillRuns, message);
    if killed {
        let wait = run("ps").args(["-o", "pid,stat,wchan:20,args", "-p", &pids.join(",")]);
        return error.hint(message!("check what they wait for: {}", wait));
    }
    let error = error.hint(message!("kill it yourself: {}", run("kill").arg("-KILL").args(pids)));
    error.hint(message!("or run the command again with {}", opt("kill")))
}

/// A process held by a pidfd.
struct HeldProcess {
    what: ProcessRef,
    descriptor: OwnedFd,
}

impl HeldProcess {
    /// `None` if it has exited.
    fn open(process_ref: &ProcessRef) -> Option<HeldProcess> {
        let pid = Pid::from_raw(i32::try_from(process_ref.pid).ok()?)?;
        let descriptor = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        let process = Process::read(process_ref.pid).filter(|process| process.state != 'Z')?;
        (process.started == process_ref.started).then(|| HeldProcess { what: process_ref.clone(), descriptor })
    }
}

/// Stops, waits, and kills if requested; returns the remaining processes.
async fn ask(held: Vec<HeldProcess>, kill: bool) -> Result<Vec<HeldProcess>> {
    send(&held, Signal::TERM)?;
    send(&held, Signal::CONT)?;
    let left = wait(held).await;
    if !kill || left.is_empty() {
        return Ok(left);
    }
    send(&left, Signal::KILL)?;
    Ok(wait(left).await)
}

/// The members of a group whose leader has exited. While it has members, no process gets the leader's ID; a group with
/// a leader is another one.
fn members(group: u32, since: u64) -> Vec<ProcessRef> {
    let all = Process::all();
    let is_other = all.iter().any(|process| process.pid == group && process.state != 'Z');
    let is_member =
        |process: &&Process| !is_other && process.group == group && process.state != 'Z' && process.started >= since;
    all.iter().filter(is_member).map(process_ref).collect()
}

fn process_ref(process: &Process) -> ProcessRef {
    ProcessRef { pid: process.pid, started: process.started, command: short_command(&process.command) }
}

/// New members of the first process's group.
fn newcomers(known: &[ProcessRef]) -> Vec<ProcessRef> {
    let all = Process::all();
    let table = ProcessTable { all: &all, own: std::process::id(), euid: rustix::process::geteuid().as_raw() };
    let head = known.first().and_then(|head| table.get(head.pid));
    let family = head.map(|head| table.family(head)).unwrap_or_default();
    let is_new = |process: &&Process| !known.iter().any(|known| known.pid == process.pid);
    family.into_iter().filter(is_new).map(process_ref).collect()
}

fn send(held: &[HeldProcess], signal: Signal) -> Result<()> {
    for HeldProcess { what, descriptor } in held {
        match pidfd_send_signal(descriptor, signal) {
            // It has exited in the meantime.
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => {
                let (ProcessRef { pid, command, .. }, why) = (what, io_reason(&error.into()));
                let message = message!("cannot stop process {} (`{}`): {}", pid, command, why);
                return Err(Error::new(Code::ProcessSignal, message));
            }
        }
    }
    Ok(())
}

/// Waits for their exit; returns the remaining processes.
async fn wait(held: Vec<HeldProcess>) -> Vec<HeldProcess> {
    let all = together(held.iter().map(|held| has_ended(&held.descriptor)));
    if timed(PATIENCE, all).await.is_some() {
        return Vec::new();
    }
    held.into_iter()
        .filter(|held| process::started(held.what.pid) == Some(held.what.started))
        .filter(is_alive)
        .collect()
}

fn is_alive(held: &HeldProcess) -> bool {
    Process::read(held.what.pid).is_some_and(|process| process.state != 'Z')
}

/// Waits until a pidfd is readable, which means that its process has exited.
async fn has_ended(descriptor: &OwnedFd) {
    let watched = SharedRuntime::current().and_then(|runtime| {
        // Nothing is read from it, so it cannot block.
        AsyncIo::new_nonblocking(&runtime, descriptor.try_clone()?)
    });
    match watched {
        Ok(watched) => drop(watched.readable().await),
        // Without a reactor, the timeout decides.
        Err(_) => std::future::pending().await,
    }
}
