//! The one place that runs somebody's program to see what it says: as a user, without a terminal, within limits.
//!
//! The program does not come from this process: this binary is executed once more ([`child`]), leaves the session of
//! whoever runs mkservice, lowers its limits, becomes the user, and only then executes the program. Where systemd runs,
//! it is in a scope of its own meanwhile, with limits for all that it starts. When it has exited or its time is over,
//! whatever it left behind is killed.

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
use super::trust::{self, Stranger};
use super::{Account, Host};

/// The variables of a process.
pub type Environment = BTreeMap<OsString, OsString>;

/// How long an interpreter may take to say its version; those that find another one first take a second.
pub const OF_INTERPRETERS: Duration = Duration::from_secs(10);

/// How long a tool may take to say what it starts: some load a lot first, and machines are busy.
pub const OF_LAUNCHERS: Duration = Duration::from_secs(60);

/// As much of each stream as is kept.
const KEPT: usize = 64 << 10;

/// As much of each stream as is read at all.
const READ_MAX: usize = 16 << 20;

/// Puts a process into a scope that lasts no longer than this; `None` where no manager does that. Only the edge above
/// this layer can speak to one.
pub type Enclose = fn(Pid, Duration, &Host) -> Option<Enclosed>;

/// Kills all that is left in a scope.
pub type Enclosed = Box<dyn FnOnce()>;

/// How a program is started.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The directory it starts in.
    pub folder: &'a Path,
    /// All variables it has.
    pub environment: &'a Environment,
    /// The user it runs as, and the group if that is not the user's own; `None` is whoever runs us.
    pub account: Option<(&'a Account, Option<&'a str>)>,
    /// How long it may take.
    pub deadline: Duration,
    /// The machine.
    pub host: &'a Host,
}

/// What became of it.
#[derive(Debug)]
pub enum Ran {
    /// It exited.
    Ended {
        /// With exit code 0.
        well: bool,
        /// What it wrote to its standard output.
        stdout: String,
        /// What it wrote to its standard error.
        stderr: String,
    },
    /// It had not exited at the deadline, and was killed.
    TooLong,
    /// It could not be started at all.
    NotStarted(String),
    /// It was not started, because somebody else could change what would have been run.
    Untrusted(Stranger),
}

/// The user that programs run as that would be root's: what they load from all over the machine cannot be judged, so
/// nothing of it ever gets root's rights.
const STAND_IN: &str = "nobody";

impl Setting<'_> {
    /// Whether the program would be root's. What it may not read then says nothing of the service.
    pub fn is_roots(&self) -> bool {
        self.account.map_or(self.host.euid, |(account, _)| account.uid) == 0
    }
}

/// Runs a program that was found, not given: nothing that anybody else than root and its user could change, and never
/// as root.
pub fn run(words: &[OsString], setting: &Setting<'_>) -> Ran {
    let stand_in = if setting.is_roots() { super::account::by_name(STAND_IN) } else { None };
    if setting.is_roots() && stand_in.as_ref().is_none_or(|account| account.uid == 0) {
        return Ran::NotStarted(format!("cannot act as {STAND_IN}"));
    }
    let account = stand_in.as_ref().map(|account| (account, None)).or(setting.account);
    let uid = setting.account.map_or(setting.host.euid, |(account, _)| account.uid);
    if let Some(stranger) = trust::stranger_to_command(words, setting.folder, setting.environment, uid) {
        return Ran::Untrusted(stranger);
    }
    let (environment, left_out) = trust::safe_path(setting.environment, setting.folder, uid);
    match (run_given(words, &Setting { environment: &environment, account, ..*setting }), left_out) {
        // Without those directories it may not find what it needs; with them, anything may be found.
        (Ran::Ended { well: false, .. } | Ran::TooLong, Some(stranger)) => Ran::Untrusted(stranger),
        (ran, _) => ran,
    }
}

/// Runs a program that the caller gave to be run. Its standard input is empty.
pub fn run_given(words: &[OsString], setting: &Setting<'_>) -> Ran {
    let identity = match setting.account {
        None => None,
        Some((account, group)) => match access::identity(account, group) {
            Some(identity) => Some(identity),
            None => return Ran::NotStarted(format!("cannot act as {}", account.name)),
        },
    };
    run_as(words, setting, identity.as_ref()).unwrap_or_else(|error| Ran::NotStarted(crate::error::io_reason(&error)))
}

fn run_as(words: &[OsString], setting: &Setting<'_>, identity: Option<&Identity>) -> io::Result<Ran> {
    let order = child::order(words, setting, identity);
    let (stdout, their_stdout) = io::pipe()?;
    let (stderr, their_stderr) = io::pipe()?;
    // What the kernel executed, wherever that is by now. The environment comes with the order: nothing of it may have a
    // say before the process is the user's.
    let mut command = Command::new("/proc/self/exe");
    command.arg0(child::NAME).env_clear().current_dir("/");
    let mut child = command.stdin(Stdio::piped()).stdout(their_stdout).stderr(their_stderr).spawn()?;
    // It holds the other ends of the pipes, which would never close.
    drop(command);
    let (id, stdin) = (Pid::from_child(&child), child.stdin.take());
    let (exited, exits) = io::pipe()?;
    let mut streams = [Stream::of(stdout)?, Stream::of(stderr)?];
    let (ready, is_ready) = mpsc::channel();
    thread::scope(|scope| {
        let waiter = scope.spawn(move || wait(child, setting, &ready, exits));
        let _ = is_ready.recv();
        if let Some(mut stdin) = stdin {
            // It may be gone; what it said then tells why.
            let _ = stdin.write_all(&order);
        }
        let in_time = read_until(&mut streams, &exited, Instant::now() + setting.deadline).unwrap_or(false);
        if !in_time {
            let _ = kill_process(id, Signal::KILL);
        }
        // Only now does the kernel forget it: until here its number was nobody else's.
        let status = waiter.join().map_err(|_| io::ErrorKind::Other)?.wait()?;
        streams.iter_mut().for_each(Stream::read);
        let [stdout, stderr] = streams.map(|stream| String::from_utf8_lossy(&stream.kept).into_owned());
        Ok(match stderr.strip_prefix(child::NOT_STARTED) {
            _ if !in_time => Ran::TooLong,
            Some(why) if status.code() == Some(child::FAILED.into()) => Ran::NotStarted(why.trim_end().to_owned()),
            _ => Ran::Ended { well: status.success(), stdout, stderr },
        })
    })
}

/// Encloses the process in a scope and says when that is done, waits for its exit, and kills what is left.
fn wait(child: Child, setting: &Setting<'_>, ready: &Sender<()>, exits: PipeWriter) -> Child {
    let id = Pid::from_child(&child);
    let has_manager = setting.host.booted && setting.host.image.is_none();
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

/// Reads what comes until the other end of `exited` is closed. False when the deadline was first.
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

/// What comes out of a program, the start of it.
struct Stream {
    /// Nothing more is read without it, and the program cannot write any more.
    pipe: Option<PipeReader>,
    kept: Vec<u8>,
    read: usize,
}

impl Stream {
    fn of(pipe: PipeReader) -> io::Result<Stream> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Stream { pipe: Some(pipe), kept: Vec::new(), read: 0 })
    }

    /// Takes what is there.
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
