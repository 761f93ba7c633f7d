//! Reports what is certain to fail at the start before anything is written: the program, directory, and script are
//! checked as the user of the service.

use std::ffi::OsStr;
use std::path::Path;

use crate::host::access::{self, Denied, Use};
use crate::host::lookup::{self, Program};
use crate::host::{Host, account, tree};
use crate::model::command::run;
use crate::model::diagnostic::{Code, Error, Result, Subject};
use crate::model::message::{message, opt, quoted, set, shell_word};
use crate::resolve::Resolved;
use crate::runtime::{self, command};
use crate::spec::{Opener, Scope, ServiceSpec};

/// Directives of `-p` that change the user, the directory, or the file system of the service, which are not evaluated
/// here.
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

/// True if `-p` makes access impossible to check from here.
pub fn is_beyond(spec: &ServiceSpec) -> bool {
    BEYOND.into_iter().any(|directive| spec.property_sets(directive))
}

/// Refuses a service whose user cannot access what it needs. (Environment files are read by systemd, and were checked
/// as the caller.)
pub fn refuse_what_cannot_be(resolved: &Resolved, host: &Host) -> Result<()> {
    if is_beyond(&resolved.spec) {
        return Ok(());
    }
    if host.image().is_some() {
        resolved.spec.each_different().iter().try_for_each(|spec| refuse_missing_interpreter(spec, host))?;
    }
    resolved.spec.each_different().iter().try_for_each(|spec| refuse_one(spec, resolved, host))
}

fn refuse_one(spec: &ServiceSpec, resolved: &Resolved, host: &Host) -> Result<()> {
    let dir = spec.working_directory.path();
    let command = spec.command.words();
    let typed = command::script(&command);
    let script = typed.as_ref().map(|script| dir.join(script));
    let mut wanted = vec![(dir, Use::Enter), (spec.command.program(), Use::Execute)];
    // systemd opens log files of system services as root.
    let log = spec.log_file.as_ref().filter(|it| spec.scope == Scope::User || it.opener() == Opener::Account);
    let log = log.map(|file| match (tree::symlink_metadata(file.path()), file.path().parent()) {
        (Err(_), Some(dir)) => (dir, Use::MakeIn),
        _ => (file.path(), Use::Append),
    });
    wanted.extend(log);
    wanted.extend(spec.failure.iter().map(|command| (command.program(), Use::Execute)));
    // The kernel executes a script; its interpreter must be able to read it.
    if !resolved.interpreter.is_empty() {
        wanted.push((spec.command.program(), Use::Read));
    }
    if let (Some(path), Some(word)) = (&script, &typed) {
        match tree::symlink_metadata(path) {
            Ok(_) => wanted.push((path, Use::Read)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let elsewhere = host.dir.as_ref().map(|dir| dir.join(word)).filter(|path| tree::is_file(path));
                return Err(no_script(word, dir, elsewhere.as_deref()));
            }
            // The caller may not have access where the user does.
            Err(_) => wanted.push((path, Use::Read)),
        }
    }
    match denied(spec, host, &wanted) {
        Some((account, denied)) => Err(refused(account.as_deref(), &denied)),
        None => Ok(()),
    }
}

/// A script that is not in the working directory, but possibly in the current one.
fn no_script(script: &OsStr, dir: &Path, elsewhere: Option<&Path>) -> Error {
    let message = message!("no script {} in the working directory {}", quoted(script), quoted(dir));
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

/// What a user, or one of all users, cannot access.
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
    let why = match &denied.dir {
        Some(dir) => message!("no search permission on {}", quoted(dir)),
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

/// Checks the interpreters of a script if nothing can be executed.
fn refuse_missing_interpreter(spec: &ServiceSpec, host: &Host) -> Result<()> {
    let mut path = spec.command.program().to_owned();
    for _ in 0..lookup::INTERPRETERS_MAX {
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

/// The first path that is denied, and to whom. Only root can check as another user.
fn denied(spec: &ServiceSpec, host: &Host, wanted: &[(&Path, Use)]) -> Option<(Option<String>, Denied)> {
    match (spec.scope, spec.account.as_deref()) {
        // It could be any user.
        (Scope::User, _) if host.is_global() => {
            access::first_denied_by_mode(account::UNKNOWN, &[], wanted).map(|denied| (None, denied))
        }
        (Scope::User, _) if host.image().is_some() => {
            let denied = access::first_denied(&host.asked_by, None, wanted);
            denied.map(|denied| (Some(host.asked_by.name.clone()), denied))
        }
        (Scope::User, _) => access::first_denied_to_us(wanted).map(|denied| (Some(host.asked_by.name.clone()), denied)),
        (Scope::System, Some(name)) if host.euid == 0 => {
            let denied = access::first_denied(&account::by_name(name)?, spec.group.as_deref(), wanted);
            denied.map(|denied| (Some(name.to_owned()), denied))
        }
        // Callers who are the user of the service check themselves, before root privileges are requested.
        (Scope::System, Some(name)) if name == host.asked_by.name && spec.group.is_none() => {
            access::first_denied_to_us(wanted).map(|denied| (Some(name.to_owned()), denied))
        }
        (Scope::System, _) => None,
    }
}
