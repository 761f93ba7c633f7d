//! `mkservice remove NAME…`: stops services and deletes their files.

use std::collections::BTreeSet;

use super::take_out;
use crate::apply::files;
use crate::cli::Remove;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::message;
use crate::output::report;
use crate::plan::{self, Through};
use crate::session::context::Context;
use crate::session::removal;
use crate::session::selection::{Depth, ScopeSession};
use crate::spec::{Scope, UnitName};
use crate::state::Lingering;
use crate::state::service::Service;

pub async fn remove(typed: &Remove, context: &Context<'_>) -> Result<u8> {
    let Context { host, ui, .. } = *context;
    let shows = typed.changing.only_shows();
    let session = ScopeSession::of(!shows, context).await?;
    let (scope, manager) = (session.scope, session.manager.as_ref());
    let names = session.names(&typed.selection.names)?;
    let all: Vec<&UnitName> = names.iter().collect();
    let _locks = if shows { Vec::new() } else { context.locks(&all, true, scope)? };

    let (groups, names) = take_out::sorted(names.clone(), &session, context).await?;
    if !groups.is_empty() && names.is_empty() {
        return take_out::take_out(&groups, &typed.changing, &session, context).await;
    }
    if !groups.is_empty() {
        let error = Error::new(Code::Usage, "instances and whole services cannot be removed together");
        let remove = mkservice(["remove"]).args(names.iter().map(UnitName::as_str)).for_scope(scope);
        return Err(error.hint(message!("remove the services first: {}", remove)));
    }

    let to_remove = to_remove(&names, &session, context).await?;
    let mut steps = plan::remove(&to_remove, scope, typed.changing.force)?;
    if shows {
        let removed: BTreeSet<&UnitName> = names.iter().collect();
        if scope == Scope::User && session.known(host)?.iter().all(|name| removed.contains(name)) {
            steps.extend(plan::disable_lingering(&Lingering::read(host), host));
        }
        return Ok(context.show(&steps, &typed.changing));
    }
    // Before anything is stopped: a service whose files stay keeps running.
    if let Some(dir) = to_remove.first().and_then(|service| service.present.main.path.parent()) {
        files::refuse_unwritable(dir)?;
    }
    let mut applied = context.apply(&steps, manager).await?;
    let (more, kept) = removal::tidy(&to_remove, scope, manager, context).await?;
    applied.append(more);
    ui.say(report::removed(&to_remove, &applied.done));
    ui.document(|document| document.services.extend(to_remove.iter().map(report::removed_json)));
    let through = if manager.is_some() { Through::Manager } else { Through::Files };
    let left = to_remove.iter().flat_map(|service| report::left_alone(&service.present));
    let left = left.chain(kept.iter().map(|dir| report::kept_dir(dir)));
    left.chain(report::notes(&applied.done))
        .chain(report::nothing_stopped(through, scope).filter(|_| host.image().is_none()))
        .for_each(|note| ui.note(note));
    Ok(0)
}

/// The services, of each of which something is there, or at least lingering that was enabled for it.
async fn to_remove(names: &[UnitName], session: &ScopeSession, context: &Context<'_>) -> Result<Vec<Service>> {
    // With the last service deleted by hand, any name disables lingering.
    let is_of_user = session.scope == Scope::User && session.known(context.host)?.is_empty();
    let only_mark = is_of_user && Lingering::read(context.host).mark.is_some();
    let to_remove = session.read_all(names, Depth::Plan, context.host).await?;
    match to_remove.iter().find(|service| !service.exists() && !only_mark) {
        Some(service) => Err(session.unknown(&service.name, Verb::Remove, context.host)),
        None => Ok(to_remove),
    }
}
