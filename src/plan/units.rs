//! Wanted units compared with existing ones, and existing units that are no longer wanted.

use std::path::{Path, PathBuf};

use super::{FileChange, Reason, Step, Wanted};
use super::{edited, not_managed};
use crate::manager::state::UnitState;
use crate::model::command::systemctl;
use crate::model::diagnostic::{Code, Details, Error, Result};
use crate::model::message::{message, opt, quoted, set};
use crate::spec::UnitKind;
use crate::state::service::Service;
use crate::state::{ExistingFile, ExistingUnit, Present};
use crate::unit::drop_in;
use crate::unit::edited;
use crate::unit::install::{self, Link, NeedsManager, dependents_directory};
use crate::unit::stamp::{self, Origin};
use crate::unit::{self, Directive, UnitFile};

pub(super) struct Unit<'a> {
    pub file: &'a UnitFile,
    pub there: &'a ExistingUnit,
    pub change: FileChange,
    /// The directives that change.
    pub changed: Vec<Directive>,
}

impl Unit<'_> {
    /// The directory of the unit.
    pub fn dir(&self) -> &Path {
        self.there.path.parent().unwrap_or(&self.there.path)
    }

    /// Why the unit must be restarted for the change to take effect.
    pub fn reason(&self) -> Option<Reason> {
        let names = self.changed.iter().filter(|it| it.needs_restart()).map(|it| it.name.clone()).collect();
        (self.change == FileChange::Restart).then_some(Reason::Directives(names))
    }

    /// True if units that it depends on may have to be started: a running unit keeps running.
    pub fn pulls_in(&self) -> bool {
        self.changed.iter().any(Directive::pulls_in)
    }

    /// The difference between the existing and the wanted file.
    pub fn difference(&self) -> Vec<String> {
        match &self.there.file {
            ExistingFile::File { text, .. } => unit::difference(&String::from_utf8_lossy(text), &self.file.text),
            _ => Vec::new(),
        }
    }
}

/// Keeps what `edit --full` changed in the units that are there.
pub fn carry_edits(files: &mut [UnitFile], present: &Present) {
    for file in files {
        let there = present.unit(file.kind).map(ExistingUnit::text).filter(|text| edited::is_edited(text));
        if let Some(text) = there.filter(|text| stamp::origin(text.as_bytes()) == Origin::Managed) {
            file.text = edited::carried(&file.text, &text);
        }
    }
}

/// Keeps the names that the service had before.
pub fn carry_former_names(files: &mut [UnitFile], present: &Present) {
    for file in files {
        let there = present.unit(file.kind).map(ExistingUnit::text).unwrap_or_default();
        let names: Vec<&str> = stamp::former_names(&there).collect();
        if !names.is_empty() {
            file.text = stamp::with_former_names(&file.text, names.into_iter());
        }
    }
}

/// The links that enable a wanted unit.
pub(super) fn links(unit: &Unit<'_>, wanted: &Wanted<'_>) -> std::result::Result<Vec<Link>, NeedsManager> {
    let (spec, file) = (wanted.spec, unit.file);
    match edited::is_edited(&file.text) && spec.entries().contains(&file.kind) {
        true => install::links_of_text(&file.unit, &file.text, unit.dir(), spec.release),
        false => install::links(spec, file.kind, unit.dir()),
    }
}

/// The units that are wanted, in the order of their files.
pub(super) fn units<'a>(files: &'a [UnitFile], present: &'a Present, of_file: bool) -> Vec<Unit<'a>> {
    let there = |file: &'a UnitFile| present.unit(file.kind).map(|there| (file, there));
    let unit = |(file, there): (&'a UnitFile, &'a ExistingUnit)| {
        let (change, changed) = change(file, there, of_file);
        Unit { file, there, change, changed }
    };
    files.iter().filter_map(there).map(unit).collect()
}

fn change(file: &UnitFile, there: &ExistingUnit, of_file: bool) -> (FileChange, Vec<Directive>) {
    let ExistingFile::File { text, origin, .. } = &there.file else { return (FileChange::Restart, Vec::new()) };
    if text == file.text.as_bytes() {
        return (FileChange::None, Vec::new());
    }
    let text = String::from_utf8_lossy(text);
    let changed = unit::changed(&text, &file.text);
    let change = match stamp::effective(&text) == stamp::effective(&file.text) {
        // Which version of mkservice wrote it, and from which file, is no change.
        true if *origin == Origin::Managed && !of_file && stamp::typed_line(&text) == stamp::typed_line(&file.text) => {
            FileChange::None
        }
        true if *origin == Origin::Managed => FileChange::Remarks,
        _ if *origin != Origin::Foreign && !changed.iter().any(Directive::needs_restart) => FileChange::Reload,
        _ => FileChange::Restart,
    };
    (change, changed)
}

/// Refuses to replace or override units that mkservice does not manage.
pub(super) fn refuse_what_is_not_ours(unit: &Unit<'_>, wanted: &Wanted<'_>, service: &Service) -> Result<()> {
    let (name, scope, there) = (service.name.clone(), service.scope, unit.there);
    let taken = |path: &PathBuf, masked| {
        let here = *path == there.path;
        let difference = if here { unit.difference() } else { Vec::new() };
        let unmanaged = "a unit that mkservice does not manage";
        let masked_too = if masked { " (it is masked)" } else { "" };
        let message =
            message!("{} is the name of {}: {}{}", quoted(name.as_str()), unmanaged, quoted(path), masked_too);
        let error = Error::new(Code::NameTaken, message).service(&name);
        let other = message!("choose another name: {}", set("name", format!("{name}-2")));
        let error = match (masked, here) {
            (true, _) => error.hint(systemctl(scope).arg("unmask").arg(name.as_str())).hint(other),
            (false, true) => error.hint(other).hint(message!("use {} to replace it", opt("force"))),
            (false, false) => error.hint(other).hint(message!("use {} to override it", opt("force"))),
        };
        Err(error.details(Details { difference, ..Details::default() }))
    };
    match &there.file {
        ExistingFile::Other => return Err(not_managed(&there.path, false)),
        _ if wanted.force => return Ok(()),
        ExistingFile::File { origin: Origin::Managed, .. } => return Ok(()),
        ExistingFile::File { origin: Origin::Edited, .. } => {
            return Err(edited(&name, scope, &there.path, unit.difference()));
        }
        ExistingFile::File { origin: Origin::Foreign, text, .. } => {
            return match owner(&unit.file.unit, text) {
                Some(owner) if owner != name.as_str() => {
                    let (name_quoted, owner) = (quoted(name.as_str()), quoted(owner));
                    let message =
                        message!("{} would replace a unit of service {}: {}", name_quoted, owner, quoted(&there.path));
                    let error = Error::new(Code::NameTaken, message).service(&name);
                    let error = error.hint(message!("choose another name: {}", set("name", format!("{name}-2"))));
                    Err(error.hint(message!("use {} to replace it", opt("force"))))
                }
                _ => taken(&there.path, false),
            };
        }
        ExistingFile::Link(target) => return taken(&there.path, target.as_os_str() == "/dev/null"),
        ExistingFile::Nothing => {}
    }
    match &there.elsewhere {
        Some((path, masked)) => taken(path, *masked),
        None => Ok(()),
    }
}

/// Another managed service that owns the unit, according to the text of its file.
fn owner(unit: &str, text: &[u8]) -> Option<String> {
    let is_managed = stamp::origin(text) != Origin::Foreign;
    let text = String::from_utf8_lossy(text);
    let itself = || unit.rsplit_once('.').map_or(unit, |(stem, _)| stem.trim_end_matches('@'));
    is_managed.then(|| stamp::companion_of(&text).unwrap_or_else(itself).to_owned())
}

/// Managed links that enabling would not create: other units wanted the service, or it is no longer enabled.
pub(super) fn stale_links(unit: &Unit<'_>, wanted: &Wanted<'_>) -> Vec<PathBuf> {
    let links = links(unit, wanted);
    let kept = if wanted.enable { links } else { Ok(Vec::new()) };
    // If only systemd knows, nothing is removed.
    let Ok(mut kept) = kept else { return Vec::new() };
    if let Some(edit) = unit.there.own_drop_in(drop_in::EDIT).filter(|_| wanted.enable) {
        let of_edit = install::links_of_text(&unit.file.unit, &edit.text(), unit.dir(), wanted.spec.release);
        let Ok(of_edit) = of_edit else { return Vec::new() };
        kept.extend(of_edit);
    }
    unit.there.links.iter().filter(|link| !kept.iter().any(|kept| kept.path == **link)).cloned().collect()
}

/// The steps that remove managed units that the service no longer has. A unit is stopped while its file exists: if the
/// run is interrupted, the next one completes it.
pub(super) fn obsolete(files: &[UnitFile], service: &Service) -> Vec<Step> {
    let is_wanted = |there: &ExistingUnit| files.iter().any(|file| file.kind == there.kind);
    let to_remove = service.present.units().filter(|there| there.is_managed() && !is_wanted(there));
    to_remove.flat_map(|there| delete(there, service)).collect()
}

/// The units that run by the file of a unit of a service: the unit itself, or the instances of a template.
pub(super) fn running(there: &ExistingUnit, service: &Service) -> Vec<String> {
    let units = match there.kind {
        UnitKind::Template => service.instances.iter().map(|one| one.name.unit()).collect(),
        _ => vec![there.unit.clone()],
    };
    units.into_iter().filter(|unit| service.state_of(unit).is_some_and(UnitState::is_up)).collect()
}

/// The steps that stop a unit of a service and delete its file and its links.
pub(super) fn delete(there: &ExistingUnit, service: &Service) -> Vec<Step> {
    let failed = service.instances.iter().filter(|one| there.kind == UnitKind::Template && one.state.begun != 0);
    let forget = failed.map(|one| Step::ResetFailed(one.name.unit()));
    let stop = running(there, service).into_iter().map(Step::Stop).chain(forget);
    let links = there.links.iter().cloned().map(Step::RemoveFile);
    let dirs = there.links.iter().filter_map(|link| dependents_directory(link)).map(Step::RemoveDir);
    let stamp = there.stamp.iter().cloned().map(Step::RemoveFile);
    let file = [Step::RemoveFile(there.path.clone())];
    stop.chain(links).chain(dirs).chain(super::prelude::delete_of(there)).chain(stamp).chain(file).collect()
}
