//! The state of a service in one word.

use std::time::Duration;

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
    Failed,
    /// It exits, and systemd restarts it, again and again (`Restart=`).
    Restarting,
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
    let restarts = run.map_or(0, |run| run.restarts);
    let failed_before = restarts > 0 && run.is_some_and(|run| run.result != "success");
    match (state.load.as_str(), state.active.as_str(), state.sub.as_str()) {
        (_, "active" | "reloading" | "refreshing", "exited") => Health::Done,
        (_, "active" | "reloading" | "refreshing", _) if is_young(state, restarts) => Health::Restarting,
        (_, "active" | "reloading" | "refreshing", _) => Health::Running,
        (_, "failed", _) => Health::Failed,
        _ if state.waits_for_its_next_try() => Health::Restarting,
        (_, "activating", _) if restarts > 0 => Health::Restarting,
        (_, "deactivating", _) if failed_before => Health::Restarting,
        (_, "activating" | "deactivating" | "maintenance", _) => Health::Changing,
        ("masked", ..) => Health::Masked,
        ("loaded", ..) => Health::Stopped,
        ("not-found", ..) => Health::Stopped,
        _ => Health::Broken,
    }
}

/// Whether a service that was restarted has run too short a time to count as running: one restart can be an accident,
/// several in a row make a loop.
fn is_young(state: &UnitState, restarts: u32) -> bool {
    let limit = match restarts {
        0 => return false,
        1 | 2 => Duration::from_secs(10),
        _ => Duration::from_secs(60),
    };
    state.age().is_some_and(|age| age < limit)
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
            Health::Restarting => "restarting",
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
    use std::time::SystemTime;

    use super::*;

    fn state(active: &str, sub: &str) -> UnitState {
        UnitState { load: "loaded".into(), active: active.into(), sub: sub.into(), ..UnitState::default() }
    }

    #[test]
    fn a_crash_loop_is_a_state() {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros() as u64;
        let running = |age: u64| UnitState { since: now - age * 1_000_000, ..state("active", "running") };
        let after = |restarts, result: &str| LastRun { restarts, result: result.into(), ..LastRun::default() };
        for (state, run, expected) in [
            (running(0), after(0, "success"), Health::Running),
            (running(2), after(1, "success"), Health::Restarting),
            (running(20), after(1, "success"), Health::Running),
            (running(20), after(5, "success"), Health::Restarting),
            (running(90), after(5, "success"), Health::Running),
            (state("activating", "auto-restart"), after(0, "exit-code"), Health::Restarting),
            (state("activating", "auto-restart-queued"), after(1, "exit-code"), Health::Restarting),
            (state("activating", "start"), after(0, "success"), Health::Changing),
            (state("activating", "start"), after(3, "success"), Health::Restarting),
            (state("deactivating", "stop-sigterm"), after(3, "success"), Health::Changing),
            (state("deactivating", "stop-sigterm"), after(3, "exit-code"), Health::Restarting),
            (state("failed", "failed"), after(5, "exit-code"), Health::Failed),
        ] {
            assert_eq!(health(&state, Some(&run)), expected, "{state:?} {run:?}");
        }
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
