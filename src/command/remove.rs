//! `mkservice remove NAME…`: stops services and takes away all that was made for them.

use super::{Context, manager};
use crate::apply::apply;
use crate::cli::Remove;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::plan::{self, Doomed};
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

    let manager = manager(scope, host).await?;
    let mut doomed = Vec::new();
    for name in &names {
        doomed.push(look(name, scope, host, manager.as_ref(), &known).await?);
    }
    let left = known.iter().filter(|name| !names.contains(name)).count();
    let steps = plan::remove(&doomed, scope, left, &Record::load(host), typed.common.force, host)?;

    if typed.common.dry_run {
        ui.say(&report::dry_run(&steps));
        return Ok(());
    }
    let applied = apply(&steps, manager.as_ref(), host, &mut |step| ui.detail(&format!("step: {step}"))).await?;
    applied.warnings.iter().for_each(|warning| ui.warn(warning));
    ui.say(&report::removed(&names, &steps));
    let notes = doomed.iter().flat_map(|service| report::foreign_drop_ins(&service.present));
    for note in notes.chain(report::notes(&steps)) {
        ui.say(&format!("note: {note}"));
    }
    Ok(())
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
        let places = ui::choose("Remove which? (space marks, enter removes)", &items);
        names.extend(places.into_iter().filter_map(|place| known.get(place).cloned()));
    }
    if names.is_empty() { Err(Error::NothingNamed { known: known.to_vec() }) } else { Ok(names) }
}

async fn look(
    name: &UnitName,
    scope: Scope,
    host: &Host,
    manager: Option<&Manager>,
    known: &[UnitName],
) -> Result<Doomed> {
    let present = Present::look(name, scope, host)?;
    let state = match manager {
        Some(manager) => Some(manager.unit(&name.unit()).await?),
        None => None,
    };
    let service = Doomed { name: name.clone(), present, state };
    if service.exists() {
        return Ok(service);
    }
    let other = if scope == Scope::User { Scope::System } else { Scope::User };
    let elsewhere = present::ours(other, host).ok().filter(|names| names.contains(name)).map(|_| other);
    Err(Error::UnknownService { name: name.clone(), scope, known: known.to_vec(), elsewhere })
}
