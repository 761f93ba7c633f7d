//! What is certain to fail at the start is said before anything is written: program, folder and
//! script are looked at as the account of the service.

use std::ffi::OsStr;
use std::path::Path;

use crate::error::{Error, Result};
use crate::host::access::{self, Denied, Use};
use crate::host::lookup::{self, Program};
use crate::host::{Host, account, tree};
use crate::model::command::run;
use crate::model::diagnostic::{Code, Subject};
use crate::model::message::{message, opt, quoted, set, shell_word};
use crate::resolve::Resolved;
use crate::runtime::{self, command};
use crate::spec::{Opener, Scope, ServiceSpec};

/// Directives of `-p` that change who runs the service, where, or what is there; what they mean is
/// not ours to judge.
const BEYOND: [&str; 9] = [
    "User",
    "Group",
    "SupplementaryGroups",
    "WorkingDirectory",
    "RootDirectory",
    "RootImage",
    "DynamicUser",
    "BindPaths",
    "BindReadOnlyPaths",
];

/// True when `-p` puts a service where nothing can be told of it from here.
pub fn is_beyond(spec: &ServiceSpec) -> bool {
    BEYOND.into_iter().any(|directive| spec.property_sets(directive))
}

/// Refuses a service whose account cannot reach what it needs.
///
/// (Environment files are read by the manager, and were looked at as the caller.)
pub fn refuse_what_cannot_be(resolved: &Resolved, host: &Host) -> Result<()> {
    if is_beyond(&resolved.spec) {
        return Ok(());
    }
    if host.image.is_some() {
        resolved.spec.each_different().iter().try_for_each(|spec| refuse_missing_interpreter(spec, host))?;
    }
    resolved.spec.each_different().iter().try_for_each(|spec| refuse_one(spec, resolved, host))
}

fn refuse_one(spec: &ServiceSpec, resolved: &Resolved, host: &Host) -> Result<()> {
    let folder = spec.working_directory.path();
    let command = spec.command.words();
    let typed = command::script(&command);
    let script = typed.as_ref().map(|script| folder.join(script));
    let mut wanted = vec![(folder, Use::Enter), (spec.command.program(), Use::Execute)];
    // What systemd opens in system scope it opens as root.
    let log = spec.log_file.as_ref().filter(|it| spec.scope == Scope::User || it.opener() == Opener::Account);
    let log = log.map(|file| match (tree::symlink_metadata(file.path()), file.path().parent()) {
        (Err(_), Some(folder)) => (folder, Use::MakeIn),
        _ => (file.path(), Use::Append),
    });
    wanted.extend(log);
    wanted.extend(spec.failure.iter().map(|command| (command.program(), Use::Execute)));
    // The kernel executes a script; its interpreter has to read it.
    if !resolved.interpreter.is_empty() {
        wanted.push((spec.command.program(), Use::Read));
    }
    if let (Some(path), Some(word)) = (&script, &typed) {
        match tree::symlink_metadata(path) {
            Ok(_) => wanted.push((path, Use::Read)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let elsewhere = host.folder.as_ref().map(|folder| folder.join(word)).filter(|path| tree::is_file(path));
                return Err(no_script(word, folder, elsewhere.as_deref()));
            }
            // Who may not look cannot tell; the account may.
            Err(_) => wanted.push((path, Use::Read)),
        }
    }
    match denied(spec, host, &wanted) {
        Some((account, denied)) => Err(refused(account.as_deref(), &denied)),
        None => Ok(()),
    }
}

/// A script that is not in the working directory, though it may be in the current one.
fn no_script(script: &OsStr, folder: &Path, elsewhere: Option<&Path>) -> Error {
    let message = message!("no script {} in the working directory {}", quoted(script), quoted(folder));
    let error = Error::new(Code::ScriptNotFound, message).about(Subject::Command);
    match elsewhere {
        Some(path) => error.hint(message!("give its full path: {}", shell_word(path))),
        None => {
            let other = set("working-directory", "DIR");
            let error = error.hint(message!("choose the directory that relative paths start from: {}", other));
            error.hint(message!("use {} to install it anyway", opt("force")))
        }
    }
}

/// What a user, or one of all users, may not access.
fn refused(user: Option<&str>, denied: &Denied) -> Error {
    let (what, option_name) = match denied.purpose {
        Use::Execute => ("execute the program", None),
        Use::Enter => ("access the working directory", Some("working-directory")),
        Use::Read => ("read the script", None),
        Use::Append => ("append to the log file", Some("log-file")),
        Use::MakeIn => ("create the log file in the directory", Some("log-file")),
    };
    let who = match user {
        Some(user) => message!("user {} cannot", quoted(user)),
        None => message!("some users cannot"),
    };
    let why = match &denied.folder {
        Some(folder) => message!("no search permission on {}", quoted(folder)),
        None => message!("permission denied"),
    };
    let message = message!("{} {} {}: {}", who, what, quoted(&denied.path), why);
    let error = Error::new(Code::AccessDenied, message).about(option_name.map_or(Subject::Command, Subject::option));
    let error = error.hint(match denied.purpose {
        Use::Append | Use::MakeIn => message!("choose another file: {}", set("log-file", "FILE")),
        Use::Enter => message!("choose another directory: {}", set("working-directory", "DIR")),
        Use::Read | Use::Execute => {
            message!("move the program to where the user can read it, or choose another user: {}", set("uid", "USER"))
        }
    });
    let error = error.hint(message!("check permissions: {}", run("namei").arg("-l").path(&denied.path)));
    error.hint(message!("use {} to install it anyway", opt("force")))
}

/// As many `#!` lines as the kernel follows from one to the next (execve(2)).
const INTERPRETERS_MAX: usize = 5;

/// Looks for the interpreters of a script where nothing can be tried.
fn refuse_missing_interpreter(spec: &ServiceSpec, host: &Host) -> Result<()> {
    let mut path = spec.command.program().to_owned();
    for _ in 0..INTERPRETERS_MAX {
        let words = lookup::interpreter(&path);
        let Some(first) = words.first() else { break };
        let named = runtime::env_program(&words);
        let missing = |word: &OsStr| {
            let message = message!("the interpreter {} of the script {} does not exist", quoted(word), quoted(&path));
            Error::new(Code::ProgramNotFound, message).about(Subject::Command)
        };
        let Some(Program::Found { path: interpreter, .. }) = lookup::candidate(first.into()) else {
            return Err(missing(first));
        };
        if let Some(word) = named.filter(|word| !matches!(lookup::program(word, host), Program::Found { .. })) {
            return Err(missing(word));
        }
        path = interpreter;
    }
    Ok(())
}

/// The first path that is denied, and to whom. Only root can ask as somebody else.
fn denied(spec: &ServiceSpec, host: &Host, wanted: &[(&Path, Use)]) -> Option<(Option<String>, Denied)> {
    match (spec.scope, spec.account.as_deref()) {
        // Any user can be meant.
        (Scope::User, _) if host.global => {
            access::first_denied_by_mode(account::UNKNOWN, &[], wanted).map(|denied| (None, denied))
        }
        (Scope::User, _) if host.image.is_some() => {
            let denied = access::first_denied(&host.asked_by, None, wanted);
            denied.map(|denied| (Some(host.asked_by.name.clone()), denied))
        }
        (Scope::User, _) => access::first_denied_to_us(wanted).map(|denied| (Some(host.asked_by.name.clone()), denied)),
        (Scope::System, Some(name)) if host.euid == 0 => {
            let denied = access::first_denied(&account::by_name(name)?, spec.group.as_deref(), wanted);
            denied.map(|denied| (Some(name.to_owned()), denied))
        }
        // Whoever asks for a service of their own can look for themselves, before root is asked.
        (Scope::System, Some(name)) if name == host.asked_by.name && spec.group.is_none() => {
            access::first_denied_to_us(wanted).map(|denied| (Some(name.to_owned()), denied))
        }
        (Scope::System, _) => None,
    }
}
