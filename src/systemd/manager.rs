//! One manager, system or user, over D-Bus (org.freedesktop.systemd1(5)).

mod many;

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use futures_lite::{Stream, StreamExt as _};
use zbus::Connection;
use zbus::OwnedObjectPath;
use zbus::fdo::PropertiesProxy;
use zbus::names::InterfaceName;
use zbus::proxy::CacheProperties;
use zbus_systemd::systemd1::{ManagerProxy, ServiceProxy};

use super::bus::{self, CALL, RELOAD, within};
use super::state::{LastRun, Properties, TriggerState, UnitState};
use crate::error::Result;
use crate::host::Host;
use crate::spec::Scope;

/// A connection to a manager that tells us of its jobs.
pub struct Manager {
    connection: Connection,
    proxy: ManagerProxy<'static>,
    version: u32,
}

/// From this release on, a property that cannot be sent is known to be answered with an error.
const SENDS_ERRORS: u32 = 252;

/// The number in front of a version: 252.
fn number(version: &str) -> u32 {
    let digits: String = version.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// How much later it is by the clock than by the time since boot, in microseconds.
fn ahead() -> u64 {
    let since_boot = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let since_boot = Duration::try_from(since_boot).unwrap_or_default();
    let by_clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(by_clock.saturating_sub(since_boot).as_micros()).unwrap_or_default()
}

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
    fn doing(self, unit: &str) -> String {
        let doing = match self {
            JobKind::Start => "starting",
            JobKind::Restart => "restarting",
            JobKind::Stop => "stopping",
        };
        format!("{doing} {unit}")
    }
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
        let version = within("reading systemd's version", CALL, proxy.version()).await?;
        Ok(Manager { connection, proxy, version: number(&version) })
    }

    /// systemd's version, the number in front: 252.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The folders the manager reads units from.
    pub async fn unit_path(&self) -> Result<Vec<String>> {
        within("reading the manager's unit path", CALL, self.proxy.unit_path()).await
    }

    /// The variables that every service of the manager gets, as `NAME=value`.
    pub async fn environment(&self) -> Result<Vec<String>> {
        within("reading the manager's environment", CALL, self.proxy.environment()).await
    }

    /// Reads all units again. Answers when it is done.
    pub async fn reload(&self) -> Result<()> {
        within("reloading the manager", RELOAD, self.proxy.reload()).await
    }

    /// Removes all links named after a unit.
    pub async fn disable(&self, unit: &str) -> Result<()> {
        let disabled = self.proxy.disable_unit_files(vec![unit.to_owned()], false);
        within(format!("disabling {unit}"), CALL, disabled).await.map(drop)
    }

    /// Has the manager keep what it knows of a unit, for as long as this connection lasts: of what has ended and is
    /// needed by nothing it would forget all.
    ///
    /// # Errors
    /// When the manager does not answer; a manager that refuses goes on as it is.
    pub async fn hold(&self, unit: &str) -> Result<()> {
        let held = async {
            match self.proxy.ref_unit(unit.to_owned()).await {
                Err(error) if bus::error_name(&error).is_some() => Ok(()),
                other => other,
            }
        };
        within(format!("holding {unit}"), CALL, held).await
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
        let read = self.properties(&path, "org.freedesktop.systemd1.Unit", Properties::OF_UNIT);
        Ok(within(format!("looking at {unit}"), CALL, read).await?.unit())
    }

    /// Looks at a service's current or last run. Of a unit of another type there is only a result to tell.
    pub async fn last_run(&self, unit: &str) -> Result<LastRun> {
        let path = self.load(unit).await?;
        let (interface, needed) = match unit.rsplit_once('.').map(|(_, suffix)| suffix) {
            Some("timer") => ("org.freedesktop.systemd1.Timer", ["Result"].as_slice()),
            Some("socket") => ("org.freedesktop.systemd1.Socket", ["Result"].as_slice()),
            Some("path") => ("org.freedesktop.systemd1.Path", ["Result"].as_slice()),
            Some("service") | None => ("org.freedesktop.systemd1.Service", Properties::OF_SERVICE),
            // Targets and the like have none.
            Some(_) => return Ok(LastRun::default()),
        };
        let read = self.properties(&path, interface, needed);
        Ok(within(format!("looking at {unit}"), CALL, read).await?.run())
    }

    /// Looks at what there is to tell of a timer, a socket or a path, besides its state.
    pub async fn trigger(&self, unit: &str) -> Result<TriggerState> {
        let path = self.load(unit).await?;
        let suffix = unit.rsplit_once('.').map_or("", |(_, suffix)| suffix);
        let interface = match suffix {
            "timer" => "org.freedesktop.systemd1.Timer",
            "socket" => "org.freedesktop.systemd1.Socket",
            "path" => "org.freedesktop.systemd1.Path",
            _ => return Ok(TriggerState::default()),
        };
        let read = self.properties(&path, interface, Properties::of_trigger(suffix));
        Ok(within(format!("looking at {unit}"), CALL, read).await?.trigger(ahead()))
    }

    /// All properties at once: they are of one moment. A command line that is not UTF-8 cannot be
    /// sent, and all others with it; then those that are needed are asked for one by one. (Before an
    /// old manager is asked for such a line it is better not asked: 247 loses its bus over it.)
    async fn properties(
        &self,
        path: &OwnedObjectPath,
        interface: &'static str,
        needed: &[&str],
    ) -> zbus::Result<Properties> {
        let proxy = PropertiesProxy::builder(&self.connection)
            .destination("org.freedesktop.systemd1")
            .path(path)
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        let interface = InterfaceName::from_static_str(interface)?;
        let all = match self.version < SENDS_ERRORS {
            true => Err(zbus::fdo::Error::NotSupported("all at once".into())),
            false => proxy.get_all(interface.clone()).await,
        };
        match all {
            Ok(all) => Ok(Properties::new(all)),
            Err(error) => {
                let mut some = HashMap::new();
                // Not even alone: the manager that cannot send it may fall silent.
                for name in needed.iter().filter(|name| **name != "ExecStart") {
                    if let Ok(value) = proxy.get(interface.clone(), name).await {
                        some.insert((*name).to_owned(), value);
                    }
                }
                if some.is_empty() { Err(error.into()) } else { Ok(Properties::new(some)) }
            }
        }
    }

    /// Starts, restarts or stops a unit and waits until the manager is done with it. Gives the
    /// job's result: `done`, `failed`, `dependency`, `timeout`, `canceled`, …
    ///
    /// # Errors
    /// When the manager refuses the job, or says nothing for longer than the unit's own time-outs.
    pub async fn run(&self, kind: JobKind, unit: &str) -> Result<String> {
        let mut results = self.run_all(kind, &[unit], &|_| {}).await?;
        results.pop().unwrap_or_else(|| Ok("done".into()))
    }

    /// Asks for a job.
    async fn queue(&self, kind: JobKind, unit: &str) -> zbus::Result<OwnedObjectPath> {
        let (unit, mode) = (unit.to_owned(), "replace".to_owned());
        match kind {
            JobKind::Start => self.proxy.start_unit(unit, mode).await,
            JobKind::Restart => self.proxy.restart_unit(unit, mode).await,
            JobKind::Stop => self.proxy.stop_unit(unit, mode).await,
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

    /// The names of all services that the manager has loaded or could load, in order. Templates,
    /// which are no services by themselves, are left out.
    pub async fn services(&self) -> Result<Vec<String>> {
        let mut names = self.names("*.service").await?;
        // Without their ends: `a` comes before `a-b`.
        names.sort_by(|one, other| one.trim_end_matches(".service").cmp(other.trim_end_matches(".service")));
        names.dedup();
        Ok(names)
    }

    /// The names of all units that the manager has loaded or could load, in no order.
    pub async fn unit_names(&self) -> Result<Vec<String>> {
        self.names("*").await
    }

    /// The names of the units that the manager has loaded, for a pattern.
    pub async fn loaded(&self, pattern: &str) -> Result<Vec<String>> {
        let loaded = self.proxy.list_units_by_patterns(Vec::new(), vec![pattern.to_owned()]);
        Ok(within("listing units", CALL, loaded).await?.into_iter().map(|unit| unit.0).collect())
    }

    async fn names(&self, pattern: &str) -> Result<Vec<String>> {
        let loaded = self.proxy.list_units_by_patterns(Vec::new(), vec![pattern.to_owned()]);
        let loaded = within("listing units", CALL, loaded).await?;
        let files = self.proxy.list_unit_files_by_patterns(Vec::new(), vec![pattern.to_owned()]);
        let files = within("listing unit files", CALL, files).await?;
        let loaded = loaded.into_iter().filter(|unit| unit.2 != "not-found").map(|unit| unit.0);
        let files = files.into_iter().filter_map(|(path, _)| path.rsplit('/').next().map(str::to_owned));
        Ok(loaded.chain(files).filter(|name| !name.contains("@.")).collect())
    }

    /// How often systemd has started a service again since it was started by somebody.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub async fn restarts(&self, unit: &str) -> Result<u32> {
        let service = self.service(unit).await?;
        within(format!("looking at {unit}"), CALL, service.n_restarts()).await
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

    /// How long a job may take by the unit's own settings, and some more; `None` for no limit. What is no service
    /// has no program to wait for.
    async fn job_limit(&self, kind: JobKind, unit: &str) -> Result<Option<Duration>> {
        if !unit.ends_with(".service") {
            return Ok(Some(RELOAD));
        }
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
