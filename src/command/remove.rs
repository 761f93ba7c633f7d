//! `mkservice remove NAME…`: stops services and takes away all that was made for them.

use std::path::PathBuf;

use super::{Context, manager, search_path};
use crate::apply::lock::What;
use crate::cli::Remove;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::plan::{self, Doomed, Through};
use crate::present::{self, Present};
use crate::record::Record;
use crate::report;
use crate::resolve;
use crate::spec::{Scope, UnitName};
use crate::systemd::manager::Manager;
use crate::ui;

/// Removes services.
///
/// # Errors
/// A name that is unknown or not ours, before anything is changed; or what failed on the way.
pub async fn remove(typed: &Remove, context: &Context<'_>) -> Result<()> {
    let Context { host, ui, words, .. } = *context;
    let scope = resolve::scope_of(&typed.common, words, host)?;
    let known = present::ours(scope, host)?;
    let names = named(typed, &known)?;
    let (manager, through) = reach(scope, host).await?;
    let mut locks = Vec::new();
    if !typed.common.dry_run {
        // In order, so that two runs cannot wait for each other.
        let mut sorted: Vec<&UnitName> = names.iter().collect();
        sorted.sort();
        for name in sorted {
            locks.push(context.lock(What::Service(name), scope)?);
        }
        locks.push(context.lock(What::Units, scope)?);
    }

    let record = Record::load(host);
    // What was left of a service that somebody took away by hand is undone with any name.
    let only_record = scope == Scope::User && known.is_empty() && !record.is_empty();
    let search_path = search_path(scope, manager.as_ref(), host).await?;
    let mut doomed = Vec::new();
    for name in &names {
        doomed.push(look(name, scope, &search_path, host, manager.as_ref(), &known, only_record).await?);
    }
    let steps = plan::remove(&doomed, scope, typed.common.force)?;
    let undo = |record: &Record| plan::undo(record, present::lingers(&host.asked_by.name), host);
    if typed.common.dry_run {
        let is_last = scope == Scope::User && known.iter().all(|name| names.contains(name));
        ui.say(&report::dry_run(&[steps, if is_last { undo(&record) } else { Vec::new() }].concat()));
        return Ok(());
    }
    let mut applied = context.apply(&steps, manager.as_ref()).await?;
    // Counted afterwards: what is left decides.
    if scope == Scope::User && present::ours(scope, host)?.is_empty() {
        let undone = context.apply(&undo(&Record::load(host)), manager.as_ref()).await?;
        applied.done.extend(undone.done);
        applied.warnings.extend(undone.warnings);
    }
    applied.warnings.iter().for_each(|warning| ui.warn(warning));
    ui.say(&report::removed(&doomed, &applied.done));
    let notes = doomed.iter().flat_map(|service| report::left_alone(&service.present));
    for note in notes.chain(report::notes(&applied.done)).chain(report::behind(through, scope)) {
        ui.say(&format!("note: {note}"));
    }
    Ok(())
}

/// The manager of the scope. Where none runs nothing has to be stopped, and files are all there is.
async fn reach(scope: Scope, host: &Host) -> Result<(Option<Manager>, Through)> {
    match manager(scope, host).await {
        Ok(Some(manager)) => Ok((Some(manager), Through::Manager)),
        Ok(None) | Err(Error::Unreachable { nothing_runs: true, .. }) => Ok((None, Through::Files)),
        Err(error) => Err(error),
    }
}

/// The typed names, each once; without any, those that are picked on a terminal.
fn named(typed: &Remove, known: &[UnitName]) -> Result<Vec<UnitName>> {
    let mut names = Vec::new();
    for text in &typed.names {
        let name = UnitName::parse(text).map_err(|why| Error::Name { name: text.clone(), why, instead: None })?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() && ui::can_ask() && !known.is_empty() {
        let items: Vec<String> = known.iter().map(|name| name.as_str().to_owned()).collect();
        let places = ui::choose("Remove which? (their numbers)", &items);
        names.extend(places.into_iter().filter_map(|place| known.get(place).cloned()));
    }
    if names.is_empty() { Err(Error::NothingNamed { known: known.to_vec() }) } else { Ok(names) }
}

async fn look(
    name: &UnitName,
    scope: Scope,
    search_path: &[PathBuf],
    host: &Host,
    manager: Option<&Manager>,
    known: &[UnitName],
    only_record: bool,
) -> Result<Doomed> {
    let present = Present::look(name, scope, search_path, host)?;
    let state = match manager {
        Some(manager) => Some(manager.unit(&name.unit()).await?),
        None => None,
    };
    let service = Doomed { name: name.clone(), present, state };
    if service.exists() || only_record {
        return Ok(service);
    }
    let other = if scope == Scope::User { Scope::System } else { Scope::User };
    let elsewhere = present::ours(other, host).ok().filter(|names| names.contains(name)).map(|_| other);
    Err(Error::UnknownService { name: name.clone(), scope, known: known.to_vec(), elsewhere })
}
