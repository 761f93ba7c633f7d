//! `mkservice remove NAME…`: stops services and takes away all that was made for them.

use std::path::PathBuf;

use super::take_out;
use crate::apply::{Applied, files, refuse_foreign_way};
use crate::cli::Remove;
use crate::error::{Error, Result};
use crate::host::{provided, tree};
use crate::manager::Manager;
use crate::model::Verb;
use crate::output::report;
use crate::plan::{self, Step, Through};
use crate::session::context::Context;
use crate::session::selection::Ground;
use crate::spec::{Scope, UnitName};
use crate::state::service::Service;
use crate::state::{self, Lingering};

/// Removes services.
pub async fn remove(typed: &Remove, context: &Context<'_>) -> Result<u8> {
    let Context { host, ui, .. } = *context;
    let shows = typed.changing.only_shows();
    let ground = Ground::of(!shows, context).await?;
    let scope = ground.scope;
    let names = ground.names(&typed.names, Verb::Remove, context)?;
    let all: Vec<&UnitName> = names.iter().collect();
    let _locks = if shows { Vec::new() } else { context.locks(&all, true, scope)? };

    let (groups, names) = take_out::sorted(names.clone(), &ground, context).await?;
    if !groups.is_empty() && names.is_empty() {
        return take_out::take_out(&groups, &typed.changing, &ground, context).await;
    }
    if !groups.is_empty() {
        let message = "instances and whole services are removed one after the other".to_owned();
        let all: Vec<String> = names.iter().map(ToString::to_string).collect();
        return Err(Error::Usage { message, hint: Some(format!("first: mkservice remove {}", all.join(" "))) });
    }

    let doomed = doomed(&names, &ground, context).await?;
    let mut steps = plan::remove(&doomed, scope, typed.changing.force)?;
    if shows {
        if scope == Scope::User && ground.known.iter().all(|name| names.contains(name)) {
            steps.extend(plan::disable_lingering(&Lingering::look(host), host));
        }
        return Ok(context.show(&steps, &typed.changing));
    }
    // Before anything is stopped: what stays installed goes on running.
    if let Some(folder) = doomed.first().and_then(|service| service.present.main.path.parent()) {
        files::refuse_unwritable(folder)?;
    }
    let mut applied = context.apply(&steps, ground.manager.as_ref()).await?;
    let (more, kept) = tidy(&doomed, scope, ground.manager.as_ref(), context).await?;
    applied.append(more);
    ui.say(&report::removed(&doomed, &applied.done));
    ui.document(|document| document.services.extend(doomed.iter().map(report::removed_json)));
    let through = if ground.manager.is_some() { Through::Manager } else { Through::Files };
    let left = doomed.iter().flat_map(|service| report::left_alone(&service.present));
    let left = left.chain(kept.iter().map(|folder| report::kept_folder(folder)));
    left.chain(report::notes(&applied.done))
        .chain(report::behind(through, scope).filter(|_| host.image.is_none()))
        .for_each(|note| ui.note(note));
    Ok(0)
}

/// Does what is left to do once services are gone: with the last one goes lingering, and empty folders
/// go. Gives those that are not empty.
pub async fn tidy(
    doomed: &[Service],
    scope: Scope,
    manager: Option<&Manager>,
    context: &Context<'_>,
) -> Result<(Applied, Vec<PathBuf>)> {
    let host = context.host;
    let mut applied = Applied::default();
    // Counted afterwards: what is left decides.
    if scope == Scope::User && state::ours(scope, host)?.is_empty() {
        applied = context.apply(&plan::disable_lingering(&Lingering::look(host), host), manager).await?;
    }
    Ok((applied, left_folders(doomed, scope, manager, context).await?))
}

/// The folders that systemd has made for services that are gone, and that hold something: that is for their owner to
/// throw away. Empty ones go.
async fn left_folders(
    doomed: &[Service],
    scope: Scope,
    manager: Option<&Manager>,
    context: &Context<'_>,
) -> Result<Vec<PathBuf>> {
    let host = context.host;
    let ours = doomed.iter().filter(|service| service.is_ours());
    let all: Vec<PathBuf> = ours.flat_map(|service| provided::folders(&service.text(), scope, host)).collect();
    let is_safe = |folder: &&PathBuf| folder.parent().is_some_and(|base| refuse_foreign_way(base, host).is_ok());
    let steps: Vec<Step> = all.iter().filter(is_safe).cloned().map(Step::RemoveFolder).collect();
    context.apply(&steps, manager).await?;
    Ok(all.into_iter().filter(|folder| tree::symlink_metadata(folder).is_ok()).collect())
}

/// Looks at what is to be removed. Something of each is there, or at least lingering that was enabled for it.
async fn doomed(names: &[UnitName], ground: &Ground, context: &Context<'_>) -> Result<Vec<Service>> {
    // What was left of a service that somebody took away by hand is undone with any name.
    let is_of_user = ground.scope == Scope::User && ground.known.is_empty();
    let only_mark = is_of_user && Lingering::look(context.host).mark.is_some();
    let mut doomed = Vec::new();
    for name in names {
        let service = ground.look(name, context.host).await?;
        if !service.exists() && !only_mark {
            return Err(ground.unknown(name, Verb::Remove, context.host));
        }
        doomed.push(service);
    }
    Ok(doomed)
}
