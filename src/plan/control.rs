//! The steps of `start`, `stop`, `restart`, `enable` and `disable`.

use super::Step;
use crate::manager::state::UnitState;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, quoted};
use crate::state::service::Service;
use crate::state::{ExistingFile, ExistingUnit};
use crate::unit::install::{self, Link, dependents_directory};

/// Starts services that are not running, or their triggers. With `restart`, all of them: running ones are stopped
/// first. The jobs are last, so that all are started in parallel.
pub fn start(services: &[Service], restart: bool) -> Vec<Step> {
    let mut changes = Vec::new();
    let mut jobs = Vec::new();
    for service in services {
        let Some(main) = &service.state else { continue };
        if service.states().any(|(_, state)| state.needs_reload) && !changes.contains(&Step::Reload(service.scope)) {
            // The current files are started, not those that systemd read before.
            changes.insert(0, Step::Reload(service.scope));
        }
        if service.is_triggered() {
            // A new start supersedes the previous failure.
            changes.extend((main.active == "failed").then(|| Step::ResetFailed(service.name.unit())));
            jobs.extend(start_triggers(service, main, restart, &mut changes));
            continue;
        }
        if !service.is_group() {
            start_one(service.unit(), main, restart, &mut changes, &mut jobs);
            continue;
        }
        for one in service.members() {
            start_one(one.name.unit(), &one.state, restart, &mut changes, &mut jobs);
        }
        // Restarting the target as well would restart all its units again.
        jobs.extend((!main.is_up()).then(|| Step::Start(service.unit())));
    }
    // Steps of one kind are kept together.
    jobs.sort_by_key(|step| match step {
        Step::Stop(unit) => (0, unit.ends_with(".service")),
        Step::Restart { .. } => (2, false),
        _ => (1, false),
    });
    changes.into_iter().chain(jobs).collect()
}

/// Runs a service once, whatever triggers it: what comes before the start, and the start. A run in progress is joined.
pub fn run(service: &Service) -> (Vec<Step>, Vec<Step>) {
    let unit = service.name.unit();
    let Some(state) = &service.state else { return (Vec::new(), Vec::new()) };
    let reload = service.states().any(|(_, state)| state.needs_reload).then_some(Step::Reload(service.scope));
    // A unit that never ran has no failures to reset.
    let forget = (state.begun != 0 && !state.is_up()).then(|| Step::ResetFailed(unit.clone()));
    (reload.into_iter().chain(forget).collect(), vec![Step::Start(unit)])
}

fn start_one(unit: String, state: &UnitState, restart: bool, changes: &mut Vec<Step>, jobs: &mut Vec<Step>) {
    // Between two attempts, a start would wait for the next one; the caller wants one now.
    let waits = state.waits_for_its_next_try();
    if state.is_on_its_way() && !restart {
        jobs.push(Step::Start(unit));
    } else if restart || waits || !state.is_up() {
        // A unit that never ran has no failures to reset.
        changes.extend((state.begun != 0).then(|| Step::ResetFailed(unit.clone())));
        jobs.push(if restart || waits { Step::restart(unit) } else { Step::Start(unit) });
    }
}

/// Starts the triggers of a service. A run in progress is stopped by a restart if the next could not begin otherwise; a
/// oneshot run is left to finish.
fn start_triggers(service: &Service, main: &UnitState, restart: bool, changes: &mut Vec<Step>) -> Vec<Step> {
    let ends_by_itself = service.run.as_ref().is_some_and(|run| run.service_type == "oneshot");
    let is_in_the_way = restart && main.is_up() && !ends_by_itself;
    let mut jobs: Vec<Step> = is_in_the_way.then(|| Step::Stop(service.name.unit())).into_iter().collect();
    for (trigger, state) in service.own_triggers().filter_map(|there| Some((there, service.state_of(&there.unit)?))) {
        let unit = || trigger.unit.clone();
        if !restart && state.is_up() {
            continue;
        }
        changes.extend((state.active == "failed").then(|| Step::ResetFailed(unit())));
        match state.is_up() {
            // A socket is not started next to the service that holds it.
            true if is_in_the_way => jobs.extend([Step::Stop(unit()), Step::Start(unit())]),
            true => jobs.push(Step::restart(unit())),
            false => jobs.push(Step::Start(unit())),
        }
    }
    jobs
}

/// Stops services that are running, starting, or waiting for a restart; their triggers first.
pub fn stop(services: &[Service]) -> Vec<Step> {
    let triggers = services.iter().flat_map(|service| {
        let units = service.own_triggers().map(|there| there.unit.clone());
        units.filter(|unit| service.state_of(unit).is_some_and(UnitState::is_up))
    });
    let up = |service: &Service| {
        let units = std::iter::once(service.unit()).chain(service.instances.iter().map(|one| one.name.unit()));
        let is_up = |unit: &String| service.state_of(unit).is_some_and(UnitState::is_up);
        units.filter(is_up).collect::<Vec<_>>()
    };
    // A oneshot service that is stopped while running would count as failed.
    let is_at_work = |service: &&Service| {
        let is_oneshot = service.run.as_ref().is_some_and(|run| run.service_type == "oneshot");
        is_oneshot && service.state.as_ref().is_some_and(|state| state.active == "activating")
    };
    let at_work = services.iter().filter(is_at_work).map(|service| Step::ResetFailed(service.unit()));
    triggers.chain(services.iter().flat_map(up)).map(Step::Stop).chain(at_work).collect()
}

/// Enables services that are not enabled, by links or, for what only it knows, through systemd.
pub fn enable(services: &[Service], release: Option<u32>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for (service, entry) in services.iter().flat_map(entries) {
        let links = missing_links(entry, release);
        if service.state.is_some() {
            let is_enabled = service.is_entry_enabled(entry) && links.as_ref().map_or(true, Vec::is_empty);
            let links = links.unwrap_or_default();
            steps.extend((!is_enabled).then(|| Step::Enable { unit: entry.unit.clone(), links }));
        } else {
            let link = |Link { path, target }| Step::Link { path, target };
            steps.extend(links.map_err(|directive| needs_manager(service, &directive))?.into_iter().map(link));
        }
    }
    Ok(with_reload(steps, services))
}

/// Disables services: removes the links that start them at boot.
pub fn disable(services: &[Service]) -> Vec<Step> {
    let mut steps = Vec::new();
    for (service, entry) in services.iter().flat_map(entries).filter(|(of, entry)| of.is_entry_enabled(entry)) {
        if service.state.is_some() {
            steps.push(Step::Disable(entry.unit.clone()));
        } else {
            steps.extend(entry.links.iter().cloned().map(Step::RemoveFile));
            steps.extend(entry.links.iter().filter_map(|link| dependents_directory(link)).map(Step::RemoveDir));
        }
    }
    with_reload(steps, services)
}

fn entries(service: &Service) -> Vec<(&Service, &ExistingUnit)> {
    service.entries().into_iter().map(|entry| (service, entry)).collect()
}

/// systemd reads the links when it is reloaded.
fn with_reload(mut steps: Vec<Step>, services: &[Service]) -> Vec<Step> {
    let managed = services.iter().find(|service| service.state.is_some());
    if let Some(service) = managed.filter(|_| !steps.is_empty()) {
        steps.push(Step::Reload(service.scope));
    }
    steps
}

/// The missing links that enabling would create, or the directive that only systemd can follow.
fn missing_links(entry: &ExistingUnit, release: Option<u32>) -> std::result::Result<Vec<Link>, String> {
    let ExistingFile::File { text, .. } = &entry.file else { return Err("[Install]".into()) };
    let dir = entry.path.parent().unwrap_or(&entry.path);
    let links = install::links_of_text(&entry.unit, &String::from_utf8_lossy(text), dir, release);
    let links = links.map_err(|needs| needs.directive)?;
    Ok(links.into_iter().filter(|link| !entry.enabling.contains(&link.path)).collect())
}

fn needs_manager(service: &Service, directive: &str) -> Error {
    let message = message!("{} of {} requires a running systemd", quoted(directive), &service.name);
    Error::new(Code::SystemdMissing, message).service(&service.name)
}
