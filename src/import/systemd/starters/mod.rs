//! What starts a service: the timer, the socket or the path unit of its name. What there are options for becomes
//! options, the rest of the section properties; what goes neither way is told.

mod kinds;

use super::super::draft::{Draft, Draftsman};
use super::super::{Source, Trouble};
use super::around;
use super::assignments::{self, Assignment, assignments, last};
use super::words::Specifiers;
use crate::spec::{Scope, UnitKind};
use crate::systemd::directives::value::boolean;
use crate::systemd::directives::{Section, in_section};

/// A unit that starts the service.
pub struct Starter<'a> {
    section: Section,
    kind: UnitKind,
    settings: Vec<Assignment<'a>>,
}

/// What is to be known of the service.
pub struct Started<'a> {
    /// The name of its unit.
    pub unit: &'a str,
    /// What it says.
    pub settings: &'a [Assignment<'a>],
    /// What specifiers stand for in it.
    pub specifiers: &'a Specifiers<'a>,
}

impl Started<'_> {
    fn last(&self, name: &str) -> Option<&str> {
        last(self.settings, "Service", name).map(|it| it.value.as_str())
    }

    fn scope(&self) -> Scope {
        if self.specifiers.of_machine { Scope::System } else { Scope::User }
    }
}

impl<'a> Starter<'a> {
    /// The units that start the service, out of the files that were found.
    pub fn all(beside: &'a [Source], started: &Started<'_>, all: &mut Draftsman) -> Vec<Starter<'a>> {
        let kinds = [UnitKind::Timer, UnitKind::Socket, UnitKind::Path];
        let found = around::STARTERS.into_iter().zip(kinds).zip([Section::Timer, Section::Socket, Section::Path]);
        let read = found.filter_map(|((ending, kind), section)| {
            let source = around::starter(beside, ending)?;
            let settings = assignments(source, &around::drop_ins(beside, ending), all);
            let starter = Starter { section, kind, settings };
            starter.is_of(started).then_some(starter)
        });
        read.collect()
    }

    /// Whether it is this service that it starts.
    fn is_of(&self, started: &Started<'_>) -> bool {
        let name = if self.kind == UnitKind::Socket { "Service" } else { "Unit" };
        let named = self.last(name).is_none_or(|unit| unit == started.unit || unit.contains('%'));
        // A socket that takes the connections itself starts an instance for each.
        named && !(self.kind == UnitKind::Socket && self.last("Accept").and_then(boolean) == Some(true))
    }

    fn last(&self, name: &str) -> Option<&str> {
        last(&self.settings, self.section.name(), name).map(|it| it.value.as_str())
    }

    /// The settings of its section.
    fn own(&self) -> impl Iterator<Item = &Assignment<'a>> {
        self.settings.iter().filter(|it| it.section == self.section.name())
    }

    /// Puts what it says into the service; false where none of it can be, which is told.
    pub fn carry(&self, started: &Started<'_>, draft: &mut Draft, all: &mut Draftsman) -> bool {
        if let Some(why) = self.refused(started) {
            for it in self.own() {
                self.leave(it, why, draft, all);
            }
            return false;
        }
        let (carried, has_any) = match self.kind {
            UnitKind::Timer => self.timer(started, draft),
            UnitKind::Socket => self.socket(started, draft, all),
            _ => self.path(started, draft),
        };
        if !has_any {
            for it in self.own() {
                self.leave(it, "there is no option for a start of this kind", draft, all);
            }
            return false;
        }
        for it in self.own().filter(|it| !carried.contains(&it.line_of())) {
            match in_section(it.name, self.section) {
                _ if matches!(it.name, "Unit" | "Service") => {}
                _ if it.name == "Persistent" => {
                    if boolean(&it.value) == Some(true) {
                        self.leave(it, "counts for OnCalendar= alone", draft, all);
                    }
                }
                _ if matches!(it.name, "ListenStream" | "ListenDatagram") => {
                    self.leave(it, "there is no option for such an address", draft, all);
                }
                None => self.leave(it, "systemd knows no such setting, and passes over it", draft, all),
                Some(_) => draft.property(&format!("{}.{}", self.section.name(), it.name), &it.value),
            }
        }
        self.surroundings(started, draft, all);
        true
    }

    /// Why nothing of it can be carried over.
    fn refused(&self, started: &Started<'_>) -> Option<&'static str> {
        let goes_on = started.last("RemainAfterExit").and_then(boolean) == Some(true);
        let again = started.last("Restart").is_some_and(|policy| matches!(policy, "always" | "on-success"));
        let installs = ["WantedBy", "RequiredBy", "UpheldBy"];
        let is_installed = started.settings.iter().any(|it| it.section == "Install" && installs.contains(&it.name));
        match self.kind {
            _ if started.specifiers.instance.is_some() => {
                Some("instances are not started by something else: a service of its own for each")
            }
            UnitKind::Timer if goes_on => Some("with RemainAfterExit=yes it would run once, and never again"),
            UnitKind::Timer if again => Some("with this Restart= it would start again as soon as it has ended"),
            UnitKind::Socket if is_installed => Some(
                "the service starts at boot by itself: to have the socket start it, say `listen` and not WantedBy=",
            ),
            _ => None,
        }
    }

    fn leave(&self, it: &Assignment<'_>, why: &str, draft: &mut Draft, all: &mut Draftsman) {
        all.left(draft, it.file, it.line, format!("[{}] {}={}: {why}", it.section, it.name, it.value));
    }

    /// Its other sections: mkservice writes those itself.
    fn surroundings(&self, started: &Started<'_>, draft: &mut Draft, all: &mut Draftsman) {
        let usual = self.kind.target(started.scope());
        for it in self.settings.iter().filter(|it| it.section != self.section.name()) {
            match (it.section, it.name) {
                ("Unit", "Description" | "Documentation") => {
                    draft.remark(format!(
                        "the {} has a description of its own now, without {}={}",
                        self.kind, it.name, it.value
                    ));
                }
                ("Install", "WantedBy") if it.value == usual => {}
                ("Install", "WantedBy" | "RequiredBy" | "UpheldBy" | "Alias") => {
                    draft.property(&format!("Install.{}", it.name), &it.value);
                }
                ("Install", "Also") => leave_also(it, started, &[self.kind], draft, all),
                (section, _) if section.starts_with("X-") => {}
                _ => {
                    let unit = format!("{}.{}", draft.name(), self.kind);
                    let why = format!("once the service is there, say it with: systemctl edit {unit}");
                    self.leave(it, &why, draft, all);
                }
            }
        }
    }

    /// Whether it is enabled where its section says so.
    pub fn is_installed(&self) -> bool {
        assignments::is_installed(&self.settings)
    }

    /// What it is.
    pub fn kind(&self) -> UnitKind {
        self.kind
    }
}

/// Tells which units were to be enabled with this one, besides the service and those in `own` that start it: mkservice
/// looks after what it has made, and nothing else.
pub fn leave_also(
    it: &Assignment<'_>,
    started: &Started<'_>,
    own: &[UnitKind],
    draft: &mut Draft,
    all: &mut Draftsman,
) {
    let stem = started.unit.strip_suffix(".service").unwrap_or(started.unit);
    let is_own = |unit: &str| unit == started.unit || own.iter().any(|kind| unit == format!("{stem}.{kind}"));
    let others: Vec<&str> = it.value.split_whitespace().filter(|unit| !is_own(unit)).collect();
    if !others.is_empty() {
        let manager = if started.specifiers.of_machine { "systemctl" } else { "systemctl --user" };
        let others = others.join(" ");
        let what = format!("Also={others}: is not enabled with it, but by its own name: {manager} enable {others}");
        all.left(draft, it.file, it.line, what);
    }
}

/// A line of a file.
type Place<'a> = (&'a std::path::Path, usize);

impl Assignment<'_> {
    fn line_of(&self) -> Place<'_> {
        (self.file, self.line)
    }
}

/// What a unit is that starts a service and is none: which file to name instead.
pub fn refuse_starter(file_name: &str, text: &str) -> Result<(), Trouble> {
    let Some((stem, kind)) = file_name.rsplit_once('.').filter(|(_, ending)| around::STARTERS.contains(ending)) else {
        return Ok(());
    };
    let settings = crate::systemd::unit_file::settings(text);
    let named =
        settings.iter().rev().find(|it| matches!(it.name, "Unit" | "Service") && it.value.ends_with(".service"));
    let service = named.map_or_else(|| format!("{stem}.service"), |it| it.value.clone());
    let why = format!("is a {kind} unit, and runs nothing itself");
    let hint = format!("import {service}, the service that it starts: a {kind} of the same name is read with it");
    Err(Trouble::new(0, why).hint(hint))
}

#[cfg(test)]
mod tests;
