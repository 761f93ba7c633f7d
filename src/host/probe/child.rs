//! The child process of [`super::run`], which becomes the program.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use keyutils_raw::keyctl_join_session_keyring;
use rustix::io::Errno;
use rustix::process::{Resource, Signal, getrlimit, set_parent_process_death_signal, setrlimit, setsid};

use super::Setting;
use crate::host::access::{Identity, become_identity};
use crate::model::message::io_reason;

/// The `argv[0]` of the child.
pub const NAME: &str = "mkservice: trial";

/// The exit status if the program could not be started.
pub const FAILED: u8 = 127;
/// Precedes the reason on standard error.
pub const NOT_STARTED: &str = "@mkservice@ not started: ";

/// Memory is limited by the scope: a limited address space breaks Node.js, Java and Go.
const LIMITS: [(Resource, u64); 4] = [
    // Seconds, of each process.
    (Resource::Cpu, 300),
    // Launchers may download something.
    (Resource::Fsize, 2 << 30),
    // Of all processes of the user, including other sessions.
    (Resource::Nproc, 8192),
    (Resource::Core, 0),
];

/// The program and its setting for the child's standard input, as strings that end in NUL.
pub fn order(words: &[OsString], setting: &Setting<'_>, identity: Option<&Identity>) -> Vec<u8> {
    let mut order = Vec::new();
    let mut add = |text: &OsStr| {
        order.extend_from_slice(text.as_bytes());
        order.push(0);
    };
    add(identity.map(Identity::to_string).unwrap_or_default().as_ref());
    add(setting.dir.as_os_str());
    add(words.len().to_string().as_ref());
    words.iter().for_each(|word| add(word));
    for (name, value) in setting.environment {
        add(name);
        add(value);
    }
    order
}

/// Becomes the program that standard input names. Returns only if that fails.
pub fn run() {
    let why = match start() {
        Ok(never) => match never {},
        Err(error) => io_reason(&error),
    };
    eprintln!("{NOT_STARTED}{why}");
}

fn start() -> io::Result<std::convert::Infallible> {
    let mut order = Vec::new();
    io::stdin().lock().read_to_end(&mut order)?;
    let mut parts = order.split(|byte| *byte == 0).map(OsStr::from_bytes);
    let mut next = || parts.next().ok_or(io::ErrorKind::UnexpectedEof);
    let (identity, dir, count) = (next()?, next()?, next()?);
    let count: usize = count.to_str().and_then(|count| count.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let words = (0..count).map(|_| next()).collect::<Result<Vec<_>, _>>()?;
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut environment = Vec::new();
    while let (Ok(name), Ok(value)) = (next(), next()) {
        environment.push((name, value));
    }
    // Without a terminal, the program cannot insert input into the caller's.
    setsid()?;
    leave_keyring()?;
    for (resource, limit) in LIMITS {
        let mut limits = getrlimit(resource);
        let lower = |old: Option<u64>| Some(old.map_or(limit, |old| old.min(limit)));
        (limits.current, limits.maximum) = (lower(limits.current), lower(limits.maximum));
        setrlimit(resource, limits)?;
    }
    if !identity.is_empty() {
        let identity: Option<Identity> = identity.to_str().and_then(|text| text.parse().ok());
        identity.and_then(|identity| become_identity(&identity)).ok_or(io::ErrorKind::PermissionDenied)?;
    }
    // The parent may be killed. A change of the user would reset this.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(environment).current_dir(dir).stdin(Stdio::null());
    Err(command.exec())
}

/// Joins a new session keyring: the keys in the caller's belong to every process that inherits it, whatever its user.
fn leave_keyring() -> io::Result<()> {
    match keyctl_join_session_keyring(None) {
        Ok(_) => Ok(()),
        Err(error) => match io::Error::from_raw_os_error(error.0) {
            // Without keyrings, or if they are forbidden (containers), the program cannot read any either.
            error
                if [Errno::NOSYS, Errno::PERM, Errno::ACCESS]
                    .iter()
                    .any(|none| error.raw_os_error() == Some(none.raw_os_error())) =>
            {
                Ok(())
            }
            error => Err(error),
        },
    }
}
