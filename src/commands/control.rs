//! `mkservice start`, `stop`, `restart`, `enable` and `disable`

use std::path::Path;

use crate::apply::Applied;
use crate::apply::lock::Lock;
use crate::checks::link_conflicts;
use crate::diagnosis::Subject;
use crate::host::release;
use crate::manager::Manager;
use crate::model::Verb;
use crate::model::command::{mkservice, systemctl};
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::message;
use crate::model::wait::together;
use crate::output::report;
use crate::plan::{self, Step};
use crate::session::context::Context;
use crate::session::selection::ScopeSession;
use crate::session::start_result::{self, Start};
use crate::spec::{Scope, UnitName};
use crate::state::service::Service;
use crate::{cli, resolve, state};

pub async fn start(typed: &cli::Start, restart: bool, context: &Context<'_>) -> Result<u8> {
    let verb = if restart { Verb::Restart } else { Verb::Start };
    let settle = resolve::settle(typed.settle.as_deref())?;
    let work = Work::begin(&typed.selection.names, &typed.changing, verb, context).await?;
    let manager = work.session.manager(verb)?;
    let steps = plan::start(&work.services, restart);
    if typed.changing.only_shows() {
        return Ok(context.show(&steps, &typed.changing));
    }
    let applied = context.apply(&steps, Some(manager)).await?;
    let watched = work.services.iter().map(|service| watch(service, &steps, &applied, settle, manager));
    let doing = match work.services.as_slice() {
        [one] => format!("waiting for {} to start", one.name),
        all => format!("waiting for {} services to start", all.len()),
    };
    let outcomes = context.watch(&doing, async { Ok(together(watched).await) }).await?;
    let mut exit_code = 0;
    for (service, outcome) in work.services.iter().zip(outcomes) {
        let was_up = !service.runs().iter().any(|(_, unit)| is_started(unit, &steps));
        match outcome {
            Ok(outcome) => context.ui.say(report::started(service, outcome, restart, was_up)),
            Err(error) if error.code() == Code::NotRunning => {
                context.ui.fail(&error);
                exit_code = exit_code.max(error.exit_code());
            }
            Err(error) => return Err(error),
        }
    }
    work.report(context).await?;
    Ok(exit_code)
}

async fn watch(
    service: &Service,
    steps: &[Step],
    applied: &Applied,
    settle: std::time::Duration,
    manager: &Manager,
) -> Result<report::Outcome> {
    // Another process may have changed it since the start.
    let main = if service.is_group() { None } else { Some(manager.last_run(&service.name.unit()).await?) };
    let watch = |(name, unit): (UnitName, String)| {
        let main = main.clone();
        async move {
            let run = match main {
                Some(run) => run,
                None => manager.last_run(&unit).await?,
            };
            let subject = Subject { unit, ..Subject::of_run(&name, service.scope, &run, &service.text()) };
            let subject = subject.started_by(&service.triggers);
            let start = Start { settle, now: is_started(&subject.unit, steps), job: applied.job(&subject.unit) };
            start_result::outcome(&subject, start, manager).await
        }
    };
    start_result::of_all(together(service.runs().into_iter().map(watch)).await)
}

fn is_started(unit: &str, steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::Start(of) | Step::Restart { unit: of, .. } if *of == unit))
}

pub async fn stop(typed: &cli::Stop, context: &Context<'_>) -> Result<u8> {
    let work = Work::begin(&typed.selection.names, &typed.changing, Verb::Stop, context).await?;
    let manager = work.session.manager(Verb::Stop)?;
    let steps = plan::stop(&work.services);
    if typed.changing.only_shows() {
        return Ok(context.show(&steps, &typed.changing));
    }
    let applied = context.apply(&steps, Some(manager)).await?;
    for service in &work.services {
        let up = service.states().filter(|(_, state)| state.is_up()).map(|(unit, _)| unit);
        let stopped: Vec<String> = up.filter(|unit| steps.contains(&Step::Stop(unit.clone()))).collect();
        for unit in &stopped {
            if manager.unit(unit).await?.is_up() {
                let result = applied.job(unit).unwrap_or("done").to_owned();
                let message = message!("{} is still running: stopping it ended with `{}`", &service.name, result);
                let error = Error::new(Code::StillRunning, message).service(&service.name);
                let kill = systemctl(service.scope).args(["kill", "-s", "KILL", service.name.as_str()]);
                return Err(error.hint(kill));
            }
        }
        context.ui.say(report::stopped(service, !stopped.is_empty(), context.host));
    }
    work.report(context).await?;
    Ok(0)
}

pub async fn enable(typed: &cli::Enable, context: &Context<'_>) -> Result<u8> {
    let work = Work::begin(&typed.selection.names, &typed.changing, Verb::Enable, context).await?;
    let release = if work.session.manager.is_none() { release::installed(Path::new("/")) } else { None };
    let steps = plan::enable(&work.services, release)?;
    link_conflicts::refuse(&steps)?;
    if typed.changing.only_shows() {
        return Ok(context.show(&steps, &typed.changing));
    }
    context.apply(&steps, work.session.manager.as_ref()).await?;
    for service in &work.services {
        let now = work.session.read(&service.name, context.host).await?;
        context.ui.say(report::enabled(&now, service.is_enabled(), context.host));
    }
    let host = context.host;
    if work.session.scope == Scope::User && !host.is_global() && !state::lingers(&host.asked_by.name) {
        let why = match host.image() {
            Some(_) => format!("lingering is disabled, so they start when {} logs in", host.asked_by.name),
            None => {
                "lingering is disabled, so they start when you log in; to start them at boot: loginctl enable-linger"
                    .into()
            }
        };
        context.ui.note(why);
    }
    work.report(context).await?;
    Ok(0)
}

/// Does not stop services.
pub async fn disable(typed: &cli::Enable, context: &Context<'_>) -> Result<u8> {
    let work = Work::begin(&typed.selection.names, &typed.changing, Verb::Disable, context).await?;
    let steps = plan::disable(&work.services);
    if typed.changing.only_shows() {
        return Ok(context.show(&steps, &typed.changing));
    }
    context.apply(&steps, work.session.manager.as_ref()).await?;
    work.services.iter().for_each(|service| context.ui.say(report::disabled(service, context.host)));
    work.report(context).await?;
    Ok(0)
}

struct Work {
    session: ScopeSession,
    services: Vec<Service>,
    _locks: Vec<Lock>,
}

impl Work {
    async fn begin(typed: &[String], changing: &cli::Changing, verb: Verb, context: &Context<'_>) -> Result<Work> {
        let shows = changing.only_shows();
        let session = ScopeSession::of(!shows, context).await?;
        let names = session.names(typed)?;
        let (all, files) = (names.iter().collect::<Vec<_>>(), matches!(verb, Verb::Enable | Verb::Disable));
        let locks = if shows { Vec::new() } else { context.locks(&all, files, session.scope)? };
        let services = session.own(&names, verb, changing.force, context.host).await?;
        refuse_one_of_many(&services, verb)?;
        Ok(Work { session, services, _locks: locks })
    }

    /// For the document.
    async fn report(&self, context: &Context<'_>) -> Result<()> {
        for service in &self.services {
            self.session.report(&service.name, context).await?;
        }
        Ok(())
    }
}

/// Instances start with the target of their service.
fn refuse_one_of_many(services: &[Service], verb: Verb) -> Result<()> {
    let one = services.iter().find(|service| service.is_instance() && matches!(verb, Verb::Enable | Verb::Disable));
    let Some((one, group)) = one.and_then(|one| Some((one, one.name.group()?))) else { return Ok(()) };
    let message = message!("{} starts at boot together with all instances of {}", &one.name, &group);
    let all = mkservice([verb.name(), group.as_str()]).for_scope(one.scope);
    let remove = mkservice(["remove", one.name.as_str()]).for_scope(one.scope);
    let error = Error::invalid(message).service(&one.name).hint(message!("{} all of them: {}", verb, all));
    Err(error.hint(message!("remove this one: {}", remove)))
}
