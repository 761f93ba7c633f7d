//! What all services of one installation share: scope, manager and directories, each read once.

use crate::apply::lock::{Lock, Locked};
use crate::manager::security::Exposure;
use crate::model::diagnostic::Result;
use crate::output::report::{self, Outcome};
use crate::session::connection::{ManagerConnection, reach};
use crate::session::context::{Context, search_path};
use crate::session::selection::ScopeSession;
use crate::spec::{Scope, UnitName};
use crate::state::{self, Places};

pub struct Site {
    pub session: ScopeSession,
    /// What becomes of services without a manager.
    pub without_manager: Outcome,
    /// Directories that concern services, at the start.
    pub places: Places,
    /// Lingering is enabled.
    pub lingers: bool,
}

impl Site {
    /// Connects to the manager and reads the directories. Unless `only_shows`, locks the services and the units of
    /// their scope.
    pub async fn enter(
        connection: ManagerConnection,
        scope: Scope,
        names: &[&UnitName],
        starts: bool,
        only_shows: bool,
        context: &Context<'_>,
    ) -> Result<(Site, Option<(Vec<Lock>, Lock)>)> {
        let host = context.host;
        let (manager, without_manager) = match reach(connection, scope, starts, context).await? {
            Ok(manager) => (Some(manager), Outcome::Installed),
            Err(outcome) => (None, outcome),
        };
        let locks = if only_shows { None } else { Some(locks(scope, names, context)?) };
        let search_path = search_path(scope, manager.as_ref(), host).await?;
        let places = Places::read(scope, &search_path, names.len(), host)?;
        let lingers = state::lingers(&host.asked_by.name);
        let session = ScopeSession { scope, manager, search_path, known: Vec::new().into() };
        Ok((Site { session, without_manager, places, lingers }, locks))
    }

    /// Adds its current state to the JSON document.
    pub async fn report(&self, name: &UnitName, exposure: Option<Exposure>, context: &Context<'_>) -> Result<()> {
        if context.ui.is_json() {
            let service = self.session.read(name, context.host).await?;
            let service = report::service_json(&service, exposure, context.host);
            context.ui.document(|document| document.services.push(service));
        }
        Ok(())
    }
}

fn locks(scope: Scope, names: &[&UnitName], context: &Context<'_>) -> Result<(Vec<Lock>, Lock)> {
    Ok((context.locks(names, false, scope)?, context.lock(Locked::Units, scope)?))
}
