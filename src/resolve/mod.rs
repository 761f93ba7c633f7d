//! From the arguments to the resolved service: a pure function of the arguments and the facts about the machine. Every
//! decision that was not given is recorded with its reason, so that it can be shown.

mod adopt;
mod conflicts;
mod container;
pub mod dependencies;
mod environment_files;
pub mod failure;
mod harden;
pub mod host_facts;
mod identity;
mod image;
mod instances;
pub mod leaks;
pub mod listen;
pub mod log_file;
pub mod naming;
pub mod properties;
mod runtime_directives;
pub mod secrets;
mod suggestions;
mod timer;
mod uses;
mod values;

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::host_facts::HostFacts;
use self::properties::{Companions, Target};
use crate::cli::usage::no_command;
use crate::cli::{Add, Changing, Invocation, first_word};
use crate::host::interpreter::Decision;
use crate::host::lookup::Program;
use crate::host::{Host, USUAL_PATH};
use crate::manager::security::Exposure;
use crate::model::command::run;
use crate::model::diagnostic::{Code, Error, Note, Result, Subject};
use crate::model::message::{Message, message, quoted, set};
use crate::runtime;
use crate::spec::{CommandLine, CredentialsDir, Scope, ServiceSpec, ServiceType, Socket, Timer, Watch};

pub use adopt::{AddCommand, adopt};
pub use conflicts::refuse_conflicts;
pub use harden::harden;
pub use identity::{needs_root, refuse_account_of_caller, scope_of};
pub use image::starts_at_top;
pub use values::settle;

/// A resolved service: everything that [`crate::commands`] needs to install it.
#[derive(Debug)]
pub struct Resolved {
    pub spec: ServiceSpec,
    /// The arguments of the `#!` line if the program is a script.
    pub interpreter: Vec<OsString>,
    pub install: InstallOptions,
    /// Decisions that were not given, and why; one line each.
    pub reasons: Vec<Message>,
    /// One line each.
    pub notes: Vec<Note>,
    /// What the user should know before relying on it; one line each.
    pub warnings: Vec<Note>,
}

/// How a service is installed: options of this run, not of the service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstallOptions {
    /// How long it must keep running to count as started.
    pub settle: Duration,
    pub start: bool,
    pub enable: bool,
    /// Keep it running without a session (user scope).
    #[serde(skip)]
    pub linger: bool,
    /// Restore the previous version if the new one fails to start.
    pub rollback: bool,
    pub max_exposure: Option<Exposure>,
    /// The services that it replaces.
    pub replaces: Replaces,
    /// Whether anything changes, and which checks are overridden.
    pub changing: Changing,
}

/// Which service an installed one of the same name must be in order to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Replaces {
    /// One with the same directory and program: the name is derived.
    Same,
    /// One with the same directory or program: the name is given.
    Related,
    Any,
}

/// Resolves the arguments of `add`. `invocation` is the given command line, `described` the one that creates the
/// service, and `release` that of the target's systemd.
pub fn add(
    typed: &Add,
    invocation: &Invocation,
    described: &Invocation,
    host: &Host,
    release: Option<u32>,
    found: &HostFacts,
) -> Result<Resolved> {
    let mut reasons = Vec::new();
    let mut warnings = Vec::new();
    let install = install_options(typed)?;
    if let Some(service_type) = typed.service_type {
        properties::refuse_newer_type(service_type, release)?;
    }
    let scope = identity::scope(typed, invocation, host, &mut reasons)?;
    image::check(typed, host, &mut reasons)?;
    let mut notes: Vec<Note> = invocation.passed_on().into_iter().chain(invocation.without_effect()).collect();
    let command = command(typed, invocation, (found, host), &mut reasons, &mut warnings)?;
    about_command(typed, found, &mut notes, &mut warnings);
    let name = naming::name(typed, invocation, found, &mut reasons)?;
    let account = identity::account_of(typed, invocation, scope, host, found, &mut reasons, &mut warnings)?;
    let instances = instances::instances(typed, &name)?;
    let command = if instances.is_some() { instances::command(command, typed)? } else { command };
    let dependencies = dependencies::dependencies(&typed.needs, &name, &mut reasons)?;
    let Triggers { timer, socket, watch } =
        triggers(typed, invocation, scope, (found, host), &mut reasons, &mut notes, &mut warnings)?;
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
        environment_files: environment_files::environment_files(typed, found, release, &mut warnings)?,
        // Their values are prompted for later, see `secrets`.
        secrets: Vec::new(),
        credentials: CredentialsDir::default(),
        account,
        group: identity::group(typed, invocation, scope, found)?,
        service_type,
        restart: values::restart(typed, (timer.is_some() || watch.is_some()) && service_type == ServiceType::Oneshot)?,
        instances,
        timer,
        socket,
        watch,
        needs: runtime_directives::required(found, &mut reasons),
        prelude: runtime_directives::prelude(typed, found, host, scope, &mut reasons),
        dependencies,
        failure,
        // Who opens it depends on the user, see below.
        log_file: None,
        directives: uses::directives(&typed.uses.directives)?,
        exec_options: values::exec_options(typed),
        // Whether that requires a capability is decided below.
        privileged_ports: false,
        // Its requirements are checked later, see `harden`.
        hardening: None,
        properties: properties::properties(typed, Target { scope, release, companions }, &mut warnings)?,
        typed: described.stamp().arguments(),
        applied_from: None,
        command,
    };
    refuse_conflicts(&spec)?;
    reasons.extend(dependencies::reason(&spec));
    complete(&mut spec, typed, invocation, (found, host), &mut notes, &mut warnings)?;
    let interpreter = found.command.program.interpreter().to_vec();
    Ok(Resolved { spec, interpreter, install, reasons, notes, warnings })
}

/// Notes and warnings about how the command was found.
fn about_command(typed: &Add, found: &HostFacts, notes: &mut Vec<Note>, warnings: &mut Vec<Note>) {
    for note in &found.command.notes {
        match note {
            Decision::Note(note) => notes.push(note.into()),
            Decision::Unless("--inherit-path", _) if typed.inherit_path => {}
            Decision::Unless(_, note) => notes.push(note.into()),
            Decision::Warning(warning) => warnings.push(warning.into()),
        }
    }
    notes.extend(runtime_directives::pinned(found));
}

struct Triggers {
    timer: Option<Timer>,
    socket: Option<Socket>,
    watch: Option<Watch>,
}

fn triggers(
    typed: &Add,
    invocation: &Invocation,
    scope: Scope,
    (found, host): (&HostFacts, &Host),
    reasons: &mut Vec<Message>,
    notes: &mut Vec<Note>,
    warnings: &mut Vec<Note>,
) -> Result<Triggers> {
    let (listen, first_port) = (&found.listen, found.resources.first_port);
    let around = listen::ListenContext { scope, invocation, listen, first_port, host };
    Ok(Triggers {
        socket: listen::socket(&typed.listen, &around, notes)?,
        watch: listen::watch(&found.listen, notes, warnings)?,
        timer: timer::timer(&typed.when, scope, reasons, notes)?,
    })
}

/// Checks a spec as a whole, and decides what depends on several of its parts.
fn complete(
    spec: &mut ServiceSpec,
    typed: &Add,
    invocation: &Invocation,
    (found, host): (&HostFacts, &Host),
    notes: &mut Vec<Note>,
    warnings: &mut Vec<Note>,
) -> Result<()> {
    notes.extend(instances::notes(typed, spec));
    conflicts::refuse_contradictions(typed, spec)?;
    let check = uses::Check { typed, invocation, spec, resources: &found.resources };
    check.limits(warnings)?;
    spec.privileged_ports = check.privileged_ports(notes)?;
    notes.extend(failure::note(spec));
    container::complete(spec, typed, invocation, found, host.is_running(), notes)?;
    if let Some(file) = &found.log_file {
        let account = log_file::account(spec, host);
        let file = log_file::log_file(file, spec.scope, account.as_deref(), typed.changing.force)?;
        log_file::refuse_closed_in(&file, typed)?;
        notes.push(log_file::note(&file));
        spec.log_file = Some(file);
    }
    Ok(())
}

/// A triggered service does its work and exits.
fn service_type(typed: &Add, is_started: bool, reasons: &mut Vec<Message>) -> ServiceType {
    match typed.service_type {
        Some(service_type) => service_type,
        None if is_started => {
            reasons.push(message!(
                "Type=oneshot, because what is triggered does its work and exits ({} if it keeps running)",
                set("service-type", "exec")
            ));
            ServiceType::Oneshot
        }
        None => ServiceType::Exec,
    }
}

fn install_options(typed: &Add) -> Result<InstallOptions> {
    Ok(InstallOptions {
        settle: settle(typed.settle.as_deref())?,
        start: !typed.no_start,
        enable: !typed.no_enable,
        linger: !typed.no_linger,
        rollback: !typed.no_rollback,
        max_exposure: values::max_exposure(typed.max_exposure.as_deref())?,
        replaces: match &typed.name {
            _ if typed.replace => Replaces::Any,
            Some(_) => Replaces::Related,
            None => Replaces::Same,
        },
        changing: typed.changing.clone(),
    })
}

fn command(
    typed: &Add,
    invocation: &Invocation,
    (found, host): (&HostFacts, &Host),
    reasons: &mut Vec<Message>,
    warnings: &mut Vec<Note>,
) -> Result<CommandLine> {
    let given = runtime::command::of_service(&typed.command).words;
    let word = given.first().ok_or_else(no_command)?;
    let path = match &found.command.program {
        Program::Found { path, .. } => path.clone(),
        Program::NotExecutable(path) => {
            let error = Error::new(Code::ProgramNotExecutable, message!("{} is not executable", quoted(path)));
            return Err(error.about(Subject::Command).hint(run("chmod").arg("+x").path(path)));
        }
        Program::OnNoexec(path) => {
            let why =
                message!("{} is on a file system that is mounted noexec, where nothing can be executed", quoted(path));
            let error = Error::new(Code::ProgramNotExecutable, why).about(Subject::Command);
            return Err(error.hint(message!("show it: {}", run("findmnt").arg("-T").path(path))));
        }
        Program::Dir(path) => {
            let message = message!("{} is a directory, not a program", quoted(path));
            return Err(Error::new(Code::ProgramNotFound, message).about(Subject::Command));
        }
        Program::Missing { in_path, script } => {
            if let Some(error) = first_word::no_such_verb(invocation).filter(|_| !script) {
                return Err(error);
            }
            let instead = match script {
                _ if let Some(hint) = suggestions::split_value(typed, invocation) => Some(hint),
                true => Some(suggestions::script_line(typed, invocation)),
                false => first_word::shell_line(&typed.command)
                    .or_else(|| first_word::verb_line(invocation))
                    .or_else(|| suggestions::unquoted_line(typed, invocation))
                    .or_else(|| suggestions::as_user(typed, invocation))
                    .or_else(|| suggestions::name_first(typed, invocation, host))
                    .or_else(|| suggestions::similar_program(found, invocation)),
            };
            return Err(no_program(word, *in_path, instead, host));
        }
    };
    if path.as_os_str() != word.as_os_str() {
        reasons.push(message!("{} is {}", quoted(word), quoted(&path)));
    }
    let arguments = found.command.argv[1..].to_vec();
    let command = CommandLine::new(path, arguments).map_err(|error| {
        let what = if error.index == 0 { "the program's path".into() } else { format!("argument {}", error.index) };
        Error::invalid(message!("{} {}", what, error.why)).about(Subject::Command)
    })?;
    if !command.is_printable_by_systemctl() {
        let what = if command.words().iter().all(|word| word.to_str().is_some()) {
            "Unicode noncharacters"
        } else {
            "bytes that are not UTF-8"
        };
        warnings.push(Note::from(message!(
            "the command contains {}: the program gets them, but `systemctl status` and `systemctl show` cannot print \
             this unit",
            what
        )));
    }
    Ok(command)
}

/// A program that was not found; `instead` is what was probably meant.
fn no_program(word: &OsStr, in_path: bool, instead: Option<Message>, host: &Host) -> Error {
    let message = match (host.image(), in_path) {
        (Some(image), _) => message!("program {} not found in {}", quoted(word), quoted(image)),
        (None, true) => message!("program {} not found in PATH", quoted(word)),
        (None, false) => message!("program {} not found", quoted(word)),
    };
    let hint = match instead {
        Some(instead) => Some(instead),
        None if in_path && host.image().is_some() => {
            Some(message!("services there search for programs in {}", USUAL_PATH))
        }
        None if in_path && !word.is_empty() => {
            Some(message!("check whether your shell finds it: {}", run("type").args(["-a", "--"]).arg(word)))
        }
        None => None,
    };
    Error::new(Code::ProgramNotFound, message).about(Subject::Command).hints(hint)
}
