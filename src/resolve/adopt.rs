//! `adopt`: the `add` command line that would have started the process.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::adopt::{is_rewritten, short_command};
use crate::cli::{Add, Adopt, Invocation};
use crate::host::lookup::Program;
use crate::host::process::Process;
use crate::host::{Account, Host};
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Note, Result};
use crate::model::message::{Message, message, opt, quoted, set};
use crate::spec::Scope;

/// A command line of `add`.
#[derive(Debug)]
pub struct AddCommand {
    pub add: Add,
    /// The same, valid in any directory.
    pub invocation: Invocation,
    /// Decisions that were not given, and why; one line each.
    pub reasons: Vec<Message>,
    /// What the user should know before relying on it; one line each.
    pub warnings: Vec<Note>,
}

/// Describes a process as an `add` command line. `seen` is the machine as the process sees it, `found` the program that
/// its first argument leads to there, and `owner` the user who started it.
pub fn adopt(
    typed: &Adopt,
    invocation: &Invocation,
    process: &Process,
    owner: &Account,
    seen: &Host,
    found: &Program,
    host: &Host,
) -> Result<AddCommand> {
    let mut reasons = Vec::new();
    let mut warnings = Vec::new();
    if typed.add.no_start {
        let message = message!("{} would stop the process and start nothing", opt("no-start"));
        return Err(Error::new(Code::Usage, message).hint(message!("preview the steps: {}", opt("dry-run"))));
    }
    if typed.add.instances.is_some() {
        let message = message!("{} cannot be used to adopt a single process", opt("instances"));
        let again = mkservice(["--instances", "N", "--", "COMMAND"]);
        return Err(Error::new(Code::Usage, message).hint(message!("give its command instead: {}", again)));
    }
    let triggers = &typed.add.listen;
    if !triggers.listen.is_empty() || !triggers.on_path_changed.is_empty() || !triggers.on_path_exists.is_empty() {
        let error = Error::new(Code::Usage, "a running process cannot become a service that waits to be started");
        return Err(error.hint("adopt it first, then run the printed command with that option"));
    }
    let program = program(process, found, &mut reasons, &mut warnings)?;
    let dir = match &typed.add.working_directory {
        // Given options are relative to the caller's directory.
        Some(dir) => from(host, Path::new(dir)).into_os_string(),
        None => dir(process, seen)?.into_os_string(),
    };
    let mut add = Add {
        command: std::iter::once(program).chain(process.command.iter().skip(1).cloned()).collect(),
        working_directory: Some(dir),
        secret: typed.add.secret.iter().map(|secret| secret_file(secret, host)).collect(),
        environment_file: typed.add.environment_file.iter().map(|file| environment_file(file, host)).collect(),
        log_file: typed.add.log_file.as_deref().map(|file| from(host, Path::new(file)).into_os_string()),
        ..typed.add.clone()
    };
    if add.when.is_given() {
        let error = not(process, message!("runs permanently, and a service with a timer does not"));
        let again = mkservice(["--every", "1h", "--", "COMMAND"]);
        return Err(error.hint(message!("give the command for the timer to start: {}", again)));
    }
    let is_system = host.scope() == Scope::System;
    if !is_system && owner.uid != host.euid {
        let error = not(process, message!("belongs to {}, but your user services run as you", owner.name));
        return Err(error.hint(message!("create a system service: leave out {}", opt("user"))));
    }
    if is_system && add.uid.is_none() {
        reasons.push(message!("it runs as {}, as the process does ({} overrides it)", owner.name, opt("uid")));
        add.uid = Some(owner.name.clone());
    }
    Ok(AddCommand { invocation: described(invocation, &add, host), add, reasons, warnings })
}

/// The program: what its first argument leads to, if that is what is running.
fn program(
    process: &Process,
    found: &Program,
    reasons: &mut Vec<Message>,
    warnings: &mut Vec<Note>,
) -> Result<OsString> {
    let word = process.command.first().cloned().unwrap_or_default();
    let running = process.program.as_ref();
    let path = match found {
        Program::Found { path, .. } => Some(path),
        _ => None,
    };
    if let Some(path) = path.filter(|path| process.runs(path)) {
        // Not the argument: its meaning depends on the directory, and on what is searched next to a script.
        return Ok(path.clone().into_os_string());
    }
    if is_rewritten(&process.command) {
        let error = not(process, message!("has overwritten its command line, which cannot be read any more"));
        return Err(error.hint(message!("give the command that started it: {}", mkservice(["--", "COMMAND"]))));
    }
    match (running, path) {
        (Some(running), _) if running.is_there => {
            reasons.push(message!("{} is not the program that runs: that is {}", quoted(&word), quoted(&running.path)));
            Ok(running.path.clone().into_os_string())
        }
        (Some(running), Some(path)) => {
            let (old, new) = (quoted(&running.path), quoted(path));
            let text = message!("the running program {} has been deleted or replaced: the service starts {}", old, new);
            warnings.push(text.into());
            Ok(path.clone().into_os_string())
        }
        (Some(running), None) => {
            let error = not(process, message!("runs a program that has been deleted: {}", quoted(&running.path)));
            let again = mkservice(["--", "COMMAND"]);
            Err(error.hint(message!("restore it, or give the command with another program: {}", again)))
        }
        (None, _) => Err(not(process, message!("cannot be inspected by this user"))),
    }
}

/// The directory of a process, by the name that its shell used.
fn dir(process: &Process, seen: &Host) -> Result<PathBuf> {
    let gone = process.dir.as_ref().map(|place| place.path.clone()).unwrap_or_default();
    seen.dir.clone().ok_or_else(|| {
        let error = not(process, message!("runs in a directory that has been deleted: {}", quoted(&gone)));
        error.hint(message!("choose another one: {}", set("working-directory", "DIR")))
    })
}

fn from(host: &Host, path: &Path) -> PathBuf {
    host.dir.as_ref().map_or_else(|| path.to_owned(), |dir| dir.join(path))
}

fn environment_file(file: &OsStr, host: &Host) -> OsString {
    let bytes = file.as_bytes();
    let optional = bytes.starts_with(b"-");
    let path = from(host, Path::new(OsStr::from_bytes(&bytes[usize::from(optional)..])));
    let mut word = OsString::from(if optional { "-" } else { "" });
    word.push(path);
    word
}

/// `NAME=FILE`, relative to the caller's directory.
fn secret_file(secret: &OsStr, host: &Host) -> OsString {
    let bytes = secret.as_bytes();
    let Some(equals) = bytes.iter().position(|byte| *byte == b'=') else { return secret.to_owned() };
    let (name, file) = bytes.split_at(equals + 1);
    let mut word = OsStr::from_bytes(name).to_owned();
    word.push(from(host, Path::new(OsStr::from_bytes(file))));
    word
}

fn not(process: &Process, why: Message) -> Error {
    let message = message!("process {} (`{}`) {}", process.pid, short_command(&process.command), why);
    Error::new(Code::ProcessNotAdoptable, message)
}

/// The `add` command line for a process: the options that were given, with paths that hold anywhere.
fn described(invocation: &Invocation, add: &Add, host: &Host) -> Invocation {
    let absolute = |option: &str, value: Option<&OsStr>| match option {
        "secret" => Some(("secret", secret_file(value?, host))),
        "environment-file" => Some(("environment-file", environment_file(value?, host))),
        "log-file" => Some(("log-file", from(host, Path::new(value?)).into_os_string())),
        _ => None,
    };
    let mut described = invocation.as_add().replacing(absolute);
    let options =
        [("working-directory", add.working_directory.as_deref()), ("uid", add.uid.as_deref().map(OsStr::new))];
    for (option, value) in options {
        if let Some(value) = value {
            described = described.with_only(option, value);
        }
    }
    described.with_command(&add.command)
}
