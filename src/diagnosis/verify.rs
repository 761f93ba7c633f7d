//! Whether a started service keeps running.

use std::collections::HashMap;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant, SystemTime};

use futures_util::{Stream, StreamExt as _};

use crate::manager::state::{LastRun, UnitState};
use crate::manager::{Manager, Snapshot, bus};
use crate::model::diagnostic::Result;
use crate::model::wait::{first, timed, together};

/// The result of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It has been active for the whole window.
    Up,
    /// A oneshot exited successfully.
    HasRun,
    Down(Box<Down>),
}

/// A service that is not running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Down {
    pub state: UnitState,
    pub run: LastRun,
    /// Of the failed run; the unit can have a new one when the journal is read.
    pub invocation: String,
    /// False if it changed all the time: `state` and `run` can be from different moments.
    pub steady: bool,
}

/// Watches a unit for the `settle` window. It must be active all the time, in one run, without restarts; a oneshot must
/// succeed. A unit that was not `started` now can have been restarted before, and the window is shorter by the time that
/// it has been running.
///
/// systemd reports changes; nothing is polled.
pub async fn verify(manager: &Manager, unit: &str, oneshot: bool, started: bool, settle: Duration) -> Result<Verdict> {
    let now = Instant::now();
    let window = |seen: &Down| if started { settle } else { settle.saturating_sub(age(&seen.state)) };
    let restarts = |seen: &Down| if started { 0 } else { seen.run.restarts };
    if !started || settle.is_zero() {
        // Enough if nothing must be waited for and all is well.
        let seen = current_state(manager, unit).await?;
        if window(&seen).is_zero() && is_fine(&seen, &seen, restarts(&seen), oneshot) {
            return Ok(well(&seen, oneshot));
        }
    }
    // Subscribed before the state is read, so that no change is missed.
    let mut changes = pin!(manager.changes(unit).await?);
    let first = consistent_state(manager, unit, changes.as_mut()).await?;
    let before = restarts(&first);
    let end = now + window(&first);
    let mut now = first.clone();
    let mut is_over = false;
    loop {
        if !is_fine(&first, &now, before, oneshot) {
            return Ok(Verdict::Down(Box::new(Down { invocation: first.invocation, ..now })));
        }
        if is_over || (oneshot && now.state.active == "inactive") {
            return Ok(well(&now, oneshot));
        }
        let told = timed(end.saturating_duration_since(Instant::now()), changes.next()).await;
        // Also at the end: changes while the state was read were discarded.
        is_over = !matches!(told, Some(Some(())));
        now = consistent_state(manager, unit, changes.as_mut()).await?;
    }
}

fn well(seen: &Down, oneshot: bool) -> Verdict {
    let has_run = (oneshot && seen.state.active == "inactive") || seen.state.sub == "exited";
    if has_run { Verdict::HasRun } else { Verdict::Up }
}

/// The state of a run that a trigger starts, or that exits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    NotYet,
    GoesOn,
    /// Successfully.
    Ended(Box<Down>),
    Failed(Box<Down>),
}

/// Watches the run of a unit after the one with the ID `before`, until it exits or `limit` has passed since it began. It
/// must begin within `begins`.
pub async fn watch_run(
    manager: &Manager,
    unit: &str,
    before: &str,
    begins: Duration,
    limit: Option<Duration>,
) -> Result<Run> {
    let mut changes = pin!(manager.changes(unit).await?);
    let start = Instant::now();
    let mut begun = None;
    loop {
        let now = consistent_state(manager, unit, changes.as_mut()).await?;
        let is_next = now.invocation != before && !now.invocation.is_empty();
        match now.state.active.as_str() {
            _ if !is_next => {}
            "failed" => return Ok(Run::Failed(Box::new(now))),
            "inactive" if now.run.result == "success" && now.state.condition_met => {
                return Ok(Run::Ended(Box::new(now)));
            }
            "inactive" => return Ok(Run::Failed(Box::new(now))),
            _ if now.state.waits_for_its_next_try() => return Ok(Run::Failed(Box::new(now))),
            "active" if now.state.sub == "exited" => return Ok(Run::Ended(Box::new(now))),
            _ => {}
        }
        let begun = is_next.then(|| *begun.get_or_insert_with(Instant::now));
        let end = begun.map_or(Some(start + begins), |begun| limit.map(|limit| begun + limit));
        let change = match end {
            Some(end) => timed(end.saturating_duration_since(Instant::now()), changes.next()).await,
            None => Some(changes.next().await),
        };
        match change {
            Some(Some(())) => {}
            Some(None) => return Err(bus::lost(format!("watching {unit}"))),
            None => return Ok(if begun.is_some() { Run::GoesOn } else { Run::NotYet }),
        }
    }
}

/// How often systemd has restarted each service; 0 for other units.
pub async fn restarts<'a>(manager: &Manager, units: impl Iterator<Item = &'a String>) -> Result<HashMap<String, u32>> {
    let ask = async |unit: &String| {
        let restarts = if unit.ends_with(".service") { manager.restarts(unit).await? } else { 0 };
        Ok((unit.clone(), restarts))
    };
    together(units.map(ask)).await.into_iter().collect()
}

/// The time since the run of a unit began.
pub fn age(state: &UnitState) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_micros(state.begun))
}

async fn current_state(manager: &Manager, unit: &str) -> Result<Down> {
    let Snapshot { state, run, .. } = manager.snapshot(unit).await?;
    Ok(Down { invocation: state.invocation.clone(), state, run, steady: true })
}

/// Reads a unit and its last run, which can be several calls. Changes that systemd reports meanwhile would block the
/// connection: they are discarded, and all is read again, to get the state of one moment. After a few tries, the last
/// state is returned.
async fn consistent_state(
    manager: &Manager,
    unit: &str,
    mut changes: Pin<&mut impl Stream<Item = ()>>,
) -> Result<Down> {
    let mut tries = 3;
    loop {
        let mut changed = false;
        let seen = current_state(manager, unit);
        let drained = async {
            while changes.next().await.is_some() {
                changed = true;
            }
            std::future::pending().await
        };
        let seen = first(seen, drained).await?;
        tries -= 1;
        if !changed || tries == 0 {
            return Ok(Down { steady: !changed, ..seen });
        }
    }
}

fn is_fine(first: &Down, now: &Down, restarts: u32, oneshot: bool) -> bool {
    let one_run = now.run.restarts == restarts && now.state.invocation == first.invocation;
    match now.state.active.as_str() {
        "active" | "reloading" | "refreshing" => one_run,
        "inactive" => oneshot && now.run.result == "success" && now.state.condition_met && now.state.load == "loaded",
        _ => false,
    }
}
