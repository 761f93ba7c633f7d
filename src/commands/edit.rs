//! `mkservice edit [--full] NAME`

use std::time::Duration;

use crate::apply::lock::Locked;
use crate::cli::Edit;
use crate::diagnosis::Subject;
use crate::host::Host;
use crate::model::Verb;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, quoted};
use crate::model::wait::{shielded, together};
use crate::output::{report, ui};
use crate::plan::{self, Edited, Step};
use crate::session::context::Context;
use crate::session::editor::{self, Copy};
use crate::session::selection::{ScopeSession, not_managed};
use crate::session::start_result::{self, PreviousVersion, Start};
use crate::shell::shown;
use crate::state::service::Service;
use crate::state::{DropIn, ExistingFile};
use crate::unit::{drop_in, edited, stamp};
use crate::{resolve, unit};

/// A copy is edited, checked, shown and installed; the previous version is restored if the service fails to start.
pub async fn edit(typed: &Edit, context: &Context<'_>) -> Result<u8> {
    let settle = resolve::settle(typed.settle.as_deref())?;
    let shows = typed.changing.only_shows();
    let session = ScopeSession::of(!shows, context).await?;
    let name = session.one(typed.name.as_ref())?;
    let service = session.own_one(&name, Verb::Edit, typed.changing.force, context.host).await?;
    let subject = EditedFile::of(&service, typed.full)?;
    let shown = subject.shown(&service);
    let copy = Copy::of(&shown, &subject.file(&service), &service.present.main.unit, context.host)?;
    let edited = match edited(&copy, &subject, &service, typed.changing.force, context) {
        Ok(edited) => edited,
        Err(error) if error.code() == Code::EditRefused => {
            return Err(error.hint(message!("find your edit in {}", quoted(copy.keep()))));
        }
        // Nothing that was edited is lost, even if the editor failed.
        Err(error) if copy.differs_from(&shown) => {
            context.ui.warn(kept(copy));
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    if subject.is_unchanged(&edited) && !plan::edit_is_pending(&service) {
        if !shows {
            // Deletes the locks of a process that was killed.
            drop(context.locks(&[&name], true, session.scope)?);
        }
        context.ui.say(format!("{name} is unchanged"));
        return session.report(&name, context).await.map(|()| 0);
    }
    let difference = subject.difference(&edited);
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

/// What is edited, as it is.
enum EditedFile {
    Unit(Vec<u8>),
    /// Empty if it does not exist.
    DropIn(String),
}

impl EditedFile {
    fn of(service: &Service, full: bool) -> Result<EditedFile> {
        let main = &service.present.main;
        let ExistingFile::File { text, .. } = &main.file else { return Err(not_managed(service, Verb::Edit)) };
        if full {
            return Ok(EditedFile::Unit(text.clone()));
        }
        let path = main.drop_in_path(drop_in::EDIT);
        if let Some(other) = main.drop_ins.iter().find(|it| it.path == path && !it.is_managed()) {
            let message = message!("{} is not managed by mkservice", quoted(&other.path));
            return Err(Error::new(Code::NotManaged, message).service(&service.name));
        }
        Ok(EditedFile::DropIn(main.own_drop_in(drop_in::EDIT).map(DropIn::text).unwrap_or_default()))
    }

    fn file(&self, service: &Service) -> String {
        match self {
            EditedFile::Unit(_) => service.present.main.unit.clone(),
            EditedFile::DropIn(_) => drop_in::EDIT.into(),
        }
    }

    /// What the editor shows.
    fn shown(&self, service: &Service) -> Vec<u8> {
        let main = &service.present.main;
        match self {
            EditedFile::Unit(text) => text.clone(),
            EditedFile::DropIn(text) => {
                let path = main.drop_in_path(drop_in::EDIT);
                let others = main.drop_ins.iter().filter(|it| it.path != path);
                let others = others.map(|it| (it.path.as_path(), it.text()));
                let overridden: Vec<_> = std::iter::once((main.path.as_path(), main.text())).chain(others).collect();
                drop_in::buffer(&path, text, &overridden).into_bytes()
            }
        }
    }

    fn is_unchanged(&self, edited: &Edited) -> bool {
        match (self, edited) {
            (EditedFile::Unit(before), Edited::Unit(text)) => text.as_bytes() == before,
            (EditedFile::DropIn(before), Edited::DropIn(text)) => {
                stamp::without_stamp(before) == stamp::without_stamp(text.as_deref().unwrap_or_default())
            }
            _ => false,
        }
    }

    fn difference(&self, edited: &Edited) -> Vec<String> {
        match (self, edited) {
            (EditedFile::DropIn(before), Edited::DropIn(text)) => {
                unit::difference(before, text.as_deref().unwrap_or_default())
            }
            (EditedFile::Unit(before), Edited::Unit(text)) => unit::difference(&String::from_utf8_lossy(before), text),
            _ => Vec::new(),
        }
    }

    /// What is to be installed, or why it cannot be.
    fn read(
        &self,
        text: &[u8],
        copy: &Copy,
        service: &Service,
        force: bool,
        host: &Host,
    ) -> Result<(Edited, Vec<String>)> {
        let text_of = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        let (edited, why) = match self {
            EditedFile::Unit(before) => {
                let edited = edited::recorded(&text_of(before), &text_of(text));
                (Edited::Unit(edited), editor::refuse_unit(text, service.is_managed()))
            }
            EditedFile::DropIn(_) => {
                let body = drop_in::of_buffer(&text_of(text));
                let why = editor::refuse_drop_in(text).or_else(|| editor::refuse_drop_in(body.as_bytes()));
                (Edited::DropIn(drop_in::edit(&body)), why)
            }
        };
        let complaints = match (why, &edited) {
            (Some(why), _) => vec![why],
            (None, _) if force => Vec::new(),
            (None, Edited::Unit(_)) => copy.complaints(text, None, service.scope, host)?,
            (None, Edited::DropIn(None)) => Vec::new(),
            (None, Edited::DropIn(Some(text))) => {
                copy.complaints(service.text().as_bytes(), Some(text), service.scope, host)?
            }
        };
        Ok((edited, complaints))
    }
}

/// Runs the editor until the result can be installed, or the user stops.
fn edited(copy: &Copy, subject: &EditedFile, service: &Service, force: bool, context: &Context<'_>) -> Result<Edited> {
    loop {
        let text = shielded(|| copy.edit(context.host, context.ui.is_json()))?;
        let (edited, complaints) = subject.read(&text, copy, service, force, context.host)?;
        let why = complaints.join("; ");
        if why.is_empty() {
            return Ok(edited);
        }
        let message = message!("the edit cannot be installed: {}", why);
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
        let edit = |service: &Service| service.present.main.own_drop_in(drop_in::EDIT).map(DropIn::text);
        if now.present.main.file != service.present.main.file || edit(&now) != edit(service) {
            let message = message!("{} was changed while you edited it", name);
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
    let is_started = |unit: &str| restart.contains(&Step::restart(unit));
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
