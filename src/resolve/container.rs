//! What `docker run`, `podman run`, and `docker compose up` need as services.

use std::ffi::OsString;
use std::path::Path;

use super::host_facts::HostFacts;
use crate::cli::{Add, Invocation};
use crate::model::command::{Command, mkservice, run};
use crate::model::diagnostic::{Code, Error, Note, Result};
use crate::model::message::{Message, message, opt, quoted};
use crate::runtime::command;
use crate::runtime::container::{self, Container, DETACH, Verb};
use crate::spec::{OtherUnit, Property, Scope, ServiceSpec, ServiceType};
use crate::systemd::exec;

/// Seconds that a container has to stop, unless its options say otherwise.
const STOP: u64 = 10;
/// Seconds that the engine has beyond that.
const MARGIN: u64 = 30;
/// The default of systemd.
const STOP_OF_SERVICE: u64 = 90;

struct Given<'a> {
    container: Container,
    /// Its command, without the programs before it.
    command: &'a [OsString],
    /// Those.
    before: &'a [OsString],
    invocation: &'a Invocation,
}

/// Checks the command of a container, and adds what its service needs.
pub fn complete(
    spec: &mut ServiceSpec,
    typed: &Add,
    invocation: &Invocation,
    found: &HostFacts,
    is_running: bool,
    notes: &mut Vec<Note>,
) -> Result<()> {
    let words = command::of_service(&typed.command).words;
    let (before, command) = words.split_at(command::unwrapped(&words));
    let Some(container) = container::of(command) else { return Ok(()) };
    let given = Given { container, command, before, invocation };
    if !typed.changing.force {
        given.refuse_detached(typed)?;
        given.refuse_name_clash()?;
        given.refuse_without_access(found)?;
        given.refuse_stopped(found)?;
    }
    let Given { container, .. } = &given;
    let engine = container.engine;
    if let Some(unit) = engine.daemon.filter(|_| !container.is_remote())
        && (found.engine.has_unit || spec.scope == Scope::System)
        && let Ok(unit) = OtherUnit::parse(unit)
    {
        // Without the unit, as with a program of the same name, the service could not start.
        let requires = found.engine.has_unit || !is_running;
        let lists = [(&mut spec.dependencies.after, true), (&mut spec.dependencies.requires, requires)];
        for (units, is_wanted) in lists {
            if is_wanted && !units.contains(&unit) {
                units.push(unit.clone());
            }
        }
    }
    if let Some(stop) = given.stop_command(spec).filter(|_| !spec.property_sets("ExecStop")) {
        spec.properties.push(stop);
        spec.needs.extend([STOPPED_BY_ENGINE, RESTARTED]);
    } else if matches!(container.verb, Verb::Run | Verb::ComposeUp)
        && !spec.needs.iter().any(|(name, _)| *name == "SuccessExitStatus")
    {
        spec.needs.push(STOPPED);
    }
    let sets_timeout = spec.property_sets("TimeoutStopSec") || spec.property_sets("TimeoutSec");
    if let Some(property) = given.stop_timeout().filter(|_| !sets_timeout) {
        spec.properties.push(property);
    }
    if container.verb == Verb::Run && !container.has(&["--rm"]) && container.value(&["--name"]).is_none() {
        let note = Note::from("each start leaves a stopped container behind");
        notes.push(note.hint(message!("remove it when it stops: {}", given.line("--rm"))));
    }
    if engine.has_quadlet {
        let text = "Podman can create such a service from a .container file (Quadlet): man podman-systemd.unit";
        notes.push(text.into());
    }
    Ok(())
}

/// The engine exits with 143 when systemd stops it, unless the container handles the signal.
const STOPPED: (&str, &str) = ("SuccessExitStatus", "143");

/// The same if the engine stops the container, and kills it at its time-out.
const STOPPED_BY_ENGINE: (&str, &str) = ("SuccessExitStatus", "143 137");

/// A container that was killed otherwise, for want of memory, starts again.
const RESTARTED: (&str, &str) = ("RestartForceExitStatus", "137");

/// Stops a container that runs: if it exited by itself, there is nothing to stop, and an error in the log would mislead.
/// Then waits for the engine's program, which systemd would kill while it removes the container.
const STOPPING: &str =
    "[ -z \"$MAINPID\" ] || { \"$@\" && while kill -0 \"$MAINPID\" 2>/dev/null; do sleep 0.1; done; }";

impl Given<'_> {
    /// `docker run`, as it is shown.
    fn subcommand(&self) -> String {
        let verb = match self.container.verb {
            Verb::Run => "run",
            Verb::Start => "start",
            Verb::Exec => "exec",
            Verb::ComposeUp if self.container.engine.program.ends_with("-compose") => "up",
            Verb::ComposeUp => "compose up",
        };
        format!("{} {verb}", self.container.engine.program)
    }

    /// mkservice with the command in the foreground, with an option if it is not empty.
    fn line(&self, option: &str) -> Command {
        let container = &self.container;
        let mut command = container.without(self.command, DETACH);
        if option == "--rm" {
            // Docker refuses both, and systemd restarts the service.
            command = container::of(&command).map_or(command.clone(), |it| it.without(&command, &["--restart"]));
        }
        if !option.is_empty()
            && let Some(container) = container::of(&command)
        {
            command = container.with(&command, option);
        }
        let all: Vec<OsString> = self.before.iter().chain(&command).cloned().collect();
        mkservice(self.invocation.with_command(&all).arguments())
    }

    /// The option with which the container's name is free again, unless it is given.
    fn frees_name(&self) -> Option<&'static str> {
        let container = &self.container;
        let is_named = container.verb == Verb::Run && container.value(&["--name"]).is_some();
        let is_free = container.has(&["--rm", "--replace"]);
        (is_named && !is_free).then_some(container.engine.replaces)
    }

    /// systemd watches the process that it started.
    fn refuse_detached(&self, typed: &Add) -> Result<()> {
        let is_watched = typed.service_type.is_none_or(|it| matches!(it, ServiceType::Exec | ServiceType::Simple));
        let (how, option) = match self.container.verb {
            Verb::Start if !self.container.has(&["-a", "--attach"]) => ("without `-a`", "-a"),
            Verb::Start => return Ok(()),
            _ if self.container.has(DETACH) => ("in the background", self.frees_name().unwrap_or_default()),
            _ => return Ok(()),
        };
        if !is_watched {
            return Ok(());
        }
        let message = message!(
            "{} {} exits once the container is started, so systemd cannot supervise it",
            quoted(self.subcommand()),
            how
        );
        Err(Error::new(Code::Conflict, message).hint(message!("run it in the foreground: {}", self.line(option))))
    }

    /// A stopped container keeps its name.
    fn refuse_name_clash(&self) -> Result<()> {
        let Some(option) = self.frees_name() else { return Ok(()) };
        let name = self.container.value(&["--name"]).unwrap_or_default();
        let message =
            message!("the service could start only once: the stopped container keeps the name {}", quoted(name));
        let error = Error::new(Code::Conflict, message);
        let remove: Message = message!("remove it when it stops: {}", self.line("--rm"));
        let replace = (option != "--rm").then(|| message!("replace it at each start: {}", self.line(option)));
        Err(error.hints(replace.into_iter().chain([remove])))
    }

    fn refuse_without_access(&self, found: &HostFacts) -> Result<()> {
        let Some(user) = &found.engine.refuses else { return Ok(()) };
        let message =
            message!("user {} is not in the group `docker`, so the service cannot reach Docker", quoted(user));
        let error = Error::new(Code::AccessDenied, message);
        let join = run("usermod").args(["-aG", "docker", user]).as_root();
        let root = self.invocation.in_system_scope().with_only("uid", "root".as_ref());
        let error = error.hint(message!("add the user, and log in again: {}", join));
        let error = error.hint(message!("run it as root: {}", mkservice(root.arguments())));
        Err(error.hint(message!("use {} to install it anyway", opt("force"))))
    }

    fn refuse_stopped(&self, found: &HostFacts) -> Result<()> {
        let Some(name) = self.container.own_name(self.command).filter(|_| found.engine.has_stopped) else {
            return Ok(());
        };
        let message = message!("a stopped container already has the name {}", quoted(name));
        let remove = self.container.other_command(self.command, &["rm"]);
        let remove = run(self.container.engine.program).args(&remove[1..]).arg(name);
        let remove = if found.engine.is_roots { remove.as_root() } else { remove };
        let error = Error::new(Code::Conflict, message).hint(message!("remove it: {}", remove));
        let replaces = self.container.engine.replaces;
        let replace = (replaces != "--rm").then(|| message!("replace it at each start: {}", self.line(replaces)));
        Err(error.hints(replace))
    }

    /// A signal to the engine's program reaches only a container whose program handles it: if it does not, systemd would
    /// kill the engine's program, and the container would run on.
    fn stop_command(&self, spec: &ServiceSpec) -> Option<Property> {
        let name = self.container.own_name(self.command).filter(|_| spec.instances.is_none())?;
        let mut words: Vec<OsString> = ["-c", STOPPING, "sh"].map(OsString::from).to_vec();
        words.extend(self.before.iter().cloned());
        words.extend(self.container.other_command(self.command, &["stop"]));
        words[3] = spec.command.program().into();
        words.push(name.to_owned());
        Property::new("ExecStop", &format!("-{}", exec::line(Path::new("/bin/sh"), &words))).ok()
    }

    /// Above that of the container: systemd would kill the engine's program first, and leave the container.
    fn stop_timeout(&self) -> Option<Property> {
        let options: &[&str] = match self.container.verb {
            Verb::Run => &["--stop-timeout"],
            Verb::ComposeUp => &["-t", "--timeout"],
            Verb::Start | Verb::Exec => return None,
        };
        let given = self.container.value(options).and_then(|value| value.to_str()?.parse::<i64>().ok());
        let value = match given {
            Some(seconds) if seconds < 0 => "infinity".to_owned(),
            given => {
                let own = given.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(STOP);
                format!("{}s", own.saturating_add(MARGIN).max(STOP_OF_SERVICE))
            }
        };
        Property::new("TimeoutStopSec", &value).ok()
    }
}
