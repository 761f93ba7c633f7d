//! The instances of a service, as they are told of.

use super::service::age;
use super::service::state_json;
use super::span;
use crate::output::json;
use crate::spec::{Instances, Scope, UnitName};
use crate::state::service::{Health, Instance, Service};

/// How many of them run, behind the name of their service: `2 of 4 instances are running`.
pub fn is(well: usize, all: usize, health: Health) -> String {
    let of = |verb: &str| format!("{verb}: {well} of {all} {}", if all == 1 { "instance" } else { "instances" });
    match health {
        Health::Running if all == 1 => "is running: 1 instance".into(),
        Health::Running => format!("is running: {all} instances"),
        Health::Failed => of("has failed in part").replace("in part: 0 of", "wholly: 0 of"),
        Health::Degraded => of("is running in part"),
        Health::Stopped => "is not running".into(),
        Health::Done => "has done its work".into(),
        _ => of("is not well"),
    }
}

/// A line for each instance.
pub fn rows(service: &Service) -> Vec<String> {
    let widest = service.instances.iter().map(|one| one.name.as_str().len()).max().unwrap_or_default();
    service.instances.iter().map(|one| row(one, widest)).collect()
}

fn row(one: &Instance, widest: usize) -> String {
    let mut words = vec![format!("{:widest$}  {}", one.name, one.health().word())];
    words.extend((one.run.main_pid != 0 && one.state.is_up()).then(|| format!("process {}", one.run.main_pid)));
    words.extend(age(one.state.since).map(|ago| match one.state.is_up() {
        true => format!("for {}", span::seconds(ago)),
        false => format!("{} ago", span::seconds(ago)),
    }));
    words.extend(one.run.memory.filter(|_| one.state.is_up()).map(span::bytes));
    words.extend((one.run.restarts > 0).then(|| format!("restarts: {}", one.run.restarts)));
    words.extend((!one.wanted).then(|| "not one of those that are wanted".to_owned()));
    words.join(", ")
}

/// What stands for a group in the place of a state in a table: `running 4/4`.
pub fn word(health: Health, count: Option<(usize, usize)>) -> String {
    match count {
        Some((well, all)) => format!("{} {well}/{all}", health.word()),
        None => health.word().into(),
    }
}

/// The instances of a service, for the JSON document.
pub(super) fn instances_json(instances: &[Instance], scope: Scope) -> Vec<json::Service> {
    let one = |one: &Instance| json::Service {
        wanted: Some(one.wanted),
        ..state_json(one.name.as_str(), scope, one.health(), &one.state, &one.run)
    };
    instances.iter().map(one).collect()
}

/// Instances that were taken out of a service.
pub fn taken_out(now: &Service, doomed: &[UnitName]) -> String {
    let doomed: Vec<&str> = doomed.iter().map(UnitName::as_str).collect();
    let left = now.wanted_instances();
    let left: Vec<String> =
        left.iter().flat_map(Instances::names).map(|it| now.name.instance(it).to_string()).collect();
    let is = if doomed.len() == 1 { "is" } else { "are" };
    format!("{} {is} removed; {} has left: {}", doomed.join(", "), now.name, left.join(", "))
}
