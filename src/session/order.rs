//! An order: services that were resolved as the user, serialized for the elevated process, which installs them as root;
//! or the command line of a verb on existing services.
//!
//! The elevated process trusts nothing in an order: each value is parsed again, and an unknown key or an order of
//! another version is refused.

use std::ffi::OsString;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::output::wording::Wording;
use crate::resolve::InstallOptions;
use crate::spec::{HandedSecret, ManifestId, Property, ServiceSpec};
use crate::{hardening, resolve};

/// More bytes than an order can have: the kernel limits command lines (execve(2)), and a byte is at most 4 characters.
pub const SIZE_MAX: u64 = 64 << 20;

const FORMAT: u64 = 4;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<T> {
    format: u64,
    version: String,
    order: T,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub services: Vec<OrderedService>,
    /// The manifest that they come from; `None` for a service that was given on the command line.
    pub applied: Option<Applied>,
    /// The user's command line.
    pub arguments: Vec<OsString>,
    /// The user's editors, for `edit`: root's environment has none.
    pub editors: Vec<OsString>,
    /// The user's target is `Offline`: root does not see SYSTEMD_OFFLINE.
    pub offline: bool,
}

/// A system service.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderedService {
    pub spec: ServiceSpec,
    pub install: InstallOptions,
    /// With the values that were prompted for.
    pub secrets: Vec<HandedSecret>,
    pub notes: Vec<String>,
    pub warnings: Vec<String>,
}

/// A manifest that is applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applied {
    /// `None` is stdin without a name.
    pub file: Option<ManifestId>,
    /// Remove services that were created from this file and are no longer in it.
    pub prune: bool,
    /// Take over services that another file declares.
    pub adopt: bool,
    /// Remove them even if they were edited by hand.
    pub force: bool,
}

pub fn write(order: &Order) -> Vec<u8> {
    let document = Document { format: FORMAT, version: env!("CARGO_PKG_VERSION").into(), order };
    serde_json::to_vec(&document).expect("paths are UTF-8 or serialized as bytes")
}

pub fn read(bytes: &[u8]) -> Result<Order, String> {
    let Document::<IgnoredAny> { format, version, .. } = parsed(bytes)?;
    let own = env!("CARGO_PKG_VERSION");
    if format != FORMAT || version != own {
        return Err(format!("it is of version {version} (format {format}), and this is {own} (format {FORMAT})"));
    }
    let Document::<Order> { order, .. } = parsed(bytes)?;
    order.services.iter().try_for_each(|service| refuse_invalid(&service.spec))?;
    match (order.services.len(), &order.applied) {
        // Without a service, the command line is that of a verb on existing ones.
        (0 | 1, None) | (_, Some(_)) => Ok(order),
        _ => Err("a command line stands for one service".into()),
    }
}

fn parsed<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// Refuses values that do not go together.
fn refuse_invalid(spec: &ServiceSpec) -> Result<(), String> {
    if let Some(instances) = &spec.instances {
        instances.fit(&spec.name).map_err(|why| format!("the list of instances {why}"))?;
    }
    if spec.timer.as_ref().is_some_and(|timer| timer.events.is_empty()) {
        return Err("the timer has no times".into());
    }
    let lines = spec.hardening.iter().flat_map(|it| &it.lines);
    if let Some(other) = lines.map(Property::name).find(|name| !hardening::is_written(name)) {
        return Err(format!("{other} does not sandbox a service"));
    }
    resolve::refuse_conflicts(spec).map_err(|error| Wording::default().lines(&error).join("; "))
}

#[cfg(test)]
mod tests;
