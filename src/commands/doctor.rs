//! `mkservice doctor`: what keeps services from working, and what to do about it.

use std::path::Path;

use crate::error::{Error, Result, shown, systemctl};
use crate::host::Host;
use crate::manager::Manager;
use crate::manager::journal::{self, Wanted};
use crate::model::Verb;
use crate::output::json;
use crate::output::report;
use crate::session::context::Context;
use crate::session::selection::Ground;
use crate::spec::Scope;
use crate::state::service::{Health, Service};
use crate::unit::stamp::Origin;
use crate::{resolve, shell, state};

/// What was looked at, and what came of it.
struct Check {
    /// In `--json`.
    name: &'static str,
    /// What is so.
    words: String,
    /// What mends it, where it is not as it should be: `None` is well.
    remedy: Option<String>,
}

fn well(name: &'static str, words: impl Into<String>) -> Check {
    Check { name, words: words.into(), remedy: None }
}

fn finding(name: &'static str, words: impl Into<String>, remedy: impl Into<String>) -> Check {
    Check { name, words: words.into(), remedy: Some(remedy.into()) }
}

/// What is given when something was found.
const FOUND: u8 = 1;

/// Looks at the machine, the account and every service of ours in the scope.
pub async fn doctor(context: &Context<'_>) -> Result<u8> {
    let scope = resolve::scope_of(false, context.invocation, context.host)?;
    let mut checks = vec![booted(context.host)];
    match Ground::of(false, context).await {
        Err(error) => checks.push(from_error("manager", &error)),
        Ok(ground) => {
            checks.extend(manager(&ground, context).await);
            checks.extend(account(&ground, context.host));
            for name in &ground.known {
                match ground.look(name, context.host).await {
                    Ok(service) => checks.extend(service_checks(&service, context.host)),
                    Err(error) => checks.push(from_error("service", &error)),
                }
            }
        }
    }
    checks.push(journal_access(scope, context.host));
    for check in &mut checks {
        check.remedy = check.remedy.take().map(|remedy| context.host.fit(&remedy));
        context.ui.say(&report::finding(&check.words, check.remedy.as_deref()));
        let ok = check.remedy.is_none();
        let (message, hint) = (check.words.clone(), check.remedy.clone());
        let value = json::Check { check: check.name.to_owned(), ok, message, hint };
        context.ui.document(|document| document.result.checks.get_or_insert_default().push(value));
    }
    let found = checks.iter().filter(|check| check.remedy.is_some()).count();
    context.ui.say(&report::found(found));
    Ok(if found == 0 { 0 } else { FOUND })
}

fn from_error(name: &'static str, error: &Error) -> Check {
    finding(name, error.to_string(), error.hint_text().unwrap_or_else(|| "see the words above".into()))
}

fn booted(host: &Host) -> Check {
    match host.booted {
        true => well("booted", "systemd runs here"),
        false => finding(
            "booted",
            "no systemd runs here: services can be installed, but not started",
            "boot the machine, or the container, with systemd as its first process",
        ),
    }
}

/// The manager, its version, and whether it reads the folder where units are installed.
async fn manager(ground: &Ground, context: &Context<'_>) -> Vec<Check> {
    let host = context.host;
    let Some(manager) = &ground.manager else {
        let remedy = match ground.scope {
            Scope::User => format!("sudo loginctl enable-linger {}", host.asked_by.name),
            Scope::System => "boot with systemd".into(),
        };
        let words = format!("no {} manager runs for {}", ground.scope, host.asked_by.name);
        return if host.booted { vec![finding("manager", words, remedy)] } else { Vec::new() };
    };
    let mut checks = Vec::new();
    match manager.version() {
        version if version < OLDEST => {
            let words =
                format!("the {} manager is systemd {version}; mkservice is made for {OLDEST} and newer", ground.scope);
            checks.push(finding("manager", words, "upgrade the distribution"));
        }
        version => checks.push(well("manager", format!("the {} manager answers: systemd {version}", ground.scope))),
    }
    checks.extend(unit_folder(ground, manager, host).await);
    checks
}

/// The oldest systemd that everything is tried on.
const OLDEST: u32 = 247;

async fn unit_folder(ground: &Ground, manager: &Manager, host: &Host) -> Option<Check> {
    let folder = match state::unit_folder(ground.scope, host) {
        Ok(folder) => folder,
        Err(error) => return Some(from_error("unit-folder", &error)),
    };
    let read = manager.unit_path();
    let is_read = read.iter().any(|path| state::same_folder(Path::new(path), &folder));
    Some(match is_read {
        true => well("unit-folder", format!("it reads {}", shown(&folder))),
        false => finding(
            "unit-folder",
            format!("it does not read {}, where HOME or XDG_CONFIG_HOME puts units", shown(&folder)),
            format!("env -u XDG_CONFIG_HOME HOME={} mkservice doctor", shell::quote(&host.asked_by.home)),
        ),
    })
}

/// Lingering, which a user's services need once there are any.
fn account(ground: &Ground, host: &Host) -> Option<Check> {
    let name = &host.asked_by.name;
    if ground.scope == Scope::System || !host.booted {
        return None;
    }
    Some(match (state::lingers(name), ground.known.is_empty()) {
        (true, _) => {
            well("lingering", format!("lingering is on for {name}: services start at boot and survive logout"))
        }
        (false, true) => {
            well("lingering", format!("lingering is off for {name}, and there are no services that need it"))
        }
        (false, false) => finding(
            "lingering",
            format!("lingering is off for {name}: services start when you log in, and end when you log out"),
            "loginctl enable-linger",
        ),
    })
}

fn journal_access(scope: Scope, host: &Host) -> Check {
    let wanted = Wanted { scope, unit: "*.service", lines: Some(1), since: None };
    match journal::of_unit(&wanted) {
        Ok(_) => well("journal", "the journal can be read"),
        Err(_) => finding(
            "journal",
            "the journal may not be read by this account, so that the reason of a failure can stay unknown",
            format!("sudo usermod -aG systemd-journal {}  (from the next login on)", shell::quote(&host.asked_by.name)),
        ),
    }
}

/// One service of ours: whether it is well, and whether what runs is what its file says.
fn service_checks(service: &Service, host: &Host) -> Vec<Check> {
    let (name, scope) = (&service.name, service.scope);
    let pasted = shell::quote(name.as_str());
    let status = || report::own(Verb::Status, name, scope, host);
    let mut checks = Vec::new();
    match service.health() {
        Health::Failed => checks.push(finding("failing", format!("{name} has failed"), status())),
        Health::Broken | Health::Masked => checks.push(finding("broken", format!("{name} cannot be loaded"), status())),
        _ => {}
    }
    if service.origin() == Some(Origin::Edited) {
        let words = format!("{name} was edited by hand: the line it was made from would be refused");
        checks.push(finding(
            "edited",
            words,
            format!("type that line with --force, or keep the edit in a drop-in: {} edit {pasted}", systemctl(scope)),
        ));
    }
    if let Some(path) = service.shadowed_by() {
        let words = format!("{name} is shadowed: {} counts instead", shown(&path));
        checks.push(finding("shadowed", words, format!("rm {}", shell::quote(&path))));
    }
    if service.states().any(|(_, state)| state.needs_reload) {
        let words = format!("{name} has changed on disk since systemd read it");
        checks.push(finding("reload", words, format!("{} daemon-reload", systemctl(scope))));
    }
    if checks.is_empty() {
        checks.push(well("service", format!("{name} is {}", service.health().word())));
    }
    checks
}
