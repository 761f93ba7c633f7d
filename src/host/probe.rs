//! Starts a program to see what it says: in a given environment, as an account, with a deadline.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, Signal, kill_process_group};

use super::Account;
use super::access::as_account;

/// The variables of a process.
pub type Environment = BTreeMap<OsString, OsString>;

/// How long an interpreter may take to say its version; those that find another one first take a second.
pub const OF_INTERPRETERS: Duration = Duration::from_secs(10);

/// How long a tool may take to say what it starts: some load a lot first, and machines are busy.
pub const OF_LAUNCHERS: Duration = Duration::from_secs(60);

/// How a program is started.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The folder it starts in.
    pub folder: &'a Path,
    /// All variables it has.
    pub environment: &'a Environment,
    /// The account it runs as, and its group if that is not the account's own; `None` is whoever runs us.
    pub account: Option<(&'a Account, Option<&'a str>)>,
    /// How long it may take.
    pub deadline: Duration,
}

/// What became of it.
#[derive(Debug)]
pub enum Ran {
    /// It ended.
    Ended {
        /// With exit code 0.
        well: bool,
        /// What it wrote to its standard output.
        stdout: String,
        /// What it wrote to its standard error.
        stderr: String,
    },
    /// It had not ended at the deadline, and was killed.
    TooLong,
    /// It could not be started at all.
    NotStarted(String),
}

/// Runs `words`, the program with its arguments, to its end. Its standard input is empty.
pub fn run(words: &[OsString], setting: &Setting<'_>) -> Ran {
    let started = match setting.account {
        None => start(words, setting),
        Some((account, group)) => as_account(account, group, || start(words, setting))
            .unwrap_or_else(|| Err(io::Error::other(format!("cannot act as {}", account.name)))),
    };
    match started {
        Ok(running) => running.ended(setting.deadline),
        Err(error) => Ran::NotStarted(crate::error::io_reason(&error)),
    }
}

/// A program under way. What it writes goes to memory: a pipe would stay open as long as whatever it starts.
struct Running {
    child: Child,
    stdout: File,
    stderr: File,
}

fn start(words: &[OsString], setting: &Setting<'_>) -> io::Result<Running> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let memory = || memfd_create("mkservice-probe", MemfdFlags::CLOEXEC).map(File::from);
    let (stdout, stderr) = (memory()?, memory()?);
    let child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(setting.environment)
        .current_dir(setting.folder)
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .process_group(0)
        .spawn()?;
    Ok(Running { child, stdout, stderr })
}

impl Running {
    fn ended(self, deadline: Duration) -> Ran {
        let Running { mut child, stdout, stderr } = self;
        let group = Pid::from_child(&child);
        let (tell, told) = mpsc::channel::<io::Result<ExitStatus>>();
        let waiter = thread::spawn(move || {
            let _ = tell.send(child.wait());
        });
        let status = told.recv_timeout(deadline);
        if status.is_err() {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = waiter.join();
        match status {
            Ok(Ok(status)) => Ran::Ended { well: status.success(), stdout: text(stdout), stderr: text(stderr) },
            Ok(Err(error)) => Ran::NotStarted(crate::error::io_reason(&error)),
            Err(_) => Ran::TooLong,
        }
    }
}

/// The start of what was written; nobody reads more of it.
fn text(mut file: File) -> String {
    const ENOUGH: u64 = 64 * 1024;
    let mut bytes = Vec::new();
    let _ = file.rewind().and_then(|()| file.take(ENOUGH).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(words: &[&str], environment: &[(&str, &str)]) -> Ran {
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        run(
            &words,
            &Setting { folder: Path::new("/usr"), environment: &environment, account: None, deadline: OF_INTERPRETERS },
        )
    }

    #[test]
    fn a_program_gets_just_this_environment_and_folder() {
        match ran(&["/bin/sh", "-c", "echo \"$A $HOME\"; pwd; echo no >&2; exit 3"], &[("A", "1")]) {
            Ran::Ended { well: false, stdout, stderr } => {
                assert_eq!((stdout.as_str(), stderr.as_str()), ("1 \n/usr\n", "no\n"));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_program_leaves_behind_is_not_waited_for() {
        assert!(matches!(ran(&["/bin/sh", "-c", "sleep 1000 & echo $!"], &[("PATH", "/usr/bin:/bin")]),
        Ran::Ended { well: true, stdout, .. } if {
            let pid = Pid::from_raw(stdout.trim().parse().unwrap()).unwrap();
            rustix::process::kill_process(pid, Signal::KILL).is_ok()
        }));
    }

    #[test]
    fn a_program_that_is_not_there_says_so() {
        assert!(matches!(ran(&["/no/such/program"], &[]), Ran::NotStarted(_)));
    }
}
