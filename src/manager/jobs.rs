//! One job of a manager: a start, a restart or a stop.

use std::time::Duration;

use futures_util::future::try_join;
use zbus::{OwnedObjectPath, Variant};

use super::Manager;
use crate::error::Result;
use crate::manager::bus::{CALL, RELOAD, within};
use crate::manager::peer;

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

/// The number of a job, which its object is named after.
fn id(job: &OwnedObjectPath) -> zbus::Result<u32> {
    let id = job.rsplit('/').next().and_then(|id| id.parse().ok());
    id.ok_or_else(|| zbus::Error::Failure(format!("{job} is no job")))
}

impl Manager {
    /// Asks for a job; gives its number.
    pub(super) async fn queue(&self, kind: JobKind, unit: &str) -> zbus::Result<u32> {
        let method = match kind {
            JobKind::Start => "StartUnit",
            JobKind::Restart => "RestartUnit",
            JobKind::Stop => "StopUnit",
        };
        let job: OwnedObjectPath = self.peer.call(method, &(unit, "replace")).await?;
        id(&job)
    }

    /// Asks for the start of many units by one job, that of their anchor; gives the anchor's number. It wants them and comes
    /// after them, and then has nothing to do: its condition is never met, and systemd forgets it. `number` tells it from
    /// others of this process.
    ///
    /// One job for each unit would have the manager look at what each of them needs, tell of each, and keep a rule at the
    /// bus for each; and two units that are asked for one after the other are not started in the order that they ask for.
    pub(super) async fn queue_anchor(&self, units: &[&str], number: usize) -> zbus::Result<u32> {
        let name = format!("mkservice-start-{}-{number}.service", std::process::id());
        let never_met = ("ConditionPathExists", false, true, "/");
        // Which is never run: a service has to have one.
        let command = ("/bin/true", &["/bin/true"][..], false);
        let properties: &[(&str, Variant<'_>)] = &[
            ("Description", format!("Anchor for {} starts by mkservice", units.len()).into()),
            ("DefaultDependencies", false.into()),
            ("Wants", units.into()),
            ("After", units.into()),
            ("Conditions", vec![never_met].into()),
            ("CollectMode", "inactive-or-failed".into()),
            // Nor has it anything to tell.
            ("LogLevelMax", 4.into()),
            ("Type", "oneshot".into()),
            ("ExecStart", vec![command].into()),
        ];
        let no_others: &[(&str, &[(&str, Variant<'_>)])] = &[];
        let job: OwnedObjectPath =
            self.peer.call("StartTransientUnit", &(name, "replace", properties, no_others)).await?;
        id(&job)
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
    pub async fn restarts(&self, unit: &str) -> Result<u32> {
        let path = peer::unit_path(unit);
        let read = self.peer.property(&path, "org.freedesktop.systemd1.Service", "NRestarts");
        within(format!("looking at {unit}"), CALL, read).await
    }
}
