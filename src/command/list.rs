//! `mkservice list`: the services that mkservice has made, and how they are.

use std::path::Path;

use super::Context;
use super::find::Ground;
use crate::cli::List;
use crate::error::Result;
use crate::present;
use crate::report;
use crate::service::{Health, health};
use crate::spec::{Scope, UnitName};
use crate::systemd::manager::Manager;
use crate::systemd::state::{LastRun, UnitState};
use crate::systemd::unit_file;
use crate::ui::table;
use crate::wait::together;

/// Lists services: those of ours, or all.
///
/// # Errors
/// When the unit folder cannot be read, or the manager does not answer.
pub async fn list(typed: &List, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    let ground = Ground::of(&typed.common, false, context).await?;
    let units = match &ground.manager {
        Some(manager) if typed.all => manager.services().await?,
        _ => ground.known.iter().map(UnitName::unit).collect(),
    };
    let mut rows = Vec::new();
    for (unit, seen) in units.iter().zip(together(units.iter().map(|unit| look(unit, ground.manager.as_ref()))).await) {
        let (state, run, health) = seen?;
        let name = report::without_suffix(unit);
        let ours = ground.known.iter().any(|known| known.as_str() == name);
        rows.push(report::row(name, health, &state, &run));
        ui.add("services", report::row_json(name, ground.scope, ours, health, &state, &run));
    }
    if rows.is_empty() {
        ui.say(report::NONE);
    } else {
        ui.say(&table::laid_out(report::HEAD, &rows));
    }
    if ground.manager.is_none() {
        ui.note(&format!("no {} manager runs here, so how they are is not known", ground.scope));
    }
    let other = if ground.scope == Scope::User { Scope::System } else { Scope::User };
    let elsewhere = present::ours(other, host).map_or(0, |names| names.len());
    if elsewhere > 0 && !typed.common.user && !typed.common.system && !host.elevated {
        ui.note(&format!("there are {other} services as well ({elsewhere}): mkservice list --{other}"));
    }
    Ok(0)
}

async fn look(unit: &str, manager: Option<&Manager>) -> Result<(UnitState, LastRun, Health)> {
    let Some(manager) = manager else { return Ok((UnitState::default(), LastRun::default(), Health::Unknown)) };
    let (state, mut run) = (manager.unit(unit).await?, manager.last_run(unit).await?);
    if run.command.is_empty() && !state.fragment.is_empty() {
        // What the manager could not send can be read.
        let text = present::content(Path::new(&state.fragment)).unwrap_or_default();
        run.command = unit_file::command(&String::from_utf8_lossy(&text));
    }
    let health = health(&state, Some(&run));
    Ok((state, run, health))
}
