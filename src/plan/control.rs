//! The steps of `start`, `stop`, `restart`, `enable` and `disable`.

use super::Step;
use crate::error::{Error, Result};
use crate::present::FileThere;
use crate::service::Service;
use crate::systemd::state::UnitState;
use crate::unit::install::{self, Link};

/// Starts services that do not run. With `restart`, all of them: those that run are stopped first.
///
/// The jobs stand together at the end, so that all are started side by side.
pub fn start(services: &[Service], restart: bool) -> Vec<Step> {
    let mut changes = Vec::new();
    let mut jobs = Vec::new();
    for service in services {
        let Some(state) = &service.state else { continue };
        let unit = service.name.unit();
        if state.needs_reload && !changes.contains(&Step::Reload(service.scope)) {
            // What is started is what the files say, and not what they said once.
            changes.insert(0, Step::Reload(service.scope));
        }
        // Between two tries a start would wait for the next; whoever types it wants one now.
        let waits = state.waits_for_its_next_try();
        if state.is_on_its_way() && !restart {
            jobs.push(Step::Start(unit));
        } else if restart || waits || !state.is_up() {
            // What never ran has no failures to forget.
            changes.extend((state.begun != 0).then(|| Step::ResetFailed(unit.clone())));
            jobs.push(if restart || waits { Step::Restart(unit) } else { Step::Start(unit) });
        }
    }
    // Steps of one kind stand beside each other.
    jobs.sort_by_key(|step| matches!(step, Step::Restart(_)));
    changes.into_iter().chain(jobs).collect()
}

/// Stops services that run, are about to, or wait for their next try.
pub fn stop(services: &[Service]) -> Vec<Step> {
    let is_up = |service: &&Service| service.state.as_ref().is_some_and(UnitState::is_up);
    services.iter().filter(is_up).map(|service| Step::Stop(service.name.unit())).collect()
}

/// Enables services that are not, through their manager or by links.
///
/// # Errors
/// Where there is no manager, for what only a manager can follow.
pub fn enable(services: &[Service]) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for service in services {
        let links = missing_links(service);
        if service.state.is_some() {
            let is_enabled =
                links.as_ref().map_or_else(|_| service.is_enabled(), Vec::is_empty) && service.is_enabled();
            steps.extend((!is_enabled).then(|| Step::Enable(service.name.unit())));
        } else {
            let link = |Link { path, target }| Step::Link { path, target };
            steps.extend(links.map_err(|directive| needs_manager(service, &directive))?.into_iter().map(link));
        }
    }
    Ok(with_reload(steps, services))
}

/// Disables services: removes the links by which they are started at boot.
pub fn disable(services: &[Service]) -> Vec<Step> {
    let mut steps = Vec::new();
    for service in services.iter().filter(|service| service.is_enabled()) {
        if service.state.is_some() {
            steps.push(Step::Disable(service.name.unit()));
        } else {
            let links = &service.present.main.links;
            steps.extend(links.iter().cloned().map(Step::RemoveFile));
            steps.extend(links.iter().filter_map(|link| install::dependents_folder(link)).map(Step::RemoveFolder));
        }
    }
    with_reload(steps, services)
}

/// The manager reads the links when it is reloaded.
fn with_reload(mut steps: Vec<Step>, services: &[Service]) -> Vec<Step> {
    let managed = services.iter().find(|service| service.state.is_some());
    if let Some(service) = managed.filter(|_| !steps.is_empty()) {
        steps.push(Step::Reload(service.scope));
    }
    steps
}

/// The links that enabling would make and that are not there; or the directive that only a manager
/// can follow.
fn missing_links(service: &Service) -> std::result::Result<Vec<Link>, String> {
    let FileThere::File { text, .. } = &service.present.main.file else { return Err("[Install]".into()) };
    let folder = service.present.main.path.parent().unwrap_or(&service.present.main.path);
    let links = install::links_of_text(&service.name.unit(), &String::from_utf8_lossy(text), folder);
    let links = links.map_err(|needs| needs.directive)?;
    Ok(links.into_iter().filter(|link| !service.present.main.enabling.contains(&link.path)).collect())
}

fn needs_manager(service: &Service, directive: &str) -> Error {
    Error::Value {
        what: format!("`{directive}` of {}", service.name),
        why: "can only be followed by a manager that runs, and there is none".into(),
        hint: None,
    }
}
