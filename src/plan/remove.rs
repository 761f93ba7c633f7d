//! The steps that remove services, whatever is left of them.

use std::path::PathBuf;

use super::not_managed;
use super::together::once;
use super::units::running;
use super::{FileChange, Step, prelude};
use crate::host::Host;
use crate::model::diagnostic::Result;
use crate::spec::{Scope, UnitKind};
use crate::state::service::Service;
use crate::state::{DropIn, ExistingFile, ExistingUnit, Lingering};
use crate::unit::install::dependents_directory;
use crate::unit::stamp::{self, Origin};

fn refuse_what_is_not_ours(service: &Service, force: bool) -> Result<()> {
    let refuse = |path: &PathBuf, removable| Err(not_managed(path, removable));
    match (&service.present.main.file, &service.present.main.elsewhere) {
        (ExistingFile::File { origin: Origin::Managed | Origin::Edited, .. }, _) => Ok(()),
        (ExistingFile::Other, _) => refuse(&service.present.main.path, false),
        (ExistingFile::Nothing, Some((path, _))) => refuse(path, false),
        // An instance of a template: its file has another name.
        (ExistingFile::Nothing, _) if service.file() != service.present.main.path => {
            refuse(&service.file().to_owned(), false)
        }
        (ExistingFile::Nothing, _) => Ok(()),
        _ if force => Ok(()),
        _ => refuse(&service.present.main.path, true),
    }
}

fn steps(service: &Service, scope: Scope) -> Vec<Step> {
    let is_in_front = |there: &&ExistingUnit| there.kind.is_trigger() || there.kind == UnitKind::Target;
    let (triggers, others): (Vec<_>, Vec<_>) = service.present.units().partition(is_in_front);
    let main = service.present.main.kind;
    let of_ours = |there: &&ExistingUnit| there.kind == main || there.is_managed() || !there.temporary.is_empty();
    let units = triggers.into_iter().chain(others).filter(of_ours);
    let mut steps: Vec<Step> = units.flat_map(|there| unit_steps(there, service, scope)).collect();
    steps.extend(super::harden::delete_trial(&service.present));
    let kept = &service.present.kept;
    let secrets = kept.temporary.iter().chain(kept.secrets.iter().map(|secret| &secret.path));
    steps.extend(secrets.cloned().map(Step::RemoveFile));
    steps.extend(kept.dir.iter().filter(|_| kept.is_there).cloned().map(Step::RemoveDir));
    // Last: until then, leftovers of an interrupted run identify the service.
    let is_there = service.present.main.file != ExistingFile::Nothing;
    steps.extend(is_there.then(|| Step::RemoveFile(service.present.main.path.clone())));
    steps
}

/// Everything of one unit, except the file of the main unit.
fn unit_steps(there: &ExistingUnit, service: &Service, scope: Scope) -> Vec<Step> {
    let unit = there.unit.clone();
    let mut steps = Vec::new();
    // A link in the file's place (a mask, a linked unit) was not enabled by mkservice: its links are removed one by
    // one, since systemd ignores masked units.
    let is_link = match &there.file {
        ExistingFile::Link(_) => true,
        // For systemd, an empty file is a mask as well.
        ExistingFile::File { text, .. } => text.is_empty(),
        _ => false,
    };
    let links = if is_link { &there.enabling } else { &there.links };
    // Only a run of mkservice's own file is stopped.
    if let Some(state) = service.state_of(&unit).filter(|state| there.is_read_by(state)) {
        // Before anything is stopped: if the directory is not writable, this fails and nothing changes. And while the
        // file exists: its [Install] section names what else to disable. Links to a unit of that name elsewhere would
        // be removed as well, so not if there is one.
        if !links.is_empty() && !is_link && there.elsewhere.is_none() {
            steps.push(Step::Disable(unit.clone()));
        }
        if state.is_up() {
            steps.push(Step::Stop(unit.clone()));
        }
    }
    if there.kind == UnitKind::Template {
        steps.extend(running(there, service).into_iter().map(Step::Stop));
    }
    steps.extend(there.temporary.iter().cloned().map(Step::RemoveFile));
    if !steps.contains(&Step::Disable(unit)) {
        steps.extend(links.iter().cloned().map(Step::RemoveFile));
    }
    steps.extend(links.iter().filter_map(|link| dependents_directory(link)).map(Step::RemoveDir));
    let usual = there.path.parent().map(|dir| dir.join(format!("{}.wants", there.kind.target(scope))));
    steps.extend(usual.map(Step::RemoveDir));
    let our_drop_ins: Vec<&DropIn> = there.drop_ins.iter().filter(|it| it.is_managed()).collect();
    steps.extend(our_drop_ins.iter().map(|it| Step::RemoveFile(it.path.clone())));
    steps.extend(prelude::delete_of(there));
    let dir = there.drop_in_dir.iter().filter(|_| our_drop_ins.len() == there.drop_ins.len());
    steps.extend(dir.filter(|_| there.preludes.is_empty()).cloned().map(Step::RemoveDir));
    steps.extend(there.stamp.iter().cloned().map(Step::RemoveFile));
    if !there.kind.is_main() && there.file != ExistingFile::Nothing {
        steps.push(Step::RemoveFile(there.path.clone()));
    }
    steps
}

/// Plans the removal of services of one scope.
pub fn remove(to_remove: &[Service], scope: Scope, force: bool) -> Result<Vec<Step>> {
    for service in to_remove {
        refuse_what_is_not_ours(service, force)?;
    }
    let mut steps = once(to_remove.iter().flat_map(|service| steps(service, scope)).collect());
    // All of a kind together. Triggers are stopped first, so that they cannot start a service in between.
    steps.sort_by_key(|step| match step {
        Step::Disable(_) => 0,
        Step::Stop(unit) if !unit.ends_with(".service") => 1,
        Step::Stop(_) => 2,
        _ => 3,
    });
    let units: Vec<String> = to_remove.iter().flat_map(Service::states).map(|(unit, _)| unit).collect();
    if !units.is_empty() {
        steps.push(Step::Reload(scope));
        // A failed unit stays loaded without a file until it is reset.
        steps.extend(units.into_iter().map(Step::ResetFailed));
    }
    Ok(steps)
}

/// Plans the removal of a new service that did not start. Its file is marked first: if the removal is interrupted, a
/// later run removes it as well.
pub fn undo_install(service: &Service) -> Result<Vec<Step>> {
    let main = &service.present.main;
    let mark = Step::WriteUnit {
        path: main.path.clone(),
        text: stamp::withdraw(&main.text()),
        replaces: true,
        change: FileChange::Remarks,
        difference: Vec::new(),
    };
    let is_there = main.file != ExistingFile::Nothing;
    let removal = remove(std::slice::from_ref(service), service.scope, false)?;
    Ok(is_there.then_some(mark).into_iter().chain(removal).collect())
}

/// Plans what is removed with a user's last service: lingering, if mkservice enabled it. Only logind can disable it; if
/// it is not running, the record stays.
pub fn disable_lingering(lingering: &Lingering, host: &Host) -> Vec<Step> {
    let Some(mark) = lingering.mark.as_ref().filter(|_| host.can_change_lingering()) else { return Vec::new() };
    if lingering.is_on {
        return vec![Step::Linger { account: host.asked_by.name.clone(), on: false }];
    }
    vec![Step::RemoveFile(mark.clone())]
}
