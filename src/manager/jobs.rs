//! Jobs of systemd: start, restart and stop.

use std::time::Duration;

use futures_util::future::try_join;
use zbus::{OwnedObjectPath, Variant};

use super::Manager;
use crate::manager::bus::{CALL, RELOAD, within};
use crate::manager::peer;
use crate::model::diagnostic::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum JobKind {
    Start,
    Restart,
    Stop,
}

impl JobKind {
    /// For error messages.
    pub(super) fn doing(self, unit: &str) -> String {
        let doing = match self {
            JobKind::Start => "starting",
            JobKind::Restart => "restarting",
            JobKind::Stop => "stopping",
        };
        format!("{doing} {unit}")
    }
}

/// The job's object is named after it.
fn id(job: &OwnedObjectPath) -> zbus::Result<u32> {
    let id = job.rsplit('/').next().and_then(|id| id.parse().ok());
    id.ok_or_else(|| zbus::Error::Failure(format!("invalid job `{job}`")))
}

impl Manager {
    /// Returns the job's number.
    pub(super) async fn queue(&self, kind: JobKind, unit: &str) -> zbus::Result<u32> {
        let method = match kind {
            JobKind::Start => "StartUnit",
            JobKind::Restart => "RestartUnit",
            JobKind::Stop => "StopUnit",
        };
        let job: OwnedObjectPath = self.peer.call(method, &(unit, "replace")).await?;
        id(&job)
    }

    /// Starts or stops many units by one job of an anchor, and returns its number: a transient unit that wants them, or
    /// conflicts with them, and is ordered after them, whose condition is never met, so that systemd unloads it
    /// afterwards. `number` makes its name unique in this process.
    ///
    /// With one job for each unit, systemd would examine the dependencies of each, announce each, and add a match rule
    /// to the bus for each; and two units that are started one after the other would not start in the order they
    /// declare.
    pub(super) async fn queue_anchor(&self, kind: JobKind, units: &[&str], number: usize) -> zbus::Result<u32> {
        let (verb, plural, dependency) = match kind {
            JobKind::Stop => ("stop", "stops", "Conflicts"),
            _ => ("start", "starts", "Wants"),
        };
        let name = format!("mkservice-{verb}-{}-{number}.service", std::process::id());
        let never_met = ("ConditionPathExists", false, true, "/");
        // Required for a service, and never run.
        let command = ("/bin/true", &["/bin/true"][..], false);
        let properties: &[(&str, Variant<'_>)] = &[
            ("Description", format!("Anchor for {} {plural} by mkservice", units.len()).into()),
            ("DefaultDependencies", false.into()),
            (dependency, units.into()),
            ("After", units.into()),
            ("Conditions", vec![never_met].into()),
            ("CollectMode", "inactive-or-failed".into()),
            // Suppresses its log messages.
            ("LogLevelMax", 4.into()),
            ("Type", "oneshot".into()),
            ("ExecStart", vec![command].into()),
        ];
        let no_others: &[(&str, &[(&str, Variant<'_>)])] = &[];
        let job: OwnedObjectPath =
            self.peer.call("StartTransientUnit", &(name, "replace", properties, no_others)).await?;
        id(&job)
    }

    /// The unit's own timeouts plus a margin; `None` for no limit. Units other than services do not wait for a program.
    pub(super) async fn job_limit(&self, kind: JobKind, unit: &str) -> Result<Option<Duration>> {
        if !unit.ends_with(".service") {
            return Ok(Some(RELOAD));
        }
        let path = peer::unit_path(unit);
        let read = |name| self.peer.property::<u64>(&path, "org.freedesktop.systemd1.Service", name);
        let both = try_join(read("TimeoutStartUSec"), read("TimeoutStopUSec"));
        let (start, stop) = within(format!("querying {unit}"), CALL, both).await?;
        let needed: &[u64] = match kind {
            JobKind::Start | JobKind::Restart => &[start, stop],
            JobKind::Stop => &[stop, stop],
        };
        let infinite = needed.contains(&u64::MAX);
        let total = needed.iter().fold(0u64, |sum, span| sum.saturating_add(*span));
        Ok((!infinite).then(|| Duration::from_micros(total).saturating_add(CALL)))
    }

    /// The number of automatic restarts since the last explicit start.
    pub async fn restarts(&self, unit: &str) -> Result<u32> {
        let path = peer::unit_path(unit);
        let read = self.peer.property(&path, "org.freedesktop.systemd1.Service", "NRestarts");
        within(format!("querying {unit}"), CALL, read).await
    }
}
