//! One job of a manager: a start, a restart or a stop.

use std::time::Duration;

use futures_util::future::try_join;
use zbus::OwnedObjectPath;

use super::Manager;
use crate::error::Result;
use crate::systemd::bus::{CALL, RELOAD, within};
use crate::systemd::peer;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum JobKind {
    Start,
    Restart,
    Stop,
}

impl JobKind {
    /// What is under way while it runs.
    pub(super) fn doing(self, unit: &str) -> String {
        let doing = match self {
            JobKind::Start => "starting",
            JobKind::Restart => "restarting",
            JobKind::Stop => "stopping",
        };
        format!("{doing} {unit}")
    }
}

impl Manager {
    /// Asks for a job.
    pub(super) async fn queue(&self, kind: JobKind, unit: &str) -> zbus::Result<OwnedObjectPath> {
        let method = match kind {
            JobKind::Start => "StartUnit",
            JobKind::Restart => "RestartUnit",
            JobKind::Stop => "StopUnit",
        };
        self.peer.call(method, &(unit, "replace")).await
    }

    /// How long a job may take by the unit's own settings, and some more; `None` for no limit. What is no service
    /// has no program to wait for.
    pub(super) async fn job_limit(&self, kind: JobKind, unit: &str) -> Result<Option<Duration>> {
        if !unit.ends_with(".service") {
            return Ok(Some(RELOAD));
        }
        let path = peer::unit_path(unit);
        let read = |name| self.peer.property::<u64>(&path, "org.freedesktop.systemd1.Service", name);
        let both = try_join(read("TimeoutStartUSec"), read("TimeoutStopUSec"));
        let (start, stop) = within(format!("looking at {unit}"), CALL, both).await?;
        let needed: &[u64] = match kind {
            JobKind::Start | JobKind::Restart => &[start, stop],
            JobKind::Stop => &[stop, stop],
        };
        let infinite = needed.contains(&u64::MAX);
        let total = needed.iter().fold(0u64, |sum, span| sum.saturating_add(*span));
        Ok((!infinite).then(|| Duration::from_micros(total).saturating_add(CALL)))
    }

    /// How often systemd has started a service again since it was started by somebody.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub async fn restarts(&self, unit: &str) -> Result<u32> {
        let path = peer::unit_path(unit);
        let read = self.peer.property(&path, "org.freedesktop.systemd1.Service", "NRestarts");
        within(format!("looking at {unit}"), CALL, read).await
    }
}
