//! A process in a transient scope: limits for it and all that it starts, and an end for all of them at once.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use rustix::process::Pid;
use zbus::{OwnedObjectPath, Variant};

use crate::host::Host;
use crate::host::probe::Enclosed;
use crate::manager::bus;
use crate::manager::peer::Peer;
use crate::model::wait::timed;

/// How long the manager may take to put a process into a scope, and to kill it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What all processes of a scope may use together.
const MEMORY_MAX: u64 = 2 << 30;
/// See [`MEMORY_MAX`].
const TASKS_MAX: u64 = 1024;

/// Puts a process of the caller's into a scope (see [`crate::host::probe::Enclose`]).
pub fn enclose(process: Pid, limit: Duration, host: &Host) -> Option<Enclosed> {
    let confined = zbus::block_on(Confined::enclose(process.as_raw_nonzero().get(), limit, host))?;
    Some(Box::new(move || zbus::block_on(confined.kill())))
}

/// A scope with a process in it.
struct Confined {
    peer: Peer,
    unit: String,
}

impl Confined {
    async fn enclose(process: i32, limit: Duration, host: &Host) -> Option<Confined> {
        let enclosed = async {
            let connection = if host.euid == 0 { bus::system(host).await } else { bus::user(host).await };
            let unit = format!("mkservice-trial-{process}.scope");
            let confined = Confined { peer: Peer::new(connection.ok()?), unit };
            confined.start(process, limit).await.ok()?;
            Some(confined)
        };
        timed(PATIENCE, enclosed).await?
    }

    async fn start(&self, process: i32, limit: Duration) -> zbus::Result<()> {
        self.peer.call::<_, ()>("Subscribe", &()).await?;
        let mut removed = pin!(self.peer.removed_jobs().await?);
        let processes = vec![u32::try_from(process).unwrap_or_default()];
        let limit = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        let properties: &[(&str, Variant<'_>)] = &[
            ("Description", "A program that mkservice tries".into()),
            ("PIDs", processes.into()),
            ("MemoryMax", MEMORY_MAX.into()),
            ("TasksMax", TASKS_MAX.into()),
            ("RuntimeMaxUSec", limit.into()),
            ("SendSIGKILL", true.into()),
            ("CollectMode", "inactive-or-failed".into()),
        ];
        let no_others: &[(&str, &[(&str, Variant<'_>)])] = &[];
        let job: OwnedObjectPath =
            self.peer.call("StartTransientUnit", &(&self.unit, "fail", properties, no_others)).await?;
        while let Some(signal) = removed.next().await {
            let (_, path, _, result): (u32, OwnedObjectPath, String, String) = signal.body().deserialize()?;
            if path == job {
                return if result == "done" { Ok(()) } else { Err(zbus::Error::Failure(result)) };
            }
        }
        Err(zbus::Error::Failure("the manager is gone".into()))
    }

    /// Kills what is left in the scope, which is gone with that.
    async fn kill(&self) {
        const SIGKILL: i32 = 9;
        let _ = timed(PATIENCE, self.peer.call::<_, ()>("KillUnit", &(&self.unit, "all", SIGKILL))).await;
    }
}
