//! Finds the services that a verb works on, and their scope, by the names that were given.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use glob::Pattern;

use crate::cli::ServiceNames;
use crate::host::{Host, tree};
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{Message, message, quoted};
use crate::output::ui;
use crate::session::context::Context;
use crate::spec::{Scope, UnitName};
use crate::state;

/// Up to this number of names, looking up each is faster than listing all services.
const FEW: usize = 8;

/// The services of one scope.
struct Known<'a> {
    scope: Scope,
    host: &'a Host,
    /// Read when it is needed: a name alone can be looked up.
    managed: OnceCell<Vec<UnitName>>,
}

/// Puts the names of services in place of those that were given, and returns their scope: the one in which they exist.
/// `None` for names that are found nowhere; the verb says so.
pub fn find(names: &mut ServiceNames<'_>, verb: Verb, context: &Context<'_>) -> Result<Option<Scope>> {
    let Context { host, ui, .. } = *context;
    let mut known = known(host)?;
    let default = known[0].scope;
    let mut given = names.given();
    // What is deleted is named, or in the default scope.
    if verb == Verb::Remove && (names.is_all() || given.iter().any(|name| is_glob(name))) {
        known.truncate(1);
    }
    if names.is_all() {
        return all(names, &known, context);
    }
    if given.is_empty() {
        if names.is_optional() {
            return Ok(None);
        }
        let Some(known) = first(&known)? else {
            return Err(Error::new(Code::ServiceMissing, "no service given; there are no services yet"));
        };
        names.set(choose(known, verb, names.is_one(), context)?);
        return Ok(Some(known.scope));
    }
    // Many names are looked up in a list.
    if given.len() > FEW {
        known.iter().try_for_each(|known| known.managed().map(drop))?;
    }
    let exact = best(&given, &known, host);
    let scope = match exact {
        Some(found) if found.has_all => found.scope,
        _ if verb.only_reads() => {
            for name in &mut given {
                if let Some(meant) =
                    alike(name, &known).filter(|_| !known.iter().any(|it| it.find(name, host).is_some()))
                {
                    *name = meant.as_str().to_owned();
                }
            }
            best(&given, &known, host).map_or(default, |found| found.scope)
        }
        Some(found) => found.scope,
        None => default,
    };
    let Some(known) = known.iter().find(|known| known.scope == scope) else { return Ok(None) };
    let mut found: Vec<String> = Vec::new();
    for name in &given {
        match known.find(name, host) {
            Some(names) => found.extend(names.iter().map(|name| name.as_str().to_owned())),
            None if is_glob(name) => {
                let message = message!("no service matches {}", quoted(name));
                return Err(Error::new(Code::ServiceNotFound, message).hint(list(scope, default)));
            }
            None => found.push(name.clone()),
        }
    }
    let is_found = given.iter().any(|name| known.find(name, host).is_some());
    if verb == Verb::Logs && is_found && (scope != default || found != names.given()) && host.given_scope.is_none() {
        ui.note(format!("the log of {} ({scope} service)", found.join(", ")));
    }
    if names.is_one() && found.len() > 1 {
        return Err(Error::new(Code::Usage, message!("choose only one service; found {}", found.join(", "))));
    }
    names.set(found);
    Ok(is_found.then_some(scope))
}

fn all(names: &mut ServiceNames<'_>, known: &[Known<'_>], context: &Context<'_>) -> Result<Option<Scope>> {
    let Some(known) = first(known)? else { return Ok(None) };
    if context.host.given_scope.is_none() && known.scope != context.host.scope() {
        context.ui.note(format!("all services are {} services", known.scope));
    }
    names.set(known.managed()?.iter().map(|name| name.as_str().to_owned()).collect());
    Ok(Some(known.scope))
}

/// The scopes in which services can be, the default one first.
fn known(host: &Host) -> Result<Vec<Known<'_>>> {
    let default = host.scope();
    let other = if default == Scope::User { Scope::System } else { Scope::User };
    state::unit_dir(default, host)?;
    let mut known = vec![Known::new(default, host)];
    // Under sudo, root's own user services are not meant.
    if host.given_scope.is_none() && host.image().is_none() && !host.elevated {
        known.push(Known::new(other, host));
    }
    Ok(known)
}

/// The first scope with services.
fn first<'a, 'b>(known: &'b [Known<'a>]) -> Result<Option<&'b Known<'a>>> {
    for known in known {
        if !known.managed()?.is_empty() {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

struct Best {
    scope: Scope,
    has_all: bool,
}

/// The scope that has most of the names; the first one of several.
fn best(names: &[String], known: &[Known<'_>], host: &Host) -> Option<Best> {
    let count =
        |of: &dyn Fn(&Known<'_>, &str) -> bool, known: &Known<'_>| names.iter().filter(|name| of(known, name)).count();
    let manages = |known: &Known<'_>, name: &str| known.find_managed(name).is_some();
    let has = |known: &Known<'_>, name: &str| known.find(name, host).is_some();
    // Services that mkservice manages count more than others of the same name.
    let rank = |known: &Known<'_>| (count(&has, known), count(&manages, known));
    let mut best: Option<(&Known<'_>, (usize, usize))> = None;
    for known in known {
        if best.is_none_or(|(_, rank_of_best)| rank(known) > rank_of_best) {
            best = Some((known, rank(known)));
        }
    }
    let (known, (count, _)) = best?;
    (count > 0).then_some(Best { scope: known.scope, has_all: count == names.len() })
}

impl<'a> Known<'a> {
    fn new(scope: Scope, host: &'a Host) -> Known<'a> {
        Known { scope, host, managed: OnceCell::new() }
    }

    /// All services, in order.
    fn managed(&self) -> Result<&[UnitName]> {
        if let Some(managed) = self.managed.get() {
            return Ok(managed);
        }
        let managed = match state::managed(self.scope, self.host) {
            // A user without a home directory has no user services.
            Err(_) if self.scope != self.host.scope() => Vec::new(),
            managed => managed?,
        };
        Ok(self.managed.get_or_init(|| managed))
    }

    fn manages(&self, name: &UnitName) -> bool {
        match self.managed.get() {
            Some(managed) => managed.binary_search(name).is_ok(),
            None => state::is_managed(name, self.scope, self.host),
        }
    }

    /// The services that a name or a pattern stands for.
    fn find(&self, text: &str, host: &Host) -> Option<Vec<UnitName>> {
        let is_unit = |name: &UnitName| {
            host.unit_search_path(self.scope).iter().any(|dir| tree::symlink_metadata(dir.join(name.unit())).is_ok())
        };
        let unmanaged = || UnitName::existing(text).ok().filter(is_unit).map(|name| vec![name]);
        self.find_managed(text).or_else(unmanaged)
    }

    fn find_managed(&self, text: &str) -> Option<Vec<UnitName>> {
        if is_glob(text) {
            let pattern = Pattern::new(text.strip_suffix(".service").unwrap_or(text)).ok()?;
            let matching = self.managed().ok()?.iter().filter(|name| pattern.matches(name.as_str()));
            return Some(matching.cloned().collect::<Vec<_>>()).filter(|names| !names.is_empty());
        }
        let name = UnitName::existing(text).ok()?;
        let is_managed = self.manages(&name) || name.group().is_some_and(|group| self.manages(&group));
        is_managed.then(|| vec![name])
    }
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// The only service whose name was probably meant by a script's name, without the trailing d, or in other letters.
fn alike(text: &str, known: &[Known<'_>]) -> Option<UnitName> {
    let all: BTreeSet<&UnitName> = known.iter().flat_map(|known| known.managed().unwrap_or_default()).collect();
    let mut alike = all.into_iter().filter(|name| is_alike(text, name.as_str()));
    alike.next().filter(|_| alike.next().is_none()).cloned()
}

fn is_alike(text: &str, name: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
    };
    let file = text.trim_end_matches('/').rsplit('/').next().unwrap_or(text);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let name = plain(name);
    let without_d = |text: &str| text.strip_suffix('d').unwrap_or(text).to_owned();
    [file, stem].map(plain).iter().any(|form| !form.is_empty() && without_d(form) == without_d(&name))
}

/// Known names that are similar to an unknown one: those it is a part of first, then those with few other letters.
pub fn nearest(text: &str, known: &[UnitName]) -> Vec<UnitName> {
    const FEW: usize = 3;
    let text = text.to_lowercase();
    // A wrong letter makes another word of a short one.
    let slips = text.len() / 3;
    let distance = |name: &str| match name.to_lowercase() {
        name if is_alike(&text, &name) => 0,
        name if text.len() > 2 && name.contains(&text) || name.len() > 2 && text.contains(&name) => 1,
        name => {
            let without_d = name.strip_suffix('d').unwrap_or(&name);
            strsim::osa_distance(&name, &text).min(strsim::osa_distance(without_d, &text)) + 1
        }
    };
    let mut near: Vec<(usize, &UnitName)> = known.iter().map(|name| (distance(name.as_str()), name)).collect();
    near.retain(|(distance, _)| *distance <= slips + 1);
    near.sort();
    near.into_iter().take(FEW).map(|(_, name)| name.clone()).collect()
}

fn choose(known: &Known<'_>, verb: Verb, one: bool, context: &Context<'_>) -> Result<Vec<String>> {
    let items: Vec<String> = known.managed()?.iter().map(|name| name.as_str().to_owned()).collect();
    let mut chosen = Vec::new();
    if !context.ui.is_json() && ui::can_ask() {
        let mut verb = verb.name().to_owned();
        verb[..1].make_ascii_uppercase();
        let what = if one { "number or name" } else { "numbers or names" };
        let places = ui::choose(&format!("{verb} which? ({what})"), &items);
        chosen.extend(places.into_iter().filter_map(|place| items.get(place).cloned()));
    }
    match chosen.len() {
        0 => Err(Error::new(Code::ServiceMissing, "no service given").hint(list(known.scope, context.host.scope()))),
        2.. if one => Err(Error::new(Code::Usage, "choose only one service")),
        _ => Ok(chosen),
    }
}

/// A hint for somebody who has to know the names.
pub fn list(scope: Scope, default: Scope) -> Message {
    let list = mkservice(["list"]);
    let list = if scope == default { list } else { list.arg(format!("--{scope}")) };
    message!("list the services: {}", list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Vec<UnitName> {
        all.iter().map(|name| UnitName::existing(name).unwrap()).collect()
    }

    #[test]
    fn only_match_is_found() {
        let host = Host::observe();
        let known_as = |all: &[&str]| [Known { managed: names(all).into(), ..Known::new(Scope::User, &host) }];
        let known = known_as(&["hellod", "my-appd", "other"]);
        for (text, meant) in [
            ("hello", Some("hellod")),
            ("hello.py", Some("hellod")),
            ("Hellod", Some("hellod")),
            ("./src/hello.py", Some("hellod")),
            ("hellod.timer", Some("hellod")),
            ("otherd", Some("other")),
            ("my_app.py", Some("my-appd")),
            ("hell", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(alike(text, &known).map(|name| name.to_string()).as_deref(), meant, "{text}");
        }
        let two = known_as(&["hello", "hellod"]);
        assert_eq!(alike("hello.py", &two), None);
    }

    #[test]
    fn nearest_names_are_few_and_similar() {
        let known = names(&["hellod", "hello-web", "hello2", "helloworld", "backup", "web"]);
        let near = |text: &str| nearest(text, &known).iter().map(UnitName::to_string).collect::<Vec<_>>();
        assert_eq!(near("helo"), ["hellod"]);
        assert_eq!(near("hello"), ["hellod", "hello-web", "hello2"]);
        assert_eq!(near("wbe"), ["web"]);
        assert_eq!(near("nosuchthing"), [""; 0]);
        let short = nearest("0", &names(&["r", "ab"]));
        assert!(short.is_empty(), "{short:?}");
    }
}
