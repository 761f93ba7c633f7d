//! `mkservice list`

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::cli::List;
use crate::host::{Host, sockets};
use crate::manager::journal;
use crate::manager::state::{LastRun, UnitState};
use crate::manager::{Manager, Snapshot};
use crate::model::diagnostic::Result;
use crate::model::wait::{sleep, together, unless_interrupted};
use crate::output::report::{self, Details, Listed};
use crate::output::ui::text::Text;
use crate::session::context::Context;
use crate::session::selection::{Depth, ScopeSession};
use crate::shell::shown;
use crate::spec::{Scope, UnitName};
use crate::state::service::{Health, Service, health, triggered};
use crate::systemd::unit_file;
use crate::{resolve, state};

/// Between two times that a list is read, with `--watch`.
const REFRESH: Duration = Duration::from_secs(2);

pub async fn list(typed: &List, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    let scope = resolve::scope_of(false, context.invocation, host)?;
    if !typed.all && !typed.watch && host.has_manager() && state::managed(scope, host)?.is_empty() {
        // Without services there is nothing to ask systemd.
        ui.say(report::NONE);
        elsewhere(scope, host).into_iter().for_each(|note| ui.note(note));
        return Ok(0);
    }
    let session = ScopeSession::of(false, context).await?;
    if typed.watch {
        // Ctrl-C is the way to end it.
        return unless_interrupted(watch(typed, &session, context)).await.unwrap_or(Ok(0));
    }
    let listed = read_units(typed, &session, session.known(host)?, host).await?;
    ui.document(|document| document.services.extend(listed.iter().map(Listed::json)));
    ui.say(table(&listed, typed, host));
    notes(&listed, &session, host).into_iter().for_each(|note| ui.note(note));
    Ok(0)
}

async fn watch(typed: &List, session: &ScopeSession, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    while !ui.has_lost_its_reader() {
        // Services come and go meanwhile.
        let known = state::managed(session.scope, host)?;
        let listed = read_units(typed, session, &known, host).await?;
        ui.redraw(&table(&listed, typed, host));
        sleep(REFRESH).await;
    }
    Ok(0)
}

fn table(listed: &[Listed], typed: &List, host: &Host) -> Text {
    if listed.is_empty() { report::NONE.into() } else { report::table(listed, typed.wide, host) }
}

async fn read_units(typed: &List, session: &ScopeSession, known: &[UnitName], host: &Host) -> Result<Vec<Listed>> {
    let groups = state::own_groups(session.scope, host)?;
    let units = match &session.manager {
        Some(manager) if typed.all => {
            let mut units = manager.services().await?;
            // Instances are listed with their service.
            units.retain(|unit| !groups.iter().any(|group| unit.starts_with(&format!("{group}@"))));
            units.extend(groups.iter().map(UnitName::unit).filter(|unit| !units.contains(unit)).collect::<Vec<_>>());
            units
        }
        _ => known.iter().map(UnitName::unit).collect(),
    };
    let mut triggers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, trigger) in state::own_triggers(session.scope, host)? {
        triggers.entry(name.to_string()).or_default().push(trigger);
    }
    let is_closely = |name: &UnitName| session.manager.is_none() || groups.contains(name);
    let names = units.iter().filter_map(|unit| UnitName::existing(report::without_suffix(unit)).ok());
    let names: Vec<UnitName> = names.filter(is_closely).collect();
    let services = session.read_all(&names, Depth::Full, host).await?.into_iter();
    let mut services: BTreeMap<String, Service> = services.map(|service| (service.name.to_string(), service)).collect();
    let looks = units.iter().map(|unit| {
        let name = report::without_suffix(unit);
        let listed = unread(name, known, session.scope);
        let (service, triggers) = (services.remove(name), triggers.get(name).map_or(&[][..], Vec::as_slice));
        async move {
            match (&session.manager, service) {
                (Some(_), Some(group)) => Ok(of_group(group, listed)),
                (Some(manager), None) => read_loaded_unit(unit, triggers, manager, listed).await,
                (None, Some(service)) => Ok(of_files(&service, listed)),
                (None, None) => Ok(listed),
            }
        }
    });
    let mut listed = together(looks).await.into_iter().collect::<Result<Vec<Listed>>>()?;
    if typed.wide && session.manager.is_some() {
        add_details(&mut listed, session.scope, host);
    }
    Ok(listed)
}

/// What takes longer to find out.
fn add_details(listed: &mut [Listed], scope: Scope, host: &Host) {
    let is_of = |unit: &str, service: &Listed| match unit.split_once('@') {
        Some((group, _)) if !service.instances.is_empty() => group == service.name,
        _ => report::without_suffix(unit) == service.name,
    };
    for (address, cgroup) in sockets::listening() {
        let Some(unit) = unit_of(&cgroup, scope, host) else { continue };
        if let Some(service) = listed.iter_mut().find(|service| is_of(unit, service)) {
            service.details.listens.push(address);
        }
    }
    let units = listed.iter().map(|service| match service.instances.as_slice() {
        [] => format!("{}.service", service.name),
        _ => format!("{}@*.service", service.name),
    });
    for (unit, line) in journal::last_lines(scope, &units.collect::<Vec<_>>()) {
        if let Some(service) = listed.iter_mut().find(|service| is_of(&unit, service)) {
            service.details.last_line.get_or_insert(line);
        }
    }
}

/// The unit of a cgroup, if it is in the scope.
fn unit_of<'a>(cgroup: &'a str, scope: Scope, host: &Host) -> Option<&'a str> {
    let manager = format!("/user@{}.service/", host.asked_by.uid);
    let path = match (cgroup.split_once(&manager), scope) {
        (Some((_, path)), Scope::User) => path,
        (None, Scope::System) => cgroup,
        _ => return None,
    };
    path.split('/').find(|part| part.ends_with(".service"))
}

fn notes(listed: &[Listed], session: &ScopeSession, host: &Host) -> Vec<String> {
    let mut notes = Vec::new();
    let hardened = listed.iter().filter(|service| report::is_hardened(&service.state));
    let hardened: Vec<&str> = hardened.map(|service| service.name.as_str()).collect();
    if !hardened.is_empty() {
        notes.push(format!("hardened by mkservice harden: {}", hardened.join(", ")));
    }
    match host.image() {
        Some(root) => notes.push(format!("state unknown: nothing runs in {}", shown(root))),
        None if host.is_global() => {
            notes.push("state unknown: each user has their own manager (mkservice list --user --all)".into());
        }
        None if session.manager.is_none() => {
            notes.push(format!("state unknown: no {} manager is running", session.scope));
        }
        None => {}
    }
    notes.extend(elsewhere(session.scope, host));
    notes
}

/// The number of services in the other scope.
fn elsewhere(scope: Scope, host: &Host) -> Option<String> {
    let other = if scope == Scope::User { Scope::System } else { Scope::User };
    let is_usual = host.image().is_none() && host.given_scope.is_none() && !host.elevated;
    let count = if is_usual { state::managed(other, host).map_or(0, |names| names.len()) } else { 0 };
    (count > 0).then(|| format!("{count} more in {other} scope: mkservice list --{other}"))
}

fn unread(name: &str, known: &[UnitName], scope: Scope) -> Listed {
    Listed {
        name: name.to_owned(),
        scope,
        managed: known.binary_search_by(|known| known.as_str().cmp(name)).is_ok(),
        health: Health::Unknown,
        state: UnitState::default(),
        run: LastRun::default(),
        instances: Vec::new(),
        triggers: Vec::new(),
        declared_by: None,
        details: Details::default(),
    }
}

/// Without a manager.
fn of_files(service: &Service, mut listed: Listed) -> Listed {
    listed.state.enabled = if service.is_enabled() { "enabled" } else { "disabled" }.into();
    listed.state.fragment = service.file().to_string_lossy().into_owned();
    listed.run.command = service.command();
    listed.declared_by = report::declared_by(&service.text());
    listed
}

fn of_group(group: Service, mut listed: Listed) -> Listed {
    listed.health = group.health();
    listed.declared_by = report::declared_by(&group.text());
    (listed.state, listed.run) = (group.state.unwrap_or_default(), group.run.unwrap_or_default());
    listed.instances = group.instances;
    listed
}

async fn read_loaded_unit(unit: &str, triggers: &[String], manager: &Manager, mut listed: Listed) -> Result<Listed> {
    let Snapshot { state, mut run, .. } = manager.snapshot(unit).await?;
    // D-Bus cannot transfer every command.
    if (listed.managed || run.command.is_empty()) && !state.fragment.is_empty() {
        let text = state::content(Path::new(&state.fragment)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        listed.declared_by = report::declared_by(&text);
        if run.command.is_empty() {
            run.command = unit_file::command(&text, false);
        }
    }
    for trigger in triggers {
        let Snapshot { state, trigger: found, .. } = manager.snapshot(trigger).await?;
        listed.triggers.push((trigger.clone(), state, found));
    }
    let itself = health(&state, Some(&run));
    let states: Vec<&UnitState> = listed.triggers.iter().map(|(_, state, _)| state).collect();
    listed.health = if states.is_empty() { itself } else { triggered(itself, &state, &states) };
    (listed.state, listed.run) = (state, run);
    Ok(listed)
}
