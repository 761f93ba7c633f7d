//! What a manager knows of a unit.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use futures_util::future::try_join;
use zbus::message::Message;
use zbus::{OwnedVariant, Variant};

use super::Manager;
use super::many::Brief;
use crate::error::Result;
use crate::manager::bus::{CALL, within};
use crate::manager::peer;
use crate::manager::state::{LastRun, Properties, TriggerState, UnitState};
use crate::model::wait::together;

/// From this release on, a property that cannot be sent is known to be answered with an error.
const SENDS_ERRORS: u32 = 252;

/// The interface that all units have.
const OF_UNITS: &str = "org.freedesktop.systemd1.Unit";

/// All interfaces of an object.
const ALL: &str = "";

/// A unit at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Its state.
    pub state: UnitState,
    /// The current or last run of a service. Of a timer, a socket or a path there is only a result to tell.
    pub run: LastRun,
    /// What else there is to tell of a timer, a socket or a path.
    pub trigger: TriggerState,
}

impl Manager {
    /// Looks at a unit, loading it if need be.
    pub async fn look(&self, unit: &str) -> Result<Look> {
        let read = within(format!("looking at {unit}"), CALL, self.properties(unit, ALL)).await?;
        let suffix = unit.rsplit_once('.').map_or("service", |(_, suffix)| suffix);
        let run = match suffix {
            "service" => read.run(),
            "timer" | "socket" | "path" => LastRun { result: read.run().result, ..LastRun::default() },
            // Targets and the like have none.
            _ => LastRun::default(),
        };
        let is_trigger = matches!(suffix, "timer" | "socket" | "path");
        let trigger = if is_trigger { read.trigger(ahead()) } else { TriggerState::default() };
        Ok(Look { state: read.unit(), run, trigger })
    }

    /// The state of a unit alone, loading it if need be.
    pub async fn unit(&self, unit: &str) -> Result<UnitState> {
        Ok(within(format!("looking at {unit}"), CALL, self.properties(unit, OF_UNITS)).await?.unit())
    }

    /// What a plan is made of: how a unit was loaded and is, its file, whether that has changed, and when it began to run.
    /// `only_file` is the one file that there is of that name.
    pub(super) async fn for_plan(&self, unit: &str, only_file: Option<&Path>, brief: &Brief) -> Result<UnitState> {
        let path = peer::unit_path(unit);
        let doing = || format!("looking at {unit}");
        let needs_reload = self.peer.property::<bool>(&path, OF_UNITS, "NeedDaemonReload");
        let begun = self.peer.property::<u64>(&path, OF_UNITS, "InactiveExitTimestamp");
        let (needs_reload, begun) = within(doing(), CALL, try_join(needs_reload, begun)).await?;
        let fragment = match only_file.and_then(Path::to_str) {
            Some(file) if brief.load == "loaded" && !needs_reload => file.to_owned(),
            _ => within(doing(), CALL, self.peer.property::<String>(&path, OF_UNITS, "FragmentPath")).await?,
        };
        let Brief { load, active, sub } = brief.clone();
        Ok(UnitState { load, active, sub, fragment, needs_reload, begun, condition_met: true, ..UnitState::default() })
    }

    /// The current or last run of a service, as [`Manager::look`].
    pub async fn last_run(&self, unit: &str) -> Result<LastRun> {
        Ok(self.look(unit).await?.run)
    }

    /// What there is to tell of a timer, a socket or a path, as [`Manager::look`].
    pub async fn trigger(&self, unit: &str) -> Result<TriggerState> {
        Ok(self.look(unit).await?.trigger)
    }

    /// All properties of an interface, or of [`ALL`], at once: they are of one moment. A command line that is not UTF-8 cannot be
    /// sent, and all others with it; then those that are needed are asked for one by one. (Before an
    /// old manager is asked for such a line it is better not asked: 247 loses its bus over it.)
    async fn properties(&self, unit: &str, interface: &'static str) -> zbus::Result<Properties> {
        let path = peer::unit_path(unit);
        if self.version >= SENDS_ERRORS
            && let Ok(all) = self.peer.get_all(&path, interface).await
        {
            return needed(&all);
        }
        let ask = |(interface, name): (&'static str, &'static str)| {
            let property = self.peer.property::<OwnedVariant>(&path, interface, name);
            async move { (name, property.await) }
        };
        let asked = names(unit).filter(|(of, _)| interface == ALL || *of == interface);
        let mut some = HashMap::new();
        let mut refused = None;
        for (name, answer) in together(asked.map(ask)).await {
            match answer {
                Ok(value) => drop(some.insert(name.to_owned(), value)),
                Err(error) => refused = Some(error),
            }
        }
        match refused.filter(|_| some.is_empty()) {
            Some(error) => Err(error),
            None => Ok(Properties::new(some)),
        }
    }
}

/// The interface of a unit's type, and what is needed of it.
fn of_type(unit: &str) -> (&'static str, &'static [&'static str]) {
    match unit.rsplit_once('.').map_or("service", |(_, suffix)| suffix) {
        "service" => ("org.freedesktop.systemd1.Service", Properties::OF_SERVICE),
        "timer" => ("org.freedesktop.systemd1.Timer", Properties::of_trigger("timer")),
        "socket" => ("org.freedesktop.systemd1.Socket", Properties::of_trigger("socket")),
        "path" => ("org.freedesktop.systemd1.Path", Properties::of_trigger("path")),
        _ => ("", &[]),
    }
}

/// The properties to ask for one by one, each with its interface.
fn names(unit: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (interface, names) = of_type(unit);
    // Not even alone: the manager that cannot send it may fall silent.
    let of_type = names.iter().filter(|name| **name != "ExecStartEx").map(move |name| (interface, *name));
    Properties::OF_UNIT.iter().map(|name| (OF_UNITS, *name)).chain(of_type)
}

/// Those that are needed, of the hundreds that there are.
fn needed(all: &Message) -> zbus::Result<Properties> {
    let body = all.body();
    let all: HashMap<&str, Variant<'_>> = body.deserialize()?;
    let lists = [Properties::OF_UNIT, Properties::OF_SERVICE];
    let triggers = ["timer", "socket", "path"].map(Properties::of_trigger);
    let names = lists.iter().chain(&triggers).copied().flatten();
    let some = names.filter_map(|name| Some((*name, all.get(name)?)));
    let owned = some.map(|(name, value)| Ok((name.to_owned(), value.try_to_owned()?)));
    Ok(Properties::new(owned.collect::<zbus::Result<_>>()?))
}

/// How much later it is by the clock than by the time since boot, in microseconds.
fn ahead() -> u64 {
    let since_boot = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let since_boot = Duration::try_from(since_boot).unwrap_or_default();
    let by_clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(by_clock.saturating_sub(since_boot).as_micros()).unwrap_or_default()
}
