//! The identity of a service: its scope, and the user and group it runs as.

use super::host_facts::HostFacts;
use crate::cli::{Add, Invocation};
use crate::host::Host;
use crate::host::account::{self, Kind};
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Note, Result};
use crate::model::message::{Message, message, opt, quoted, set};
use crate::spec::Scope;
use crate::systemd::directives::value::boolean;

/// Decides the scope, also for other verbs. `changes` says whether anything will be changed, which requires root in the
/// system scope.
pub fn scope_of(changes: bool, invocation: &Invocation, host: &Host) -> Result<Scope> {
    let scope = host.scope();
    let by_root = host.is_changed_by_root(scope);
    if host.elevated && !by_root {
        let message = message!("`sudo mkservice {}` would use root's user manager, not yours", opt("user"));
        let hint = message!("run it without sudo: {}", mkservice(invocation.arguments()));
        return Err(Error::new(Code::ScopeWrong, message).hint(hint));
    }
    if by_root && host.euid != 0 && changes {
        return Err(needs_root(invocation));
    }
    Ok(scope)
}

pub fn needs_root(invocation: &Invocation) -> Error {
    let error = Error::new(Code::RootRequired, "changing system services requires root privileges");
    error.hint(mkservice(invocation.arguments()).as_root())
}

/// The scope of a service, with its reason.
pub fn scope(typed: &Add, invocation: &Invocation, host: &Host, reasons: &mut Vec<Message>) -> Result<Scope> {
    // Any user can define a system service: root installs it. A service for all users is written only if mkservice runs
    // as root: a single user cannot decide that.
    let scope = scope_of(host.is_global() && !typed.changing.only_shows(), invocation, host)?;
    if let Some(root) = host.image() {
        reasons.push(message!("all paths are in {}, because of {}", quoted(root), opt("root")));
    } else if host.given_scope.is_none() {
        let who = if host.euid == 0 { "root" } else { "not root" };
        let (user, system) = (opt("user"), opt("system"));
        reasons.push(message!(
            "{} scope, because mkservice runs as {} ({} and {} override it)",
            scope,
            who,
            user,
            system
        ));
    }
    Ok(scope)
}

/// The user that it runs as; `None` is root in system scope, and the caller in user scope.
pub fn account_of(
    typed: &Add,
    invocation: &Invocation,
    scope: Scope,
    host: &Host,
    found: &HostFacts,
    reasons: &mut Vec<Message>,
    warnings: &mut Vec<Note>,
) -> Result<Option<String>> {
    let account = match (&typed.uid, scope) {
        // `--uid` names the owner of a user service.
        (Some(_), Scope::User) if host.image().is_some() && found.account.as_ref() == Some(&host.asked_by) => {
            return Ok(None);
        }
        (Some(_), Scope::User) => return Err(needs_system("uid", invocation)),
        (None, Scope::User) => return Ok(None),
        (Some(name), Scope::System) => {
            let unknown = || account::not_found(Kind::User, name).about_option("uid");
            found.account.clone().ok_or_else(unknown)?
        }
        (None, Scope::System) => {
            if host.asked_by.uid == account::UNKNOWN {
                return Err(account::not_found(Kind::User, &host.asked_by.name));
            }
            if host.image().is_none() {
                reasons.push(message!(
                    "it runs as {}, who asked for it ({} overrides it)",
                    host.asked_by.name,
                    opt("uid")
                ));
            }
            host.asked_by.clone()
        }
    };
    if account.uid != 0 || property(typed, "User").is_some() {
        return Ok(Some(account.name));
    }
    // A dynamic user is never root.
    if property(typed, "DynamicUser").and_then(boolean) != Some(true) {
        let other = set("uid", "USER");
        warnings.push(message!("the service runs as root; use {} to run it as another user", other).into());
    }
    Ok(None)
}

/// Refuses a system service of a file without a user: it would be another service for each user who applies the file.
pub fn refuse_account_of_caller(typed: &Add, host: &Host) -> Result<()> {
    let is_given = typed.uid.is_some() || property(typed, "User").is_some();
    let is_dynamic = property(typed, "DynamicUser").and_then(boolean) == Some(true);
    if host.scope() == Scope::User || is_given || is_dynamic {
        return Ok(());
    }
    let why = "the user of a service does not depend on who applies the file";
    let message = message!("{} is required in the system scope: {}", opt("uid"), why);
    let line = set("uid", &host.asked_by.name);
    Err(Error::invalid(message).hint(message!("add to the service, or to [defaults]: {}", line)))
}

/// The group that it runs as, if given.
pub fn group(typed: &Add, invocation: &Invocation, scope: Scope, found: &HostFacts) -> Result<Option<String>> {
    match (&typed.gid, scope) {
        (None, _) => Ok(None),
        (Some(_), Scope::User) => Err(needs_system("gid", invocation)),
        (Some(name), Scope::System) => {
            let unknown = || account::not_found(Kind::Group, name).about_option("gid");
            found.group.clone().ok_or_else(unknown).map(Some)
        }
    }
}

/// The last value given with `-p` for a directive of `[Service]`.
fn property<'a>(typed: &'a Add, directive: &str) -> Option<&'a str> {
    let assignments = typed.property.iter().rev().filter_map(|property| property.to_str()?.split_once('='));
    let mut values = assignments.map(|(name, value)| (name.strip_prefix("Service.").unwrap_or(name), value));
    values.find(|(name, _)| *name == directive).map(|(_, value)| value)
}

fn needs_system(name: &'static str, invocation: &Invocation) -> Error {
    let message = message!("{} requires the system scope: a user manager runs everything as that user", opt(name));
    Error::new(Code::SystemScopeRequired, message)
        .about_option(name)
        .hint(mkservice(invocation.in_system_scope().arguments()))
}
