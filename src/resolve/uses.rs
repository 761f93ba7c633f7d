//! Resources of the machine: `--memory-max`, `--cpu-quota`, `--tasks-max`, `--nice`, and `--privileged-ports`, compared
//! with what is available. The same directives given with `-p` are checked as well.

use super::properties;
use crate::cli::{Add, DirectiveArguments, Invocation};
use crate::host::resources::Resources;
use crate::model::command::{mkservice, run};
use crate::model::diagnostic::{Error, Note, Result, Subject};
use crate::model::message::{Message, Part, message, opt, quoted, set};
use crate::spec::directive_option::{Amount, InvalidValue, cpu_quota, memory_max, nice, tasks_max};
use crate::spec::{DirectiveValues, PORTS_CAPABILITY, Property, Scope, ServiceSpec};
use crate::systemd::size;

/// Reads the values of the options that set one directive.
pub fn directives(typed: &DirectiveArguments) -> Result<DirectiveValues> {
    let mut values = DirectiveValues::default();
    for (option, text) in &typed.0 {
        values.set(option, text).map_err(|InvalidValue { why, instead }| {
            let message = message!("{}: {} {}", opt(option.name), quoted(text), why);
            let error = Error::invalid(message).about_option(option.name);
            error.hints(instead.map(|value| set(option.name, value).into()))
        })?;
    }
    Ok(values)
}

/// Below this, not even the smallest program starts: on Linux 6 a shell needs 400K, and systemd's executor some more.
const LEAST_MEMORY: u64 = 1 << 20;
/// Below this, most programs do not start: an interpreter needs some megabytes before it reads a line.
const LITTLE_MEMORY: u64 = 8 << 20;

/// Compares limits with the machine.
#[derive(Debug)]
pub struct Check<'a> {
    pub typed: &'a Add,
    pub invocation: &'a Invocation,
    pub spec: &'a ServiceSpec,
    pub resources: &'a Resources,
}

/// A limit as given, by its own option or by `-p`.
struct GivenLimit<T> {
    what: Part,
    subject: Subject,
    by_option: bool,
    value: T,
}

impl Check<'_> {
    /// Checks each limit.
    pub fn limits(&self, warnings: &mut Vec<Note>) -> Result<()> {
        self.memory(warnings)?;
        self.cpu(warnings)?;
        self.tasks(warnings)?;
        self.nice(warnings)
    }

    /// The value of the option for a directive, or of `-p`, if systemd accepts it.
    fn typed<T>(
        &self,
        directive: &str,
        parse: fn(&str) -> std::result::Result<T, InvalidValue>,
    ) -> Option<GivenLimit<T>> {
        if let Some((option, text)) = self.spec.directives.iter().find(|(option, _)| option.directive == directive) {
            let (what, subject) = (set(option.name, text), Subject::option(option.name));
            return Some(GivenLimit { what, subject, by_option: true, value: parse(text).ok()? });
        }
        let text = self.spec.typed_property(directive).filter(|text| !text.is_empty())?;
        let what = set("property", format!("{directive}={text}"));
        let subject = properties::subject(self.spec, directive);
        Some(GivenLimit { what, subject, by_option: false, value: parse(text).ok()? })
    }

    fn memory(&self, warnings: &mut Vec<Note>) -> Result<()> {
        let Some(typed) = self.typed("MemoryMax", memory_max) else { return Ok(()) };
        self.controller("memory", &typed, warnings)?;
        let bytes = match (typed.value, self.resources.memory) {
            (Amount::Absolute(bytes), Some(all)) if bytes > all => {
                let all = size::shown(all);
                let text = message!("{} has no effect: this machine has less memory ({})", typed.what, all);
                warnings.push(text.into());
                return Ok(());
            }
            (Amount::Absolute(bytes), _) => bytes,
            (Amount::Permille(share), Some(all)) => all / 1000 * share,
            _ => return Ok(()),
        };
        if bytes < LEAST_MEMORY {
            let why = message!("is less than any program needs to start ({})", size::shown(LEAST_MEMORY));
            let hints = vec![set("memory-max", size::shown(8 * LITTLE_MEMORY)).into()];
            return self.refuse(typed.what, typed.subject, why, hints, warnings);
        }
        if bytes < LITTLE_MEMORY {
            warnings.push(message!("{}: few programs start with so little memory", typed.what).into());
        }
        Ok(())
    }

    fn cpu(&self, warnings: &mut Vec<Note>) -> Result<()> {
        let Some(typed) = self.typed("CPUQuota", cpu_quota) else { return Ok(()) };
        self.controller("cpu", &typed, warnings)?;
        if let Some(number) = self.resources.processors.filter(|number| typed.value > number * 1000) {
            let all = if number == 1 { "1 CPU".into() } else { format!("{number} CPUs") };
            let text = message!("{} has no effect: this machine has {} ({}%)", typed.what, all, number * 100);
            warnings.push(text.into());
        }
        Ok(())
    }

    fn tasks(&self, warnings: &mut Vec<Note>) -> Result<()> {
        let Some(typed) = self.typed("TasksMax", tasks_max) else { return Ok(()) };
        if typed.value == Amount::Infinity {
            return Ok(());
        }
        self.controller("pids", &typed, warnings)?;
        match (typed.value, self.resources.tasks) {
            (Amount::Absolute(number), Some(all)) if number > all => {
                let text = message!("{} has no effect: this machine can have {} tasks", typed.what, all);
                warnings.push(text.into());
            }
            (Amount::Absolute(1), _) => {
                let text = message!("{}: the program cannot start another program or thread", typed.what);
                warnings.push(text.into());
            }
            _ => {}
        }
        Ok(())
    }

    fn nice(&self, warnings: &mut Vec<Note>) -> Result<()> {
        let Some(typed) = self.typed("Nice", nice) else { return Ok(()) };
        let Some(lowest) = self.resources.lowest_nice.filter(|lowest| typed.value < *lowest) else {
            return Ok(());
        };
        let hints = vec![self.as_system_service()];
        let why = message!("has no effect: the lowest nice level your user manager can set is {}", lowest);
        self.refuse(typed.what, typed.subject, why, hints, warnings)
    }

    /// systemd ignores a limit without its cgroup controller.
    fn controller<T>(&self, name: &str, typed: &GivenLimit<T>, warnings: &mut Vec<Note>) -> Result<()> {
        let lacks = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.iter().any(|one| one == name));
        let (why, hints) = if lacks(&self.resources.of_machine) {
            let boot = "boot with cgroup_enable=memory if the machine needs it, such as a Raspberry Pi";
            let hints = if name == "memory" { vec![Message::from(boot)] } else { Vec::new() };
            (message!("has no effect: the cgroup controller `{}` is not available", name), hints)
        } else if lacks(&self.resources.controllers) {
            let hints = vec![self.as_system_service(), delegate()];
            (message!("has no effect: your user manager does not have the cgroup controller `{}`", name), hints)
        } else {
            return Ok(());
        };
        if typed.by_option {
            return self.refuse(typed.what.clone(), typed.subject.clone(), why, hints, warnings);
        }
        // A directive given with `-p` may be intended for another machine.
        warnings.push(Note { message: message!("{} {}", typed.what.clone(), why), hints });
        Ok(())
    }

    fn refuse(
        &self,
        what: Part,
        subject: Subject,
        why: Message,
        hints: Vec<Message>,
        warnings: &mut Vec<Note>,
    ) -> Result<()> {
        let message = message!("{} {}", what, why);
        if self.typed.changing.force {
            warnings.push(message.into());
            return Ok(());
        }
        let error = Error::invalid(message).about(subject).hints(hints);
        Err(error.hint(message!("use {} to install it anyway", opt("force"))))
    }

    fn as_system_service(&self) -> Message {
        message!("create a system service: {}", mkservice(self.invocation.in_system_scope().arguments()))
    }

    /// Whether the service needs a capability to listen on ports below 1024.
    pub fn privileged_ports(&self, notes: &mut Vec<Note>) -> Result<bool> {
        if !self.typed.uses.privileged_ports {
            return Ok(false);
        }
        let spec = self.spec;
        let first = self.resources.first_port.unwrap_or(USUAL_FIRST_PORT);
        if spec.scope == Scope::User && first < USUAL_FIRST_PORT {
            let from = if first == 0 { "all ports".into() } else { format!("ports {first} and above") };
            notes.push(message!("every user can listen on {} here (net.ipv4.ip_unprivileged_port_start)", from).into());
            return Ok(false);
        }
        if spec.scope == Scope::User {
            let write = run("tee").arg("/etc/sysctl.d/50-unprivileged-ports.conf").as_root();
            let allow = message!(
                "or let every user listen on ports 80 and above: echo net.ipv4.ip_unprivileged_port_start=80 | {} && {}",
                write,
                run("sysctl").arg("--system").as_root()
            );
            let message =
                message!("{} requires a system service: ports below 1024 belong to root", opt("privileged-ports"));
            return Err(Error::invalid(message)
                .about_option("privileged-ports")
                .hints([self.as_system_service(), allow]));
        }
        if spec.effective_account().is_none() && !spec.property_sets("DynamicUser") {
            let option = opt("privileged-ports");
            notes.push(
                message!("{} has no effect: the service runs as root, which can listen on any port", option).into(),
            );
            return Ok(false);
        }
        self.refuse_lost_capability()?;
        Ok(true)
    }

    /// A capability outside the bounding set cannot be granted, and a reset would remove it.
    fn refuse_lost_capability(&self) -> Result<()> {
        let is_reset = |it: &&Property| {
            it.name() == "AmbientCapabilities" && (it.value().is_empty() || it.value().starts_with('~'))
        };
        let reset = self.spec.properties.iter().find(is_reset);
        let bounding = self.spec.typed_property("CapabilityBoundingSet").filter(|set| {
            let named = set.to_ascii_uppercase().contains(PORTS_CAPABILITY);
            if set.starts_with('~') { named } else { !named }
        });
        let (directive, text) = match (reset, bounding) {
            (Some(property), _) => ("AmbientCapabilities", property.value()),
            (None, Some(set)) => ("CapabilityBoundingSet", set),
            (None, None) => return Ok(()),
        };
        let (written, option_name) = (format!("{directive}={text}"), opt("privileged-ports"));
        let message = message!("{} removes {}, which {} adds", set("property", written), PORTS_CAPABILITY, option_name);
        Err(Error::invalid(message).about(properties::subject(self.spec, directive)))
    }
}

/// How root delegates controllers to user managers (user@.service(5)).
fn delegate() -> Message {
    let install = run("install").args(["-D", "-m", "644", "/dev/stdin"]);
    message!(
        "or delegate it to user managers from the next boot: printf '[Service]\\nDelegate=cpu memory pids\\n' | {}",
        install.arg("/etc/systemd/system/user@.service.d/delegate.conf").as_root()
    )
}

/// The first unprivileged port by default.
const USUAL_FIRST_PORT: u32 = 1024;
