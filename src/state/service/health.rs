//! The state of a service in one word.

use crate::manager::state::{LastRun, UnitState};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Running,
    /// Its trigger is active.
    Waiting,
    /// It exited and counts as active, or its trigger has elapsed.
    Done,
    /// It is starting or stopping, which takes seconds.
    Changing,
    /// It failed, or is restarted again and again.
    Failed,
    /// Some instances are running, and others were stopped.
    Degraded,
    /// It is not running, and nothing failed.
    Stopped,
    /// It cannot be loaded.
    Broken,
    /// It is masked by an administrator.
    Masked,
    /// No manager is running.
    Unknown,
}

pub fn health(state: &UnitState, run: Option<&LastRun>) -> Health {
    let failed_before = run.is_some_and(|run| run.restarts > 0 && run.result != "success");
    match (state.load.as_str(), state.active.as_str(), state.sub.as_str()) {
        (_, "active" | "reloading" | "refreshing", "exited") => Health::Done,
        (_, "active" | "reloading" | "refreshing", _) => Health::Running,
        (_, "failed", _) | (_, _, "auto-restart" | "auto-restart-queued") => Health::Failed,
        (_, "activating" | "deactivating", _) if failed_before => Health::Failed,
        (_, "activating" | "deactivating" | "maintenance", _) => Health::Changing,
        ("masked", ..) => Health::Masked,
        ("loaded", ..) => Health::Stopped,
        ("not-found", ..) => Health::Stopped,
        _ => Health::Broken,
    }
}

/// The state of a triggered service: `itself` is the state of the main unit, `state` what systemd knows about it, and
/// `triggers` about its triggers.
pub fn triggered(itself: Health, state: &UnitState, triggers: &[&UnitState]) -> Health {
    let of_triggers = |is: fn(Health) -> bool| triggers.iter().any(|trigger| is(health(trigger, None)));
    match itself {
        // A oneshot service is activating while its program runs.
        Health::Changing if state.sub == "start" => Health::Running,
        Health::Stopped if of_triggers(|it| it == Health::Failed) => Health::Failed,
        Health::Stopped if of_triggers(|it| it == Health::Broken) => Health::Broken,
        Health::Stopped if of_triggers(|it| it == Health::Masked) => Health::Masked,
        Health::Stopped if !triggers.iter().any(|trigger| trigger.is_active()) => Health::Stopped,
        // A timer stays active after its last elapse.
        Health::Stopped if triggers.iter().all(|trigger| trigger.sub == "elapsed" || !trigger.is_active()) => {
            Health::Done
        }
        Health::Stopped => Health::Waiting,
        other => other,
    }
}

impl Health {
    /// For tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Health::Running => "running",
            Health::Waiting => "waiting",
            Health::Done => "done",
            Health::Changing => "changing",
            Health::Failed => "failed",
            Health::Degraded => "degraded",
            Health::Stopped => "stopped",
            Health::Broken => "broken",
            Health::Masked => "masked",
            Health::Unknown => "unknown",
        }
    }

    pub fn is_well(self) -> bool {
        matches!(self, Health::Running | Health::Waiting | Health::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(active: &str, sub: &str) -> UnitState {
        UnitState { load: "loaded".into(), active: active.into(), sub: sub.into(), ..UnitState::default() }
    }

    #[test]
    fn what_is_started_by_others_is_as_they_are_unless_it_runs() {
        let waiting = state("active", "waiting");
        let cases = [
            (state("inactive", "dead"), vec![waiting.clone()], Health::Waiting),
            (state("activating", "start"), vec![state("active", "running")], Health::Running),
            (state("active", "running"), vec![state("active", "running")], Health::Running),
            (state("active", "running"), vec![state("inactive", "dead")], Health::Running),
            (state("failed", "failed"), vec![waiting.clone()], Health::Failed),
            (state("inactive", "dead"), vec![state("failed", "failed")], Health::Failed),
            (state("inactive", "dead"), vec![waiting, state("failed", "failed")], Health::Failed),
            (state("inactive", "dead"), vec![state("inactive", "dead")], Health::Stopped),
            (state("inactive", "dead"), vec![state("active", "elapsed")], Health::Done),
            (
                state("inactive", "dead"),
                vec![state("active", "elapsed"), state("active", "listening")],
                Health::Waiting,
            ),
        ];
        for (service, triggers, expected) in cases {
            let triggers: Vec<&UnitState> = triggers.iter().collect();
            assert_eq!(triggered(health(&service, None), &service, &triggers), expected, "{service:?} {triggers:?}");
        }
    }
}
