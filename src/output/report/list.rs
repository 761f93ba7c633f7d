//! The table of `list`.

use super::service::{age, is_hardened, log_row, state_json, tone};
use super::{group, triggers, units};
use crate::host::Host;
use crate::host::clock::Clock;
use crate::manager::state::{LastRun, TriggerState, UnitState};
use crate::model::log_line::LogLine;
use crate::output::json;
use crate::output::ui::table::{self, Cell, Column};
use crate::output::ui::text::{Text, Tone};
use crate::shell;
use crate::spec::Scope;
use crate::state::service::{Health, Instance};

#[derive(Debug)]
pub struct Listed {
    pub name: String,
    pub scope: Scope,
    /// Managed by mkservice.
    pub managed: bool,
    pub health: Health,
    /// Of the unit in which its program runs.
    pub state: UnitState,
    /// Its current or last run.
    pub run: LastRun,
    pub instances: Vec<Instance>,
    /// The units that start it.
    pub triggers: Vec<(String, UnitState, TriggerState)>,
    /// The file of services that declares it.
    pub declared_by: Option<String>,
    /// With `--wide`.
    pub details: Details,
}

/// What takes longer to find out.
#[derive(Debug, Default)]
pub struct Details {
    /// Ports and addresses.
    pub listens: Vec<String>,
    pub last_line: Option<LogLine>,
}

/// In every table.
const COLUMNS: [Column; 4] =
    [Column::cut("NAME", 12), Column::new("STATE"), Column::new("SINCE"), Column::cut("COMMAND", 20)];
/// In tables with timers.
const OF_TIMERS: [Column; 2] = [Column::optional("NEXT", 0), Column::optional("LAST", 4)];
const MORE: [Column; 3] =
    [Column::optional("RESTARTS", 1), Column::optional("ENABLED", 2), Column::optional("MEMORY", 3)];
/// If a service is from one.
const FILE: Column = Column::new("DECLARED BY");
const WIDE: [Column; 3] = [Column::new("CPU"), Column::new("LISTENS"), Column::new("LAST LOG LINE")];

pub fn table(services: &[Listed], wide: bool, host: &Host) -> Text {
    let has_times = services.iter().any(|service| service.timers().next().is_some());
    let times = if has_times { &OF_TIMERS[..] } else { &[] };
    let mut columns = [&COLUMNS, times, &MORE].concat();
    let has_files = wide && services.iter().any(|service| service.declared_by.is_some());
    columns.extend(has_files.then_some(FILE));
    if wide {
        columns.extend(WIDE);
    }
    let clock = wide.then(|| Clock::of(host));
    let rows: Vec<Vec<Cell>> =
        services.iter().map(|service| service.row((has_times, has_files), clock.as_ref())).collect();
    let width = if wide { None } else { table::width(host) };
    table::laid_out(&columns, &rows, width)
}

impl Listed {
    fn timers(&self) -> impl Iterator<Item = &TriggerState> {
        self.triggers.iter().filter(|(unit, ..)| unit.ends_with(".timer")).map(|(_, _, trigger)| trigger)
    }

    /// How many of its instances are well, and how many there are.
    fn count(&self) -> Option<(usize, usize)> {
        let members = || self.instances.iter().filter(|one| one.wanted);
        let well = members().filter(|one| one.health().is_well()).count();
        (!self.instances.is_empty()).then(|| (well, members().count()))
    }

    /// `clock` is for a wide row.
    fn row(&self, (has_times, has_files): (bool, bool), clock: Option<&Clock>) -> Vec<Cell> {
        let or_dash = |text: Option<String>| Cell::from(text.unwrap_or_else(|| "-".to_owned()));
        // It waits since its trigger became active.
        let by_trigger = matches!(self.health, Health::Waiting | Health::Done | Health::Stopped);
        let trigger = self.triggers.first().map(|(_, state, _)| state);
        let since = trigger.filter(|_| by_trigger).map_or(self.state.since, |trigger| trigger.since);
        let enabled = trigger.map_or(self.state.enabled.as_str(), |trigger| trigger.enabled.as_str());
        let mut row = vec![
            Cell::new(self.name.as_str(), Tone::Name),
            Cell::new(group::word(self.health, self.count()), tone(self.health)),
            // The time since the last restart says nothing about a loop.
            or_dash(age(since).filter(|_| self.health != Health::Restarting).map(units::duration)),
            shell::join(&self.run.command).into(),
        ];
        if has_times {
            let last = self.timers().filter_map(|trigger| age(trigger.last.max(self.state.begun))).min();
            row.push(or_dash(triggers::next(self.timers())));
            row.push(or_dash(last.map(|age| format!("{} ago", units::duration(age)))));
        }
        row.push(self.run.restarts.to_string().into());
        row.push(or_dash((!enabled.is_empty()).then(|| enabled.to_owned())));
        row.push(or_dash(self.run.memory.filter(|_| self.state.is_up()).map(units::size)));
        if has_files {
            row.push(or_dash(self.declared_by.clone()));
        }
        if let Some(clock) = clock {
            let Details { listens, last_line } = &self.details;
            row.push(or_dash(self.run.cpu.map(units::cpu)));
            row.push(or_dash((!listens.is_empty()).then(|| listens.join(", "))));
            row.push(or_dash(last_line.as_ref().map(|line| shell::printable(&log_row(line, clock)))));
        }
        row
    }

    pub fn json(&self) -> json::Service {
        let Listed { state, run, .. } = self;
        let enabled = |state: &UnitState| state.enabled.starts_with("enabled");
        let by_triggers = self.triggers.iter().all(|(_, state, _)| enabled(state));
        let triggers =
            self.triggers.iter().map(|(unit, state, trigger)| triggers::trigger_json(unit, Some(state), Some(trigger)));
        let mut service = json::Service {
            enabled: Some(if self.triggers.is_empty() { enabled(state) } else { by_triggers }),
            hardened: Some(is_hardened(state)),
            origin: Some(if self.managed { "managed" } else { "unmanaged" }),
            path: (!state.fragment.is_empty()).then(|| state.fragment.clone()),
            declared_by: self.declared_by.clone(),
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
