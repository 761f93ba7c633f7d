//! How a service is, in one word: what follows from what its manager knows of its units.

use crate::manager::state::{LastRun, UnitState};

/// How a service is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It runs.
    Running,
    /// It does not run, and what starts it waits for that.
    Waiting,
    /// It has done its work, and counts as active; or what starts it has, and will not do so again.
    Done,
    /// On its way up or down, as a matter of seconds.
    Changing,
    /// It failed, or fails again and again.
    Failed,
    /// Some of its instances run, and others were stopped.
    Degraded,
    /// It does not run, and nothing went wrong.
    Stopped,
    /// It cannot be loaded.
    Broken,
    /// It cannot be started, as an administrator has it.
    Masked,
    /// No manager runs that could tell.
    Unknown,
}

/// How a unit is whose manager knows this.
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

/// How a service is that something else starts: `itself` is how the unit is in which its program runs, `state` what
/// its manager knows of that, and `triggers` of those that start it.
pub fn triggered(itself: Health, state: &UnitState, triggers: &[&UnitState]) -> Health {
    let of_triggers = |is: fn(Health) -> bool| triggers.iter().any(|trigger| is(health(trigger, None)));
    match itself {
        // A oneshot is on its way up for as long as its program works.
        Health::Changing if state.sub == "start" => Health::Running,
        Health::Stopped if of_triggers(|it| it == Health::Failed) => Health::Failed,
        Health::Stopped if of_triggers(|it| it == Health::Broken) => Health::Broken,
        Health::Stopped if of_triggers(|it| it == Health::Masked) => Health::Masked,
        Health::Stopped if !triggers.iter().any(|trigger| trigger.is_active()) => Health::Stopped,
        // A timer that stays active although no time is left.
        Health::Stopped if triggers.iter().all(|trigger| trigger.sub == "elapsed" || !trigger.is_active()) => {
            Health::Done
        }
        Health::Stopped => Health::Waiting,
        other => other,
    }
}

impl Health {
    /// The word for tables and for `--json`.
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

    /// True when it is as it should be.
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
