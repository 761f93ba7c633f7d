//! `mkservice status [NAME…]`

use std::panic::resume_unwind;
use std::thread;

use crate::checks::log_files;
use crate::cli::{Invocation, Status};
use crate::diagnosis::Subject;
use crate::diagnosis::verify::Down;
use crate::host::Host;
use crate::manager::history::{self, Exit, History};
use crate::manager::journal::{self, Entry, Wanted};
use crate::manager::security::Measuring;
use crate::manager::state::{LastRun, UnitState};
use crate::model::Verb;
use crate::model::diagnostic::{Explanation, Result};
use crate::model::log_line::LogLine;
use crate::model::message::message;
use crate::output::report::{self, StatusDetails};
use crate::output::ui::text::Text;
use crate::session::context::Context;
use crate::session::selection::{Depth, ScopeSession};
use crate::session::start_result;
use crate::state::service::{Health, Instance, Service, health};
use crate::unit::stamp;
use crate::{shell, unit};

/// The exit code of LSB.
const NOT_RUNNING: u8 = 3;

/// Without `--lines`.
const LINES: u32 = 10;

pub async fn status(typed: &Status, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    let session = ScopeSession::of(false, context).await?;
    if typed.selection.names.is_empty() && session.known(host)?.is_empty() {
        ui.say(report::NONE);
        return Ok(0);
    }
    let names = match typed.selection.names.as_slice() {
        [] => session.known(host)?.to_vec(),
        names => session.names(names)?,
    };
    let mut exit_code = 0;
    let mut services = Vec::new();
    for service in session.read_all(&names, Depth::Full, host).await? {
        match session.refuse_missing(&service, Verb::Status, host) {
            // The others are shown anyway.
            Err(error) if names.len() > 1 => {
                ui.fail(&error);
                exit_code = exit_code.max(error.exit_code());
            }
            found => {
                found?;
                services.push(service);
            }
        }
    }
    let shows_exposure = |service: &Service| {
        let is_loaded = service.state.as_ref().is_some_and(|state| state.load == "loaded");
        is_loaded && report::shows_exposure(service.scope, asks_for_exposure(service), ui)
    };
    let asked: Vec<(&Service, bool)> = services.iter().map(|service| (service, shows_exposure(service))).collect();
    let lines = typed.lines.unwrap_or(LINES);
    let all = side_by_side(&asked, |(service, shows_exposure)| details(service, *shows_exposure, lines, host));
    let mut separator = "";
    for (service, details) in services.iter().zip(all) {
        ui.say(Text::from(separator).with(report::status(service, &details, host)));
        separator = "\n";
        ui.document(|document| document.services.push(report::status_json(service, details, host)));
        if !service.health().is_well() {
            exit_code = exit_code.max(NOT_RUNNING);
        }
    }
    Ok(exit_code)
}

fn details(service: &Service, shows_exposure: bool, lines: u32, host: &Host) -> StatusDetails {
    let unit = service.name.unit();
    // It runs while the journal is read, which takes as long.
    let measuring = || Measuring::of_loaded(&unit, service.scope, host.runtime.as_deref());
    let measuring = shows_exposure.then(measuring).flatten();
    let history = history(service);
    let explanation = explanation(service, history.exit.as_ref());
    let log = if explanation.is_some() { Vec::new() } else { last_lines(service, lines) };
    let exposure = measuring.and_then(Measuring::finish).map(|measured| measured.exposure);
    StatusDetails { explanation, exposure, history, log }
}

/// The results for all items, in their order. What takes time is waiting for other programs.
fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    const AT_ONCE: usize = 8;
    let size = items.len().div_ceil(AT_ONCE).max(1);
    let work = &work;
    thread::scope(|scope| {
        let of_part = |part: &[T]| part.iter().map(work).collect::<Vec<R>>();
        let parts: Vec<_> = items.chunks(size).map(|part| scope.spawn(move || of_part(part))).collect();
        let join =
            |part: thread::ScopedJoinHandle<'_, Vec<R>>| part.join().unwrap_or_else(|panic| resume_unwind(panic));
        parts.into_iter().flat_map(join).collect()
    })
}

/// Whether it was to be sandboxed.
fn asks_for_exposure(service: &Service) -> bool {
    let text = service.text();
    let invocation = || stamp::typed_line(&text).and_then(Invocation::of_stamp);
    let by_option = |it: Invocation| it.has("harden") || it.has("max-exposure");
    let by_trial = service.state.as_ref().is_some_and(report::is_hardened);
    by_trial || invocation().is_some_and(by_option)
}

fn is_unwell(health: Health) -> bool {
    matches!(health, Health::Failed | Health::Restarting | Health::Broken)
}

/// What systemd itself does not know any more: it is read only of a service that was restarted.
fn history(service: &Service) -> History {
    let restarts = service.run.as_ref().map_or(0, |run| run.restarts);
    if restarts == 0 || service.is_group() {
        return History::default();
    }
    let mut history = history::of_unit(service.scope, &service.unit());
    // The others were before the last start by hand.
    let others = history.restarts.len().saturating_sub(restarts as usize);
    history.restarts.drain(..others);
    history
}

/// `exit` is that of the last run.
fn explanation(service: &Service, exit: Option<&Exit>) -> Option<Explanation> {
    if service.is_group() {
        return of_instances(service);
    }
    let (state, run) = (service.state.clone()?, service.run.clone()?);
    let unmet = |health, state: &UnitState| health == Health::Stopped && state.load == "loaded" && !state.condition_met;
    let subject = Subject::of_run(&service.name, service.scope, &run, &service.text()).started_by(&service.triggers);
    if is_unwell(health(&state, Some(&run))) || unmet(service.health(), &state) {
        return Some(why_down(&subject, state, run, exit));
    }
    // A trigger may have failed alone.
    let triggers = service.own_triggers().filter_map(|there| Some((&there.unit, service.state_of(&there.unit)?)));
    let (unit, state) = { triggers }.find(|(_, state)| {
        let health = health(state, None);
        is_unwell(health) || unmet(health, state)
    })?;
    let result = service.triggers.iter().find(|(of, _)| of == unit).map(|(_, it)| it.result.clone());
    let run = LastRun { result: result.unwrap_or_default(), ..LastRun::default() };
    Some(why_down(&Subject { unit: unit.clone(), ..subject }, state.clone(), run, None))
}

fn why_down(subject: &Subject, state: UnitState, run: LastRun, exit: Option<&Exit>) -> Explanation {
    // The run that failed, if another one has begun.
    let has_begun = run.restarts > 0 && run.code == 0 && state.is_up() && !state.waits_for_its_next_try();
    let failed = exit.filter(|_| has_begun).map(|exit| exit.invocation.clone());
    let down = Down { invocation: failed.unwrap_or_else(|| state.invocation.clone()), state, run, steady: true };
    start_result::why_down(subject, down, None)
}

/// Of the first instance that is not well.
fn of_instances(service: &Service) -> Option<Explanation> {
    let first: &Instance = service.members().find(|one| is_unwell(one.health()))?;
    let subject = Subject::of_run(&first.name, service.scope, &first.run, &service.text());
    let has_restarted = first.run.restarts > 0;
    let exit = has_restarted.then(|| history::of_unit(service.scope, &first.name.unit()).exit).flatten();
    let explanation = why_down(&subject, first.state.clone(), first.run.clone(), exit.as_ref());
    Some(Explanation { what: message!("{}: {}", &first.name, &explanation.what), ..explanation })
}

/// Harmless for a terminal.
fn last_lines(service: &Service, lines: u32) -> Vec<LogLine> {
    if lines == 0 || service.state.is_none() {
        return Vec::new();
    }
    if let Some(path) = unit::log_file(&service.text()) {
        let account = service.run.as_ref().map(|run| run.account.as_str()).filter(|account| !account.is_empty());
        let lines = log_files::last_lines(&path, account, lines as usize).map(|(lines, _)| lines).unwrap_or_default();
        return lines.iter().map(|line| shell::printable(line).into()).collect();
    }
    let wanted = Wanted { scope: service.scope, units: &[service.logged_as()], lines: Some(lines), filters: &[] };
    let Ok(entries) = journal::of_unit(&wanted) else { return vec![report::UNREADABLE_LOG.into()] };
    let all: Vec<LogLine> = entries.iter().flat_map(Entry::lines).collect();
    let last = all.into_iter().rev().take(lines as usize).rev();
    last.map(|line| LogLine { text: shell::printable(&line), ..line }).collect()
}
