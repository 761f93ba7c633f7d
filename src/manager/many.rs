//! Operations on many units with few calls.

use std::collections::HashMap;
use std::path::PathBuf;

use super::Links;
use super::Listed;
use super::Manager;
use super::Snapshot;
use crate::manager::bus::{self, CALL, RELOAD, within};
use crate::manager::state::UnitState;
use crate::model::diagnostic::Result;
use crate::model::wait::together;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedUnit {
    pub unit: String,
    /// Set if no other directory has a file of this name: a loaded unit without changes was loaded from there.
    pub only_file: Option<PathBuf>,
}

/// A unit in systemd's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUnit {
    /// `loaded`, `not-found`, `bad-setting`, `error` or `masked`.
    pub load: String,
    /// `active`, `inactive`, `failed`, `activating`, `deactivating`, …
    pub active: String,
    pub sub: String,
}

impl ListedUnit {
    /// True if there is something to stop.
    pub fn is_up(&self) -> bool {
        !matches!(self.active.as_str(), "inactive" | "failed")
    }
}

/// For error messages.
fn doing(participle: &str, units: &[&str]) -> String {
    match units {
        [unit, others @ ..] if !others.is_empty() => format!("{participle} {unit} and {} more", others.len()),
        _ => format!("{participle} {}", units.concat()),
    }
}

impl Manager {
    /// Creates the links of `[Install]` sections in one call.
    pub async fn enable_all(&self, units: &[&str]) -> Result<()> {
        if units.is_empty() {
            return Ok(());
        }
        let (runtime, force) = (false, false);
        let arguments = (units, runtime, force);
        let enabled = self.peer.call::<_, (bool, Links)>("EnableUnitFiles", &arguments);
        within(doing("enabling", units), RELOAD, enabled).await.map(drop)
    }

    /// Removes all links named after units, in one call.
    pub async fn disable_all(&self, units: &[&str]) -> Result<()> {
        let runtime = false;
        let arguments = (units, runtime);
        let disabled = self.peer.call::<_, Links>("DisableUnitFiles", &arguments);
        within(doing("disabling", units), RELOAD, disabled).await.map(drop)
    }

    /// Resets failures and start limits. A unit that is not loaded has neither.
    pub async fn reset_all(&self, units: &[&str]) -> Result<()> {
        let reset = async |unit: &str| match self.peer.call("ResetFailedUnit", &unit).await {
            Err(error) if bus::error_name(&error) == Some("org.freedesktop.systemd1.NoSuchUnit") => Ok(()),
            other => other,
        };
        let within_limit = units.iter().map(|unit| within(format!("resetting {unit}"), CALL, reset(unit)));
        together(within_limit).await.into_iter().collect()
    }

    /// Loads units if necessary, in one call.
    pub async fn brief(&self, units: &[String]) -> Result<HashMap<String, ListedUnit>> {
        if units.is_empty() {
            return Ok(HashMap::new());
        }
        let listed = self.peer.call::<_, Vec<Listed>>("ListUnitsByNames", &units);
        let listed = within("querying units", CALL, listed).await?;
        Ok(listed
            .into_iter()
            .map(|(name, _, load, active, sub, ..)| (name, ListedUnit { load, active, sub }))
            .collect())
    }

    /// The states of units, in order, with only what a plan needs: the more units there are, the longer systemd takes
    /// to say whether one is enabled, which is read from the directories instead. Units that systemd does not know are
    /// not asked about again.
    pub async fn states(&self, asked: &[AskedUnit]) -> Result<Vec<Snapshot>> {
        let brief = match asked {
            [] | [_] => HashMap::new(),
            _ => self.brief(&asked.iter().map(|asked| asked.unit.clone()).collect::<Vec<_>>()).await?,
        };
        let state = async |AskedUnit { unit, only_file }: &AskedUnit| {
            let state = match (brief.get(unit), only_file) {
                (Some(ListedUnit { load, active, sub }), _) if load == "not-found" && active == "inactive" => {
                    let (load, active, sub) = (load.clone(), active.clone(), sub.clone());
                    UnitState { load, active, sub, condition_met: true, ..UnitState::default() }
                }
                // A unit that was skipped is not up.
                (Some(brief), Some(file)) if brief.active != "inactive" => self.for_plan(unit, file, brief).await?,
                _ => self.unit(unit).await?,
            };
            Ok(Snapshot { state, ..Snapshot::default() })
        };
        together(asked.iter().map(state)).await.into_iter().collect()
    }

    /// All about units, in order.
    pub async fn snapshots(&self, asked: &[AskedUnit]) -> Result<Vec<Snapshot>> {
        together(asked.iter().map(|asked| self.snapshot(&asked.unit))).await.into_iter().collect()
    }
}
