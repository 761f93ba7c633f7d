//! Whose a service is: the manager that it is for, and the account and group that it runs as.

use super::host_facts::HostFacts;
use crate::cli::{Add, Invocation};
use crate::error::{Error, Result, shown};
use crate::host::{Host, account};
use crate::shell;
use crate::spec::Scope;
use crate::systemd::directives::value::boolean;

/// Decides the scope; other verbs ask the same question. `changes` tells whether anything is to be
/// changed, which only root may in the system scope.
pub fn scope_of(changes: bool, invocation: &Invocation, host: &Host) -> Result<Scope> {
    let scope = host.scope();
    if host.image.is_some() {
        return Ok(scope);
    }
    if scope == Scope::User && host.elevated && !host.global {
        return Err(Error::UserUnderSudo { again: invocation.arguments() });
    }
    if (scope == Scope::System || host.global) && host.euid != 0 && changes {
        return Err(Error::NeedsRoot { again: invocation.arguments() });
    }
    Ok(scope)
}

/// The scope of a service, with its reason.
pub fn scope(typed: &Add, invocation: &Invocation, host: &Host, reasons: &mut Vec<String>) -> Result<Scope> {
    // Who may not change the machine's services can still say what one is to be: root installs it.
    // What is for all users is written by root alone, who is not asked for it: it is not one account's to decide.
    let scope = scope_of(host.global && !typed.changing.only_shows(), invocation, host)?;
    if let Some(root) = &host.image {
        reasons.push(format!("all paths are inside of {}, because of --root", shown(root)));
    } else if host.given_scope.is_none() && !host.global {
        let who = if host.euid == 0 { "root" } else { "not root" };
        reasons.push(format!("{scope} scope, because mkservice was run as {who} (--user and --system say otherwise)"));
    }
    Ok(scope)
}

/// The account that it runs as; `None` is root in system scope, the caller's own in user scope.
pub fn account_of(
    typed: &Add,
    invocation: &Invocation,
    scope: Scope,
    host: &Host,
    found: &HostFacts,
    reasons: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Result<Option<String>> {
    let account = match (&typed.uid, scope) {
        // It has said whose the service is.
        (Some(_), Scope::User) if host.image.is_some() && found.account.as_ref() == Some(&host.asked_by) => {
            return Ok(None);
        }
        (Some(_), Scope::User) => return Err(needs_system("--uid", invocation)),
        (None, Scope::User) => return Ok(None),
        (Some(name), Scope::System) => {
            let unknown = || Error::NoAccount { kind: "user", name: shell::printable(name) };
            found.account.clone().ok_or_else(unknown)?
        }
        (None, Scope::System) => {
            if host.asked_by.uid == account::UNKNOWN {
                return Err(Error::NoAccount { kind: "user", name: shell::printable(&host.asked_by.name) });
            }
            if host.image.is_none() {
                reasons.push(format!("it runs as {}, who asked for it (--uid says otherwise)", host.asked_by.name));
            }
            host.asked_by.clone()
        }
    };
    if account.uid != 0 || property(typed, "User").is_some() {
        return Ok(Some(account.name));
    }
    // systemd makes one up, and it is never root.
    if property(typed, "DynamicUser").and_then(boolean) != Some(true) {
        warnings.push("the service runs as root, who may do everything: `--uid USER` runs it as somebody else".into());
    }
    Ok(None)
}

/// The group that it runs as, where one was named.
pub fn group(typed: &Add, invocation: &Invocation, scope: Scope, found: &HostFacts) -> Result<Option<String>> {
    match (&typed.gid, scope) {
        (None, _) => Ok(None),
        (Some(_), Scope::User) => Err(needs_system("--gid", invocation)),
        (Some(name), Scope::System) => {
            let unknown = || Error::NoAccount { kind: "group", name: shell::printable(name) };
            found.group.clone().ok_or_else(unknown).map(Some)
        }
    }
}

/// The value that `-p` gives last to a directive of `[Service]`.
fn property<'a>(typed: &'a Add, directive: &str) -> Option<&'a str> {
    let assignments = typed.property.iter().rev().filter_map(|property| property.to_str()?.split_once('='));
    let mut values = assignments.map(|(name, value)| (name.strip_prefix("Service.").unwrap_or(name), value));
    values.find(|(name, _)| *name == directive).map(|(_, value)| value)
}

fn needs_system(option: &'static str, invocation: &Invocation) -> Error {
    Error::NeedsSystemScope { option, again: invocation.in_system_scope().arguments() }
}
