//! One service of an installation, with its plan.

use std::collections::HashMap;
use std::io::ErrorKind;

use super::site::Site;
use crate::checks::{
    accounts, escalation, exposure, link_conflicts, listening, reachable, replacing, systemd_verdict, times,
};
use crate::host::{log_file, tree};
use crate::manager::security::Exposure;
use crate::manager::state::UnitState;
use crate::model::diagnostic::{Code, Error, Note, Result, Subject};
use crate::model::message::{message, opt, quoted, some_of};
use crate::output::wording::Front;
use crate::plan::{self, FileChange, Step, Wanted};
use crate::resolve::{self, Resolved};
use crate::session::context::Context;
use crate::session::secrets::{PlannedSecrets, Secrets};
use crate::spec::{ManifestId, Scope, ServiceSpec, UnitKind};
use crate::state::ExistingFile;
use crate::state::service::Service;
use crate::unit;
use crate::unit::stamp;

pub struct Planned<'a> {
    pub resolved: &'a Resolved,
    /// It comes from a manifest.
    pub of_file: bool,
    pub secrets: PlannedSecrets,
    pub warnings: Vec<Note>,
    /// About files that declare it as well, or did.
    file_notes: Vec<Note>,
    /// The previous state.
    pub there: Service,
    pub steps: Vec<Step>,
    /// The steps that update what mkservice records in unit files, which is no change of the service.
    pub records: Vec<Step>,
    pub exposure: Option<Exposure>,
}

/// Checks that need nothing but the spec.
pub fn refuse(resolved: &Resolved, secrets: &Secrets, context: &Context<'_>) -> Result<()> {
    let Resolved { spec, install, .. } = resolved;
    if !install.changing.force {
        accounts::refuse_missing(spec, context.host)?;
        reachable::refuse_what_cannot_be(resolved, context.host)?;
        escalation::refuse_root_shell(resolved, context.host)?;
        escalation::refuse_manager_paths(&secrets.with_files(spec))?;
    }
    refuse_another_log_file(resolved, context)?;
    times::refuse_what_never_comes(spec, context.host)
}

/// Prints reasons and warnings.
pub fn explain(services: &[Planned<'_>], context: &Context<'_>) {
    let reasons = |service: &Planned<'_>| service.resolved.reasons.iter().map(Note::from).collect();
    said(services, reasons).into_iter().for_each(|reason| context.ui.detail(reason.message));
    let front = front(services);
    let warnings = |service: &Planned<'_>| if service.is_unchanged() { Vec::new() } else { service.warnings.clone() };
    said(services, warnings).into_iter().for_each(|it| context.ui.warn_for(front, it));
}

/// Prints notes.
pub fn note(services: &[Planned<'_>], context: &Context<'_>) {
    let front = front(services);
    let notes = |service: &Planned<'_>| {
        let watched = escalation::watched_paths(&service.secrets.spec);
        let all = service.resolved.notes.iter().cloned().chain(watched);
        all.filter(|_| !service.is_unchanged()).chain(service.file_notes.iter().cloned()).collect()
    };
    said(services, notes).into_iter().for_each(|it| context.ui.note_for(front, it));
}

fn front(services: &[Planned<'_>]) -> Front {
    if services.iter().any(|service| service.of_file) { Front::File } else { Front::CommandLine }
}

/// Each text once; with several services, with the names of those it is about.
fn said<'a>(services: &'a [Planned<'_>], notes: impl Fn(&'a Planned<'_>) -> Vec<Note>) -> Vec<Note> {
    let mut all: Vec<(Note, Vec<&str>)> = Vec::new();
    let mut places: HashMap<Note, usize> = HashMap::new();
    for service in services {
        for note in notes(service) {
            let place = *places.entry(note.clone()).or_insert_with(|| {
                all.push((note, Vec::new()));
                all.len() - 1
            });
            all[place].1.push(service.resolved.spec.name.as_str());
        }
    }
    let said = |(note, names): (Note, Vec<&str>)| match services {
        [_] => note,
        _ => Note { message: message!("{}: {}", some_of(&names), note.message), ..note },
    };
    all.into_iter().map(said).collect()
}

impl<'a> Planned<'a> {
    pub fn plan(
        resolved: &'a Resolved,
        secrets: Secrets,
        there: Service,
        site: &Site,
        (of_file, only_shows): (Option<FileOptions>, bool),
        context: &Context<'_>,
    ) -> Result<Planned<'a>> {
        let host = context.host;
        let Resolved { spec, install, .. } = resolved;
        if !of_file.is_some_and(|options| options.adopt) {
            replacing::refuse(resolved, of_file.is_some(), context.invocation, host)?;
        }
        listening::refuse_what_would_be_lost(resolved, &there, host)?;
        let warnings = resolved.warnings.iter().chain(secrets.warnings()).cloned().collect();
        let mut secrets =
            secrets.ready(spec, &there.present.kept, site.session.manager.as_ref(), only_shows, context)?;
        secrets.spec.leave_out(&there.present.main.own_settings());
        let spec = &secrets.spec;
        let mut files = unit::render(spec)
            .map_err(|why| Error::invalid(message!("the command {}", why)).about(Subject::Command))?;
        if !install.changing.force {
            plan::carry_edits(&mut files, &there.present);
        }
        plan::carry_former_names(&mut files, &there.present);
        systemd_verdict::refuse_left_out(spec, &files[0].text, host)?;
        exposure::refuse_above(install.max_exposure, spec, &files[0].text, host)?;
        let wanted = Wanted {
            spec,
            files: &files,
            secrets: &secrets.steps,
            secrets_changed: secrets.changed,
            start: install.start,
            enable: install.enable,
            linger: install.linger,
            make_log_file: spec.log_file.as_ref().is_some_and(|file| log_file::has_to_be_made(file, host)),
            force: install.changing.force,
            of_file: of_file.is_some(),
        };
        let is_record =
            |step: &Step| of_file.is_some() && matches!(step, Step::WriteUnit { change: FileChange::Remarks, .. });
        let (mut records, steps): (Vec<Step>, Vec<Step>) =
            plan::add(&wanted, &there, site.lingers, host)?.into_iter().partition(is_record);
        let declared = of_file.map(|options| takeover(spec, &there, options, !steps.is_empty())).transpose()?.flatten();
        if declared.as_ref().is_some_and(|note| !note.replaces) {
            records.clear();
        }
        let file_notes = declared.into_iter().map(|it| it.note).collect();
        link_conflicts::refuse(&steps)?;
        if !install.changing.force {
            link_conflicts::refuse_others_names(&steps, &site.places)?;
        }
        let of_file = of_file.is_some();
        Ok(Planned { resolved, of_file, secrets, warnings, file_notes, there, steps, records, exposure: None })
    }

    /// Returns its unit if the manager has never loaded it and nothing follows its start.
    pub fn new_to_manager(&self) -> Option<String> {
        let spec = &self.secrets.spec;
        let is_unknown = |state: &UnitState| state.load == "not-found" && state.active == "inactive";
        let is_new = self.there.state.as_ref().is_some_and(is_unknown) && !self.there.is_managed();
        let is_alone = spec.units() == [UnitKind::Service] && matches!(spec.effective_type(), "exec" | "simple");
        (is_new && is_alone && self.resolved.install.settle.is_zero()).then(|| spec.name.unit())
    }

    /// True if nothing of that name was installed before, or a service that did not start and is not yet removed.
    pub fn is_new(&self) -> bool {
        let main = &self.there.present.main;
        main.file == ExistingFile::Nothing || (main.is_managed() && stamp::is_withdrawn(&main.text()))
    }

    /// True if a file declares the service as it is.
    fn is_unchanged(&self) -> bool {
        self.of_file && self.steps.is_empty()
    }

    pub fn starts_something(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Start(_) | Step::Restart { .. }))
    }

    pub fn is_changed(&self) -> bool {
        let changed = |step: &Step| {
            matches!(step, Step::WriteUnit { change: FileChange::Restart, .. } | Step::WriteSecret { .. })
        };
        self.steps.iter().any(changed)
    }

    /// True if the unit is running after all steps.
    pub fn runs_on(&self, unit: &str) -> bool {
        let is_up = self.there.state_of(unit).is_some_and(UnitState::is_up);
        self.starts(unit) || (is_up && !self.steps.contains(&Step::Stop(unit.to_owned())))
    }

    fn starts(&self, unit: &str) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Start(of) | Step::Restart { unit: of, .. } if of == unit))
    }

    pub fn restore_secrets(&self) -> Vec<Step> {
        plan::restore_secrets(&self.steps, &self.secrets.before)
    }
}

/// How a manifest is applied.
#[derive(Debug, Clone, Copy)]
pub struct FileOptions {
    /// Take over services that another file declares.
    pub adopt: bool,
}

/// Another file that declares a service.
struct Declared {
    note: Note,
    /// From now on this file declares it.
    replaces: bool,
}

/// Refuses to change a service that another file declares.
fn takeover(spec: &ServiceSpec, there: &Service, options: FileOptions, changes: bool) -> Result<Option<Declared>> {
    let other = stamp::manifest(&there.text()).filter(|other| spec.applied_from.as_ref() != Some(other));
    let Some(other) = other.filter(|_| !options.adopt) else { return Ok(None) };
    let (name, path) = (&spec.name, other.as_path());
    let is_missing = || tree::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    if matches!(other, ManifestId::Path(_)) && is_missing() {
        let note = message!("{} was declared by {}, which no longer exists", name, quoted(path)).into();
        return Ok(Some(Declared { note, replaces: spec.applied_from.is_some() }));
    }
    if changes {
        let error = Error::new(Code::Conflict, message!("{} is declared by {}", name, quoted(path))).service(name);
        let error = error.hint(message!("use {} to take it over, and remove it there", opt("adopt")));
        return Err(error);
    }
    let note = message!("{} is declared by {} as well; {} takes it over", name, quoted(path), opt("adopt")).into();
    Ok(Some(Declared { note, replaces: false }))
}

/// Root checks again what the unprivileged process found out, or claims to have found out, about the log file.
fn refuse_another_log_file(resolved: &Resolved, context: &Context<'_>) -> Result<()> {
    let spec = &resolved.spec;
    match &spec.log_file {
        Some(file) if context.host.euid == 0 && spec.scope == Scope::System => {
            let (found, force) = (log_file::at(file.path()), resolved.install.changing.force);
            resolve::log_file::refuse_another(file, &found, spec.effective_account(), force, context.invocation)
        }
        _ => Ok(()),
    }
}
