//! `mkservice doctor`

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

struct Check {
    /// In `--json`.
    name: &'static str,
    words: String,
    /// `None` if there is nothing to fix.
    remedy: Option<String>,
}

fn well(name: &'static str, words: impl Into<String>) -> Check {
    Check { name, words: words.into(), remedy: None }
}

fn finding(name: &'static str, words: impl Into<String>, remedy: impl Into<String>) -> Check {
    Check { name, words: words.into(), remedy: Some(remedy.into()) }
}

const PROBLEMS_FOUND: u8 = 1;

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
        context.ui.say(report::check(&check.words, check.remedy.as_deref()));
        let ok = check.remedy.is_none();
        let (message, hint) = (check.words.clone(), check.remedy.clone());
        let value = json::Check { check: check.name.to_owned(), ok, message, hint };
        context.ui.document(|document| document.result.checks.get_or_insert_default().push(value));
    }
    let found = checks.iter().filter(|check| check.remedy.is_some()).count();
    context.ui.say(report::checked(found));
    Ok(if found == 0 { 0 } else { PROBLEMS_FOUND })
}

fn from_error(name: &'static str, error: &Error) -> Check {
    finding(name, error.to_string(), error.hint_text().unwrap_or_else(|| "see the message above".into()))
}

fn booted(host: &Host) -> Check {
    match host.booted {
        true => well("booted", "systemd is running"),
        false => finding(
            "booted",
            "systemd is not running: services can be installed, but not started",
            "boot the machine or container with systemd as PID 1",
        ),
    }
}

async fn manager(ground: &Ground, context: &Context<'_>) -> Vec<Check> {
    let host = context.host;
    let Some(manager) = &ground.manager else {
        let remedy = match ground.scope {
            Scope::User => format!("sudo loginctl enable-linger {}", host.asked_by.name),
            Scope::System => "boot with systemd as PID 1".into(),
        };
        let words = match ground.scope {
            Scope::User => format!("no user manager is running for {}", host.asked_by.name),
            Scope::System => "the system manager is not running".into(),
        };
        return if host.booted { vec![finding("manager", words, remedy)] } else { Vec::new() };
    };
    let mut checks = Vec::new();
    match manager.version() {
        version if version < OLDEST => {
            let words = format!("the {} manager is systemd {version}; mkservice requires {OLDEST}", ground.scope);
            checks.push(finding("manager", words, "upgrade the distribution"));
        }
        version => checks.push(well("manager", format!("the {} manager is running: systemd {version}", ground.scope))),
    }
    checks.extend(unit_folder(ground, manager, host).await);
    checks
}

/// The oldest release that is tested.
const OLDEST: u32 = 247;

async fn unit_folder(ground: &Ground, manager: &Manager, host: &Host) -> Option<Check> {
    let folder = match state::unit_folder(ground.scope, host) {
        Ok(folder) => folder,
        Err(error) => return Some(from_error("unit-folder", &error)),
    };
    let read = manager.unit_path();
    let is_read = read.iter().any(|path| state::same_folder(Path::new(path), &folder));
    Some(match is_read {
        true => well("unit-folder", format!("it reads units from {}", shown(&folder))),
        false => finding(
            "unit-folder",
            format!("it does not read {}, which HOME or XDG_CONFIG_HOME selects", shown(&folder)),
            format!("env -u XDG_CONFIG_HOME HOME={} mkservice doctor", shell::quote(&host.asked_by.home)),
        ),
    })
}

fn account(ground: &Ground, host: &Host) -> Option<Check> {
    let name = &host.asked_by.name;
    if ground.scope == Scope::System || !host.booted {
        return None;
    }
    Some(match (state::lingers(name), ground.known.is_empty()) {
        (true, _) => well(
            "lingering",
            format!("lingering is enabled for {name}: services start at boot and keep running after logout"),
        ),
        (false, true) => well("lingering", format!("lingering is disabled for {name}, and no service needs it")),
        (false, false) => finding(
            "lingering",
            format!("lingering is disabled for {name}: services start at login and stop at logout"),
            "loginctl enable-linger",
        ),
    })
}

fn journal_access(scope: Scope, host: &Host) -> Check {
    let wanted = Wanted { scope, unit: "*.service", lines: Some(1), since: None };
    match journal::of_unit(&wanted) {
        Ok(_) => well("journal", "the journal is readable"),
        Err(_) => finding(
            "journal",
            "the journal cannot be read, so the reason for a failure can remain unknown",
            format!(
                "sudo usermod -aG systemd-journal {}  (takes effect at the next login)",
                shell::quote(&host.asked_by.name)
            ),
        ),
    }
}

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
        let words = format!("{name} was edited by hand, so the command that created it is refused");
        checks.push(finding(
            "edited",
            words,
            format!("run that command with --force, or move the edit to a drop-in: {} edit {pasted}", systemctl(scope)),
        ));
    }
    if let Some(path) = service.shadowed_by() {
        let words = format!("{name} is overridden by {}", shown(&path));
        checks.push(finding("shadowed", words, format!("rm {}", shell::quote(&path))));
    }
    if service.states().any(|(_, state)| state.needs_reload) {
        let words = format!("{name} has changed on disk since systemd loaded it");
        checks.push(finding("reload", words, format!("{} daemon-reload", systemctl(scope))));
    }
    if checks.is_empty() {
        checks.push(well("service", format!("{name} is {}", service.health().word())));
    }
    checks
}
