//! What all services of one installation share: scope, manager and directories, each read once.

use std::path::PathBuf;

use crate::apply::lock::{self, Lock, What};
use crate::error::Result;
use crate::manager::Manager;
use crate::manager::security::Exposure;
use crate::output::report;
use crate::session::connection::{Reached, Way, reach};
use crate::session::context::{Context, search_path};
use crate::session::selection::{self, Ground};
use crate::spec::{Scope, UnitName};
use crate::state::{self, Places};

pub struct Site {
    pub scope: Scope,
    pub reached: Reached,
    search_path: Vec<PathBuf>,
    /// Directories that concern services, at the start.
    pub places: Places,
    /// Lingering is enabled.
    pub lingers: bool,
}

impl Site {
    /// Connects to the manager and reads the directories. Unless `only_shows`, locks the services and the units of
    /// their scope.
    pub async fn enter(
        way: Way,
        scope: Scope,
        names: &[&UnitName],
        starts: bool,
        only_shows: bool,
        context: &Context<'_>,
    ) -> Result<(Site, Option<(Vec<Lock>, Lock)>)> {
        let host = context.host;
        let reached = reach(way, scope, starts, context).await?;
        let locks = if only_shows { None } else { Some(locks(scope, names, context)?) };
        let search_path = search_path(scope, reached.manager(), host).await?;
        let places = Places::look(scope, &search_path, names.len(), host)?;
        let lingers = state::lingers(&host.asked_by.name);
        Ok((Site { scope, reached, search_path, places, lingers }, locks))
    }

    pub fn manager(&self) -> Option<&Manager> {
        self.reached.manager()
    }

    /// Adds its current state to the JSON document.
    pub async fn tell(&self, name: &UnitName, exposure: Option<Exposure>, context: &Context<'_>) -> Result<()> {
        if context.ui.is_json() {
            let service =
                selection::look(name, self.scope, &[], &self.search_path, self.manager(), context.host).await?;
            let service = report::service_json(&service, exposure, context.host);
            context.ui.document(|document| document.services.push(service));
        }
        Ok(())
    }

    pub fn into_ground(self) -> Ground {
        let (scope, manager) = (self.scope, self.reached.into_manager());
        Ground { scope, manager, search_path: self.search_path, known: Vec::new() }
    }
}

fn locks(scope: Scope, names: &[&UnitName], context: &Context<'_>) -> Result<(Vec<Lock>, Lock)> {
    lock::make_room_for(names.len());
    Ok((context.locks(names, false, scope)?, context.lock(What::Units, scope)?))
}
