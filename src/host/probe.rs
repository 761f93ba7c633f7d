//! Runs programs of users for their output: as a user, without a terminal and with resource limits.
//!
//! This binary executes itself ([`child`]), leaves the session, lowers its limits, becomes the user, and then executes the
//! program. If systemd runs, all of it is in a scope with limits of its own. After the program exited or timed out, the
//! processes that it left are killed.

pub mod child;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

use super::access::{self, Identity};
use super::trust::{self, Writer};
use super::{Account, Host};

/// Variables of a process.
pub type Environment = BTreeMap<OsString, OsString>;

/// The timeout of interpreters that print their version; those that search for another one take a second.
pub const OF_INTERPRETERS: Duration = Duration::from_secs(10);

/// The timeout of launchers that print what they start: some load a lot first.
pub const OF_LAUNCHERS: Duration = Duration::from_secs(60);

/// The part of each stream that is kept, in bytes.
const KEPT: usize = 64 << 10;

/// The part of each stream that is read.
const READ_MAX: usize = 16 << 20;

/// Puts a process into a scope that is stopped after this duration; `None` without a manager. Given from above, because
/// this layer has no D-Bus.
pub type Enclose = fn(Pid, Duration, &Host) -> Option<Enclosed>;

/// Kills the processes in the scope.
pub type Enclosed = Box<dyn FnOnce()>;

#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    pub dir: &'a Path,
    /// Complete.
    pub environment: &'a Environment,
    /// The user and optionally another group; `None` for the caller.
    pub account: Option<(&'a Account, Option<&'a str>)>,
    pub deadline: Duration,
    pub host: &'a Host,
}

#[derive(Debug)]
pub enum ProbeOutcome {
    Exited {
        success: bool,
        stdout: String,
        stderr: String,
    },
    /// It was killed at the deadline.
    TimedOut,
    /// Why.
    NotStarted(String),
    /// It was not started, because another user can change what would have been run.
    Untrusted(Writer),
}

/// The user that runs programs instead of root: what they load cannot be checked, so they never get root privileges.
const STAND_IN: &str = "nobody";

impl Setting<'_> {
    /// Whether root would run the program. What it cannot read as another user says nothing about the service.
    pub fn is_roots(&self) -> bool {
        self.account.map_or(self.host.euid, |(account, _)| account.uid) == 0
    }
}

/// Runs a program that was found, not given: only if no user but root and the given one can change it, and never as root.
pub fn run(words: &[OsString], setting: &Setting<'_>) -> ProbeOutcome {
    let stand_in = if setting.is_roots() { super::account::by_name(STAND_IN) } else { None };
    if setting.is_roots() && stand_in.as_ref().is_none_or(|account| account.uid == 0) {
        return ProbeOutcome::NotStarted(format!("cannot act as {STAND_IN}"));
    }
    let account = stand_in.as_ref().map(|account| (account, None)).or(setting.account);
    let uid = setting.account.map_or(setting.host.euid, |(account, _)| account.uid);
    if let Some(writer) = trust::writer_of_command(words, setting.dir, setting.environment, uid) {
        return ProbeOutcome::Untrusted(writer);
    }
    let (environment, left_out) = trust::safe_path(setting.environment, setting.dir, uid);
    match (run_given(words, &Setting { environment: &environment, account, ..*setting }), left_out) {
        // The directories that were removed from PATH may be needed.
        (ProbeOutcome::Exited { success: false, .. } | ProbeOutcome::TimedOut, Some(writer)) => {
            ProbeOutcome::Untrusted(writer)
        }
        (ran, _) => ran,
    }
}

/// Runs a program that the caller has given, with empty standard input.
pub fn run_given(words: &[OsString], setting: &Setting<'_>) -> ProbeOutcome {
    let identity = match setting.account {
        None => None,
        Some((account, group)) => match access::identity(account, group) {
            Some(identity) => Some(identity),
            None => return ProbeOutcome::NotStarted(format!("cannot act as {}", account.name)),
        },
    };
    run_as(words, setting, identity.as_ref())
        .unwrap_or_else(|error| ProbeOutcome::NotStarted(crate::model::message::io_reason(&error)))
}

fn run_as(words: &[OsString], setting: &Setting<'_>, identity: Option<&Identity>) -> io::Result<ProbeOutcome> {
    let order = child::order(words, setting, identity);
    let (stdout, their_stdout) = io::pipe()?;
    let (stderr, their_stderr) = io::pipe()?;
    // This binary, even if it was moved. The environment is passed on standard input, so that it has no effect before the
    // process is the user's.
    let mut command = Command::new("/proc/self/exe");
    command.arg0(child::NAME).env_clear().current_dir("/");
    let mut child = command.stdin(Stdio::piped()).stdout(their_stdout).stderr(their_stderr).spawn()?;
    // It holds the write ends of the pipes.
    drop(command);
    let (id, stdin) = (Pid::from_child(&child), child.stdin.take());
    let (exited, exits) = io::pipe()?;
    let mut streams = [Stream::of(stdout)?, Stream::of(stderr)?];
    let (ready, is_ready) = mpsc::channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(move || wait(child, setting, &ready, exits));
        let _ = is_ready.recv();
        if let Some(mut stdin) = stdin {
            // If it exited already, its output says why.
            let _ = stdin.write_all(&order);
        }
        let in_time = read_until(&mut streams, &exited, Instant::now() + setting.deadline).unwrap_or(false);
        if !in_time {
            let _ = kill_process(id, Signal::KILL);
        }
        // Reaped only now, so that its process ID was not reused.
        let status = waiter.join().map_err(|_| io::ErrorKind::Other)?.wait()?;
        streams.iter_mut().for_each(Stream::read);
        let [stdout, stderr] = streams.map(|stream| String::from_utf8_lossy(&stream.kept).into_owned());
        Ok(match stderr.strip_prefix(child::NOT_STARTED) {
            _ if !in_time => ProbeOutcome::TimedOut,
            Some(why) if status.code() == Some(child::FAILED.into()) => {
                ProbeOutcome::NotStarted(why.trim_end().to_owned())
            }
            _ => ProbeOutcome::Exited { success: status.success(), stdout, stderr },
        })
    })
}

/// Puts the process into a scope, reports that, waits for its exit, and kills the processes that it left.
fn wait(child: Child, setting: &Setting<'_>, ready: &Sender<()>, exits: PipeWriter) -> Child {
    let id = Pid::from_child(&child);
    let has_manager = setting.host.is_running();
    let limit = setting.deadline + Duration::from_secs(5);
    let enclosed = has_manager.then(|| (setting.host.enclose)(id, limit, setting.host)).flatten();
    let _ = ready.send(());
    let _ = waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    let _ = kill_process_group(id, Signal::KILL);
    if let Some(kill) = enclosed {
        kill();
    }
    drop(exits);
    child
}

/// Reads the streams until the process exited; false at the deadline.
fn read_until(streams: &mut [Stream; 2], exited: &PipeReader, deadline: Instant) -> io::Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        let timeout =
            Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
        let mut polled = vec![PollFd::new(exited, PollFlags::IN)];
        polled.extend(streams.iter().filter_map(|stream| Some(PollFd::new(stream.pipe.as_ref()?, PollFlags::IN))));
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) if !polled[0].revents().is_empty() => return Ok(true),
            Ok(_) => streams.iter_mut().for_each(Stream::read),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The start of a program's output.
struct Stream {
    /// `None` after the end; the program then cannot write any more.
    pipe: Option<PipeReader>,
    kept: Vec<u8>,
    read: usize,
}

impl Stream {
    fn of(pipe: PipeReader) -> io::Result<Stream> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Stream { pipe: Some(pipe), kept: Vec::new(), read: 0 })
    }

    fn read(&mut self) {
        let mut part = [0; 16 << 10];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut part) {
                Ok(length @ 1..) if self.read < READ_MAX => {
                    self.read += length;
                    let room = (KEPT - self.kept.len()).min(length);
                    self.kept.extend_from_slice(&part[..room]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => self.pipe = None,
            }
        }
    }
}
