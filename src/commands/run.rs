//! `mkservice run NAME`: runs a service that does its work and ends, now, and waits until it has.

use std::time::Duration;

use crate::apply::lock::What;
use crate::cli::Run as Typed;
use crate::diagnosis::Subject;
use crate::diagnosis::verify::{Down, Run, watch_run};
use crate::error::{Error, Result};
use crate::manager::journal;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::Code;
use crate::model::message::message;
use crate::output::json;
use crate::output::report;
use crate::session::context::Context;
use crate::session::selection::Ground;
use crate::session::start_result;
use crate::state::service::Service;
use crate::{plan, shell};

/// How soon the manager tells of a run that it was asked for.
const SOON: Duration = Duration::from_secs(3);

/// Runs a service, waits until the run has ended, and tells how.
pub async fn run(typed: &Typed, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    let ground = Ground::of(!typed.changing.only_shows(), context).await?;
    let named: Vec<String> = typed.name.iter().cloned().collect();
    let names = ground.names(&named, Verb::Run, context)?;
    let [name] = names.as_slice() else {
        return Err(Error::Usage { message: "one service at a time".into(), hint: None });
    };
    let shows = typed.changing.only_shows();
    let lock = if shows { None } else { Some(context.lock(What::Service(name), ground.scope)?) };
    let services = ground.own(&names, Verb::Run, typed.changing.force, host).await?;
    let [service] = services.as_slice() else { return Ok(0) };
    let manager = ground.manager.as_ref().ok_or(Error::NoManager { verb: Verb::Run })?;
    refuse_what_goes_on(service)?;
    let (before, steps) = plan::run(service);
    if shows {
        return Ok(context.show(&[before, steps].concat(), &typed.changing));
    }
    let unit = service.name.unit();
    manager.hold(&unit).await?;
    let was_up = service.state.as_ref().is_some_and(|state| state.is_up());
    let earlier = match was_up {
        true => String::new(),
        false => manager.unit(&unit).await?.invocation,
    };
    context.apply(&before, Some(manager)).await?;
    // Others need not wait until it has ended.
    drop(lock);
    let continues = |error: Error| match error.code() {
        Code::Interrupted => run_continues(service),
        _ => error,
    };
    let applied = context.apply(&steps, Some(manager)).await.map_err(continues)?;
    let doing = format!("waiting for {name} to finish");
    let watched = watch_run(manager, &unit, &earlier, SOON, None);
    let ended = context.watch(&doing, watched).await.map_err(continues)?;
    let run = manager.last_run(&unit).await?;
    let subject = Subject::of_run(&service.name, service.scope, &run, &service.text());
    let failed = |down: Down| {
        let explanation = Box::new(start_result::why_down(&subject, down, applied.job(&unit)));
        Error::RunFailed { name: service.name.clone(), explanation }
    };
    ground.tell(&service.name, context).await?;
    let down = match ended {
        Run::Ended(down) => *down,
        Run::Failed(down) => return Err(failed(*down)),
        // Nothing was started: a condition, or a unit that it requires.
        Run::NotYet | Run::GoesOn => {
            let state = manager.unit(&unit).await?;
            return Err(failed(Down { invocation: state.invocation.clone(), state, run, steady: true }));
        }
    };
    let log = journal::of_run(service.scope, &down.invocation, &down.run, true);
    let lines: Vec<String> = log.program.iter().map(|line| shell::printable(line)).collect();
    let took = down.state.since.saturating_sub(down.state.begun);
    ui.say(&report::has_run(service, took, &lines, log.unreadable));
    let run = json::Run { invocation_id: down.invocation.clone(), duration: took as f64 / 1e6, log: lines };
    ui.document(|document| document.result.run = Some(run));
    Ok(0)
}

/// What runs all the time never ends by itself.
fn refuse_what_goes_on(service: &Service) -> Result<()> {
    let is_oneshot = service.run.as_ref().is_some_and(|run| run.service_type == "oneshot");
    let has_timer = service.own_triggers().any(|unit| unit.kind == crate::spec::UnitKind::Timer);
    if is_oneshot || has_timer || service.state.as_ref().is_some_and(|state| state.load != "loaded") {
        return Ok(());
    }
    let name = shell::quote(service.name.as_str());
    Err(Error::Value {
        what: service.name.to_string(),
        why: "is made to run all the time: there is no end to wait for".into(),
        hint: Some(format!("mkservice start {name}")),
    })
}

/// An error for a run that was interrupted, while the service goes on.
fn run_continues(service: &Service) -> Error {
    let name = service.name.as_str();
    let message = message!("interrupted: {} keeps running", name);
    let error = Error::new(Code::RunContinues, message).service(name);
    let error = error.hint(message!("check its state: {}", mkservice(["status", name])));
    error.hint(message!("stop it: {}", mkservice(["stop", name]).for_scope(service.scope)))
}
