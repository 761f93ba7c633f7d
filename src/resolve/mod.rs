//! From what was typed to what is meant: a pure function of the typed words and the machine's
//! facts. Every decision that was not typed is kept with its reason, so that it can be shown.

mod adopt;
pub mod dependencies;
mod environment_files;
pub mod failure;
mod harden;
mod image;
mod instances;
mod instead;
pub mod leaks;
pub mod listen;
pub mod log_file;
mod naming;
mod needs;
pub mod properties;
pub mod secrets;
mod timer;
mod uses;
mod values;

use std::ffi::OsString;
use std::time::Duration;

use self::properties::{Companions, Target};
use crate::cli::{Add, Changing};
use crate::error::{Error, Result, shown};
use crate::host::interpreter::Told;
use crate::host::lookup::{LookedUp, Program};
use crate::host::{Host, account};
use crate::shell;
use crate::spec::{CommandLine, CredentialsFolder, RestartPolicy, Scope, ServiceSpec, ServiceType};
use crate::systemd::directives::value::boolean;
use crate::systemd::security::Exposure;

pub use adopt::{Asked, adopt};
pub use harden::harden;
pub use values::settle;

/// A service, decided: all that [`crate::command`] needs to install it, whoever decided it.
#[derive(Debug)]
pub struct Resolved {
    /// What the service is meant to be.
    pub spec: ServiceSpec,
    /// The words behind `#!` when the program is a script.
    pub interpreter: Vec<OsString>,
    /// How it is installed.
    pub manner: Manner,
    /// What was decided without being typed, and why; one line each.
    pub reasons: Vec<String>,
    /// What is worth a line in any case; one line each.
    pub notes: Vec<String>,
    /// What the user should know before relying on it; one line each.
    pub warnings: Vec<String>,
}

/// How a service is installed: what concerns only this run and not the service.
#[derive(Debug, Clone)]
pub struct Manner {
    /// How long it has to be up before it counts as started.
    pub settle: Duration,
    /// Start it now.
    pub start: bool,
    /// Start it at boot.
    pub enable: bool,
    /// Keep it running without a session (user scope).
    pub linger: bool,
    /// Put the old version back when the new one does not come up.
    pub rollback: bool,
    /// How exposed it may be at most.
    pub max_exposure: Option<Exposure>,
    /// Whether anything is changed at all, and what is refused.
    pub changing: Changing,
}

/// Decides what `add` means. `words` are the words that were typed after `mkservice`, `lasting`
/// those of them that say something of the service; `release` is that of the manager it is for.
///
/// # Errors
/// Everything that systemd or the machine cannot take is refused here, before anything is written.
pub fn add(
    typed: &Add,
    words: &[OsString],
    lasting: &[OsString],
    host: &Host,
    release: Option<u32>,
    found: &LookedUp,
) -> Result<Resolved> {
    let mut reasons = Vec::new();
    let mut warnings = Vec::new();
    let manner = manner(typed)?;
    if let Some(service_type) = typed.service_type {
        properties::refuse_newer_type(service_type, release)?;
    }
    let scope = scope(typed, words, host, &mut reasons)?;
    image::refuse_what_is_of_here(typed, host)?;
    image::folder(typed, host, &mut reasons);
    let mut notes = Vec::new();
    let command = command(typed, words, found, &mut reasons, &mut warnings)?;
    for told in &found.meant.told {
        match told {
            Told::Note(note) => notes.push(note.clone()),
            Told::Unless("--inherit-path", _) if typed.inherit_path => {}
            Told::Unless(_, note) => notes.push(note.clone()),
            Told::Warning(warning) => warnings.push(warning.clone()),
        }
    }
    notes.extend(needs::pinned(found));
    let name = naming::name(typed, words, found, &mut reasons)?;
    let account = account(typed, words, scope, host, found, &mut reasons, &mut warnings)?;
    let instances = instances::instances(typed, &name)?;
    let command = if instances.is_some() { instances::command(command, typed)? } else { command };
    let dependencies = dependencies::dependencies(&typed.needs, &name, &mut reasons)?;
    let around = listen::Around {
        scope,
        words,
        surroundings: &found.surroundings,
        first_port: found.resources.first_port,
        host,
    };
    let socket = listen::socket(&typed.listen, &around, &mut notes)?;
    let watch = listen::watch(&found.surroundings, &mut notes, &mut warnings)?;
    let timer = timer::timer(&typed.when, scope, &mut reasons, &mut notes)?;
    let service_type = service_type(typed, timer.is_some() || watch.is_some(), &mut reasons);
    let companions = Companions { timer: timer.is_some(), socket: socket.is_some(), path: watch.is_some() };
    let failure = failure::command(typed, found)?;
    let mut spec = ServiceSpec {
        name,
        scope,
        release,
        description: values::description(typed, found)?,
        working_directory: values::working_directory(typed, found)?,
        environment: values::environment(typed, host, found, &mut reasons)?,
        environment_files: environment_files::environment_files(typed, found, &mut warnings)?,
        // Where their values are is looked at later, see `secrets`.
        secrets: Vec::new(),
        credentials: CredentialsFolder::default(),
        account,
        group: group(typed, words, scope, found)?,
        service_type,
        restart: values::restart(typed, (timer.is_some() || watch.is_some()) && service_type == ServiceType::Oneshot)?,
        instances,
        timer,
        socket,
        watch,
        needs: needs::needs(found, &mut reasons),
        prelude: needs::prelude(typed, found, host, scope, &mut reasons),
        dependencies,
        failure,
        // Who opens it depends on the account, see below.
        log_file: None,
        limits: uses::limits(&typed.uses)?,
        // Whether it takes anything for that is seen below.
        privileged_ports: false,
        // What it needs of the machine is looked at later, see `harden`.
        hardening: None,
        properties: properties::properties(typed, Target { scope, release, companions }, &mut warnings)?,
        typed: lasting.to_vec(),
        applied_from: None,
        command,
    };
    refuse_impossible(&spec)?;
    notes.extend(instances::notes(typed, &spec));
    refuse_contradictions(typed, &spec)?;
    let check = uses::Check { typed, words, spec: &spec, resources: &found.resources };
    check.limits(&mut warnings)?;
    spec.privileged_ports = check.privileged_ports(&mut notes)?;
    notes.extend(failure::note(&spec));
    if let Some(file) = &found.log_file {
        let account = log_file::account(&spec, host);
        let file = log_file::log_file(file, scope, account.as_deref(), typed.changing.force)?;
        log_file::refuse_closed_in(&file, typed)?;
        notes.push(log_file::note(&file));
        spec.log_file = Some(file);
    }
    let interpreter = match &found.meant.program {
        Program::Found { interpreter, .. } => interpreter.clone(),
        _ => Vec::new(),
    };
    Ok(Resolved { spec, interpreter, manner, reasons, notes, warnings })
}

/// What is started when something happens does its work and ends.
fn service_type(typed: &Add, is_started: bool, reasons: &mut Vec<String>) -> ServiceType {
    match typed.service_type {
        Some(service_type) => service_type,
        None if is_started => {
            let why = "what something starts does its work and ends (--service-type exec: it goes on running)";
            reasons.push(format!("Type=oneshot, because {why}"));
            ServiceType::Oneshot
        }
        None => ServiceType::Exec,
    }
}

fn manner(typed: &Add) -> Result<Manner> {
    Ok(Manner {
        settle: settle(typed.settle.as_deref())?,
        start: !typed.no_start,
        enable: !typed.no_enable,
        linger: !typed.no_linger,
        rollback: !typed.no_rollback,
        max_exposure: values::max_exposure(typed.max_exposure.as_deref())?,
        changing: typed.changing.clone(),
    })
}

/// Decides the scope; other verbs ask the same question. `changes` tells whether anything is to be
/// changed, which only root may in the system scope.
///
/// # Errors
/// A scope that the caller cannot work on.
pub fn scope_of(common: &crate::cli::Common, changes: bool, words: &[OsString], host: &Host) -> Result<Scope> {
    let scope = match (common.user, common.system) {
        (true, _) => Scope::User,
        (_, true) => Scope::System,
        _ => host.default_scope(),
    };
    if host.image.is_some() {
        return Ok(scope);
    }
    if scope == Scope::User && host.elevated && !host.global {
        return Err(Error::UserUnderSudo { again: words.to_vec() });
    }
    if (scope == Scope::System || host.global) && host.euid != 0 && changes {
        return Err(Error::NeedsRoot { again: words.to_vec() });
    }
    Ok(scope)
}

fn scope(typed: &Add, words: &[OsString], host: &Host, reasons: &mut Vec<String>) -> Result<Scope> {
    // Who may not change the machine's services can still say what one is to be: root installs it.
    // What is for all users is written by root alone, who is not asked for it: it is not one account's to decide.
    let scope = scope_of(&typed.common, host.global && !typed.changing.only_shows(), words, host)?;
    if let Some(root) = &host.image {
        reasons.push(format!("all paths are inside of {}, because of --root", shown(root)));
    } else if !typed.common.user && !typed.common.system && !host.global {
        let who = if host.euid == 0 { "root" } else { "not root" };
        reasons.push(format!("{scope} scope, because mkservice was run as {who} (--user and --system say otherwise)"));
    }
    Ok(scope)
}

fn command(
    typed: &Add,
    words: &[OsString],
    found: &LookedUp,
    reasons: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Result<CommandLine> {
    let word = typed.command.first().ok_or(Error::NoCommand)?;
    let shown_word = shell::printable(&word.to_string_lossy());
    let path = match &found.meant.program {
        Program::Found { path, .. } => path.clone(),
        Program::NotExecutable(path) => return Err(Error::NotExecutable(path.clone())),
        Program::Folder(path) => return Err(Error::ProgramIsFolder(shown(path))),
        Program::Missing { in_path, script } => {
            let instead = match script {
                true => Some(instead::script_line(typed, words)),
                false => instead::shell_line(typed)
                    .or_else(|| instead::verb_line(word, words))
                    .or_else(|| instead::unquoted_line(typed, words)),
            };
            return Err(Error::NoProgram { program: shown_word, in_path: *in_path, instead });
        }
    };
    if path.as_os_str() != word.as_os_str() {
        reasons.push(format!("`{shown_word}` is {}", shown(&path)));
    }
    let arguments = found.meant.command[1..].to_vec();
    let command = CommandLine::new(path, arguments).map_err(|error| Error::Value {
        what: if error.index == 0 { "the program's path".into() } else { format!("argument {}", error.index) },
        why: error.why.to_string(),
        hint: None,
    })?;
    if !command.is_printable_by_systemctl() {
        warnings.push(
            "the command holds bytes that are not UTF-8: the program gets them, but `systemctl status` and \
             `systemctl show` cannot print this unit"
                .into(),
        );
    }
    Ok(command)
}

fn account(
    typed: &Add,
    words: &[OsString],
    scope: Scope,
    host: &Host,
    found: &LookedUp,
    reasons: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Result<Option<String>> {
    let account = match (&typed.uid, scope) {
        // It has said whose the service is.
        (Some(_), Scope::User) if host.image.is_some() && found.account.as_ref() == Some(&host.asked_by) => {
            return Ok(None);
        }
        (Some(_), Scope::User) => return Err(needs_system("--uid", words)),
        (None, Scope::User) => return Ok(None),
        (Some(name), Scope::System) => {
            let unknown = || Error::NoAccount { kind: "user", name: shell::printable(name) };
            found.account.clone().ok_or_else(unknown)?
        }
        (None, Scope::System) => {
            if host.asked_by.uid == account::UNKNOWN {
                return Err(Error::NoAccount { kind: "user", name: shell::printable(&host.asked_by.name) });
            }
            if host.image.is_none() {
                reasons.push(format!("it runs as {}, who asked for it (--uid says otherwise)", host.asked_by.name));
            }
            host.asked_by.clone()
        }
    };
    if account.uid != 0 || property(typed, "User").is_some() {
        return Ok(Some(account.name));
    }
    // systemd makes one up, and it is never root.
    if property(typed, "DynamicUser").and_then(boolean) != Some(true) {
        warnings.push("the service runs as root, who may do everything: `--uid USER` runs it as somebody else".into());
    }
    Ok(None)
}

/// The value that `-p` gives last to a directive of `[Service]`.
fn property<'a>(typed: &'a Add, directive: &str) -> Option<&'a str> {
    let assignments = typed.property.iter().rev().filter_map(|property| property.to_str()?.split_once('='));
    let mut values = assignments.map(|(name, value)| (name.strip_prefix("Service.").unwrap_or(name), value));
    values.find(|(name, _)| *name == directive).map(|(_, value)| value)
}

fn needs_system(option: &'static str, words: &[OsString]) -> Error {
    Error::NeedsSystemScope { option, again: in_system_scope(words) }
}

/// The words that make the same in system scope.
pub fn in_system_scope(words: &[OsString]) -> Vec<OsString> {
    // Behind `--` a word `--user` is the command's.
    let ours = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let system =
        words[..ours].iter().filter(|word| *word != "--user" && *word != "--global").chain(&words[ours..]).cloned();
    std::iter::once("--system".into()).chain(system).collect()
}

fn group(typed: &Add, words: &[OsString], scope: Scope, found: &LookedUp) -> Result<Option<String>> {
    match (&typed.gid, scope) {
        (None, _) => Ok(None),
        (Some(_), Scope::User) => Err(needs_system("--gid", words)),
        (Some(name), Scope::System) => {
            let unknown = || Error::NoAccount { kind: "group", name: shell::printable(name) };
            found.group.clone().ok_or_else(unknown).map(Some)
        }
    }
}

fn refuse(what: &str, why: &str, hint: Option<&str>) -> Result<()> {
    Err(Error::Value { what: what.into(), why: why.into(), hint: hint.map(str::to_owned) })
}

/// Refuses what would make a unit that systemd does not load.
///
/// # Errors
/// [`Error::Value`] with what cannot be.
pub fn refuse_impossible(spec: &ServiceSpec) -> Result<()> {
    instances::refuse_triggers(spec)?;
    listen::refuse_impossible(spec)?;
    let oneshot = spec.effective_type() == "oneshot";
    if oneshot && matches!(spec.restart.policy, RestartPolicy::Always | RestartPolicy::OnSuccess) {
        let what = format!("--restart {}", spec.restart.policy.as_str());
        return refuse(
            &what,
            "would run a oneshot service again and again: systemd refuses it",
            Some("--restart on-failure"),
        );
    }
    if spec.timer.is_some() {
        timer::refuse_what_goes_on(spec)?;
    }
    if spec.effective_type() == "dbus" && !spec.property_sets("BusName") {
        return refuse(
            "--service-type dbus",
            "needs the name the program takes on the bus",
            Some("-p BusName=org.example.Name"),
        );
    }
    if spec.property_sets("ExecStart") && !oneshot {
        let why = "would be a second command: systemd takes one, except for oneshot services";
        return refuse("--property: `ExecStart`", why, None);
    }
    Ok(())
}

/// What would say two things at once.
fn refuse_contradictions(typed: &Add, spec: &ServiceSpec) -> Result<()> {
    if typed.restart == Some(RestartPolicy::No) && typed.restart_sec.is_some() {
        return refuse("--restart-sec", "says nothing where --restart no keeps systemd from starting it again", None);
    }
    let twice = [
        ("Type", "--service-type", typed.service_type.is_some()),
        ("Restart", "--restart", typed.restart.is_some()),
        ("RestartSec", "--restart-sec", typed.restart_sec.is_some()),
        ("User", "--uid", typed.uid.is_some()),
        ("Group", "--gid", typed.gid.is_some()),
        ("Description", "--description", typed.description.is_some()),
        ("WorkingDirectory", "--working-directory", typed.working_directory.is_some()),
        ("StandardOutput", "--log-file", typed.log_file.is_some()),
        ("StandardError", "--log-file", typed.log_file.is_some()),
        ("MemoryMax", "--memory-max", typed.uses.memory_max.is_some()),
        ("CPUQuota", "--cpu-quota", typed.uses.cpu_quota.is_some()),
        ("TasksMax", "--tasks-max", typed.uses.tasks_max.is_some()),
        ("Nice", "--nice", typed.uses.nice.is_some()),
    ];
    match twice.into_iter().find(|(directive, _, typed)| *typed && spec.property_sets(directive)) {
        Some((directive, option, _)) => {
            refuse(&format!("--property: `{directive}`"), &format!("says the same as {option}"), None)
        }
        None => Ok(()),
    }
}
