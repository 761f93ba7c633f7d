//! `mkservice start`, `stop`, `restart`, `enable` and `disable`

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::time::Duration;

use crate::apply::Applied;
use crate::apply::lock::Lock;
use crate::checks::link_conflicts;
use crate::diagnosis::Subject;
use crate::host::release;
use crate::manager::{ListedUnit, Manager};
use crate::model::Verb;
use crate::model::command::{mkservice, systemctl};
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::message;
use crate::model::wait::together;
use crate::output::report;
use crate::plan::{self, Step};
use crate::session::context::Context;
use crate::session::selection::{Depth, ScopeSession};
use crate::session::settled::{Settled, is_running};
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
    let started: HashSet<&str> = steps.iter().filter_map(started_unit).collect();
    let doing = match work.services.as_slice() {
        [one] => format!("waiting for {} to start", one.name),
        all => format!("waiting for {} services to start", all.len()),
    };
    let watched = async {
        let settled = settled(&work.services, &started, settle, manager).await?;
        let watch = Watch { started: &started, settled: &settled, applied: &applied, settle, manager };
        Ok(together(work.services.iter().map(|service| watch.outcome(service))).await)
    };
    let outcomes = context.watch(&doing, watched).await?;
    let mut exit_code = 0;
    for (service, outcome) in work.services.iter().zip(outcomes) {
        let was_up = !service.runs().iter().any(|(_, unit)| started.contains(unit.as_str()));
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

fn stopped_unit(step: &Step) -> Option<&str> {
    if let Step::Stop(unit) = step { Some(unit) } else { None }
}

fn started_unit(step: &Step) -> Option<&str> {
    match step {
        Step::Start(unit) | Step::Restart { unit, .. } => Some(unit),
        _ => None,
    }
}

/// Watches several services together; one is watched closely.
async fn settled(
    services: &[Service],
    started: &HashSet<&str>,
    settle: Duration,
    manager: &Manager,
) -> Result<Settled> {
    let units: Vec<(String, bool)> = match services {
        [one] if !one.is_group() => Vec::new(),
        all => all
            .iter()
            .flat_map(Service::runs)
            .map(|(_, unit)| (started.contains(unit.as_str()), unit))
            .map(|(is, unit)| (unit, is))
            .collect(),
    };
    // Others have ended already, or failed.
    let brief = manager.brief(&units.iter().map(|(unit, _)| unit.clone()).collect::<Vec<_>>()).await?;
    let runs = |unit: &str| brief.get(unit).is_some_and(|it| is_running(&it.active, &it.sub));
    Settled::watch(units.into_iter().filter(|(unit, _)| runs(unit)).collect(), settle, manager).await
}

struct Watch<'a> {
    started: &'a HashSet<&'a str>,
    settled: &'a Settled,
    applied: &'a Applied,
    settle: Duration,
    manager: &'a Manager,
}

impl Watch<'_> {
    async fn outcome(&self, service: &Service) -> Result<report::Outcome> {
        let outcomes = service.runs().into_iter().map(|(name, unit)| self.outcome_of(service, name, unit));
        start_result::of_all(together(outcomes).await)
    }

    async fn outcome_of(&self, service: &Service, name: UnitName, unit: String) -> Result<report::Outcome> {
        let job = self.applied.job(&unit);
        if let Some(outcome) = self.settled.outcome(&unit).filter(|_| job.is_none()) {
            return Ok(outcome);
        }
        // Another process may have changed it since the start.
        let run = self.manager.last_run(&name.unit()).await?;
        let settle = if self.settled.was_watched(&unit) { Duration::ZERO } else { self.settle };
        let start = Start { settle, now: self.started.contains(unit.as_str()), job };
        let subject = Subject { unit, ..Subject::of_run(&name, service.scope, &run, &service.text()) };
        start_result::outcome(&subject.started_by(&service.triggers), start, self.manager).await
    }
}

pub async fn stop(typed: &cli::Stop, context: &Context<'_>) -> Result<u8> {
    let work = Work::begin(&typed.selection.names, &typed.changing, Verb::Stop, context).await?;
    let manager = work.session.manager(Verb::Stop)?;
    let steps = plan::stop(&work.services);
    if typed.changing.only_shows() {
        return Ok(context.show(&steps, &typed.changing));
    }
    let applied = context.apply(&steps, Some(manager)).await?;
    let units: BTreeSet<String> = steps.iter().filter_map(stopped_unit).map(str::to_owned).collect();
    let now = manager.brief(&units.iter().cloned().collect::<Vec<_>>()).await?;
    for service in &work.services {
        let up = service.states().filter(|(_, state)| state.is_up()).map(|(unit, _)| unit);
        let stopped: Vec<String> = up.filter(|unit| units.contains(unit)).collect();
        if let Some(unit) = stopped.iter().find(|unit| now.get(*unit).is_some_and(ListedUnit::is_up)) {
            let result = applied.job(unit).unwrap_or("done").to_owned();
            let message = message!("{} is still running: stopping it ended with `{}`", &service.name, result);
            let error = Error::new(Code::StillRunning, message).service(&service.name);
            let kill = systemctl(service.scope).args(["kill", "-s", "KILL", service.name.as_str()]);
            return Err(error.hint(kill));
        }
        context.ui.say(report::stopped(service, !stopped.is_empty(), context.host));
    }
    work.report(context).await?;
    Ok(0)
}

pub async fn enable(typed: &cli::Enable, context: &Context<'_>) -> Result<u8> {
    let work = Work::begin(&typed.selection.names, &typed.changing, Verb::Enable, context).await?;
    let release = match &work.session.manager {
        Some(manager) => Some(manager.version()),
        None => release::installed(Path::new("/")),
    };
    let steps = plan::enable(&work.services, release)?;
    link_conflicts::refuse(&steps)?;
    if typed.changing.only_shows() {
        return Ok(context.show(&steps, &typed.changing));
    }
    context.apply(&steps, work.session.manager.as_ref()).await?;
    let names: Vec<UnitName> = work.services.iter().map(|service| service.name.clone()).collect();
    let now = work.session.read_all(&names, Depth::Plan, context.host).await?;
    for (service, now) in work.services.iter().zip(&now) {
        context.ui.say(report::enabled(now, service.is_enabled(), context.host));
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
        let services = session.own(&names, verb, Depth::Jobs, changing.force, context.host).await?;
        refuse_one_of_many(&services, verb)?;
        Ok(Work { session, services, _locks: locks })
    }

    /// For the document.
    async fn report(&self, context: &Context<'_>) -> Result<()> {
        let names: Vec<UnitName> = self.services.iter().map(|service| service.name.clone()).collect();
        self.session.report_all(&names, context).await
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
