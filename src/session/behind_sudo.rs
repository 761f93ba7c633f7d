//! The services of the user behind sudo. Root reads none of that user's files: mkservice runs again as that user.

use std::path::Path;
use std::process::Command;

use crate::cli::Invocation;
use crate::host::account::UNKNOWN;
use crate::host::{Host, access, tree};
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, quoted};
use crate::systemd::directories;

/// What the terminal and the language depend on.
const KEPT: [&str; 8] = ["COLUMNS", "LANG", "LANGUAGE", "LC_ALL", "NO_COLOR", "PATH", "SYSTEMD_OFFLINE", "TERM"];

/// Whether there is such a user.
pub fn is_there(host: &Host) -> bool {
    host.elevated && host.image().is_none() && host.asked_by.uid != UNKNOWN
}

/// Runs a command line that only reads as that user. Returns the exit code.
pub fn run(invocation: &Invocation, host: &Host) -> Result<u8> {
    let user = &host.asked_by;
    let failed = |source| Error::program("mkservice", source);
    let own = std::env::current_exe().map_err(failed)?;
    let mut command = Command::new(own);
    set_environment(command.args(invocation.arguments()), host);
    let denied = || failed(std::io::ErrorKind::PermissionDenied.into());
    let status = access::as_account(user, None, || command.status()).ok_or_else(denied)?.map_err(failed)?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// That of the user, with what matters of root's.
pub fn set_environment(command: &mut Command, host: &Host) {
    let user = &host.asked_by;
    let kept = host.environment.iter().filter(|(name, _)| KEPT.iter().any(|kept| name == kept));
    command.env_clear().envs(kept);
    command.env("HOME", &user.home).env("USER", &user.name).env("LOGNAME", &user.name);
    command.env("XDG_RUNTIME_DIR", Path::new("/run/user").join(user.uid.to_string()));
}

/// The error for a service that belongs to that user, which root does not change.
pub fn refuse_services(names: &[String], verb: Verb, host: &Host) -> Result<()> {
    let user = &host.asked_by;
    let dir = directories::user_unit_dir(&user.home.join(".config"));
    let is_unit = |name: &&String| tree::symlink_metadata(dir.join(format!("{name}.service"))).is_ok();
    let found = access::as_account(user, None, || names.iter().find(is_unit)).flatten();
    let Some(name) = found else { return Ok(()) };
    let message = message!("{} is a user service of {}, not a system service", quoted(name), &user.name);
    let again = mkservice([verb.name()]).args(names);
    let error = Error::new(Code::ServiceNotFound, message).service(name);
    Err(error.hint(message!("run it without sudo: {}", again)))
}
