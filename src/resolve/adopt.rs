//! What `adopt` means: the line of `add` that would have been typed where the process was started.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::adopt::{is_rewritten, short_command};
use crate::cli::{Add, Adopt, Invocation};
use crate::error::{Error, Result, shown};
use crate::host::lookup::Program;
use crate::host::process::Process;
use crate::host::{Account, Host};
use crate::shell;
use crate::spec::Scope;

/// A line of `add`.
#[derive(Debug)]
pub struct Asked {
    /// The line, read.
    pub add: Add,
    /// The same, to be run anywhere.
    pub invocation: Invocation,
    /// What was decided without being typed, and why; one line each.
    pub reasons: Vec<String>,
    /// What the user should know before relying on it; one line each.
    pub warnings: Vec<String>,
}

/// Decides what a process is as a line of `add`. `seen` is the machine as the process sees it, `found`
/// what its first word leads to there, `owner` the account that started it.
pub fn adopt(
    typed: &Adopt,
    invocation: &Invocation,
    process: &Process,
    owner: &Account,
    seen: &Host,
    found: &Program,
    host: &Host,
) -> Result<Asked> {
    let mut reasons = Vec::new();
    let mut warnings = Vec::new();
    if typed.add.no_start {
        let message = "`--no-start` would end the process and start nothing".to_owned();
        return Err(Error::Usage { message, hint: Some("to see what would be done: --dry-run".into()) });
    }
    if typed.add.instances.is_some() {
        let message =
            "`--instances` makes several of a service, and there is one process to take the place of".to_owned();
        return Err(Error::Usage {
            message,
            hint: Some("type its command instead: mkservice --instances N -- COMMAND".into()),
        });
    }
    let triggers = &typed.add.listen;
    if !triggers.listen.is_empty() || !triggers.on_path_changed.is_empty() || !triggers.on_path_exists.is_empty() {
        let message = "a process that runs becomes a service that runs, and not one that waits to be started".into();
        return Err(Error::Usage { message, hint: Some("adopt it first; then type its line with that option".into()) });
    }
    let program = program(process, found, &mut reasons, &mut warnings)?;
    let folder = match &typed.add.working_directory {
        // What was typed here is meant from here.
        Some(folder) => from(host, Path::new(folder)).into_os_string(),
        None => folder(process, seen)?.into_os_string(),
    };
    let mut add = Add {
        command: std::iter::once(program).chain(process.command.iter().skip(1).cloned()).collect(),
        working_directory: Some(folder),
        secret: typed.add.secret.iter().map(|secret| secret_file(secret, host)).collect(),
        environment_file: typed.add.environment_file.iter().map(|file| environment_file(file, host)).collect(),
        log_file: typed.add.log_file.as_deref().map(|file| from(host, Path::new(file)).into_os_string()),
        ..typed.add.clone()
    };
    if add.when.is_typed() {
        let why = "runs all the time, and what a timer starts does not".to_owned();
        return Err(not(
            process,
            why,
            Some("type the command that the timer is to start: mkservice --every 1h -- COMMAND"),
        ));
    }
    let is_system = host.scope() == Scope::System;
    if !is_system && owner.uid != host.euid {
        let why = format!("belongs to {}, and a user service of yours would not", owner.name);
        return Err(not(process, why, Some("without --user it becomes a system service")));
    }
    if is_system && add.uid.is_none() {
        reasons.push(format!("it runs as {}, as the process does (--uid says otherwise)", owner.name));
        add.uid = Some(owner.name.clone());
    }
    Ok(Asked { invocation: described(invocation, &add, host), add, reasons, warnings })
}

/// The program: what its first word leads to, where that is what really runs.
fn program(
    process: &Process,
    found: &Program,
    reasons: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Result<OsString> {
    let word = process.command.first().cloned().unwrap_or_default();
    let running = process.program.as_ref();
    let path = match found {
        Program::Found { path, .. } => Some(path),
        _ => None,
    };
    if let Some(path) = path.filter(|path| process.runs(path)) {
        // Not the word: what it means depends on the folder, and on what is looked for beside a script.
        return Ok(path.clone().into_os_string());
    }
    if is_rewritten(&process.command) {
        let why = "has written that over its command line, which cannot be read any more".to_owned();
        return Err(not(process, why, Some("type the command that started it: mkservice -- COMMAND")));
    }
    match (running, path) {
        (Some(running), _) if running.is_there => {
            let name = shell::printable(&word.to_string_lossy());
            reasons.push(format!("`{name}` is not what runs: that is {}", shown(&running.path)));
            Ok(running.path.clone().into_os_string())
        }
        (Some(running), Some(path)) => {
            warnings.push(format!(
                "the program that runs, {}, was deleted or replaced since: the service starts {} as it is now",
                shown(&running.path),
                shown(path)
            ));
            Ok(path.clone().into_os_string())
        }
        (Some(running), None) => {
            let why = format!("runs a program that was deleted: {}", shown(&running.path));
            Err(not(process, why, Some("put it back, or type the command with another one: mkservice -- COMMAND")))
        }
        (None, _) => Err(not(process, "may not be looked into".into(), None)),
    }
}

/// The folder of a process, by the name that its shell had for it.
fn folder(process: &Process, seen: &Host) -> Result<PathBuf> {
    let gone = process.folder.as_ref().map(|place| place.path.clone()).unwrap_or_default();
    let why = || format!("works in a folder that was deleted: {}", shown(&gone));
    seen.folder.clone().ok_or_else(|| not(process, why(), Some("name another one: --working-directory DIR")))
}

fn from(host: &Host, path: &Path) -> PathBuf {
    host.folder.as_ref().map_or_else(|| path.to_owned(), |folder| folder.join(path))
}

fn environment_file(file: &OsStr, host: &Host) -> OsString {
    let bytes = file.as_bytes();
    let optional = bytes.starts_with(b"-");
    let path = from(host, Path::new(OsStr::from_bytes(&bytes[usize::from(optional)..])));
    let mut word = OsString::from(if optional { "-" } else { "" });
    word.push(path);
    word
}

/// `NAME=FILE`, where the file was typed here.
fn secret_file(secret: &OsStr, host: &Host) -> OsString {
    let bytes = secret.as_bytes();
    let Some(equals) = bytes.iter().position(|byte| *byte == b'=') else { return secret.to_owned() };
    let (name, file) = bytes.split_at(equals + 1);
    let mut word = OsStr::from_bytes(name).to_owned();
    word.push(from(host, Path::new(OsStr::from_bytes(file))));
    word
}

fn not(process: &Process, why: String, hint: Option<&str>) -> Error {
    let command = short_command(&process.command);
    Error::NotAdoptable { pid: process.pid, command, why, hint: hint.map(str::to_owned) }
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
