//! `mkservice doctor`

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use crate::host::Host;
use crate::manager::Manager;
use crate::manager::history::{self, History};
use crate::manager::journal::{self, Wanted};
use crate::model::Verb;
use crate::model::command::{run, systemctl};
use crate::model::diagnostic::{Error, Result};
use crate::model::message::{Message, message, opt, quoted};
use crate::output::json;
use crate::output::report;
use crate::session::context::Context;
use crate::session::selection::{Depth, ScopeSession};
use crate::spec::{Scope, UnitName};
use crate::state::service::{Health, Service};
use crate::unit::stamp::Origin;
use crate::unit::{drop_in, edited};
use crate::{resolve, state};

struct Check {
    /// In `--json`.
    name: &'static str,
    text: Message,
    /// What to do about a problem.
    remedy: Option<Message>,
}

fn well(name: &'static str, text: impl Into<Message>) -> Check {
    Check { name, text: text.into(), remedy: None }
}

fn problem(name: &'static str, text: impl Into<Message>, remedy: impl Into<Message>) -> Check {
    Check { name, text: text.into(), remedy: Some(remedy.into()) }
}

const PROBLEMS_FOUND: u8 = 1;

pub async fn doctor(context: &Context<'_>) -> Result<u8> {
    let scope = resolve::scope_of(false, context.invocation, context.host)?;
    let mut checks = vec![booted(context.host)];
    match ScopeSession::of(false, context).await {
        Err(error) => checks.push(from_error("manager", &error)),
        Ok(session) => {
            checks.extend(manager(&session, context).await);
            checks.extend(account(&session, context.host));
            let restarts = history::restarts(session.scope, "-1h");
            let services = match session.known(context.host) {
                Ok(known) => session.read_each(known, Depth::Full, context.host).await,
                Err(error) => Err(error),
            };
            match services {
                Ok(services) => checks.extend(services.iter().flat_map(|service| match service {
                    Ok(service) => service_checks(service, &restarts, context.host),
                    Err(error) => vec![from_error("service", error)],
                })),
                Err(error) => checks.push(from_error("service", &error)),
            }
        }
    }
    checks.push(journal_access(scope, context.host));
    let wording = context.ui.wording();
    for check in &checks {
        let (message, hint) = (wording.text(&check.text), check.remedy.as_ref().map(|remedy| wording.text(remedy)));
        context.ui.say(report::check(&message, hint.as_deref()));
        let value = json::Check { check: check.name.to_owned(), ok: hint.is_none(), message, hint };
        context.ui.document(|document| document.result.checks.get_or_insert_default().push(value));
    }
    let found = checks.iter().filter(|check| check.remedy.is_some()).count();
    context.ui.say(report::checked(found));
    Ok(if found == 0 { 0 } else { PROBLEMS_FOUND })
}

fn from_error(name: &'static str, error: &Error) -> Check {
    let error = error.first();
    problem(name, &error.message, error.hints.first().cloned().unwrap_or_else(|| "fix the cause".into()))
}

fn booted(host: &Host) -> Check {
    match host.is_running() {
        true => well("booted", "systemd is running"),
        false => problem(
            "booted",
            "systemd is not running: services can be installed, but not started",
            "boot the machine or container with systemd as PID 1",
        ),
    }
}

async fn manager(session: &ScopeSession, context: &Context<'_>) -> Vec<Check> {
    let host = context.host;
    let Some(manager) = &session.manager else {
        let remedy = match session.scope {
            Scope::User => Message::from(run("loginctl").args(["enable-linger", &host.asked_by.name]).as_root()),
            Scope::System => "boot with systemd".into(),
        };
        let text = message!("no {} manager is running for {}", session.scope, &host.asked_by.name);
        return if host.is_running() { vec![problem("manager", text, remedy)] } else { Vec::new() };
    };
    let mut checks = Vec::new();
    match manager.version() {
        version if version < OLDEST => {
            let text = message!("the {} manager is systemd {}; mkservice requires {}", session.scope, version, OLDEST);
            checks.push(problem("manager", text, "upgrade the distribution"));
        }
        version => {
            checks.push(well("manager", message!("the {} manager is running: systemd {}", session.scope, version)));
        }
    }
    checks.extend(unit_dir(session, manager, host).await);
    checks
}

/// The oldest release that is tested.
const OLDEST: u32 = 247;

async fn unit_dir(session: &ScopeSession, manager: &Manager, host: &Host) -> Option<Check> {
    let dir = match state::unit_dir(session.scope, host) {
        Ok(dir) => dir,
        Err(error) => return Some(from_error("unit-directory", &error)),
    };
    let read = manager.unit_path();
    let is_read = read.iter().any(|path| state::same_dir(Path::new(path), &dir));
    Some(match is_read {
        true => well("unit-directory", message!("it reads {}", quoted(&dir))),
        false => {
            let mut home = OsString::from("HOME=");
            home.push(&host.asked_by.home);
            problem(
                "unit-directory",
                message!("it does not read {}, which HOME or XDG_CONFIG_HOME sets", quoted(&dir)),
                run("env").args(["-u", "XDG_CONFIG_HOME"]).arg(home).args(["mkservice", "doctor"]),
            )
        }
    })
}

fn account(session: &ScopeSession, host: &Host) -> Option<Check> {
    let name = &host.asked_by.name;
    if session.scope == Scope::System || !host.is_running() {
        return None;
    }
    Some(match (state::lingers(name), session.known(host).is_ok_and(<[UnitName]>::is_empty)) {
        (true, _) => {
            well("lingering", message!("lingering is enabled for {}: services start at boot and survive logout", name))
        }
        (false, true) => well("lingering", message!("lingering is disabled for {}, and no services need it", name)),
        (false, false) => problem(
            "lingering",
            message!("lingering is disabled for {}: services start at login and stop at logout", name),
            run("loginctl").arg("enable-linger"),
        ),
    })
}

fn journal_access(scope: Scope, host: &Host) -> Check {
    let wanted = Wanted { scope, units: &["*.service".to_owned()], lines: Some(1), filters: &[] };
    match journal::of_unit(&wanted) {
        Ok(_) => well("journal", "the journal can be read"),
        Err(_) => {
            let join = run("usermod").args(["-aG", "systemd-journal", &host.asked_by.name]).as_root();
            problem(
                "journal",
                "you cannot read the journal, so the reason of a failure can remain unknown",
                message!("join the group systemd-journal, from the next login on: {}", join),
            )
        }
    }
}

/// `restarts` are those of the last hour.
fn service_checks(service: &Service, restarts: &HashMap<String, History>, host: &Host) -> Vec<Check> {
    let (name, scope) = (&service.name, service.scope);
    let status = || report::own(Verb::Status, name, scope, host);
    let systemctl = systemctl(scope);
    let mut checks = Vec::new();
    match service.health() {
        Health::Failed => checks.push(problem("failing", message!("{} has failed", name), status())),
        Health::Restarting => {
            checks.push(problem("failing", message!("{} exits and is restarted again and again", name), status()));
        }
        Health::Broken | Health::Masked => {
            checks.push(problem("broken", message!("systemd cannot load {}", name), status()));
        }
        _ => {
            // What was started by hand since is taken for fixed.
            let instances = service.instances.iter().map(|one| (one.name.unit(), one.run.restarts));
            let main = service.run.iter().map(|run| (service.name.unit(), run.restarts));
            let recent = instances
                .chain(main.filter(|_| !service.is_group()))
                .map(|(unit, all)| restarts.get(&unit).map_or(0, |history| history.restarts.len()).min(all as usize));
            let count = recent.sum::<usize>();
            let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
            let text = message!("{} exited and was restarted {} in the last hour", name, times);
            checks.extend((count > 0).then(|| problem("restarted", text, status())));
        }
    }
    if service.origin() == Some(Origin::Edited) {
        let text = message!("{} was edited by hand: mkservice replaces it only with {}", name, opt("force"));
        let edit = report::own(Verb::Edit, name, scope, host);
        checks.push(problem("edited", text, message!("keep the edit in a drop-in: {}", edit)));
    }
    if let Some(path) = service.shadowed_by() {
        let text = message!("{} is shadowed: systemd reads {} instead", name, quoted(&path));
        checks.push(problem("shadowed", text, run("rm").arg(&path).for_scope(scope)));
    }
    if service.states().any(|(_, state)| state.needs_reload) {
        let text = message!("{} has changed on disk since systemd read it", name);
        checks.push(problem("reload", text, systemctl.arg("daemon-reload")));
    }
    if checks.is_empty() {
        let has_drop_in = service.present.main.own_drop_in(drop_in::EDIT).is_some();
        let edited = has_drop_in || edited::is_edited(&service.text());
        let with = if edited { ", with the settings of `mkservice edit`" } else { "" };
        checks.push(well("service", message!("{} is {}{}", name, service.health().word(), with)));
    }
    checks
}
