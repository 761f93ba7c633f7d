//! `mkservice edit NAME`

use std::time::Duration;

use crate::apply::lock::Locked;
use crate::cli::Edit;
use crate::diagnosis::Subject;
use crate::model::Verb;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, quoted};
use crate::model::wait::{shielded, together};
use crate::output::{report, ui};
use crate::plan::{self, Step};
use crate::session::context::Context;
use crate::session::editor::{self, Copy};
use crate::session::selection::{ScopeSession, not_managed};
use crate::session::start_result::{self, PreviousVersion, Start};
use crate::shell::shown;
use crate::state::ExistingFile;
use crate::state::service::Service;
use crate::{resolve, unit};

/// A copy is edited, checked, shown and installed; the previous version is restored if the service fails to start.
pub async fn edit(typed: &Edit, context: &Context<'_>) -> Result<u8> {
    let settle = resolve::settle(typed.settle.as_deref())?;
    let shows = typed.changing.only_shows();
    let session = ScopeSession::of(!shows, context).await?;
    let name = session.one(typed.name.as_ref())?;
    let service = session.own_one(&name, Verb::Edit, typed.changing.force, context.host).await?;
    let before = text(&service)?;
    let copy = Copy::of(&before, &service.present.main.unit, context.host)?;
    let edited = match edited(&copy, &service, typed.changing.force, context) {
        Ok(edited) => edited,
        Err(error) if error.code() == Code::EditRefused => {
            return Err(error.hint(message!("find your edit in {}", quoted(copy.keep()))));
        }
        // Nothing that was edited is lost, even if the editor failed.
        Err(error) if copy.differs_from(&before) => {
            context.ui.warn(kept(copy));
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    if edited.as_bytes() == before && !plan::edit_is_pending(&service) {
        context.ui.say(format!("{name} is unchanged"));
        return session.report(&name, context).await.map(|()| 0);
    }
    let difference = unit::difference(&String::from_utf8_lossy(&before), &edited);
    if !shows {
        difference.iter().for_each(|line| context.ui.say(line));
    }
    let (install, restart) = plan::edit(&service, edited, difference);
    if shows {
        let steps = [install, restart].concat();
        return Ok(context.show(&steps, &typed.changing));
    }
    let installed = installed(&service, &install, &restart, &session, (settle, typed.no_rollback), context).await;
    // What is installed is not lost, even if it fails to start.
    if installed.as_ref().is_err_and(|error| error.code() != Code::NotRunning) {
        context.ui.warn(kept(copy));
    }
    context.ui.say(report::edited(&service, installed?));
    session.report(&name, context).await.map(|()| 0)
}

fn kept(copy: Copy) -> String {
    format!("the edited copy was kept: {}", shown(&copy.keep()))
}

fn text(service: &Service) -> Result<Vec<u8>> {
    match &service.present.main.file {
        ExistingFile::File { text, .. } => Ok(text.clone()),
        _ => Err(not_managed(service, Verb::Edit)),
    }
}

/// Runs the editor until the result can be installed, or the user stops.
fn edited(copy: &Copy, service: &Service, force: bool, context: &Context<'_>) -> Result<String> {
    loop {
        let text = shielded(|| copy.edit(context.host, context.ui.is_json()))?;
        let complaints = match editor::refuse(&text, service.is_managed()) {
            Some(why) => vec![why],
            None if force => Vec::new(),
            None => copy.complaints(service.scope),
        };
        let why = complaints.join("; ");
        if why.is_empty() {
            return Ok(String::from_utf8_lossy(&text).into_owned());
        }
        let message = message!("the edited unit cannot be installed: {}", why);
        let refused = Error::new(Code::EditRefused, message.clone()).service(&service.name);
        if context.ui.is_json() || !ui::can_ask() {
            return Err(refused);
        }
        context.ui.warn(message);
        if !ui::confirm("Edit again?") {
            return Err(refused);
        }
    }
}

/// Installs the edit and restarts the service if it is running. Returns whether it was restarted.
async fn installed(
    service: &Service,
    install: &[Step],
    restart: &[Step],
    session: &ScopeSession,
    (settle, no_rollback): (Duration, bool),
    context: &Context<'_>,
) -> Result<bool> {
    let name = &service.name;
    let _of_service = context.lock(Locked::Service(name), session.scope)?;
    {
        let _of_units = context.lock(Locked::Units, session.scope)?;
        let now = session.read(name, context.host).await?;
        if now.present.main.file != service.present.main.file {
            let message = message!("the unit file of {} was changed while you edited it", name);
            return Err(Error::new(Code::EditedByHand, message).service(name));
        }
        context.apply(install, session.manager.as_ref()).await?;
    }
    let Some(manager) = &session.manager else { return Ok(false) };
    let applied = context.apply(restart, Some(manager)).await?;
    let runs = if service.is_group() { service.runs() } else { vec![(name.clone(), name.unit())] };
    let Some((_, first)) = runs.first() else { return Ok(false) };
    let loads = manager.unit(first).await?.load == "loaded";
    if restart.is_empty() && loads {
        return Ok(false);
    }
    let ran = service.is_active();
    let run = manager.last_run(first).await?;
    let is_started = |unit: &str| restart.contains(&Step::Restart(unit.to_owned()));
    let started = runs.iter().filter(|(_, unit)| restart.is_empty() || is_started(unit));
    let subject = |(name, _): &(_, _)| Subject::of_run(name, session.scope, &run, &service.text());
    let subjects: Vec<Subject> = started.map(subject).collect();
    let watched = async {
        let start = |unit| Start { settle, now: !restart.is_empty(), job: applied.job(unit) };
        let each = subjects.iter().map(|it| start_result::outcome(it, start(&it.unit), manager));
        start_result::of_all(together(each).await)
    };
    match context.watch(&format!("waiting for {name} to start"), watched).await {
        Err(error) if error.code() == Code::NotRunning && !no_rollback && (ran || !loads) => {
            let name = error.first().service.as_deref();
            let subject = subjects.into_iter().find(|it| Some(it.name.as_str()) == name);
            let Some(subject) = subject else { return Ok(false) };
            let earlier = PreviousVersion { before: service, secrets: &[], ran, settle };
            Err(start_result::roll_back(&earlier, &subject, error, manager, context).await?)
        }
        outcome => outcome.map(|_| true),
    }
}
