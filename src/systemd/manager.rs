//! One manager, system or user, over D-Bus (org.freedesktop.systemd1(5)).

use std::time::Duration;

use futures_lite::{Stream, StreamExt as _};
use zbus::Connection;
use zbus::OwnedObjectPath;
use zbus::fdo::PropertiesProxy;
use zbus::proxy::CacheProperties;
use zbus_systemd::systemd1::{JobRemovedStream, ManagerProxy, ServiceProxy, UnitProxy};

use super::bus::{self, CALL, RELOAD, within};
use crate::error::Result;
use crate::host::Host;
use crate::spec::Scope;

/// A connection to a manager that tells us of its jobs.
pub struct Manager {
    connection: Connection,
    proxy: ManagerProxy<'static>,
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum JobKind {
    Start,
    Restart,
    Stop,
}

/// A unit as its manager sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitState {
    /// `loaded`, `not-found`, `bad-setting`, `error`, `masked`.
    pub load: String,
    /// Why it could not be loaded; empty when it was.
    pub load_error: String,
    /// `active`, `inactive`, `failed`, `activating`, `deactivating`, …
    pub active: String,
    /// `running`, `exited`, `dead`, `auto-restart`, …
    pub sub: String,
    /// The file it was loaded from; empty for none.
    pub fragment: String,
    /// True when the file has changed since.
    pub needs_reload: bool,
    /// When its current or last run began, in microseconds since 1970; 0 when it never ran since the
    /// manager loaded it.
    pub begun: u64,
    /// False when a `Condition…=` kept it from being started the last time.
    pub condition_met: bool,
    /// The ID of its current or last run, in hexadecimal; empty when there was none.
    pub invocation: String,
}

impl UnitState {
    /// True unless there is nothing to stop: it runs, starts, stops or waits to be restarted.
    pub fn is_up(&self) -> bool {
        !matches!(self.active.as_str(), "inactive" | "failed")
    }
}

/// How a service's last run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// `success`, `exit-code`, `signal`, `resources`, …
    pub result: String,
    /// 0 none, 1 exited, 2 killed, 3 dumped (the `CLD_*` codes of waitid(2)).
    pub code: i32,
    /// Exit code or signal number.
    pub status: i32,
    /// How often systemd has started it again since it was started by somebody.
    pub restarts: u32,
    /// The process ID of the program; 0 when there was none.
    pub pid: u32,
    /// When it was started, in microseconds since 1970.
    pub started: u64,
}

impl Manager {
    /// Connects to the manager of a scope and asks it for signals.
    ///
    /// # Errors
    /// [`crate::error::Error::Unreachable`] when there is no way to it.
    pub async fn connect(scope: Scope, host: &Host) -> Result<Manager> {
        let connection = match scope {
            Scope::System => bus::system(host).await?,
            Scope::User => bus::user(host).await?,
        };
        let builder = ManagerProxy::builder(&connection).cache_properties(CacheProperties::No);
        let proxy = within("reaching the manager", CALL, builder.build()).await?;
        // Without it a manager sends no changes of properties.
        within("subscribing to the manager", CALL, proxy.subscribe()).await?;
        Ok(Manager { connection, proxy })
    }

    /// systemd's version, the number in front: 252.
    pub async fn version(&self) -> Result<u32> {
        let text = within("reading systemd's version", CALL, self.proxy.version()).await?;
        let digits: String =
            text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        Ok(digits.parse().unwrap_or(0))
    }

    /// The folders the manager reads units from.
    pub async fn unit_path(&self) -> Result<Vec<String>> {
        within("reading the manager's unit path", CALL, self.proxy.unit_path()).await
    }

    /// Reads all units again. Answers when it is done.
    pub async fn reload(&self) -> Result<()> {
        within("reloading the manager", RELOAD, self.proxy.reload()).await
    }

    /// Makes the links that a unit's `[Install]` section asks for. Reads the file itself, so the
    /// manager need not know the unit yet.
    pub async fn enable(&self, unit: &str) -> Result<()> {
        let enabled = self.proxy.enable_unit_files(vec![unit.to_owned()], false, false);
        within(format!("enabling {unit}"), CALL, enabled).await.map(drop)
    }

    /// Removes all links named after a unit.
    pub async fn disable(&self, unit: &str) -> Result<()> {
        let disabled = self.proxy.disable_unit_files(vec![unit.to_owned()], false);
        within(format!("disabling {unit}"), CALL, disabled).await.map(drop)
    }

    /// Forgets a failure, and the starts that were counted against the limit. A unit that the
    /// manager does not know has none.
    pub async fn reset_failed(&self, unit: &str) -> Result<()> {
        let reset = async {
            match self.proxy.reset_failed_unit(unit.to_owned()).await {
                Err(error) if bus::error_name(&error) == Some("org.freedesktop.systemd1.NoSuchUnit") => Ok(()),
                other => other,
            }
        };
        within(format!("resetting {unit}"), CALL, reset).await
    }

    /// Looks at a unit, loading it if need be.
    pub async fn unit(&self, unit: &str) -> Result<UnitState> {
        let path = self.load(unit).await?;
        let read = async {
            let proxy =
                UnitProxy::builder(&self.connection).path(path).cache_properties(CacheProperties::No).build().await?;
            Ok(UnitState {
                load: proxy.load_state().await?,
                load_error: proxy.load_error().await?.1,
                active: proxy.active_state().await?,
                sub: proxy.sub_state().await?,
                fragment: proxy.fragment_path().await?,
                needs_reload: proxy.need_daemon_reload().await?,
                begun: proxy.inactive_exit_timestamp().await?,
                condition_met: proxy.condition_timestamp().await? == 0 || proxy.condition_result().await?,
                invocation: proxy.invocation_id().await?.iter().map(|byte| format!("{byte:02x}")).collect(),
            })
        };
        within(format!("looking at {unit}"), CALL, read).await
    }

    /// How a service's last run ended.
    pub async fn last_run(&self, unit: &str) -> Result<LastRun> {
        let service = self.service(unit).await?;
        let read = async {
            Ok(LastRun {
                result: service.result().await?,
                code: service.exec_main_code().await?,
                status: service.exec_main_status().await?,
                restarts: service.n_restarts().await?,
                pid: service.exec_main_pid().await?,
                started: service.exec_main_start_timestamp().await?,
            })
        };
        within(format!("looking at {unit}"), CALL, read).await
    }

    /// Starts, restarts or stops a unit and waits until the manager is done with it. Gives the
    /// job's result: `done`, `failed`, `dependency`, `timeout`, `canceled`, …
    ///
    /// # Errors
    /// When the manager refuses the job, or says nothing for longer than the unit's own time-outs.
    pub async fn run(&self, kind: JobKind, unit: &str) -> Result<String> {
        let limit = self.job_limit(kind, unit).await?;
        // Before the call: a short job is over before the answer is read.
        let removed = within("waiting for jobs", CALL, self.proxy.receive_job_removed()).await?;
        let queued = async {
            let (unit, mode) = (unit.to_owned(), "replace".to_owned());
            match kind {
                JobKind::Start => self.proxy.start_unit(unit, mode).await,
                JobKind::Restart => self.proxy.restart_unit(unit, mode).await,
                JobKind::Stop => self.proxy.stop_unit(unit, mode).await,
            }
        };
        let what = match kind {
            JobKind::Start => format!("starting {unit}"),
            JobKind::Restart => format!("restarting {unit}"),
            JobKind::Stop => format!("stopping {unit}"),
        };
        let job = within(what.clone(), CALL, queued).await?;
        let end = end_of(removed, job);
        match limit {
            Some(limit) => within(what, limit, end).await,
            None => end.await.map_err(|error| crate::error::Error::Bus { call: what, reason: bus::reason(&error) }),
        }
    }

    /// A stream with an item for each change of a unit that the manager tells of.
    pub async fn changes(&self, unit: &str) -> Result<impl Stream<Item = ()> + use<>> {
        let path = self.load(unit).await?;
        let watch = async {
            let properties = PropertiesProxy::builder(&self.connection)
                .destination("org.freedesktop.systemd1")
                .path(path)
                .cache_properties(CacheProperties::No)
                .build()
                .await?;
            properties.receive_properties_changed().await
        };
        let changed = within(format!("watching {unit}"), CALL, watch).await?;
        Ok(changed.map(drop))
    }

    async fn load(&self, unit: &str) -> Result<OwnedObjectPath> {
        within(format!("loading {unit}"), CALL, self.proxy.load_unit(unit.to_owned())).await
    }

    async fn service(&self, unit: &str) -> Result<ServiceProxy<'static>> {
        let path = self.load(unit).await?;
        // Without a cache: filling it reads all properties at once, which fails for a command line
        // that is not UTF-8.
        let build = async {
            ServiceProxy::builder(&self.connection).path(path).cache_properties(CacheProperties::No).build().await
        };
        within(format!("looking at {unit}"), CALL, build).await
    }

    /// How long a job may take by the unit's own settings, and some more; `None` for no limit.
    async fn job_limit(&self, kind: JobKind, unit: &str) -> Result<Option<Duration>> {
        let service = self.service(unit).await?;
        let read = async { Ok((service.timeout_start_u_sec().await?, service.timeout_stop_u_sec().await?)) };
        let (start, stop) = within(format!("looking at {unit}"), CALL, read).await?;
        let needed: &[u64] = match kind {
            JobKind::Start | JobKind::Restart => &[start, stop],
            JobKind::Stop => &[stop, stop],
        };
        let infinite = needed.contains(&u64::MAX);
        let total = needed.iter().fold(0u64, |sum, span| sum.saturating_add(*span));
        Ok((!infinite).then(|| Duration::from_micros(total).saturating_add(CALL)))
    }
}

/// Waits for the end of one job.
async fn end_of(mut removed: JobRemovedStream, job: OwnedObjectPath) -> zbus::Result<String> {
    while let Some(signal) = removed.next().await {
        let args = signal.args()?;
        if args.job() == &job {
            return Ok(args.result().clone());
        }
    }
    Err(zbus::Error::Failure("the bus was closed".into()))
}
