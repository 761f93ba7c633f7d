//! The instances of a service.

use super::service::{age, state_json};
use super::units;
use crate::output::json;
use crate::spec::{Instances, Scope, UnitName};
use crate::state::service::{Health, Instance, Service};

/// `is running: 3 instances`, for how many of all are well.
pub fn state(well: usize, all: usize, health: Health) -> String {
    let state = match health {
        Health::Running if all == 1 => return "is running: 1 instance".into(),
        Health::Running => return format!("is running: {all} instances"),
        Health::Stopped => return "is not running".into(),
        Health::Done => return "has finished".into(),
        Health::Failed if well == 0 => "has failed",
        Health::Failed => "has partly failed",
        Health::Restarting => "is restarting",
        Health::Degraded => "is partly running",
        _ => "is not running as it should",
    };
    format!("{state}: {well} of {all} instances are up")
}

pub fn rows(service: &Service) -> Vec<String> {
    let widest = service.instances.iter().map(|one| one.name.as_str().len()).max().unwrap_or_default();
    service.instances.iter().map(|one| row(one, widest)).collect()
}

fn row(one: &Instance, widest: usize) -> String {
    let Instance { name, run, state, wanted } = one;
    let mut parts = vec![format!("{name:widest$}  {}", one.health().word())];
    parts.extend((run.main_pid != 0 && state.is_up()).then(|| format!("process {}", run.main_pid)));
    parts.extend(age(state.since).map(units::duration).map(|age| match state.is_up() {
        true => format!("for {age}"),
        false => format!("{age} ago"),
    }));
    parts.extend(run.memory.filter(|_| state.is_up()).map(units::size));
    parts.extend((run.restarts > 0).then(|| format!("restarts: {}", run.restarts)));
    parts.extend((!wanted).then(|| "not one of the configured instances".to_owned()));
    parts.join(", ")
}

/// The state in a table: `running 4/4`.
pub fn word(health: Health, count: Option<(usize, usize)>) -> String {
    match count {
        Some((well, all)) => format!("{} {well}/{all}", health.word()),
        None => health.word().into(),
    }
}

pub(super) fn instances_json(instances: &[Instance], scope: Scope) -> Vec<json::Service> {
    let one = |one: &Instance| json::Service {
        wanted: Some(one.wanted),
        ..state_json(one.name.as_str(), scope, one.health(), &one.state, &one.run)
    };
    instances.iter().map(one).collect()
}

/// `now` is the service without them.
pub fn instances_removed(now: &Service, removed: &[UnitName]) -> String {
    let names = |names: &[UnitName]| names.iter().map(UnitName::as_str).collect::<Vec<_>>().join(", ");
    let left = now.wanted_instances();
    let left: Vec<UnitName> = left.iter().flat_map(Instances::names).map(|it| now.name.instance(it)).collect();
    let was = if removed.len() == 1 { "was" } else { "were" };
    format!("{} {was} removed; {} still has {}", names(removed), now.name, names(&left))
}
