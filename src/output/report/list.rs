//! The table of services that `list` shows, and the same in the `--json` document.

use super::group;
use super::service::age;
use super::service::is_hardened;
use super::service::mood;
use super::service::state_json;
use super::span;
use super::triggers;
use crate::manager::state::{LastRun, TriggerState, UnitState};
use crate::output::json;
use crate::output::ui::table::{self, Cell};
use crate::shell;
use crate::spec::Scope;
use crate::state::service::{Health, Instance};

/// A service in the list.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its manager.
    pub scope: Scope,
    /// It was made by us.
    pub ours: bool,
    /// How it is.
    pub health: Health,
    /// What its manager knows of the unit in which its program runs.
    pub state: UnitState,
    /// Its current or last run.
    pub run: LastRun,
    /// Its instances; none for a service without.
    pub instances: Vec<Instance>,
    /// What starts it, by the names of those units.
    pub triggers: Vec<(String, UnitState, TriggerState)>,
}

const HEAD: [&str; 7] = ["NAME", "STATE", "SINCE", "RESTARTS", "MEMORY", "ENABLED", "COMMAND"];
/// In front of the command, where there are timers.
const TIMES: [&str; 2] = ["NEXT", "LAST"];

/// The table of services.
pub fn table(services: &[Listed]) -> String {
    let has_times = services.iter().any(|service| service.times().next().is_some());
    let times: &[&str] = if has_times { &TIMES } else { &[] };
    let (last, first) = HEAD.split_last().unwrap_or((&"", &[]));
    let head: Vec<&str> = first.iter().chain(times).chain([last]).copied().collect();
    let rows: Vec<Vec<Cell>> = services.iter().map(|service| service.row(has_times)).collect();
    table::laid_out(&head, &rows)
}

impl Listed {
    /// The times of its timers.
    fn times(&self) -> impl Iterator<Item = &TriggerState> {
        self.triggers.iter().filter(|(unit, ..)| unit.ends_with(".timer")).map(|(_, _, trigger)| trigger)
    }

    /// How many of its instances are well, and how many there are.
    fn count(&self) -> Option<(usize, usize)> {
        let members = || self.instances.iter().filter(|one| one.wanted);
        let well = members().filter(|one| one.health().is_well()).count();
        (!self.instances.is_empty()).then(|| (well, members().count()))
    }

    fn row(&self, has_times: bool) -> Vec<Cell> {
        let dash = || "-".to_owned();
        // What waits does so since what starts it is active.
        let by_trigger = matches!(self.health, Health::Waiting | Health::Done | Health::Stopped);
        let trigger = self.triggers.first().map(|(_, state, _)| state);
        let since = trigger.filter(|_| by_trigger).map_or(self.state.since, |trigger| trigger.since);
        let enabled = trigger.map_or(self.state.enabled.as_str(), |trigger| trigger.enabled.as_str());
        let mut row: Vec<Cell> = vec![
            shell::printable(&self.name).into(),
            Cell::new(group::word(self.health, self.count()), mood(self.health)),
            age(since).map_or_else(dash, span::seconds).into(),
            self.run.restarts.to_string().into(),
            self.run.memory.filter(|_| self.state.is_up()).map_or_else(dash, span::bytes).into(),
            if enabled.is_empty() { "-" } else { enabled }.into(),
        ];
        if has_times {
            let last = self.times().filter_map(|trigger| age(trigger.last.max(self.state.begun))).min();
            row.push(triggers::next(self.times()).unwrap_or_else(dash).into());
            row.push(last.map_or_else(dash, |ago| format!("{} ago", span::seconds(ago))).into());
        }
        row.push(shell::join(&self.run.command).into());
        row
    }

    /// The same for the JSON document.
    pub fn json(&self) -> json::Service {
        let Listed { state, run, .. } = self;
        let enabled = |state: &UnitState| state.enabled.starts_with("enabled");
        let by_triggers = self.triggers.iter().all(|(_, state, _)| enabled(state));
        let triggers =
            self.triggers.iter().map(|(unit, state, trigger)| triggers::trigger_json(unit, Some(state), Some(trigger)));
        let mut service = json::Service {
            enabled: Some(if self.triggers.is_empty() { enabled(state) } else { by_triggers }),
            hardened: Some(is_hardened(state)),
            origin: Some(if self.ours { "managed" } else { "unmanaged" }),
            path: (!state.fragment.is_empty()).then(|| state.fragment.clone()),
            triggers: triggers.collect(),
            ..state_json(&self.name, self.scope, self.health, state, run)
        };
        if !self.instances.is_empty() {
            service.unit = format!("{}.target", self.name);
            service.instances = Some(group::instances_json(&self.instances, self.scope));
        }
        service
    }
}
