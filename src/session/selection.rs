//! What verbs work on: the scope, its manager, and the named services.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::checks::escalation;
use crate::host::{Host, tree};
use crate::manager::state::UnitState;
use crate::manager::{AskedUnit, Manager, Snapshot};
use crate::model::Verb;
use crate::model::command::{mkservice, run, systemctl};
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{Message, message, opt, quoted};
use crate::model::wait::together;
use crate::output::report;
use crate::resolve;
use crate::resolve::naming::invalid_name;
use crate::session::context::{Context, manager, search_path};
use crate::session::find;
use crate::spec::{Instances, Scope, UnitKind, UnitName};
use crate::state::service::{Instance, Service, run_of_all};
use crate::state::{self, ExistingFile, ExistingUnit, Places, Present};

pub struct ScopeSession {
    pub scope: Scope,
    /// `None` if it is not running.
    pub manager: Option<Manager>,
    pub search_path: Vec<PathBuf>,
    /// Read when they are needed.
    pub(super) known: OnceCell<Vec<UnitName>>,
}

impl ScopeSession {
    /// Without a manager, only files are changed. `changes` means that system services need root.
    pub async fn of(changes: bool, context: &Context<'_>) -> Result<ScopeSession> {
        let scope = resolve::scope_of(changes, context.invocation, context.host)?;
        if changes {
            escalation::refuse_foreign_way(scope, context.host)?;
        }
        state::unit_dir(scope, context.host)?;
        let manager = match manager(scope, context.host).await {
            Err(error) if error.code() == Code::ManagerMissing => None,
            other => other?,
        };
        let search_path = search_path(scope, manager.as_ref(), context.host).await?;
        Ok(ScopeSession { scope, manager, search_path, known: OnceCell::new() })
    }

    /// The services that mkservice manages, in order.
    pub fn known(&self, host: &Host) -> Result<&[UnitName]> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let known = state::managed(self.scope, host)?;
        Ok(self.known.get_or_init(|| known))
    }

    /// The given names without duplicates.
    pub fn names(&self, typed: &[String]) -> Result<Vec<UnitName>> {
        let (mut names, mut there) = (Vec::new(), BTreeSet::new());
        for text in typed {
            let name = UnitName::existing(text).map_err(|why| invalid_name(text, &why))?;
            if there.insert(name.clone()) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// The same for verbs that work on one service.
    pub fn one(&self, typed: Option<&String>) -> Result<UnitName> {
        let text = typed.map(String::as_str).unwrap_or_default();
        UnitName::existing(text).map_err(|why| invalid_name(text, &why))
    }

    /// The manager, for a verb that does not work without one.
    pub fn manager(&self, verb: Verb) -> Result<&Manager> {
        self.manager.as_ref().ok_or_else(|| no_manager(verb))
    }

    pub async fn read(&self, name: &UnitName, host: &Host) -> Result<Service> {
        read(name, self.scope, &[], &self.search_path, self.manager.as_ref(), host).await
    }

    /// Reads services together: each directory is listed once. One that cannot be read from disk does not keep the
    /// others from being read.
    pub async fn read_each(&self, names: &[UnitName], depth: Depth, host: &Host) -> Result<Vec<Result<Service>>> {
        let places = Places::read(self.scope, &self.search_path, names.len(), host)?;
        let wanted: Vec<_> = names.iter().map(|name| (name, Vec::new())).collect();
        read_services(&wanted, &places, depth, self.manager.as_ref(), host).await
    }

    pub async fn read_all(&self, names: &[UnitName], depth: Depth, host: &Host) -> Result<Vec<Service>> {
        self.read_each(names, depth, host).await?.into_iter().collect()
    }

    /// Adds their current state to the JSON document.
    pub async fn report_all(&self, names: &[UnitName], context: &Context<'_>) -> Result<()> {
        if !context.ui.is_json() {
            return Ok(());
        }
        for service in self.read_all(names, Depth::Full, context.host).await? {
            let service = report::service_json(&service, None, context.host);
            context.ui.document(|document| document.services.push(service));
        }
        Ok(())
    }

    pub async fn report(&self, name: &UnitName, context: &Context<'_>) -> Result<()> {
        self.report_all(std::slice::from_ref(name), context).await
    }

    /// The services must exist, whether mkservice manages them or not.
    pub async fn services(&self, names: &[UnitName], verb: Verb, host: &Host) -> Result<Vec<Service>> {
        let services = self.read_all(names, Depth::Full, host).await?;
        services.iter().try_for_each(|service| self.refuse_missing(service, verb, host))?;
        Ok(services)
    }

    pub fn refuse_missing(&self, service: &Service, verb: Verb, host: &Host) -> Result<()> {
        match (service.exists(), service.is_instance()) {
            (true, _) => Ok(()),
            (false, true) => Err(self.no_instance(service)),
            (false, false) => Err(self.unknown(&service.name, verb, host)),
        }
    }

    /// The services must exist and be managed by mkservice unless `force`.
    pub async fn own(
        &self,
        names: &[UnitName],
        verb: Verb,
        depth: Depth,
        force: bool,
        host: &Host,
    ) -> Result<Vec<Service>> {
        let services = self.read_all(names, depth, host).await?;
        services.iter().try_for_each(|service| self.refuse(service, verb, force, host))?;
        Ok(services)
    }

    /// Refuses a service that does not exist, that the verb cannot work on, or, unless `force`, that mkservice does not
    /// manage.
    pub fn refuse(&self, service: &Service, verb: Verb, force: bool, host: &Host) -> Result<()> {
        self.refuse_missing(service, verb, host)?;
        let name = &service.name;
        let is_of_template =
            matches!(verb, Verb::Update | Verb::Edit | Verb::Rename | Verb::Run | Verb::Harden | Verb::Export);
        if let Some(group) = name.group().filter(|_| service.is_instance() && is_of_template) {
            let message =
                message!("{} has no unit file of its own: all instances of {} share a template", name, &group);
            let error = Error::invalid(message).service(name);
            return Err(error.hint(mkservice([verb.name(), group.as_str()])));
        }
        if service.is_group() && matches!(verb, Verb::Run | Verb::Harden) {
            let message = message!("{} has instances, which `mkservice {}` does not support", name, verb);
            return Err(Error::invalid(message).service(name));
        }
        let runs = service.state.as_ref().is_some_and(UnitState::is_up);
        if service.is_masked() && !(verb == Verb::Stop && runs) {
            return Err(masked(service));
        }
        let is_gone = service.present.main.file == ExistingFile::Nothing && service.file() == service.present.main.path;
        if is_gone && (!service.is_managed() || matches!(verb, Verb::Enable | Verb::Edit | Verb::Rename)) {
            return Err(file_missing(service));
        }
        if !service.is_managed() && !force {
            return Err(not_managed(service, verb));
        }
        match service.shadowed_by().filter(|_| !force) {
            Some(path) => Err(shadowed(service, &path)),
            None => Ok(()),
        }
    }

    /// The same for one.
    pub async fn own_one(&self, name: &UnitName, verb: Verb, force: bool, host: &Host) -> Result<Service> {
        Ok(self.own(std::slice::from_ref(name), verb, Depth::Full, force, host).await?.remove(0))
    }

    pub fn no_instance(&self, service: &Service) -> Error {
        let group = service.name.group().unwrap_or_else(|| service.name.clone());
        let wanted = service.wanted_instances();
        let known: Vec<UnitName> = wanted.iter().flat_map(Instances::names).map(|it| group.instance(it)).collect();
        let message = message!(
            "no {} service named {}; known instances: {}",
            self.scope,
            quoted(service.name.as_str()),
            listed(&known)
        );
        Error::new(Code::ServiceNotFound, message).service(&service.name)
    }

    /// Where no scope was given, both were searched.
    fn not_found(&self, name: &UnitName, host: &Host) -> Error {
        let is_searched = host.given_scope.is_none() && host.image().is_none() && !host.elevated;
        let other = if self.scope == Scope::User { Scope::System } else { Scope::User };
        let others = if is_searched { state::managed(other, host).unwrap_or_default() } else { Vec::new() };
        let known: Vec<UnitName> = self.known(host).unwrap_or_default().iter().chain(&others).cloned().collect();
        let what = if is_searched { "service".to_owned() } else { format!("{} service", self.scope) };
        let near = find::nearest(name.as_str(), &known);
        let message = match (known.is_empty(), near.is_empty()) {
            (true, _) => message!("no {} named {}; there are no {}s yet", what, quoted(name.as_str()), what),
            (_, true) => message!("no {} named {}", what, quoted(name.as_str())),
            (_, false) => message!("no {} named {}; did you mean {}?", what, quoted(name.as_str()), one_of(&near)),
        };
        Error::new(Code::ServiceNotFound, message).service(name)
    }

    pub fn unknown(&self, name: &UnitName, verb: Verb, host: &Host) -> Error {
        let other = if self.scope == Scope::User { Scope::System } else { Scope::User };
        let is_managed = || state::managed(other, host).is_ok_and(|names| names.contains(name));
        let is_there = || host.unit_search_path(other).iter().any(|dir| tree::exists(dir.join(name.unit())));
        let only_looks = matches!(verb, Verb::Status | Verb::Logs | Verb::Cat);
        let error = self.not_found(name, host);
        let in_words = matches!(verb, Verb::Start | Verb::Stop | Verb::Restart | Verb::Status | Verb::Logs);
        if in_words && name.as_str() == "all" && !self.known(host).unwrap_or_default().is_empty() {
            return error.hint(message!("for all services: {}", mkservice([verb.name(), "--all"])));
        }
        let is_file = || host.dir.as_ref().is_some_and(|dir| tree::is_file(dir.join(name.as_str())));
        if matches!(verb, Verb::Start | Verb::Run) && host.image().is_none() && is_file() {
            return error.hint(message!("create a service from it: {}", mkservice(["add", name.as_str()])));
        }
        match other {
            _ if host.image().is_some() => error,
            _ if host.is_global() || !(is_managed() || (only_looks && is_there())) => {
                match self.known(host).unwrap_or_default() {
                    [] => error
                        .hint(message!("create one: {}", mkservice(["COMMAND"])))
                        .hint(message!("list all services: {}", mkservice(["list", "--all"]))),
                    _ => error.hint(find::list(self.scope, host.scope())),
                }
            }
            Scope::System if only_looks => {
                let command = mkservice([verb.name(), "--system", name.as_str()]);
                error.hint(message!("it is a system service: {}", command))
            }
            Scope::System => {
                let command = mkservice([verb.name(), name.as_str()]).as_root();
                error.hint(message!("it is a system service: {}", command))
            }
            Scope::User => {
                let command = mkservice([verb.name(), "--user", name.as_str()]);
                error.hint(message!("it is a user service: {}", command))
            }
        }
    }
}

/// `a, b or c`
fn one_of(names: &[UnitName]) -> Message {
    let mut quoted: Vec<Message> = names.iter().map(|name| quoted(name.as_str()).into()).collect();
    match quoted.pop() {
        Some(last) if !quoted.is_empty() => message!("{} or {}", Message::join(quoted, ", "), last),
        last => last.unwrap_or_default(),
    }
}

/// An error for a verb that does not work without a manager.
pub fn no_manager(verb: Verb) -> Error {
    Error::new(Code::SystemdMissing, message!("cannot {} services: systemd is not running", verb))
}

fn listed(names: &[UnitName]) -> String {
    names.iter().map(UnitName::as_str).collect::<Vec<_>>().join(", ")
}

fn masked(service: &Service) -> Error {
    let message = message!("{} is masked by {}", &service.name, quoted(service.file()));
    let unmask = systemctl(service.scope).args(["unmask", service.name.as_str()]);
    Error::new(Code::Masked, message).service(&service.name).hint(unmask)
}

fn file_missing(service: &Service) -> Error {
    let message = message!("the unit file of {} is missing: {}", &service.name, quoted(service.file()));
    let remove = mkservice(["remove", service.name.as_str()]).for_scope(service.scope);
    let error = Error::new(Code::UnitFileMissing, message).service(&service.name);
    error.hint(message!("remove what is left of it: {}", remove))
}

fn shadowed(service: &Service, path: &Path) -> Error {
    let message = message!("{} is shadowed: systemd reads {} instead of its unit file", &service.name, quoted(path));
    let error = Error::new(Code::Shadowed, message).service(&service.name);
    let error = error.hint(message!("check that file: {}", run("cat").arg(path)));
    error.hint(message!("remove it if it is not needed: {}", run("rm").arg(path).as_root()))
}

pub fn not_managed(service: &Service, verb: Verb) -> Error {
    let (name, file) = (service.name.as_str(), service.file());
    let message = message!("{} is not managed by mkservice: its unit file is {}", name, quoted(file));
    let error = Error::new(Code::NotManaged, message).service(name);
    let force = message!("use {} to do it anyway", opt("force"));
    match verb {
        Verb::Rename => error,
        Verb::Export => error.hint(mkservice(["import"]).arg(file)),
        Verb::Harden => error.hint(force),
        Verb::Edit => {
            let drop_in = systemctl(service.scope).args(["edit", name]);
            error.hint(message!("put your own settings in a drop-in: {}", drop_in))
        }
        verb => error.hint(systemctl(service.scope).args([verb.name(), name])).hint(force),
    }
}

/// How much is read about services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What a plan needs, with few calls.
    Plan,
    /// The same, and the last runs and triggers of services whose jobs depend on them.
    Jobs,
    /// All that systemd knows, with a call for each unit.
    Full,
}

/// Reads a service from disk, and from its manager the units that exist and those of `kinds`.
pub async fn read(
    name: &UnitName,
    scope: Scope,
    kinds: &[UnitKind],
    search_path: &[PathBuf],
    manager: Option<&Manager>,
    host: &Host,
) -> Result<Service> {
    let places = Places::read(scope, search_path, 1, host)?;
    let all = read_services(&[(name, kinds.to_vec())], &places, Depth::Full, manager, host).await?;
    all.into_iter().next().unwrap_or_else(|| on_disk(name, &places, host))
}

/// Only what a plan needs.
pub async fn read_all(
    wanted: &[(&UnitName, Vec<UnitKind>)],
    places: &Places,
    manager: Option<&Manager>,
    host: &Host,
) -> Result<Vec<Service>> {
    read_services(wanted, places, Depth::Plan, manager, host).await?.into_iter().collect()
}

async fn read_services(
    wanted: &[(&UnitName, Vec<UnitKind>)],
    places: &Places,
    depth: Depth,
    manager: Option<&Manager>,
    host: &Host,
) -> Result<Vec<Result<Service>>> {
    let mut services: Vec<Result<Service>> = wanted.iter().map(|(name, _)| on_disk(name, places, host)).collect();
    let Some(manager) = manager else { return Ok(services) };
    let units: Vec<Vec<AskedUnit>> = services
        .iter()
        .zip(wanted)
        .map(|(service, (_, kinds))| service.as_ref().map(|service| asked(service, kinds)).unwrap_or_default())
        .collect();
    let found = match depth {
        Depth::Full => manager.snapshots(&units.concat()).await?,
        Depth::Plan | Depth::Jobs => manager.states(&units.concat()).await?,
    };
    let mut found = found.into_iter();
    for (service, units) in services.iter_mut().zip(units) {
        let found: Vec<(String, Snapshot)> = units.into_iter().map(|asked| asked.unit).zip(found.by_ref()).collect();
        if let Ok(service) = service {
            add_states(service, found, depth, manager).await?;
        }
    }
    Ok(services)
}

/// `found` begins with the unit that runs the program.
async fn add_states(
    service: &mut Service,
    found: Vec<(String, Snapshot)>,
    depth: Depth,
    manager: &Manager,
) -> Result<()> {
    let mut found = found.into_iter();
    let main = found.next().map(|(_, main)| main).unwrap_or_default();
    let mut others: Vec<(String, Snapshot)> = found.collect();
    let is_at_work = main.state.is_on_its_way() || service.is_triggered();
    let is_read_closely = depth == Depth::Full || (depth == Depth::Jobs && is_at_work);
    service.state = Some(main.state);
    service.run = is_read_closely.then_some(main.run);
    if depth == Depth::Jobs && is_read_closely {
        service.run = Some(manager.last_run(&service.unit()).await?);
        for (unit, other) in &mut others {
            other.trigger = manager.trigger(unit).await?;
        }
    }
    let is_trigger = |service: &Service, unit: &str| service.own_triggers().any(|there| there.unit == unit);
    for (unit, Snapshot { state, trigger, .. }) in others {
        if is_read_closely && !service.is_instance() && is_trigger(service, &unit) {
            service.triggers.push((unit.clone(), trigger));
        }
        service.others.push((unit, state));
    }
    if !service.is_instance() {
        service.instances = instances(service, manager).await?;
    }
    if is_read_closely && service.is_group() {
        service.run = Some(run_of_all(&service.instances, &service.text()));
    }
    Ok(())
}

fn on_disk(name: &UnitName, places: &Places, host: &Host) -> Result<Service> {
    let (scope, present) = (places.scope, Present::read(name, places, host)?);
    let (others, triggers, instances) = (Vec::new(), Vec::new(), Vec::new());
    Ok(Service { name: name.clone(), scope, present, state: None, run: None, others, instances, triggers })
}

/// The units to ask the manager about: first the one that runs the program, then the others that exist or are of
/// `kinds`.
fn asked(service: &Service, kinds: &[UnitKind]) -> Vec<AskedUnit> {
    let unit = service.unit();
    let is_unit = |there: &&ExistingUnit| there.kind != UnitKind::Template && there.unit != unit;
    let companions = service.present.companions.iter().filter(is_unit).filter(|_| !service.is_instance());
    let others = companions.filter(|there| there.is_managed() || kinds.contains(&there.kind));
    let only_file = |there: &ExistingUnit| {
        let is_only = there.elsewhere.is_none() && matches!(there.file, ExistingFile::File { .. });
        is_only.then(|| there.path.clone())
    };
    let main = &service.present.main;
    let file = if main.unit == unit { only_file(main) } else { None };
    let others = others.map(|there| AskedUnit { unit: there.unit.clone(), only_file: only_file(there) });
    std::iter::once(AskedUnit { unit: unit.clone(), only_file: file }).chain(others).collect()
}

/// Those that its target wants, and others that are loaded from its template.
async fn instances(service: &Service, manager: &Manager) -> Result<Vec<Instance>> {
    let [template, target] = [UnitKind::Template, UnitKind::Target].map(|kind| service.present.unit(kind));
    let is_managed = |unit: Option<&ExistingUnit>| unit.is_some_and(ExistingUnit::is_managed);
    let Some(template) = template.filter(|_| is_managed(template) || is_managed(target)) else { return Ok(Vec::new()) };
    let wanted = service.wanted_instances();
    let mut names: Vec<UnitName> =
        wanted.iter().flat_map(Instances::names).map(|it| service.name.instance(it)).collect();
    let count = names.len();
    for unit in manager.loaded(&format!("{}@*.service", service.name)).await? {
        names.extend(UnitName::existing(&unit).ok().filter(|name| !names.contains(name)));
    }
    let look = |(at, name): (usize, UnitName)| async move {
        let Snapshot { state, run, .. } = manager.snapshot(&name.unit()).await?;
        Ok(Instance { name, state, run, wanted: at < count })
    };
    let all = together(names.into_iter().enumerate().map(look)).await;
    let all = all.into_iter().collect::<Result<Vec<Instance>>>()?;
    Ok(all.into_iter().filter(|one| one.wanted || template.is_read_by(&one.state)).collect())
}
