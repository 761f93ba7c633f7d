//! Queries about a single unit.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use futures_util::future::try_join;
use zbus::message::Message;
use zbus::{OwnedVariant, Variant};

use super::Manager;
use super::many::ListedUnit;
use crate::manager::bus::{self, CALL, within};
use crate::manager::peer::{self, UNIT};
use crate::manager::state::{LastRun, Properties, TriggerState, UnitState};
use crate::model::diagnostic::Result;
use crate::model::wait::together;

/// The first version that answers with an error for a property that it cannot send.
const SENDS_ERRORS: u32 = 252;

/// All interfaces of an object.
const ALL: &str = "";

/// A unit at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub state: UnitState,
    /// The current or last run of a service; only the result for a timer, socket or path.
    pub run: LastRun,
    pub trigger: TriggerState,
}

impl Manager {
    /// Loads the unit if necessary.
    pub async fn snapshot(&self, unit: &str) -> Result<Snapshot> {
        let read = within(format!("querying {unit}"), CALL, self.properties(unit, ALL)).await?;
        let suffix = unit.rsplit_once('.').map_or("service", |(_, suffix)| suffix);
        let run = match suffix {
            "service" => read.run(),
            "timer" | "socket" | "path" => LastRun { result: read.run().result, ..LastRun::default() },
            // Targets and the like have no properties of their own.
            _ => LastRun::default(),
        };
        let is_trigger = matches!(suffix, "timer" | "socket" | "path");
        let trigger = if is_trigger { read.trigger(ahead()) } else { TriggerState::default() };
        Ok(Snapshot { state: read.unit(), run, trigger })
    }

    /// Only the state; loads the unit if necessary.
    pub async fn unit(&self, unit: &str) -> Result<UnitState> {
        Ok(within(format!("querying {unit}"), CALL, self.properties(unit, UNIT)).await?.unit())
    }

    /// What a plan needs: how a unit was loaded, its state, its file, whether that has changed, and when it began to
    /// run. `only_file` is the only file of that name.
    pub(super) async fn for_plan(&self, unit: &str, only_file: &Path, brief: &ListedUnit) -> Result<UnitState> {
        let path = peer::unit_path(unit);
        let doing = || format!("querying {unit}");
        let needs_reload = self.peer.property::<bool>(&path, UNIT, "NeedDaemonReload");
        let begun = self.peer.property::<u64>(&path, UNIT, "InactiveExitTimestamp");
        let (needs_reload, begun) = within(doing(), CALL, try_join(needs_reload, begun)).await?;
        let fragment = match only_file.to_str() {
            Some(file) if brief.load == "loaded" && !needs_reload => file.to_owned(),
            _ => within(doing(), CALL, self.peer.property::<String>(&path, UNIT, "FragmentPath")).await?,
        };
        let ListedUnit { load, active, sub } = brief.clone();
        Ok(UnitState { load, active, sub, fragment, needs_reload, begun, condition_met: true, ..UnitState::default() })
    }

    pub async fn last_run(&self, unit: &str) -> Result<LastRun> {
        Ok(self.snapshot(unit).await?.run)
    }

    pub async fn trigger(&self, unit: &str) -> Result<TriggerState> {
        Ok(self.snapshot(unit).await?.trigger)
    }

    /// All properties of an interface, or of [`ALL`], from one moment. A command line that is not UTF-8 cannot be sent,
    /// nor can any other property along with it; then they are asked for one by one. (Version 247 loses its connection
    /// to the bus over such a command line, so it is not asked.)
    async fn properties(&self, unit: &str, interface: &'static str) -> zbus::Result<Properties> {
        let path = peer::unit_path(unit);
        if self.version >= SENDS_ERRORS {
            match self.peer.get_all(&path, interface).await {
                Ok(all) => return needed(&all),
                Err(error) if bus::is_lost(&error) => return Err(error),
                Err(_) => {}
            }
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
                // The rest would look like a unit without these properties.
                Err(error) if bus::is_lost(&error) => return Err(error),
                Err(error) => refused = Some(error),
            }
        }
        match refused.filter(|_| some.is_empty()) {
            Some(error) => Err(error),
            None => Ok(Properties::new(some)),
        }
    }
}

/// The interface of a unit's type, and the properties needed from it.
fn of_type(unit: &str) -> (&'static str, &'static [&'static str]) {
    match unit.rsplit_once('.').map_or("service", |(_, suffix)| suffix) {
        "service" => ("org.freedesktop.systemd1.Service", Properties::OF_SERVICE),
        "timer" => ("org.freedesktop.systemd1.Timer", Properties::of_trigger("timer")),
        "socket" => ("org.freedesktop.systemd1.Socket", Properties::of_trigger("socket")),
        "path" => ("org.freedesktop.systemd1.Path", Properties::of_trigger("path")),
        _ => ("", &[]),
    }
}

/// The properties to ask for one by one, with their interfaces.
fn names(unit: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (interface, names) = of_type(unit);
    // Not even alone: a manager that cannot send it may not answer.
    let of_type = names.iter().filter(|name| **name != "ExecStartEx").map(move |name| (interface, *name));
    Properties::OF_UNIT.iter().map(|name| (UNIT, *name)).chain(of_type)
}

/// Filters the needed properties out of hundreds.
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

/// The offset of the realtime clock to the monotonic one, in microseconds.
fn ahead() -> u64 {
    let since_boot = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let since_boot = Duration::try_from(since_boot).unwrap_or_default();
    let by_clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(by_clock.saturating_sub(since_boot).as_micros()).unwrap_or_default()
}
