//! `mkservice list`: the services that mkservice has made, and how they are.

use std::path::Path;

use crate::cli::List;
use crate::error::{Result, shown};
use crate::host::Host;
use crate::manager::Look;
use crate::manager::state::{LastRun, UnitState};
use crate::model::wait::together;
use crate::output::report::{self, Listed};
use crate::session::context::Context;
use crate::session::selection::Ground;
use crate::spec::{Scope, UnitName};
use crate::state::service::{Health, health, triggered};
use crate::systemd::unit_file;
use crate::{shell, state};

/// Lists services: those of ours, or all.
pub async fn list(typed: &List, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    let ground = Ground::of(false, context).await?;
    let groups = state::own_groups(ground.scope, host)?;
    let units = match &ground.manager {
        Some(manager) if typed.all => {
            let mut units = manager.services().await?;
            // Instances of ours are told of with their service.
            units.retain(|unit| !groups.iter().any(|group| unit.starts_with(&format!("{group}@"))));
            units.extend(groups.iter().map(UnitName::unit).filter(|unit| !units.contains(unit)).collect::<Vec<_>>());
            units
        }
        _ => ground.known.iter().map(UnitName::unit).collect(),
    };
    let triggers = state::own_triggers(ground.scope, host)?;
    let looks = together(units.iter().map(|unit| look(unit, &ground, &triggers, &groups, host))).await;
    let listed = looks.into_iter().collect::<Result<Vec<Listed>>>()?;
    ui.document(|document| document.services.extend(listed.iter().map(Listed::json)));
    ui.say(&if listed.is_empty() { report::NONE.to_owned() } else { report::table(&listed) });
    let hardened = listed.iter().filter(|service| report::is_hardened(&service.state));
    let hardened: Vec<String> = hardened.map(|service| shell::printable(&service.name)).collect();
    if !hardened.is_empty() {
        ui.note(format!("hardened by trying: {}", hardened.join(", ")));
    }
    match &host.image {
        Some(root) => ui.note(format!("nothing runs in {}, so how they are is not known", shown(root))),
        None if host.global => ui.note("each user's own manager knows how they are: mkservice list --user --all"),
        None if ground.manager.is_none() => {
            ui.note(format!("no {} manager runs here, so how they are is not known", ground.scope));
        }
        None => {}
    }
    let other = if ground.scope == Scope::User { Scope::System } else { Scope::User };
    let elsewhere = state::ours(other, host).map_or(0, |names| names.len());
    let is_usual = host.image.is_none() && !host.global;
    if elsewhere > 0 && is_usual && host.given_scope.is_none() && !host.elevated {
        ui.note(format!("there are {other} services as well ({elsewhere}): mkservice list --{other}"));
    }
    Ok(0)
}

async fn look(
    unit: &str,
    ground: &Ground,
    triggers: &[(UnitName, String)],
    groups: &[UnitName],
    host: &Host,
) -> Result<Listed> {
    let name = report::without_suffix(unit);
    let ours = ground.known.iter().any(|known| known.as_str() == name);
    let mut listed = Listed {
        name: name.to_owned(),
        scope: ground.scope,
        ours,
        health: Health::Unknown,
        state: UnitState::default(),
        run: LastRun::default(),
        instances: Vec::new(),
        triggers: Vec::new(),
    };
    let Some(manager) = &ground.manager else {
        // What its files tell.
        let Ok(name) = UnitName::existing(name) else { return Ok(listed) };
        let service = ground.look(&name, host).await?;
        listed.state.enabled = if service.is_enabled() { "enabled" } else { "disabled" }.into();
        listed.state.fragment = service.file().to_string_lossy().into_owned();
        listed.run.command = service.command();
        return Ok(listed);
    };
    if let Some(group) = groups.iter().find(|group| group.as_str() == name) {
        let group = ground.look(group, host).await?;
        listed.health = group.health();
        (listed.state, listed.run) = (group.state.unwrap_or_default(), group.run.unwrap_or_default());
        listed.instances = group.instances;
        return Ok(listed);
    }
    let Look { state, mut run, .. } = manager.look(unit).await?;
    if run.command.is_empty() && !state.fragment.is_empty() {
        // What the manager could not send can be read.
        let text = state::content(Path::new(&state.fragment)).unwrap_or_default();
        run.command = unit_file::command(&String::from_utf8_lossy(&text), false);
    }
    for (_, trigger) in triggers.iter().filter(|(of, _)| of.as_str() == name) {
        let Look { state, trigger: told, .. } = manager.look(trigger).await?;
        listed.triggers.push((trigger.clone(), state, told));
    }
    let itself = health(&state, Some(&run));
    let states: Vec<&UnitState> = listed.triggers.iter().map(|(_, state, _)| state).collect();
    listed.health = if states.is_empty() { itself } else { triggered(itself, &state, &states) };
    (listed.state, listed.run) = (state, run);
    Ok(listed)
}
