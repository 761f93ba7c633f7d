//! What a service may use of the machine: `--memory-max`, `--cpu-quota`, `--tasks-max`, `--nice` and
//! `--privileged-ports`, held against what there is. What `-p` says of the same is looked at as well.

use crate::cli::{Add, Invocation, Uses};
use crate::error::{Error, Result};
use crate::host::resources::Resources;
use crate::shell;
use crate::spec::{
    Amount, CpuQuota, Limits, MemoryMax, Nice, NotALimit, PORTS_CAPABILITY, Property, Scope, ServiceSpec, TasksMax,
};
use crate::systemd::size;

/// How a limit is read.
type Parse<T> = fn(&str) -> std::result::Result<T, NotALimit>;

/// Reads the limits that were typed.
pub fn limits(typed: &Uses) -> Result<Limits> {
    Ok(Limits {
        memory_max: read("--memory-max", typed.memory_max.as_deref(), MemoryMax::parse)?,
        cpu_quota: read("--cpu-quota", typed.cpu_quota.as_deref(), CpuQuota::parse)?,
        tasks_max: read("--tasks-max", typed.tasks_max.as_deref(), TasksMax::parse)?,
        nice: read("--nice", typed.nice.as_deref(), Nice::parse)?,
    })
}

fn read<T>(option: &str, typed: Option<&str>, parse: Parse<T>) -> Result<Option<T>> {
    let parsed = |text: &str| {
        parse(text).map_err(|NotALimit { why, instead }| Error::Value {
            what: format!("{option}: `{}`", shell::printable(text)),
            why: why.into(),
            hint: instead.map(|value| format!("{option} {}", shell::quote(value))),
        })
    };
    typed.map(parsed).transpose()
}

/// Below this not even the smallest program starts: on Linux 6 a shell takes 400K, and the part of systemd that
/// starts it some more.
const LEAST_MEMORY: u64 = 1 << 20;
/// Below this most programs do not start: an interpreter takes some megabytes before it reads a line.
const LITTLE_MEMORY: u64 = 8 << 20;

/// Holds limits against the machine.
#[derive(Debug)]
pub struct Check<'a> {
    /// What was typed.
    pub typed: &'a Add,
    pub invocation: &'a Invocation,
    /// The service.
    pub spec: &'a ServiceSpec,
    /// What the machine has.
    pub resources: &'a Resources,
}

/// A limit as it was typed, by an option of ours or by `-p`.
struct Typed<T> {
    what: String,
    by_option: bool,
    value: T,
}

impl Check<'_> {
    /// Looks at each limit.
    pub fn limits(&self, warnings: &mut Vec<String>) -> Result<()> {
        self.memory(warnings)?;
        self.cpu(warnings)?;
        self.tasks(warnings)?;
        self.nice(warnings)
    }

    /// What `-p` says of it counts as well; whether it is written as systemd takes it is not looked at here.
    fn typed<T: Clone>(&self, (option, directive): (&str, &str), own: Option<&T>, parse: Parse<T>) -> Option<Typed<T>> {
        let given = |value: &str| format!("{option} {}", shell::quote(value));
        let lines = self.spec.limits.lines();
        let written = lines.iter().find(|(known, _)| *known == directive).map(|(_, value)| given(value));
        if let (Some(value), Some(what)) = (own, written) {
            return Some(Typed { what, by_option: true, value: value.clone() });
        }
        let text = self.spec.typed_property(directive).filter(|text| !text.is_empty())?;
        let what = format!("-p {}", shell::quote(format!("{directive}={text}")));
        Some(Typed { what, by_option: false, value: parse(text).ok()? })
    }

    fn memory(&self, warnings: &mut Vec<String>) -> Result<()> {
        let names = ("--memory-max", "MemoryMax");
        let typed = self.typed(names, self.spec.limits.memory_max.as_ref(), MemoryMax::parse);
        let Some(Typed { what, by_option, value }) = typed else { return Ok(()) };
        self.controller("memory", &what, by_option, warnings)?;
        let bytes = match (value.amount(), self.resources.memory) {
            (Amount::Absolute(bytes), Some(all)) if bytes > all => {
                let all = size::shown(all);
                warnings.push(format!("{what} is more than this machine has ({all}), and limits nothing"));
                return Ok(());
            }
            (Amount::Absolute(bytes), _) => bytes,
            (Amount::Permille(share), Some(all)) => all / 1000 * share,
            _ => return Ok(()),
        };
        if bytes < LEAST_MEMORY {
            let why = format!("is less than any program starts with ({} or more)", size::shown(LEAST_MEMORY));
            return self.refuse(what, &why, vec![format!("--memory-max {}", size::shown(8 * LITTLE_MEMORY))], warnings);
        }
        if bytes < LITTLE_MEMORY {
            warnings.push(format!("{what}: few programs start with so little memory"));
        }
        Ok(())
    }

    fn cpu(&self, warnings: &mut Vec<String>) -> Result<()> {
        let typed = self.typed(("--cpu-quota", "CPUQuota"), self.spec.limits.cpu_quota.as_ref(), CpuQuota::parse);
        let Some(Typed { what, by_option, value }) = typed else { return Ok(()) };
        self.controller("cpu", &what, by_option, warnings)?;
        if let Some(number) = self.resources.processors.filter(|number| value.permille() > number * 1000) {
            let all = if number == 1 { "the one processor".into() } else { format!("the {number} processors") };
            let percent = number * 100;
            warnings
                .push(format!("{what} is more than {all} of this machine can give ({percent}%), and limits nothing"));
        }
        Ok(())
    }

    fn tasks(&self, warnings: &mut Vec<String>) -> Result<()> {
        let typed = self.typed(("--tasks-max", "TasksMax"), self.spec.limits.tasks_max.as_ref(), TasksMax::parse);
        let Some(Typed { what, by_option, value }) = typed else { return Ok(()) };
        if value.amount() == Amount::Infinity {
            return Ok(());
        }
        self.controller("pids", &what, by_option, warnings)?;
        match (value.amount(), self.resources.tasks) {
            (Amount::Absolute(number), Some(all)) if number > all => {
                warnings.push(format!("{what} is more than this machine can have at all ({all}), and limits nothing"));
            }
            (Amount::Absolute(1), _) => {
                warnings.push(format!("{what}: the program can start no other program, and no thread"));
            }
            _ => {}
        }
        Ok(())
    }

    fn nice(&self, warnings: &mut Vec<String>) -> Result<()> {
        let typed = self.typed(("--nice", "Nice"), self.spec.limits.nice.as_ref(), Nice::parse);
        let Some(Typed { what, value, .. }) = typed else { return Ok(()) };
        let Some(lowest) = self.resources.lowest_nice.filter(|lowest| value.number() < *lowest) else { return Ok(()) };
        let hints = vec![self.as_system_service()];
        let why = format!("is lower than your service manager may give ({lowest}), and systemd would pass over it");
        self.refuse(what, &why, hints, warnings)
    }

    /// Without its controller a limit is passed over by systemd.
    fn controller(&self, name: &str, what: &str, by_option: bool, warnings: &mut Vec<String>) -> Result<()> {
        let lacks = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.iter().any(|one| one == name));
        let (why, hints) = if lacks(&self.resources.of_machine) {
            let boot = "some machines, as the Raspberry Pi, have it when they are booted with cgroup_enable=memory";
            let hints = if name == "memory" { vec![boot.to_owned()] } else { Vec::new() };
            (format!("would count for nothing: there is no control group controller `{name}` here"), hints)
        } else if lacks(&self.resources.controllers) {
            let hints = vec![self.as_system_service(), DELEGATE.to_owned()];
            (format!("would count for nothing: your service manager has not got the controller `{name}`"), hints)
        } else {
            return Ok(());
        };
        if by_option {
            return self.refuse(what.to_owned(), &why, hints, warnings);
        }
        // Whoever writes the directive itself may have it for another machine.
        warnings.push(warning(what, &why, &hints));
        Ok(())
    }

    fn refuse(&self, what: String, why: &str, mut hints: Vec<String>, warnings: &mut Vec<String>) -> Result<()> {
        if self.typed.changing.force {
            warnings.push(warning(&what, why, &[]));
            return Ok(());
        }
        hints.push("--force installs it all the same".into());
        Err(Error::Value { what, why: why.into(), hint: Some(hints.join("\n")) })
    }

    fn as_system_service(&self) -> String {
        format!("as a service of the machine: {}", self.invocation.in_system_scope().line())
    }

    /// Whether the service gets the right to listen on ports below 1024: it needs none where all may.
    pub fn privileged_ports(&self, notes: &mut Vec<String>) -> Result<bool> {
        if !self.typed.uses.privileged_ports {
            return Ok(false);
        }
        let spec = self.spec;
        let first = self.resources.first_port.unwrap_or(USUAL_FIRST_PORT);
        if spec.scope == Scope::User && first < USUAL_FIRST_PORT {
            let from = if first == 0 { "all ports".into() } else { format!("ports from {first} on") };
            notes.push(format!("here every account may listen on {from} (net.ipv4.ip_unprivileged_port_start)"));
            return Ok(false);
        }
        if spec.scope == Scope::User {
            let line = "echo net.ipv4.ip_unprivileged_port_start=80 | sudo tee /etc/sysctl.d/50-unprivileged-ports.conf \
                && sudo sysctl --system";
            let hints = [
                self.as_system_service(),
                format!("or let every account of this machine listen on ports from 80 on: {line}"),
            ];
            let why = "is not for a user's manager to give: ports below 1024 are root's".to_owned();
            return Err(Error::Value { what: "--privileged-ports".into(), why, hint: Some(hints.join("\n")) });
        }
        if spec.effective_account().is_none() && !spec.property_sets("DynamicUser") {
            notes.push("it runs as root, who may listen on every port: --privileged-ports adds nothing".into());
            return Ok(false);
        }
        self.refuse_lost_capability()?;
        Ok(true)
    }

    /// What is not in the bounding set cannot be given, and a reset would take it away again.
    fn refuse_lost_capability(&self) -> Result<()> {
        let is_reset = |it: &&Property| {
            it.name() == "AmbientCapabilities" && (it.value().is_empty() || it.value().starts_with('~'))
        };
        let reset = self.spec.properties.iter().find(is_reset);
        let bounding = self.spec.typed_property("CapabilityBoundingSet").filter(|set| {
            let named = set.to_ascii_uppercase().contains(PORTS_CAPABILITY);
            if set.starts_with('~') { named } else { !named }
        });
        let (directive, value) = match (reset, bounding) {
            (Some(property), _) => ("AmbientCapabilities", property.value()),
            (None, Some(set)) => ("CapabilityBoundingSet", set),
            (None, None) => return Ok(()),
        };
        Err(Error::Value {
            what: format!("--property: `{directive}={}`", shell::printable(value)),
            why: format!("takes away {PORTS_CAPABILITY}, which --privileged-ports gives"),
            hint: None,
        })
    }
}

/// The line by which root hands controllers to the managers of accounts (user@.service(5)).
const DELEGATE: &str = "or have root hand it over, from the next boot on: \
    printf '[Service]\\nDelegate=cpu memory pids\\n' | \
    sudo install -D -m 644 /dev/stdin /etc/systemd/system/user@.service.d/delegate.conf";

/// The first port that is not root's, unless the machine says otherwise.
const USUAL_FIRST_PORT: u32 = 1024;

fn warning(what: &str, why: &str, hints: &[String]) -> String {
    let hints: String = hints.iter().map(|hint| format!("\nhint: {hint}")).collect();
    format!("{what} {why}{hints}")
}
