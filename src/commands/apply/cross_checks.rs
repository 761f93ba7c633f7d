//! Conflicts between services of one file: the same unit or address twice, or a circle of dependencies.

use std::collections::HashMap;
use std::path::Path;

use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, quoted, set};
use crate::resolve::Resolved;
use crate::resolve::dependencies::option_of;
use crate::spec::{Address, ServiceSpec, UnitKind, UnitName};
use crate::unit::install::{self, dependents_directory};

/// The maximum number of names in a message about a cycle.
const NAMES_MAX: usize = 12;

/// Refuses services that are each right by themselves, and cannot all be there.
pub fn refuse(services: &[&Resolved], blame: &dyn Fn(&UnitName, Error) -> Error) -> Result<()> {
    let mut refused = Vec::new();
    let mut owners: HashMap<String, &ServiceSpec> = HashMap::new();
    let mut addresses: Vec<(&Address, &ServiceSpec)> = Vec::new();
    for resolved in services {
        let spec = &resolved.spec;
        for unit in spec.units().into_iter().map(|kind| spec.name.unit_of(kind)).chain(aliases(spec)) {
            match owners.get(&unit) {
                Some(other) => refused.push(blame(&spec.name, of_two(&unit, spec, other))),
                None => drop(owners.insert(unit, spec)),
            }
        }
        for address in own_addresses(resolved) {
            match addresses.iter().find(|(taken, _)| taken.overlaps(address)) {
                Some((_, other)) => refused.push(blame(&spec.name, at_two(address, other))),
                None => addresses.push((address, spec)),
            }
        }
    }
    let specs: Vec<&ServiceSpec> = services.iter().map(|resolved| &resolved.spec).collect();
    refused.extend(Order::of(&specs).circle().map(|(name, error)| blame(name, error)));
    Error::all(refused).map_or(Ok(()), Err)
}

/// What else its units are called.
fn aliases(spec: &ServiceSpec) -> impl Iterator<Item = String> {
    let links = spec.units().into_iter().filter_map(|kind| install::links(spec, kind, Path::new("/")).ok()).flatten();
    let beside = links.filter(|link| dependents_directory(&link.path).is_none());
    beside.filter_map(|link| Some(link.path.file_name()?.to_str()?.to_owned()))
}

fn of_two(unit: &str, spec: &ServiceSpec, other: &ServiceSpec) -> Error {
    let is_companion = |spec: &ServiceSpec| unit == spec.name.unit_of(UnitKind::Failure);
    let whose = match (is_companion(other), is_companion(spec)) {
        (true, false) => message!("the unit that service {} starts on failure", quoted(other.name.as_str())),
        (false, true) => {
            message!("the service {}, but is needed for the command to run on failure", quoted(other.name.as_str()))
        }
        _ => message!("a unit of service {}", quoted(other.name.as_str())),
    };
    let message = message!("{} is already {}", quoted(unit), whose);
    Error::new(Code::Conflict, message).hint("give one of them another name")
}

fn at_two(address: &Address, other: &ServiceSpec) -> Error {
    let (listen, other) = (set("listen", address.to_string()), quoted(other.name.as_str()));
    let message = message!("{}: service {} listens on the same address", listen, other);
    Error::new(Code::Conflict, message).about_option("listen")
}

/// The addresses that no other service can have. A service that is neither started nor enabled can replace another.
fn own_addresses(resolved: &Resolved) -> impl Iterator<Item = &Address> {
    let Resolved { spec, install, .. } = resolved;
    let shares = ["ReusePort", "BindIPv6Only", "BindToDevice"].into_iter().any(|name| spec.property_sets(name));
    let listens = (install.start || install.enable) && !shares;
    spec.socket.iter().filter(move |_| listens).flat_map(|socket| &socket.addresses)
}

/// Which service is started behind which others.
struct Order<'a> {
    services: &'a [&'a ServiceSpec],
    /// For each service those that it waits for, and the directive and unit by which it does.
    behind: Vec<Vec<(usize, &'static str, &'a str)>>,
}

impl<'a> Order<'a> {
    fn of(services: &'a [&'a ServiceSpec]) -> Order<'a> {
        // A target is reached behind its instances; what triggers a service is there before it, and waits for nothing.
        let kinds = [UnitKind::Service, UnitKind::Template, UnitKind::Target];
        let of_units = services.iter().enumerate().flat_map(|(at, spec)| {
            let kinds = spec.units().into_iter().filter(|kind| kinds.contains(kind));
            kinds.map(move |kind| (spec.name.unit_of(kind), at))
        });
        let of_units: HashMap<String, usize> = of_units.collect();
        let behind = services.iter().map(|spec| {
            let depends = &spec.dependencies;
            let waits = depends.after.iter().filter_map(|unit| {
                let by = if depends.requires.contains(unit) { "Requires" } else { "After" };
                Some((*of_units.get(&unit.file())?, by, unit.as_str()))
            });
            waits.collect()
        });
        Order { services, behind: behind.collect() }
    }

    /// The first service that waits for itself, with what to say of that.
    fn circle(&self) -> Option<(&'a UnitName, Error)> {
        let mut is_done = vec![false; self.services.len()];
        let mut is_on_path = is_done.clone();
        for start in 0..self.services.len() {
            // The path from the start, and how far each service on it has been followed.
            let mut path: Vec<(usize, usize)> = vec![(start, 0)];
            is_on_path[start] = true;
            while let Some((at, followed)) = path.last_mut() {
                let at = *at;
                let next = self.behind[at].get(*followed).map(|(next, ..)| *next);
                *followed += 1;
                match next {
                    Some(next) if is_done[next] => {}
                    Some(next) if is_on_path[next] => return Some(self.circle_error(&path, next)),
                    Some(next) => {
                        is_on_path[next] = true;
                        path.push((next, 0));
                    }
                    None => {
                        (is_done[at], is_on_path[at]) = (true, false);
                        path.pop();
                    }
                }
            }
        }
        None
    }

    /// What to say of a path that comes back to `first`.
    fn circle_error(&self, path: &[(usize, usize)], first: usize) -> (&'a UnitName, Error) {
        let circle: Vec<usize> = path.iter().map(|(at, _)| *at).skip_while(|at| *at != first).collect();
        let name = |at: usize| &self.services[at].name;
        let followed = path.iter().find(|(at, _)| *at == first).map_or(1, |(_, followed)| *followed);
        let (_, by, unit) = self.behind[first][followed - 1];
        let mut others: Vec<String> =
            circle.iter().skip(1).chain([&first]).map(|at| format!("after `{}`", name(*at))).collect();
        // Nobody reads thousands of names.
        if let Some(more) = others.len().checked_sub(NAMES_MAX).filter(|more| *more > 0) {
            others.splice(NAMES_MAX / 2..NAMES_MAX / 2 + more, [format!("after {more} others")]);
        }
        let (option, others) = (option_of(by), others.join(", which starts "));
        let message = message!(
            "{} creates an ordering cycle: {} starts {}",
            set(option, unit),
            quoted(name(first).as_str()),
            others
        );
        (name(first), Error::new(Code::Conflict, message).about_option(option))
    }
}
