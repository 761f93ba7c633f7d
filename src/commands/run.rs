//! `mkservice run NAME`: runs a timer or oneshot service now, and waits for the result.

use std::time::Duration;

use crate::apply::lock::Locked;
use crate::cli;
use crate::diagnosis::Subject;
use crate::diagnosis::verify::{Down, Run, watch_run};
use crate::manager::journal;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::message;
use crate::output::{json, report};
use crate::session::context::Context;
use crate::session::selection::ScopeSession;
use crate::session::start_result;
use crate::spec::UnitKind;
use crate::state::service::Service;
use crate::{plan, shell};

/// How soon the manager reports a run that it was asked for.
const SOON: Duration = Duration::from_secs(3);

pub async fn run(typed: &cli::Run, context: &Context<'_>) -> Result<u8> {
    let shows = typed.changing.only_shows();
    let session = ScopeSession::of(!shows, context).await?;
    let name = session.one(typed.name.as_ref())?;
    let lock = if shows { None } else { Some(context.lock(Locked::Service(&name), session.scope)?) };
    let service = session.own_one(&name, Verb::Run, typed.changing.force, context.host).await?;
    let manager = session.manager(Verb::Run)?;
    refuse_what_goes_on(&service)?;
    let (before, steps) = plan::run(&service);
    if shows {
        return Ok(context.show(&[before, steps].concat(), &typed.changing));
    }
    let unit = service.name.unit();
    manager.hold(&unit).await?;
    let earlier = match service.state.as_ref().is_some_and(|state| state.is_up()) {
        true => String::new(),
        false => manager.unit(&unit).await?.invocation,
    };
    context.apply(&before, Some(manager)).await?;
    // Other processes need not wait for the end of the run.
    drop(lock);
    let continues = |error: Error| match error.code() {
        Code::Interrupted => run_continues(&service),
        _ => error,
    };
    let applied = context.apply(&steps, Some(manager)).await.map_err(continues)?;
    let doing = format!("waiting for {name} to finish");
    let watched = watch_run(manager, &unit, &earlier, SOON, None);
    let ended = context.watch(&doing, watched).await.map_err(continues)?;
    let run = manager.last_run(&unit).await?;
    let subject = Subject::of_run(&service.name, service.scope, &run, &service.text());
    let failed = |down: Down| {
        let explanation = start_result::why_down(&subject, down, applied.job(&unit));
        let message = message!("the run of {} failed: {}", &service.name, &explanation.whole());
        Error::new(Code::RunFailed, message).service(&service.name).explained(explanation)
    };
    session.report(&service.name, context).await?;
    match ended {
        Run::Ended(down) => report(&service, &down, context),
        Run::Failed(down) => return Err(failed(*down)),
        // Nothing was started: an unmet condition, or a unit that it requires failed.
        Run::NotYet | Run::GoesOn => {
            let state = manager.unit(&unit).await?;
            return Err(failed(Down { invocation: state.invocation.clone(), state, run, steady: true }));
        }
    }
    Ok(0)
}

fn report(service: &Service, down: &Down, context: &Context<'_>) {
    let log = journal::of_run(service.scope, &down.invocation, &down.run, true);
    let lines: Vec<String> = log.program.iter().map(|line| shell::printable(line)).collect();
    let took = down.state.since.saturating_sub(down.state.begun);
    context.ui.say(report::has_run(service, took, &lines, log.unreadable));
    let run = json::Run { invocation_id: down.invocation.clone(), duration: took as f64 / 1e6, log: lines };
    context.ui.document(|document| document.result.run = Some(run));
}

fn refuse_what_goes_on(service: &Service) -> Result<()> {
    let is_oneshot = service.run.as_ref().is_some_and(|run| run.service_type == "oneshot");
    let has_timer = service.own_triggers().any(|unit| unit.kind == UnitKind::Timer);
    if is_oneshot || has_timer || service.state.as_ref().is_some_and(|state| state.load != "loaded") {
        return Ok(());
    }
    let message = message!("{} runs permanently, so a run of it does not finish", &service.name);
    let start = mkservice(["start", service.name.as_str()]).for_scope(service.scope);
    Err(Error::invalid(message).service(&service.name).hint(start))
}

/// For an interrupt, which does not stop the run.
fn run_continues(service: &Service) -> Error {
    let name = service.name.as_str();
    let message = message!("interrupted: {} keeps running", name);
    let error = Error::new(Code::RunContinues, message).service(name);
    let error = error.hint(message!("check its state: {}", mkservice(["status", name])));
    error.hint(message!("stop it: {}", mkservice(["stop", name]).for_scope(service.scope)))
}
