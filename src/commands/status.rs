//! `mkservice status [NAME…]`: how services are, and why when they are not well.

use crate::checks::log_files;
use crate::cli::Status;
use crate::diagnosis::verify::Down;
use crate::diagnosis::{Explanation, Subject};
use crate::error::Result;
use crate::manager::journal::{self, Wanted};
use crate::manager::security::Measuring;
use crate::manager::state::{LastRun, UnitState};
use crate::model::Verb;
use crate::model::diagnostic::Code;
use crate::output::json;
use crate::output::report;
use crate::session::context::Context;
use crate::session::selection::Ground;
use crate::session::start_result;
use crate::state::service::{Health, Instance, Service, health};
use crate::{shell, unit};

/// What is given when a service does not run, as LSB has it for `status`.
const NOT_RUNNING: u8 = 3;

/// How many lines of a log are shown when nothing else is said.
const LINES: u32 = 10;

/// Shows services: those that are named, or all of ours.
pub async fn status(typed: &Status, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    let ground = Ground::of(false, context).await?;
    if typed.names.is_empty() && ground.known.is_empty() {
        ui.say(report::NONE);
        return Ok(0);
    }
    let names = match typed.names.as_slice() {
        [] if !ground.known.is_empty() => ground.known.clone(),
        names => ground.names(names, Verb::Status, context)?,
    };
    let mut exit_code = 0;
    for (place, name) in names.iter().enumerate() {
        let service = match ground.service(name, Verb::Status, host).await {
            // The others are shown all the same.
            Err(error) if error.code() == Code::ServiceNotFound && names.len() > 1 => {
                ui.fail(&error);
                exit_code = exit_code.max(error.exit_code());
                continue;
            }
            service => service?,
        };
        let loaded = service.state.as_ref().is_some_and(|state| state.load == "loaded");
        let unit = service.name.unit();
        // Beside the journal, which takes as long.
        let measuring = loaded.then(|| Measuring::of_loaded(&unit, service.scope, host.runtime.as_deref())).flatten();
        let explanation = explanation(&service);
        let log = match &explanation {
            Some(_) => Vec::new(),
            None => last_lines(&service, typed.lines.unwrap_or(LINES)),
        };
        let exposure = measuring.and_then(Measuring::finish).map(|measured| measured.exposure);
        let block = report::status(&service, explanation.as_ref(), exposure, &log, host);
        ui.say(&if place == 0 { block } else { format!("\n{block}") });
        let shown = json::Service {
            explanation: explanation.as_ref().map(|it| report::explanation_json(it, host)),
            log: Some(explanation.map_or(log, |explanation| explanation.log)),
            ..report::service_json(&service, exposure, host)
        };
        ui.document(|document| document.services.push(shown));
        if !service.health().is_well() {
            exit_code = exit_code.max(NOT_RUNNING);
        }
    }
    Ok(exit_code)
}

/// Why a service is not well.
fn explanation(service: &Service) -> Option<Explanation> {
    if service.is_group() {
        return of_instances(service);
    }
    let (state, run) = (service.state.clone()?, service.run.clone()?);
    let is_unwell = |health| matches!(health, Health::Failed | Health::Broken);
    let unmet = |health, state: &UnitState| health == Health::Stopped && state.load == "loaded" && !state.condition_met;
    let subject = Subject::of_run(&service.name, service.scope, &run, &service.text()).started_by(&service.triggers);
    let itself = health(&state, Some(&run));
    if is_unwell(itself) || unmet(service.health(), &state) {
        let down = Down { invocation: state.invocation.clone(), state, run, steady: true };
        return Some(start_result::why_down(&subject, down, None));
    }
    // What starts it may have failed alone.
    let triggers = service.own_triggers().filter_map(|there| Some((&there.unit, service.state_of(&there.unit)?)));
    let (unit, state) = { triggers }.find(|(_, state)| {
        let is = health(state, None);
        is_unwell(is) || unmet(is, state)
    })?;
    let result = service.triggers.iter().find(|(of, _)| of == unit).map(|(_, it)| it.result.clone());
    let run = LastRun { result: result.unwrap_or_default(), ..LastRun::default() };
    let subject = Subject { unit: unit.clone(), ..subject };
    let down = Down { invocation: state.invocation.clone(), state: state.clone(), run, steady: true };
    Some(start_result::why_down(&subject, down, None))
}

/// Why the first of its instances that is not well is so, and which others are.
fn of_instances(service: &Service) -> Option<Explanation> {
    let is_unwell = |one: &&Instance| matches!(one.health(), Health::Failed | Health::Broken);
    let unwell: Vec<&Instance> = service.members().filter(is_unwell).collect();
    let first = unwell.first()?;
    let subject = Subject::of_run(&first.name, service.scope, &first.run, &service.text());
    let (state, run) = (first.state.clone(), first.run.clone());
    let down = Down { invocation: state.invocation.clone(), state, run, steady: true };
    let mut explanation = start_result::why_down(&subject, down, None);
    explanation.what = format!("{}: {}", first.name, explanation.what);
    Some(explanation)
}

/// The last lines of a log, harmless for a terminal; or why there are none.
fn last_lines(service: &Service, lines: u32) -> Vec<String> {
    if lines == 0 || service.state.is_none() {
        return Vec::new();
    }
    if let Some(path) = unit::log_file(&service.text()) {
        let account = service.run.as_ref().map(|run| run.account.as_str()).filter(|account| !account.is_empty());
        let read = log_files::last_lines(&path, account, lines as usize);
        return read
            .map_or_else(|_| Vec::new(), |(lines, _)| lines.iter().map(|line| shell::printable(line)).collect());
    }
    let wanted = Wanted { scope: service.scope, unit: &service.logged_as(), lines: Some(lines), since: None };
    match journal::of_unit(&wanted) {
        Err(_) => vec!["(it may only be read by the group systemd-journal)".into()],
        Ok(entries) => entries
            .iter()
            .flat_map(|entry| entry.message.lines())
            .map(shell::printable)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .take(lines as usize)
            .rev()
            .collect(),
    }
}
