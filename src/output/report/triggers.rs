//! What starts a service, as it is told of: what it waits for, when that was last and is next.

use std::time::SystemTime;

use super::service::age;
use super::span;
use crate::error::shown;
use crate::manager::analyze;
use crate::manager::state::{TriggerState, UnitState};
use crate::output::json;
use crate::shell;
use crate::spec::{ServiceSpec, UnitKind};
use crate::state::service::Service;

/// What a service waits for that these units start, behind “it”.
pub fn waits(kinds: impl IntoIterator<Item = UnitKind>) -> &'static str {
    let mut kinds = kinds.into_iter();
    match (kinds.next(), kinds.next()) {
        (Some(UnitKind::Timer), None) => "waits for its next run",
        (Some(UnitKind::Socket), None) => "waits for a connection",
        (Some(UnitKind::Path), None) => "waits for something to happen to its path",
        _ => "waits to be started",
    }
}

/// The same for a service that is there.
pub fn service_waits(service: &Service) -> &'static str {
    waits(service.own_triggers().map(|unit| unit.kind))
}

/// What a socket listens on and a path watches, in two rows: a label and its lines each.
pub fn on<'a>(triggers: impl IntoIterator<Item = &'a TriggerState>) -> [(&'static str, Vec<String>); 2] {
    let (mut listens, mut watches) = (Vec::new(), Vec::new());
    for (kind, place) in triggers.into_iter().flat_map(|trigger| &trigger.on) {
        let place = shell::printable(place.strip_prefix("[::]:").unwrap_or(place));
        match kind.as_str() {
            "Stream" => listens.push(place),
            "Datagram" => listens.push(format!("{place} (UDP)")),
            kind if kind.starts_with("Path") || kind.starts_with("Directory") => {
                watches.push(format!("{place} ({kind}=)"))
            }
            kind => listens.push(format!("{place} ({kind})")),
        }
    }
    [("listens", listens), ("watches", watches)]
}

/// The same for a service that was just made.
pub fn on_spec(spec: &ServiceSpec) -> Vec<(&'static str, Vec<String>)> {
    let addresses = spec.socket.iter().flat_map(|socket| &socket.addresses).map(|it| shell::printable(&it.to_string()));
    let paths = spec.watch.iter().flat_map(|watch| &watch.paths);
    let paths = paths.map(|path| format!("{} ({}=)", shown(path.path()), path.event().directive()));
    vec![("listens", addresses.collect()), ("watches", paths.collect())]
}

/// When something starts it next: `in 5 h`; `None` where no time is known.
pub fn next<'a>(triggers: impl IntoIterator<Item = &'a TriggerState>) -> Option<String> {
    let next = triggers.into_iter().map(|trigger| trigger.next).filter(|next| *next > 0).min()?;
    Some(ahead(next))
}

/// The moment of the next run, behind “waits for its next run”; nothing where it is not known.
pub fn at(next: u64) -> String {
    if next == 0 {
        return String::new();
    }
    let local = analyze::local(next).map(|local| format!("{local}, ")).unwrap_or_default();
    format!(": {local}{}", ahead(next))
}

/// When a service with a timer runs next, and when and how it ran last, for rows of `status`. It may have been run by
/// hand since.
pub fn times(service: &Service) -> (Option<String>, Option<String>) {
    let triggers = &service.triggers;
    let moments = |of: fn(&TriggerState) -> u64| triggers.iter().map(move |(_, it)| of(it)).filter(|it| *it > 0);
    let local = |moment| analyze::local(moment).map(|local| format!("{local}, ")).unwrap_or_default();
    let next = moments(|it| it.next).min().map(|moment| format!("{}{}", local(moment), ahead(moment)));
    let ago = |moment| age(moment).map_or_else(String::new, |age| format!("{} ago", span::seconds(age)));
    let begun = service.state.as_ref().map_or(0, |state| state.begun);
    let has_timer = triggers.iter().any(|(unit, _)| unit.ends_with(".timer"));
    let last = moments(|it| it.last).max().unwrap_or_default().max(begun);
    let how = match service.run.as_ref().map(|run| (run.result.as_str(), run.code)) {
        _ if begun == 0 || service.state.as_ref().is_some_and(UnitState::is_up) => "",
        Some(("success", _)) => ": it succeeded",
        _ => ": it failed",
    };
    let last = (has_timer && last > 0).then(|| format!("{}{}{how}", local(last), ago(last)));
    (next, last)
}

/// How long it is until a moment.
fn ahead(moment: u64) -> String {
    match u128::from(moment).checked_sub(now()) {
        Some(left) if left >= 1_000_000 => {
            format!("in {}", span::seconds(u64::try_from(left / 1_000_000).unwrap_or(0)))
        }
        _ => "now".into(),
    }
}

fn now() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros()
}

/// A unit that starts a service, for the JSON document.
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
