//! What starts a service.

use std::time::SystemTime;

use super::service::age;
use super::units;
use crate::manager::analyze;
use crate::manager::state::{TriggerState, UnitState};
use crate::output::json;
use crate::shell::shown;
use crate::spec::{ServiceSpec, UnitKind};
use crate::state::service::Service;

/// What a service waits for that units of these kinds start.
pub fn waits(kinds: impl IntoIterator<Item = UnitKind>) -> &'static str {
    let mut kinds = kinds.into_iter();
    match (kinds.next(), kinds.next()) {
        (Some(UnitKind::Timer), None) => "waits for its next run",
        (Some(UnitKind::Socket), None) => "waits for a connection",
        (Some(UnitKind::Path), None) => "waits for a change of its path",
        _ => "waits to be started",
    }
}

pub fn service_waits(service: &Service) -> &'static str {
    waits(service.own_triggers().map(|unit| unit.kind))
}

/// Rows for addresses and paths.
pub fn on<'a>(triggers: impl IntoIterator<Item = &'a TriggerState>) -> [(&'static str, Vec<String>); 2] {
    let (mut listens, mut watches) = (Vec::new(), Vec::new());
    for (kind, place) in triggers.into_iter().flat_map(|trigger| &trigger.on) {
        let place = place.strip_prefix("[::]:").unwrap_or(place);
        match kind.as_str() {
            "Stream" => listens.push(place.to_owned()),
            "Datagram" => listens.push(format!("{place} (UDP)")),
            kind if kind.starts_with("Path") || kind.starts_with("Directory") => {
                watches.push(format!("{place} ({kind}=)"))
            }
            kind => listens.push(format!("{place} ({kind})")),
        }
    }
    [("listens", listens), ("watches", watches)]
}

pub fn on_spec(spec: &ServiceSpec) -> [(&'static str, Vec<String>); 2] {
    let addresses = spec.socket.iter().flat_map(|socket| &socket.addresses).map(ToString::to_string);
    let paths = spec.watch.iter().flat_map(|watch| &watch.paths);
    let paths = paths.map(|path| format!("{} ({}=)", shown(path.path()), path.event().directive()));
    [("listens", addresses.collect()), ("watches", paths.collect())]
}

/// `in 5h`
pub fn next<'a>(triggers: impl IntoIterator<Item = &'a TriggerState>) -> Option<String> {
    triggers.into_iter().map(|trigger| trigger.next).filter(|next| *next > 0).min().map(ahead)
}

/// The time of the next run, after [`waits`]; empty if it is not known.
pub fn at(next: u64) -> String {
    if next == 0 { String::new() } else { format!(": {}{}", local(next), ahead(next)) }
}

/// Rows for the next and the last run of a service with a timer.
pub fn times(service: &Service) -> (Option<String>, Option<String>) {
    let triggers = &service.triggers;
    let moments = |of: fn(&TriggerState) -> u64| triggers.iter().map(move |(_, it)| of(it)).filter(|it| *it > 0);
    let next = moments(|it| it.next).min().map(|moment| format!("{}{}", local(moment), ahead(moment)));
    // It may have been started by hand since.
    let begun = service.state.as_ref().map_or(0, |state| state.begun);
    let last = moments(|it| it.last).max().unwrap_or_default().max(begun);
    let result = match service.run.as_ref().map(|run| run.result.as_str()) {
        _ if begun == 0 || service.state.as_ref().is_some_and(UnitState::is_up) => "",
        Some("success") => ": succeeded",
        _ => ": failed",
    };
    let has_timer = triggers.iter().any(|(unit, _)| unit.ends_with(".timer"));
    let ago = age(last).map(|age| format!("{} ago", units::duration(age))).unwrap_or_default();
    let last = (has_timer && last > 0).then(|| format!("{}{ago}{result}", local(last)));
    (next, last)
}

fn local(moment: u64) -> String {
    analyze::local(moment).map(|local| format!("{local}, ")).unwrap_or_default()
}

fn ahead(moment: u64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
    match u128::from(moment).saturating_sub(now) / 1_000_000 {
        0 => "now".into(),
        seconds => format!("in {}", units::duration(u64::try_from(seconds).unwrap_or(0))),
    }
}

pub fn trigger_json(unit: &str, state: Option<&UnitState>, trigger: Option<&TriggerState>) -> json::Trigger {
    let seconds = |moment: u64| (moment > 0).then_some(moment / 1_000_000);
    json::Trigger {
        unit: unit.to_owned(),
        active_state: state.map(|state| state.active.clone()),
        sub_state: state.map(|state| state.sub.clone()),
        enabled: state.map(|state| state.enabled.starts_with("enabled")),
        result: trigger.map(|trigger| trigger.result.clone()),
        next: trigger.and_then(|trigger| seconds(trigger.next)),
        last: trigger.and_then(|trigger| seconds(trigger.last)),
        on: trigger.map(|trigger| trigger.on.iter().map(|(kind, value)| [kind.clone(), value.clone()]).collect()),
    }
}
