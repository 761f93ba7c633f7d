//! `--log-file`: which file output goes to, and who opens it.

use std::path::Path;

use crate::cli::{Add, Invocation};
use crate::host::Host;
use crate::host::log_file::LogFileFound;
use crate::model::command::{mkservice, run};
use crate::model::diagnostic::{Error, Note, Result};
use crate::model::message::{Message, message, opt, quoted, set};
use crate::shell;
use crate::spec::{LogFile, Opener, Scope, ServiceSpec};

/// Decides who opens a file: `account` is the user of the service, `None` is root. systemd opens the file before it
/// changes to the user: a user who can replace the file of a system service could make root write anywhere. In that case a
/// shell opens it as the user, if no other user can replace it.
pub fn log_file(found: &LogFileFound, scope: Scope, account: Option<&str>, force: bool) -> Result<LogFile> {
    if let Some((why, hint)) = &found.trouble {
        return Err(refused(&found.path, why.into()).hints(hint.clone()));
    }
    if found.is_other && !force {
        let error = refused(&found.path, "has content that is no log: output would be appended to it".into());
        let name = found.path.file_name().unwrap_or_default().to_string_lossy();
        let other = set("log-file", found.path.with_file_name(format!("{}.log", name.trim_start_matches('.'))));
        let error = error.hint(message!("choose another file: {}", other));
        return Err(error.hint(message!("use {} to install it anyway", opt("force"))));
    }
    let others = |names: &[String]| names.iter().filter(|name| Some(name.as_str()) != account).cloned().collect();
    let holders: Vec<String> = others(&found.holders);
    let opener = match (scope, account) {
        (Scope::User, _) => Opener::Manager,
        (Scope::System, _) if found.swappers.is_empty() => Opener::Manager,
        (Scope::System, Some(_)) => Opener::Account,
        (Scope::System, None) => Opener::Manager,
    };
    let is_open = match (opener, scope) {
        (Opener::Manager, Scope::System) => !found.swappers.is_empty(),
        _ => !holders.is_empty(),
    };
    if is_open && !force {
        let who = if opener == Opener::Manager && scope == Scope::System { &found.swappers } else { &holders };
        let who = if who.iter().any(|name| name == "everybody") { "everybody".into() } else { who.join(", ") };
        let error = refused(&found.path, message!("could be replaced by {}", shell::printable(&who)));
        let error = error.hint("choose a file in a directory that nobody else can change");
        let error = error.hint(message!("check permissions: {}", run("namei").arg("-l").path(&found.path)));
        return Err(error.hint(message!("use {} to install it anyway", opt("force"))));
    }
    LogFile::parse(&found.path, opener).map_err(|why| refused(&found.path, why.into()))
}

fn refused(path: &Path, why: Message) -> Error {
    Error::invalid(message!("{} {}", set("log-file", path), why)).about_option("log-file")
}

/// The user that the file is opened for; `None` is root, or a dynamic user.
pub fn account(spec: &ServiceSpec, host: &Host) -> Option<String> {
    match spec.scope {
        Scope::User => Some(host.asked_by.name.clone()),
        Scope::System => spec.effective_account().map(str::to_owned),
    }
}

/// A shell opens the file inside the sandbox: with a strict one, it could not write there.
pub fn refuse_closed_in(file: &LogFile, typed: &Add) -> Result<()> {
    if file.opener() == Opener::Manager || typed.harden.is_none_or(|preset| preset.as_str() != "strict") {
        return Ok(());
    }
    let why = message!("is where a service with {} cannot write", set("harden", "strict"));
    let name = file.path().file_name().unwrap_or_default();
    let other = set("log-file", Path::new("/var/log").join(name));
    Err(refused(file.path(), why).hint(message!("choose a file in a directory of root: {}", other)))
}

/// The note about a log file that nobody rotates.
pub fn note(file: &LogFile) -> Note {
    Note::from(message!(
        "{} grows until it is truncated: {} (or logrotate with `copytruncate`); without {} the output goes to the \
         journal, which limits its size",
        quoted(file.path()),
        run("truncate").args(["-s", "0"]).path(file.path()),
        opt("log-file")
    ))
}

/// For the elevated process: root may see more than the caller.
pub fn refuse_another(
    decided: &LogFile,
    found: &LogFileFound,
    account: Option<&str>,
    force: bool,
    invocation: &Invocation,
) -> Result<()> {
    let seen = log_file(found, Scope::System, account, force)?;
    if seen.opener() == decided.opener() {
        return Ok(());
    }
    let error = refused(decided.path(), message!("is where only root can check who could replace it"));
    Err(error.hint(mkservice(invocation.in_system_scope().arguments()).as_root()))
}
