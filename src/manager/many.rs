//! Operations on many units with few calls.

use std::collections::HashMap;
use std::path::PathBuf;

use super::Links;
use super::Listed;
use super::Manager;
use crate::manager::bus::{CALL, within};
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

impl Manager {
    /// Creates the links of `[Install]` sections in one call.
    pub async fn enable_all(&self, units: &[&str]) -> Result<()> {
        let what = match units {
            [unit] => format!("enabling {unit}"),
            [unit, others @ ..] => format!("enabling {unit} and {} more", others.len()),
            [] => return Ok(()),
        };
        let (runtime, force) = (false, false);
        let arguments = (units, runtime, force);
        within(what, CALL, self.peer.call::<_, (bool, Links)>("EnableUnitFiles", &arguments)).await.map(drop)
    }

    /// Loads units if necessary, in one call.
    pub async fn brief(&self, units: &[String]) -> Result<HashMap<String, ListedUnit>> {
        let listed = self.peer.call::<_, Vec<Listed>>("ListUnitsByNames", &units);
        let listed = within("querying units", CALL, listed).await?;
        Ok(listed
            .into_iter()
            .map(|(name, _, load, active, sub, ..)| (name, ListedUnit { load, active, sub }))
            .collect())
    }

    /// The states of units, in order. Units that systemd does not know are not asked about again. Unless `closely`,
    /// only what a plan needs is asked for: the more units there are, the longer systemd takes to say whether one is
    /// enabled, which is read from the directories instead.
    pub async fn states(&self, asked: &[AskedUnit], closely: bool) -> Result<Vec<UnitState>> {
        let brief = match asked {
            [] | [_] => HashMap::new(),
            _ => self.brief(&asked.iter().map(|asked| asked.unit.clone()).collect::<Vec<_>>()).await?,
        };
        let state = async |AskedUnit { unit, only_file }: &AskedUnit| match brief.get(unit) {
            Some(ListedUnit { load, active, sub }) if load == "not-found" && active == "inactive" => {
                let (load, active, sub) = (load.clone(), active.clone(), sub.clone());
                Ok(UnitState { load, active, sub, condition_met: true, ..UnitState::default() })
            }
            Some(brief) if !closely => self.for_plan(unit, only_file.as_deref(), brief).await,
            _ => self.unit(unit).await,
        };
        together(asked.iter().map(state)).await.into_iter().collect()
    }
}
