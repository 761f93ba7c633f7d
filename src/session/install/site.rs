//! What all services of one installation share: their scope, its manager, and the folders as they are now. Each is
//! looked at once.

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

/// Where services are installed.
pub struct Site {
    /// Which scope.
    pub scope: Scope,
    /// Its manager, or why there is none.
    pub reached: Reached,
    /// The folders that it reads units from.
    search_path: Vec<PathBuf>,
    /// Those that have to do with services, as they were at the beginning.
    pub places: Places,
    /// The account's services run without a session already.
    pub lingers: bool,
}

impl Site {
    /// Comes to the manager and looks at the folders, for these services. With `starts` one of them is to be started.
    /// Unless that `only_shows` what would be done, nobody else changes them from then on, nor any other of their scope:
    /// gives the locks on the services, and that on the scope.
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

    /// The manager; `None` where there is none to speak to.
    pub fn manager(&self) -> Option<&Manager> {
        self.reached.manager()
    }

    /// Puts a service into the document, as it is now.
    pub async fn tell(&self, name: &UnitName, exposure: Option<Exposure>, context: &Context<'_>) -> Result<()> {
        if context.ui.is_json() {
            let service =
                selection::look(name, self.scope, &[], &self.search_path, self.manager(), context.host).await?;
            let service = report::service_json(&service, exposure, context.host);
            context.ui.document(|document| document.services.push(service));
        }
        Ok(())
    }

    /// Gives up what was looked at, which is not so any more.
    pub fn into_ground(self) -> Ground {
        let (scope, manager) = (self.scope, self.reached.into_manager());
        Ground { scope, manager, search_path: self.search_path, known: Vec::new() }
    }
}

/// The locks on services, in an order that all runs keep, and the one on what their scope shares.
fn locks(scope: Scope, names: &[&UnitName], context: &Context<'_>) -> Result<(Vec<Lock>, Lock)> {
    lock::make_room_for(names.len());
    Ok((context.locks(names, false, scope)?, context.lock(What::Units, scope)?))
}
