//! Many units at once, with few calls.

use std::collections::HashMap;
use std::path::PathBuf;

use super::Links;
use super::Listed;
use super::Manager;
use crate::error::Result;
use crate::manager::bus::{CALL, within};
use crate::manager::state::UnitState;
use crate::model::wait::together;

/// A unit whose state is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedUnit {
    /// Its name.
    pub unit: String,
    /// Its file, where no other folder has one of that name: what was loaded, and has not changed since, came from there.
    pub only_file: Option<PathBuf>,
}

/// A unit in a list of the manager's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// `loaded`, `not-found`, `bad-setting`, `error`, `masked`.
    pub load: String,
    /// `active`, `inactive`, `failed`, `activating`, `deactivating`, …
    pub active: String,
    /// `running`, `exited`, `dead`, `auto-restart`, …
    pub sub: String,
}

impl Manager {
    /// Makes the links that the `[Install]` sections of units ask for, in one call.
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

    /// Looks at units in one call, loading them if need be; gives what there is of each by its name.
    pub async fn brief(&self, units: &[String]) -> Result<HashMap<String, Brief>> {
        let listed = self.peer.call::<_, Vec<Listed>>("ListUnitsByNames", &units);
        let listed = within("looking at units", CALL, listed).await?;
        Ok(listed.into_iter().map(|(name, _, load, active, sub, ..)| (name, Brief { load, active, sub })).collect())
    }

    /// The states of units, in their order. Of those that the manager does not know it is not asked for more; of the
    /// others for all there is to tell, or unless `closely`, only for what a plan is made of: how a unit is enabled takes
    /// the manager longer the more units there are, and is read from the folders.
    pub async fn states(&self, asked: &[AskedUnit], closely: bool) -> Result<Vec<UnitState>> {
        let brief = match asked {
            [] | [_] => HashMap::new(),
            _ => self.brief(&asked.iter().map(|asked| asked.unit.clone()).collect::<Vec<_>>()).await?,
        };
        let state = async |AskedUnit { unit, only_file }: &AskedUnit| match brief.get(unit) {
            Some(Brief { load, active, sub }) if load == "not-found" && active == "inactive" => {
                let (load, active, sub) = (load.clone(), active.clone(), sub.clone());
                Ok(UnitState { load, active, sub, condition_met: true, ..UnitState::default() })
            }
            Some(brief) if !closely => self.for_plan(unit, only_file.as_deref(), brief).await,
            _ => self.unit(unit).await,
        };
        together(asked.iter().map(state)).await.into_iter().collect()
    }
}
