//! What starts a service, as it is told of: what it waits for, when that was last and is next.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::span;
use crate::service::Service;
use crate::spec::UnitKind;
use crate::systemd::state::{TriggerState, UnitState};

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

/// When something starts it next: `in 5 h`; `None` where no time is known.
pub fn next<'a>(triggers: impl IntoIterator<Item = &'a TriggerState>) -> Option<String> {
    let next = triggers.into_iter().map(|trigger| trigger.next).filter(|next| *next > 0).min()?;
    Some(ahead(next))
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

/// What starts a service, in the `--json` document.
pub fn triggers_json<'a>(
    units: impl Iterator<Item = (&'a str, Option<&'a UnitState>, Option<&'a TriggerState>)>,
) -> Value {
    let seconds = |moment: u64| (moment > 0).then_some(moment / 1_000_000);
    let trigger = |(unit, state, trigger): (&str, Option<&UnitState>, Option<&TriggerState>)| {
        json!({
            "unit": unit,
            "state": state.map(|state| state.active.as_str()),
            "sub": state.map(|state| state.sub.as_str()),
            "enabled": state.map(|state| state.enabled.starts_with("enabled")),
            "result": trigger.map(|trigger| trigger.result.as_str()),
            "next": trigger.and_then(|trigger| seconds(trigger.next)),
            "last": trigger.and_then(|trigger| seconds(trigger.last)),
        })
    };
    units.map(trigger).collect()
}
