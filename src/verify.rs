//! Whether a service that was started really is up: not only for a moment.

use std::time::{Duration, Instant};

use futures_lite::StreamExt as _;

use crate::error::Result;
use crate::systemd::bus::timed;
use crate::systemd::manager::{LastRun, Manager, UnitState};

/// What became of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is active, and was for the whole window.
    Up,
    /// A oneshot has done its work.
    HasRun,
    /// It is not up.
    Down(Box<Down>),
}

/// What is known of a service that is not up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Down {
    /// The unit as its manager sees it.
    pub state: UnitState,
    /// How its last run ended.
    pub run: LastRun,
    /// The run that failed; by the time the journal is read, a restart may own a new one.
    pub invocation: String,
}

/// Watches a unit whose start job has ended for the `settle` window. It must be active all the
/// time, in one run, without restarts; a oneshot must have succeeded.
///
/// Changes are told by the manager; nothing is polled.
///
/// # Errors
/// When the manager does not answer.
pub async fn verify(manager: &Manager, unit: &str, oneshot: bool, settle: Duration) -> Result<Verdict> {
    let end = Instant::now() + settle;
    // From before the first look on, so that nothing falls between.
    let mut changes = manager.changes(unit).await?;
    let first = look(manager, unit).await?;
    if !is_fine(&first, &first, oneshot) {
        return Ok(Verdict::Down(Box::new(first)));
    }
    if oneshot && first.state.active == "inactive" {
        return Ok(Verdict::HasRun);
    }
    while let Some(Some(())) = timed(end.saturating_duration_since(Instant::now()), changes.next()).await {
        let now = look(manager, unit).await?;
        if !is_fine(&first, &now, oneshot) {
            // The run that was seen first is the one that failed.
            return Ok(Verdict::Down(Box::new(Down { invocation: first.invocation, ..now })));
        }
    }
    Ok(Verdict::Up)
}

async fn look(manager: &Manager, unit: &str) -> Result<Down> {
    let state = manager.unit(unit).await?;
    let run = manager.last_run(unit).await?;
    Ok(Down { invocation: state.invocation.clone(), state, run })
}

fn is_fine(first: &Down, now: &Down, oneshot: bool) -> bool {
    let one_run = now.run.restarts == 0 && now.state.invocation == first.invocation;
    match now.state.active.as_str() {
        "active" | "reloading" | "refreshing" => one_run,
        "inactive" => oneshot && now.run.result == "success" && now.state.condition_met && now.state.load == "loaded",
        _ => false,
    }
}
