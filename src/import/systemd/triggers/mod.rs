//! The timer, socket or path unit that starts a service. Settings with an option become options, the others of its
//! section properties, and the rest is reported.

mod kinds;

use std::path::Path;

use super::super::draft::{Draft, ManifestBuilder};
use super::super::{ReadError, Source};
use super::assignments::{self, Assignment, assignments, last};
use super::related_files;
use super::words::Specifiers;
use crate::spec::{Scope, UnitKind};
use crate::systemd::calendar;
use crate::systemd::directives::value::boolean;
use crate::systemd::directives::{Section, in_section};
use crate::systemd::unit_file;

pub struct Trigger<'a> {
    section: Section,
    kind: UnitKind,
    assignments: Vec<Assignment<'a>>,
}

/// The service that is imported.
#[derive(Clone, Copy)]
pub struct Service<'a> {
    /// The name of its unit.
    pub unit: &'a str,
    pub assignments: &'a [Assignment<'a>],
    pub specifiers: &'a Specifiers<'a>,
}

impl Service<'_> {
    pub fn last(&self, name: &str) -> Option<&str> {
        last(self.assignments, "Service", name).map(|it| it.value.as_str())
    }

    /// Whether it does not start without the socket of its name.
    fn depends_on_socket(&self) -> bool {
        let socket = format!("{}.socket", self.unit.strip_suffix(".service").unwrap_or(self.unit));
        let is_own = |name: &str| name == socket || matches!(name, "%N.socket" | "%p.socket");
        let requires = |it: &&Assignment<'_>| it.section == "Unit" && matches!(it.name, "Requires" | "BindsTo");
        self.assignments.iter().filter(requires).any(|it| it.value.split_whitespace().any(is_own))
    }

    fn scope(&self) -> Scope {
        if self.specifiers.is_system { Scope::System } else { Scope::User }
    }
}

impl<'a> Trigger<'a> {
    /// Those that became options.
    pub fn converted(
        related: &'a [Source],
        service: &Service<'_>,
        draft: &mut Draft,
        manifest: &mut ManifestBuilder,
    ) -> Vec<Trigger<'a>> {
        let mut converted: Vec<Trigger<'a>> = Vec::new();
        for trigger in Trigger::all(related, service, manifest) {
            let others: Vec<UnitKind> = converted.iter().map(Trigger::kind).collect();
            if trigger.convert(service, &others, draft) {
                converted.push(trigger);
            }
        }
        converted
    }

    fn all(related: &'a [Source], service: &Service<'_>, manifest: &mut ManifestBuilder) -> Vec<Trigger<'a>> {
        let kinds = [UnitKind::Timer, UnitKind::Socket, UnitKind::Path];
        let found =
            related_files::TRIGGER_KINDS.into_iter().zip(kinds).zip([Section::Timer, Section::Socket, Section::Path]);
        let read = found.filter_map(|((suffix, kind), section)| {
            let source = related_files::trigger(related, suffix)?;
            let assignments = assignments(source, &related_files::drop_ins(related, suffix), manifest);
            let trigger = Trigger { section, kind, assignments };
            trigger.starts(service).then_some(trigger)
        });
        read.collect()
    }

    fn starts(&self, service: &Service<'_>) -> bool {
        let name = if self.kind == UnitKind::Socket { "Service" } else { "Unit" };
        let named = self.last(name).is_none_or(|unit| unit == service.unit || unit.contains('%'));
        // Sockets with Accept=yes start instances.
        named && !(self.kind == UnitKind::Socket && self.last("Accept").and_then(boolean) == Some(true))
    }

    fn last(&self, name: &str) -> Option<&str> {
        last(&self.assignments, self.section.name(), name).map(|it| it.value.as_str())
    }

    /// The settings of its section.
    fn own(&self) -> impl Iterator<Item = &Assignment<'a>> {
        self.assignments.iter().filter(|it| it.section == self.section.name())
    }

    /// Returns false if nothing of it can be converted. `others` are those that were.
    fn convert(&self, service: &Service<'_>, others: &[UnitKind], draft: &mut Draft) -> bool {
        let (converted, why) = match self.refusal(service, others) {
            Some(why) => (None, why),
            None => (self.options(service, draft), "no option for this kind of start"),
        };
        let Some(converted) = converted else {
            self.own().for_each(|it| unconverted(it, it.invalid().unwrap_or(why), draft));
            return false;
        };
        for it in self.own().filter(|it| !converted.contains(&it.place())) {
            match (it.name, in_section(it.name, self.section)) {
                ("Unit" | "Service", _) => {}
                ("Persistent", _) if boolean(&it.value) != Some(true) => {}
                ("Persistent", _) => unconverted(it, "applies to OnCalendar= only", draft),
                ("OnCalendar", _) if it.invalid().is_some() => unconverted(it, it.invalid().unwrap_or_default(), draft),
                ("ListenStream" | "ListenDatagram", _) => unconverted(it, "no option for such an address", draft),
                (_, None) => unconverted(it, "unknown to systemd, which ignores it", draft),
                (_, Some(_)) => draft.property(&format!("{}.{}", self.section.name(), it.name), &it.value),
            }
        }
        self.other_sections(service, draft);
        true
    }

    fn refusal(&self, service: &Service<'_>, others: &[UnitKind]) -> Option<&'static str> {
        let remains = service.last("RemainAfterExit").and_then(boolean) == Some(true);
        let restarts = service.last("Restart").is_some_and(|policy| matches!(policy, "always" | "on-success"));
        let installs = ["WantedBy", "RequiredBy", "UpheldBy"];
        let is_installed = service.assignments.iter().any(|it| it.section == "Install" && installs.contains(&it.name));
        match self.kind {
            _ if service.specifiers.instance.is_some() => {
                Some("instances cannot have triggers: create a separate service for each")
            }
            UnitKind::Socket if !others.is_empty() => {
                Some("a service with a timer cannot have `listen`: create a second service")
            }
            _ if others.contains(&UnitKind::Socket) => {
                Some("a service with `listen` cannot have it: create a second service")
            }
            UnitKind::Timer if remains => Some("with RemainAfterExit=yes the service would run only once"),
            UnitKind::Timer if restarts => Some("with this Restart= the service would restart as soon as it exits"),
            UnitKind::Socket if is_installed && !service.depends_on_socket() => {
                Some("the service starts at boot: to start it by the socket, set `listen` and remove WantedBy=")
            }
            _ => None,
        }
    }

    fn other_sections(&self, service: &Service<'_>, draft: &mut Draft) {
        let default = self.kind.target(service.scope());
        if self.is_installed() && !self.assignments.iter().any(|it| it.is("Install", "WantedBy")) {
            draft.property("Install.WantedBy", "");
        }
        for it in self.assignments.iter().filter(|it| it.section != self.section.name()) {
            match (it.section, it.name) {
                ("Unit", "Description" | "Documentation") => {
                    let what = "mkservice writes its own description";
                    draft.comment(format!("the {}: {what} instead of {}={}", self.kind, it.name, it.value));
                }
                ("Install", "WantedBy") if it.value == default => {}
                ("Install", "WantedBy" | "RequiredBy" | "UpheldBy" | "Alias") => {
                    draft.property(&format!("Install.{}", it.name), &it.value);
                }
                ("Install", "Also") => report_also(it, service, &[self.kind], draft),
                (section, _) if section.starts_with("X-") => {}
                _ => {
                    let unit = format!("{}.{}", draft.name(), self.kind);
                    unconverted(it, &format!("add it after installing: systemctl edit {unit}"), draft);
                }
            }
        }
    }

    pub fn is_installed(&self) -> bool {
        assignments::is_installed(&self.assignments)
    }

    pub fn kind(&self) -> UnitKind {
        self.kind
    }
}

fn unconverted(it: &Assignment<'_>, why: &str, draft: &mut Draft) {
    draft.unconverted(it.file, it.line, format!("[{}] {}={}: {why}", it.section, it.name, it.value));
}

/// Reports the units of `Also=`, except the service and its triggers of these kinds.
pub fn report_also(it: &Assignment<'_>, service: &Service<'_>, kinds: &[UnitKind], draft: &mut Draft) {
    let stem = service.unit.strip_suffix(".service").unwrap_or(service.unit);
    let is_own = |unit: &str| unit == service.unit || kinds.iter().any(|kind| unit == format!("{stem}.{kind}"));
    let others: Vec<&str> = it.value.split_whitespace().filter(|unit| !is_own(unit)).collect();
    if !others.is_empty() {
        let manager = if service.specifiers.is_system { "systemctl" } else { "systemctl --user" };
        let others = others.join(" ");
        draft.unconverted(it.file, it.line, format!("Also={others}: enable it by name: {manager} enable {others}"));
    }
}

/// A line of a file.
type Place<'a> = (&'a Path, usize);

impl Assignment<'_> {
    /// Why systemd ignores it.
    fn invalid(&self) -> Option<&'static str> {
        let is_event = self.name != "OnCalendar" || calendar::is_event(&self.value);
        (!is_event).then_some("not a calendar event: systemd ignores it (check: systemd-analyze calendar)")
    }

    fn place(&self) -> Place<'_> {
        (self.file, self.line)
    }
}

/// Refuses a timer and the like, and names the service to import instead.
pub fn refuse_trigger(file_name: &str, text: &str) -> Result<(), ReadError> {
    let is_trigger = |suffix: &str| related_files::TRIGGER_KINDS.contains(&suffix);
    let Some((stem, kind)) = file_name.rsplit_once('.').filter(|(_, suffix)| is_trigger(suffix)) else {
        return Ok(());
    };
    let settings = unit_file::settings(text);
    let named =
        settings.iter().rev().find(|it| matches!(it.name, "Unit" | "Service") && it.value.ends_with(".service"));
    let service = named.map_or_else(|| format!("{stem}.service"), |it| it.value.clone());
    let hint = format!("import {service}, which it starts: a {kind} of the same name is read along with it");
    Err(ReadError::new(0, format!("is a {kind} unit, not a service")).hint(hint))
}

/// Refuses the template of a socket with `Accept=yes`, which starts an instance for each connection.
pub fn refuse_per_connection(stem: &str, related: &[Source]) -> Result<(), ReadError> {
    if !stem.ends_with('@') {
        return Ok(());
    }
    let Some(socket) = related_files::trigger(related, "socket") else { return Ok(()) };
    let settings = unit_file::settings(&socket.text);
    let accept = settings.iter().rev().find(|it| it.section == "Socket" && it.name == "Accept");
    if accept.and_then(|it| boolean(&it.value)) != Some(true) {
        return Ok(());
    }
    let name = socket.path.file_name().unwrap_or_default().to_string_lossy();
    let why = format!("is started by {name} for each connection (Accept=yes), which mkservice does not support");
    Err(ReadError::new(0, why).hint("keep both units: they need no mkservice"))
}

#[cfg(test)]
mod tests;
