//! `mkservice list`

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
use crate::session::selection::ScopeSession;
use crate::shell::shown;
use crate::spec::{Scope, UnitName};
use crate::state;
use crate::state::service::{Health, health, triggered};
use crate::systemd::unit_file;

/// Between two times that a list is read, with `--watch`.
const REFRESH: Duration = Duration::from_secs(2);

pub async fn list(typed: &List, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    let session = ScopeSession::of(false, context).await?;
    if typed.watch {
        // Ctrl-C is the way to end it.
        return unless_interrupted(watch(typed, &session, context)).await.unwrap_or(Ok(0));
    }
    let listed = read_units(typed, &session, &session.known, host).await?;
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
    let triggers = state::own_triggers(session.scope, host)?;
    let looks = together(units.iter().map(|unit| read_unit(unit, session, &triggers, &groups, host))).await;
    let mut listed = looks.into_iter().collect::<Result<Vec<Listed>>>()?;
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
    let other = if session.scope == Scope::User { Scope::System } else { Scope::User };
    let is_usual = host.image().is_none() && host.given_scope.is_none() && !host.elevated;
    let elsewhere = state::managed(other, host).map_or(0, |names| names.len());
    if elsewhere > 0 && is_usual {
        notes.push(format!("{elsewhere} more in {other} scope: mkservice list --{other}"));
    }
    notes
}

async fn read_unit(
    unit: &str,
    session: &ScopeSession,
    triggers: &[(UnitName, String)],
    groups: &[UnitName],
    host: &Host,
) -> Result<Listed> {
    let name = report::without_suffix(unit);
    let mut listed = Listed {
        name: name.to_owned(),
        scope: session.scope,
        managed: session.known.iter().any(|known| known.as_str() == name),
        health: Health::Unknown,
        state: UnitState::default(),
        run: LastRun::default(),
        instances: Vec::new(),
        triggers: Vec::new(),
        details: Details::default(),
    };
    let Some(manager) = &session.manager else {
        let Ok(name) = UnitName::existing(name) else { return Ok(listed) };
        let service = session.read(&name, host).await?;
        listed.state.enabled = if service.is_enabled() { "enabled" } else { "disabled" }.into();
        listed.state.fragment = service.file().to_string_lossy().into_owned();
        listed.run.command = service.command();
        return Ok(listed);
    };
    if let Some(group) = groups.iter().find(|group| group.as_str() == name) {
        let group = session.read(group, host).await?;
        listed.health = group.health();
        (listed.state, listed.run) = (group.state.unwrap_or_default(), group.run.unwrap_or_default());
        listed.instances = group.instances;
        return Ok(listed);
    }
    let own_triggers = triggers.iter().filter(|(of, _)| of.as_str() == name).map(|(_, trigger)| trigger);
    read_loaded_unit(unit, own_triggers, manager, listed).await
}

async fn read_loaded_unit(
    unit: &str,
    triggers: impl Iterator<Item = &String>,
    manager: &Manager,
    mut listed: Listed,
) -> Result<Listed> {
    let Snapshot { state, mut run, .. } = manager.snapshot(unit).await?;
    if run.command.is_empty() && !state.fragment.is_empty() {
        // D-Bus cannot transfer every command.
        let text = state::content(Path::new(&state.fragment)).unwrap_or_default();
        run.command = unit_file::command(&String::from_utf8_lossy(&text), false);
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
