//! `--log-file`: which file the output goes to, and who opens it.

use std::path::Path;

use crate::cli::{Add, Invocation};
use crate::error::{Error, Result, shown};
use crate::host::Host;
use crate::host::log_file::LogFileFound;
use crate::host::root::seen_from_outside;
use crate::shell;
use crate::spec::{LogFile, Opener, Scope, ServiceSpec};

/// Decides who opens a file: `account` is that of the service, `None` is root.
///
/// systemd opens it before it becomes the service's account: whoever can swap the file in system scope could have
/// root write anywhere. There a shell opens it instead, as the account, where nobody else can swap it.
pub fn log_file(found: &LogFileFound, scope: Scope, account: Option<&str>, force: bool) -> Result<LogFile> {
    let what = || format!("--log-file {}", shell::quote(&found.path));
    if let Some((why, hint)) = &found.trouble {
        return Err(Error::Value { what: what(), why: why.clone(), hint: hint.clone() });
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
        let why = format!("could be made another file by {}", shell::printable(&who));
        let hints = [
            "name one in a folder that nobody else can change".to_owned(),
            format!("who can: namei -l {}", shell::quote(seen_from_outside(&found.path))),
            "--force installs it all the same".to_owned(),
        ];
        return Err(Error::Value { what: what(), why, hint: Some(hints.join("\n")) });
    }
    LogFile::parse(&found.path, opener).map_err(|why| Error::Value { what: what(), why: why.to_string(), hint: None })
}

/// The account that the file is opened for; `None` is root, and an account that systemd makes up.
pub fn account(spec: &ServiceSpec, host: &Host) -> Option<String> {
    match spec.scope {
        Scope::User => Some(host.asked_by.name.clone()),
        Scope::System => spec.effective_account().map(str::to_owned),
    }
}

/// A shell opens the file where the service already is: closed in strictly, it could not write there.
pub fn refuse_closed_in(file: &LogFile, typed: &Add) -> Result<()> {
    if file.opener() == Opener::Manager || typed.harden.is_none_or(|preset| preset.as_str() != "strict") {
        return Ok(());
    }
    let what = format!("--log-file {}", shell::quote(file.path()));
    let why = "lies where a service that is closed in strictly cannot write".to_owned();
    let name = file.path().file_name().unwrap_or_default();
    let hint = format!("one in a folder of root's: --log-file {}", shell::quote(Path::new("/var/log").join(name)));
    Err(Error::Value { what, why, hint: Some(hint) })
}

/// What to know of a log that nobody looks after.
pub fn note(file: &LogFile) -> String {
    let path = shell::quote(file.path());
    format!(
        "{} grows until somebody empties it: truncate -s 0 {path} (or logrotate, with `copytruncate`); \
         without --log-file the journal keeps the output, and its size in bounds",
        shown(file.path())
    )
}

/// For root's half: what the other half saw may look different to root.
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
    let what = format!("--log-file {}", shell::quote(decided.path()));
    let why = "lies where only root can see who could change it".to_owned();
    let hint = Some(format!("sudo {}", invocation.in_system_scope().line()));
    Err(Error::Value { what, why, hint })
}
