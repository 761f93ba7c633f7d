//! `mkservice rename OLD NEW`

use std::time::Duration;

use crate::apply::lock::Lock;
use crate::cli::Invocation;
use crate::diagnosis::Subject;
use crate::manager::Manager;
use crate::manager::state::UnitState;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, quoted};
use crate::output::report;
use crate::plan::{self, Rename, Step};
use crate::resolve::naming::invalid_name;
use crate::session::context::Context;
use crate::session::selection::{ScopeSession, not_managed};
use crate::session::start_result::{self, Start};
use crate::spec::UnitName;
use crate::state::ExistingFile;
use crate::state::service::Service;
use crate::unit::edited;
use crate::unit::stamp::{self, Origin, Succession};
use crate::unit::{install, renamed, renamed_edited, with_moved_secrets};
use crate::{cli, resolve};

/// A running service is stopped and started under its new name.
pub async fn rename(typed: &cli::Rename, context: &Context<'_>) -> Result<u8> {
    let settle = resolve::settle(typed.settle.as_deref())?;
    let shows = typed.changing.only_shows();
    let session = ScopeSession::of(!shows, context).await?;
    let old = session.one(Some(&typed.old))?;
    let parsed = UnitName::parse(&typed.new);
    let new = parsed.map_err(|why| invalid_name(&typed.new, &why))?;
    if old == new {
        return Err(Error::new(Code::Usage, message!("the service is already named {}", quoted(old.as_str()))));
    }
    let locks = if shows { Vec::new() } else { context.locks(&[&old, &new], true, session.scope)? };
    let taken = session.read(&new, context.host).await?;
    let resumed = Succession::of(&taken.text()).filter(|succession| succession.from == old.as_str());
    let was = session.read(&old, context.host).await?;
    // The old file is deleted before the record in the new one. Without both, only a lock shows that a process was killed.
    let note = format!("rename {old} to {new}");
    let is_repeated = || taken.present.is_managed() && locks.iter().any(|lock| lock.was_left_with(&note));
    if was.present.main.file == ExistingFile::Nothing && (resumed.is_some() || is_repeated()) {
        let steps = plan::finish_rename(&was, &taken.present, &Succession::erase(&taken.text()));
        if shows {
            return Ok(context.show(&steps, &typed.changing));
        }
        finish(&steps, &note, &locks, session.manager.as_ref(), context).await?;
        return report(&was, &new, taken.state.as_ref().is_some_and(UnitState::is_up), &session, context).await;
    }
    let service = session.own_one(&old, Verb::Rename, false, context.host).await?;
    refuse_companions(&service, &new)?;
    let text = text(&service, &new)?;
    if taken.is_there() && resumed.is_none() {
        let message = message!("a service named {} already exists: {}", quoted(new.as_str()), quoted(taken.file()));
        let error = Error::new(Code::NameTaken, message).service(new);
        return Err(error.hint(message!("list all services: {}", mkservice(["list", "--all"]))));
    }
    let dir = service.present.main.path.parent().unwrap_or(&service.present.main.path);
    let links = install::links_of_text(&new.unit(), &text, dir, None).unwrap_or_default();
    let plan = plan::rename(&service, &new, &taken.present, &text, links, resumed.as_ref());
    if shows {
        let steps = [plan.prepare, plan.switch, plan.finish].concat();
        return Ok(context.show(&steps, &typed.changing));
    }
    let manager = session.manager.as_ref();
    context.apply(&plan.prepare, manager).await?;
    let starts = plan.switch.contains(&Step::Start(new.unit()));
    let failure = match manager.filter(|_| starts) {
        Some(manager) => switch(&service, &new, &text, &plan, settle, manager, context).await?,
        None => context.apply(&plan.switch, manager).await.map(|_| None)?,
    };
    finish(&plan.finish, &note, &locks, manager, context).await?;
    match failure {
        Some(error) => Err(error),
        None => report(&service, &new, starts, &session, context).await,
    }
}

/// Removes the old service. The locks keep a note of it until that is complete.
async fn finish(
    steps: &[Step],
    note: &str,
    locks: &[Lock],
    manager: Option<&Manager>,
    context: &Context<'_>,
) -> Result<()> {
    locks.iter().try_for_each(|lock| lock.note(note))?;
    context.apply(steps, manager).await?;
    locks.iter().for_each(Lock::done);
    Ok(())
}

/// Starts the service under its new name; if that fails, restores the old one. Returns the failure of a service that
/// was failing under its old name, too.
async fn switch(
    service: &Service,
    new: &UnitName,
    text: &str,
    plan: &Rename,
    settle: Duration,
    manager: &Manager,
    context: &Context<'_>,
) -> Result<Option<Error>> {
    let applied = context.apply(&plan.switch, Some(manager)).await?;
    let unit = new.unit();
    let run = manager.last_run(&unit).await?;
    let subject = Subject::of_run(new, service.scope, &run, text);
    let start = Start { settle, now: true, job: applied.job(&unit) };
    let watched = start_result::outcome(&subject, start, manager);
    match context.watch(&format!("waiting for {new} to start"), watched).await {
        Err(error) if error.code() != Code::NotRunning => Err(error),
        Err(error) if !service.state.as_ref().is_some_and(UnitState::is_active) => Ok(Some(error)),
        Err(error) => {
            context.apply(&plan.back, Some(manager)).await?;
            let runs = Some(start_result::stays_up(&service.name.unit(), settle, manager, context).await?);
            Err(start_result::rolled_back(error, runs))
        }
        Ok(_) => Ok(None),
    }
}

async fn report(
    old: &Service,
    new: &UnitName,
    runs: bool,
    session: &ScopeSession,
    context: &Context<'_>,
) -> Result<u8> {
    context.ui.say(report::renamed(old, new, runs));
    session.report(new, context).await?;
    report::rename_notes(old).into_iter().for_each(|note| context.ui.note(note));
    Ok(0)
}

/// The text of the unit under its new name. One that was edited by hand stays marked as edited.
fn text(service: &Service, new: &UnitName) -> Result<String> {
    let ExistingFile::File { text, origin, .. } = &service.present.main.file else {
        return Err(not_managed(service, Verb::Rename));
    };
    let text = with_moved_secrets(&String::from_utf8_lossy(text), &plan::moves(&service.present, new));
    let renamed = match origin {
        Origin::Managed if !edited::is_edited(&text) => renamed(&text, new, service.scope),
        _ => renamed_edited(&text, &service.name, new, service.scope),
    };
    let former = stamp::former_names(&text).chain([service.name.as_str()]).filter(|name| *name != new.as_str());
    Ok(stamp::with_former_names(&renamed, former.collect::<Vec<_>>().into_iter()))
}

/// Several units refer to each other by name.
fn refuse_companions(service: &Service, new: &UnitName) -> Result<()> {
    if !service.is_group() && service.present.own_companions().next().is_none() {
        return Ok(());
    }
    let text = service.text();
    let create = match stamp::typed_line(&text).and_then(Invocation::of_stamp) {
        Some(invocation) => mkservice(invocation.with_only("name", new.as_str().as_ref()).arguments()),
        None => mkservice(["--name", new.as_str(), "COMMAND"]),
    };
    let message = message!("{} consists of several units, which cannot be renamed yet", &service.name);
    let remove = mkservice(["remove", service.name.as_str()]).for_scope(service.scope);
    let error = Error::invalid(message).service(&service.name).hint(message!("remove it: {}", remove));
    Err(error.hint(message!("and create it again: {}", create)))
}
