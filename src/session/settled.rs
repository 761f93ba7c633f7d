//! Watches many units with few calls until they count as started.

use std::collections::HashSet;
use std::time::Duration;

use crate::diagnosis::verify;
use crate::manager::Manager;
use crate::model::diagnostic::Result;
use crate::model::wait::sleep;
use crate::output::report::Outcome;

#[derive(Default)]
pub struct Settled {
    /// Units that were watched long enough.
    watched: HashSet<String>,
    /// Units that ran without interruption.
    up: HashSet<String>,
}

impl Settled {
    /// Waits once for all units: watching each takes a match rule of the bus, and their number is limited. Each unit
    /// comes with whether it was started now.
    pub async fn watch(units: Vec<(String, bool)>, span: Duration, manager: &Manager) -> Result<Settled> {
        if units.is_empty() {
            return Ok(Settled::default());
        }
        let earlier = units.iter().filter(|(_, is_started)| !is_started).map(|(unit, _)| unit);
        let earlier = verify::restarts(manager, earlier).await?;
        sleep(span).await;
        let units: Vec<String> = units.into_iter().map(|(unit, _)| unit).collect();
        let brief = manager.brief(&units).await?;
        let up = units.iter().filter(|unit| brief.get(*unit).is_some_and(|it| is_running(&it.active, &it.sub)));
        let restarts = verify::restarts(manager, up).await?;
        let is_as_before = |(unit, restarts): &(String, u32)| earlier.get(unit).copied().unwrap_or(0) == *restarts;
        let up = restarts.into_iter().filter(is_as_before).map(|(unit, _)| unit).collect();
        Ok(Settled { watched: units.into_iter().collect(), up })
    }

    /// With units that have been running for long enough already.
    pub fn and(mut self, units: Vec<String>) -> Settled {
        self.up.extend(units);
        self
    }

    pub fn was_watched(&self, unit: &str) -> bool {
        self.watched.contains(unit)
    }

    /// `None` for a unit that has to be checked closely.
    pub fn outcome(&self, unit: &str) -> Option<Outcome> {
        let outcome = if unit.ends_with(".service") { Outcome::Running } else { Outcome::Waiting };
        self.up.contains(unit).then_some(outcome)
    }
}

/// Neither in transition nor exited.
pub fn is_running(active: &str, sub: &str) -> bool {
    active == "active" && sub != "exited"
}
