//! What to tell when the work is done: short, in the user's words, with the lines to type next.

mod adopt;
mod applied;
mod directive;
mod document;
mod group;
mod harden;
mod list;
mod service;
pub mod span;
mod triggers;
mod verbs;

pub use adopt::{ended, missing, process, process_json, process_table};
pub use applied::{Change, Told, Totals, applied, change_json};
pub use directive::{directive, directive_json};
pub use document::{error_json, step_json};
pub use group::taken_out;
pub use harden::{Found, Kept, begins, could_be, hardened, hardening_json};
pub use list::{Listed, table};
pub use service::{explanation_json, is_hardened, service_json, status, without_suffix};
pub use verbs::{disabled, edited, enabled, finding, found, has_run, rename_notes, renamed, started, stopped};

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::cli::Invocation;
use crate::error::{journalctl, shown, systemctl};
use crate::host::{Host, root, tree};
use crate::manager::security::Exposure;
use crate::model::Verb;
use crate::model::diagnostic::PathComponent;
use crate::output::json;
use crate::plan::{Step, Through};
use crate::spec::{Keeping, Preset, Scope, Secret, ServiceSpec, UnitKind, UnitName};
use crate::state::Present;
use crate::state::service::{Health, Service};
use crate::{shell, unit};

/// What is told where there is nothing to tell of.
pub const NONE: &str = "mkservice has made no services here yet";

/// How a service is after `add`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It runs.
    Running,
    /// What starts it waits; it has not been started by us.
    Waiting,
    /// It was a oneshot and has done its work.
    HasRun,
    /// It was only installed, because of `--no-start`.
    Installed,
    /// It was changed but not restarted, because of `--no-start`: it runs as it was before.
    RunningAsBefore,
    /// It was installed where no systemd runs.
    AtNextBoot,
    /// It was installed behind the back of a manager that could not be asked.
    AtNextReload,
}

/// What `add` has done.
#[derive(Debug)]
pub struct Added<'a> {
    /// The service.
    pub spec: &'a ServiceSpec,
    /// What was there before.
    pub present: &'a Present,
    /// How it is now.
    pub outcome: Outcome,
    /// How exposed it is, where that was measured.
    pub exposure: Option<Exposure>,
    /// What was done.
    pub steps: &'a [Step],
    /// It starts at boot.
    pub enabled: bool,
    /// Our options that stood behind the command; the table names them, since that they are ours and not the
    /// command's is the one thing that was not said outright.
    pub taken: Vec<OsString>,
    /// When its timer starts it next, in microseconds since 1970; 0 where that is not known.
    pub next: u64,
    /// The next runs in words.
    pub times: Vec<String>,
}

/// The result of `add`.
pub fn added(added: &Added<'_>, host: &Host) -> String {
    let &Added { spec, present, outcome, exposure, steps, enabled, ref taken, next, ref times } = added;
    let name = &spec.name;
    let pasted = shell::quote(name.as_str());
    let wrote = steps.iter().find_map(|step| match step {
        Step::WriteUnit { replaces, .. } => Some(*replaces),
        _ => None,
    });
    let new_secret = steps.iter().any(|step| matches!(step, Step::WriteSecret { .. })).then_some(true);
    let change = match (wrote.or(new_secret), steps.is_empty()) {
        (Some(false), _) => "",
        (Some(true), _) => ", updated",
        (None, true) => ", unchanged",
        (None, false) => ", its file is unchanged",
    };
    let count = spec.instances.as_ref().map(|instances| instances.names().len());
    let entries = spec.entries();
    let is_triggered = entries.iter().any(|kind| kind.is_trigger());
    let state = match outcome {
        Outcome::AtNextBoot if enabled && host.global => "is installed for all users".into(),
        _ => how_it_is(spec, outcome, enabled, next),
    };
    let account = match (spec.effective_account(), spec.scope) {
        (_, Scope::User) => String::new(),
        (Some(account), Scope::System) => format!(" as {account}"),
        (None, Scope::System) => " as root".into(),
    };
    let plain = |line: &'static str| if host.is_root() { line.trim_start_matches("sudo ") } else { line };
    let (journalctl, systemctl) = (plain(journalctl(spec.scope)), plain(systemctl(spec.scope)));
    let [logged, started] = match spec.instances {
        Some(_) => [format!("'{name}@*'"), shell::quote(spec.name.unit_of(UnitKind::Target))],
        None => [pasted.clone(), pasted],
    };
    let folder =
        spec.typed_property("WorkingDirectory").map_or_else(|| shown(spec.working_directory.path()), shell::printable);
    let logs = || match &spec.log_file {
        Some(_) => format!("{} -f", own(Verb::Logs, name, spec.scope, host)),
        None => format!("{journalctl} -u {logged} -f"),
    };
    let mut rows = vec![
        format!("{name} {state} ({} service{account}{change})", of_whom(spec.scope, host)),
        format!("  command  {}", shell::join(spec.command.words())),
        format!("  folder   {folder}"),
    ];
    rows.extend(triggers::on_spec(spec).into_iter().flat_map(|(label, lines)| labelled(label, lines)));
    rows.extend(labelled("next", times));
    rows.extend(labelled(
        "unit",
        spec.units()
            .into_iter()
            .map(|kind| shown(&root::seen_from_outside(&present.folder().join(name.unit_of(kind))))),
    ));
    rows.extend(labelled("secret", spec.secrets.iter().map(|secret| secret_row(secret, spec.scope))));
    if host.image.is_none() {
        rows.extend(labelled("run now", spec.timer.iter().map(|_| own(Verb::Run, name, spec.scope, host))));
        rows.push(format!("  logs     {}", logs()));
    }
    rows.push(format!("  undo     {}", own(Verb::Remove, name, spec.scope, host)));
    if let Some(exposure) = exposure.filter(|_| spec.scope == Scope::System) {
        let lowers = match spec.hardening.as_ref().map(|hardening| hardening.preset) {
            None => ": --harden safe lowers it",
            Some(Preset::Safe) => ": --harden strict lowers it more",
            Some(Preset::Strict) => "",
        };
        rows.push(format!("  exposure {exposure} of 10 ({}){lowers}", exposure.word()));
    }
    if !taken.is_empty() {
        rows.insert(
            2,
            format!(
                "  options  {} (mkservice's own; `--` in front of a command leaves it all of its own)",
                shell::join(taken)
            ),
        );
    }
    let difference = steps.iter().filter_map(|step| match step {
        // Where only remarks change in one of several files, the others tell what it is about.
        Step::WriteUnit { difference, keep_time, .. } => Some(difference).filter(|_| !keep_time || count.is_none()),
        _ => None,
    });
    rows.extend(labelled("changes", difference.flatten()));
    let started = match is_triggered {
        true => entries.iter().map(|kind| shell::quote(name.unit_of(*kind))).collect::<Vec<_>>().join(" "),
        false => started,
    };
    match outcome {
        Outcome::RunningAsBefore => rows.push(format!("  restart  {systemctl} restart {started}")),
        Outcome::Installed => rows.push(format!("  start    {systemctl} start {started}")),
        Outcome::AtNextReload => {
            rows.push(format!("  start    {systemctl} daemon-reload && {systemctl} start {started}"))
        }
        _ => {}
    }
    rows.join("\n")
}

/// How a service is once it was installed. `next` is when its timer starts it, in microseconds since 1970; 0 where that
/// is not known.
fn how_it_is(spec: &ServiceSpec, outcome: Outcome, enabled: bool, next: u64) -> String {
    let count = spec.instances.as_ref().map(|instances| instances.names().len());
    let entries = spec.entries();
    let is_triggered = entries.iter().any(|kind| kind.is_trigger());
    let waits = || format!("{}{}", triggers::waits(entries.iter().copied()), triggers::at(next));
    match (outcome, enabled) {
        (Outcome::Running, _) if is_triggered => "is running for the first time".into(),
        (Outcome::Running, _) => {
            count.map_or_else(|| "is running".to_owned(), |all| group::is(all, all, Health::Running))
        }
        (Outcome::Waiting, _) => waits(),
        (Outcome::HasRun, _) if is_triggered => format!("has run, and {}", waits()),
        (Outcome::HasRun, _) => "has run".into(),
        (Outcome::Installed, _) => "is installed, not started".into(),
        (Outcome::RunningAsBefore, _) if is_triggered => {
            "is started as before; what changed counts from its next start on".into()
        }
        (Outcome::RunningAsBefore, _) => "is running as before; what changed counts from its next start on".into(),
        (Outcome::AtNextBoot, true) if is_triggered => {
            format!("is installed, and {} from the next boot on", triggers::waits(entries.iter().copied()))
        }
        (Outcome::AtNextBoot, true) => "is installed and starts at the next boot".into(),
        (Outcome::AtNextBoot, false) => "is installed, not enabled".into(),
        (Outcome::AtNextReload, _) => "is installed, but systemd has not been told".into(),
    }
}

/// Where a secret is, and how the program finds it.
fn secret_row(secret: &Secret, scope: Scope) -> String {
    let (name, path) = (secret.name(), shown(secret.path()));
    let who = if scope == Scope::User { "your account" } else { "root" };
    let kept = match secret.keeping() {
        Keeping::Theirs => format!("from {path}"),
        Keeping::Plain => format!("in {path}, which only {who} can read"),
        Keeping::Encrypted => format!("encrypted, in {path}"),
    };
    format!("{}: {kept}; the program reads it from the file that ${} names", name.as_str(), name.variable())
}

/// A command line of mkservice for a service, to paste.
pub fn own(verb: Verb, name: &UnitName, scope: Scope, host: &Host) -> String {
    own_with(verb, None, &[name], scope, host)
}

/// The same for several services, and with an option of the verb.
pub fn own_with(verb: Verb, option: Option<&str>, names: &[&UnitName], scope: Scope, host: &Host) -> String {
    let user = OsStr::new(&host.asked_by.name);
    let of_image: Vec<(&str, Option<&OsStr>)> = match (&host.image, scope) {
        (Some(_), Scope::User) if !host.global => vec![("user", None), ("uid", Some(user))],
        (None, Scope::User) if !host.global && host.is_root() => vec![("user", None)],
        _ => Vec::new(),
    };
    let root = host.image.as_ref().map(|root| ("root", Some(root.as_os_str())));
    let global = (host.global && scope == Scope::User).then_some(("global", None));
    let options = option.map(|option| (option, None)).into_iter().chain(root).chain(global).chain(of_image);
    let line = Invocation::new(verb, options, names.iter().map(|name| OsString::from(name.as_str()))).line();
    let needs_root = match &host.image {
        // Its files belong to whoever has asked for it.
        Some(_) => host.elevated,
        None => !host.is_root() && (host.global || scope == Scope::System),
    };
    if needs_root { format!("sudo {line}") } else { line }
}

/// Whose a service is, in front of that word.
fn of_whom(scope: Scope, host: &Host) -> String {
    if host.global && scope == Scope::User { "every user's".into() } else { scope.to_string() }
}

/// What there is to know of a service that nobody's session starts, or everybody's.
pub fn at_login(steps: &[Step], spec: &ServiceSpec, outcome: Outcome, lingers: bool, host: &Host) -> Option<String> {
    let name = shell::quote(spec.name.as_str());
    let lingers = lingers || steps.iter().any(|step| matches!(step, Step::Linger { on: true, .. }));
    if outcome != Outcome::AtNextBoot || spec.scope == Scope::System || (lingers && !host.global) {
        return None;
    }
    let account = &host.asked_by.name;
    Some(match (host.global, &host.image) {
        (true, Some(_)) => "it starts for each user at the first login, and ends with the last session".into(),
        (true, None) => format!(
            "it starts for each user at the next login; who is logged in already starts it with: systemctl --user \
             daemon-reload && systemctl --user start {name}"
        ),
        (false, Some(_)) => format!("it starts when {account} logs in: --no-linger has left lingering off"),
        (false, None) => format!("at boot it starts once lingering is on: sudo loginctl enable-linger {account}"),
    })
}

/// Lines of a block of rows, with the label in front of the first.
fn labelled<T: AsRef<str>>(label: &str, lines: impl IntoIterator<Item = T>) -> Vec<String> {
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    labels.zip(lines).map(|(label, line)| format!("  {label:8} {}", line.as_ref())).collect()
}

/// The way to a path, a line for each object on it: mode, owner, path, and who besides root can
/// change it.
pub fn way(places: &[PathComponent]) -> Vec<String> {
    let widest = places.iter().map(|place| place.owner.len()).max().unwrap_or_default();
    let line = |place: &PathComponent| {
        let PathComponent { path, target, owner, mode, writers } = place;
        let target = target.as_deref().map(|target| format!(" -> {}", shown(target))).unwrap_or_default();
        let open = if writers.is_empty() { String::new() } else { format!("  <- {}", writers.join(", ")) };
        format!("{mode} {owner:widest$} {}{target}{open}", shown(path))
    };
    places.iter().map(line).collect()
}

/// What happened that nobody typed, one line each.
pub fn notes(steps: &[Step]) -> Vec<String> {
    let mut notes = Vec::new();
    for step in steps {
        match step {
            Step::Linger { account, on: true } => notes.push(format!(
                "lingering is now on for {account}: its services start at boot and survive logout (--no-linger leaves it alone)"
            )),
            Step::Linger { account, on: false } => notes.push(format!("lingering is off again for {account}, as it was before")),
            _ => {}
        }
    }
    notes
}

/// Settings of others for a service, which are never touched.
pub fn foreign_drop_ins(present: &Present) -> Vec<String> {
    let foreign = present.main.drop_ins.iter().filter(|(_, ours)| !ours);
    foreign.map(|(path, _)| format!("{} is not ours and stays", shown(path))).collect()
}

/// What `remove` did not touch: settings of others, and a unit of that name elsewhere that counts
/// again.
pub fn left_alone(present: &Present) -> Vec<String> {
    let again =
        present.main.elsewhere.iter().map(|(path, _)| format!("{} counts again now; it was not started", shown(path)));
    foreign_drop_ins(present).into_iter().chain(again).chain(log_left(present)).collect()
}

/// A log is its owner's: nobody can make it again.
fn log_left(present: &Present) -> Option<String> {
    let path = unit::log_file(&present.main.text()).filter(|path| tree::symlink_metadata(path).is_ok())?;
    Some(format!("its log stays: {}", shown(&path)))
}

/// A folder of a service that is gone, with what it has kept there.
pub fn kept_folder(folder: &Path) -> String {
    format!("{} holds what it has kept, and stays", shown(folder))
}

/// What is left to say where no manager could be told.
pub fn behind(through: Through, scope: Scope) -> Option<String> {
    let waits = through == Through::Files;
    waits.then(|| format!("no {scope} manager runs here, so there was nothing to stop"))
}

/// What `--dry-run` shows: each step in order, with the text of what would be written.
pub fn dry_run(steps: &[Step]) -> String {
    if steps.is_empty() {
        return "nothing would change".into();
    }
    planned(steps, "would ", "    ").join("\n")
}

/// What root is asked to do, and through which program.
pub fn by_root(steps: &[Step], through: &str) -> String {
    let head = format!("this takes root, who is asked through {through} to");
    std::iter::once(head).chain(planned(steps, "  ", "      ")).collect::<Vec<_>>().join("\n")
}

/// Each step in order, with the text of what would be written.
fn planned(steps: &[Step], before: &str, indent: &str) -> Vec<String> {
    let mut out = Vec::new();
    for step in steps {
        out.push(format!("{before}{step}"));
        match step {
            Step::WriteUnit { difference, replaces: true, .. } if !difference.is_empty() => {
                out.extend(difference.iter().map(|line| format!("{indent}{line}")));
            }
            Step::WriteUnit { text, .. } => out.extend(
                text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") }),
            ),
            _ => {}
        }
    }
    out
}

/// A service that was removed, for the JSON document.
pub fn removed_json(service: &Service) -> json::Service {
    json::Service {
        name: service.name.to_string(),
        unit: service.name.unit(),
        scope: service.scope.to_string(),
        state: "removed".into(),
        ..json::Service::default()
    }
}

/// The result of `remove`: the steps that were done for these services.
pub fn removed(doomed: &[Service], done: &[Step]) -> String {
    let mut rows = Vec::new();
    for service in doomed {
        let name = &service.name;
        let was_stopped = service.states().any(|(unit, _)| done.contains(&Step::Stop(unit)));
        rows.push(if was_stopped {
            format!("{name} is removed: it was stopped, and its files are gone")
        } else if service.exists() {
            format!("{name} is removed")
        } else {
            format!("{name} was gone already")
        });
    }
    rows.extend(done.iter().filter_map(|step| match step {
        Step::RemoveFile(path) => Some(format!("  deleted  {}", shown(path))),
        _ => None,
    }));
    rows.join("\n")
}
