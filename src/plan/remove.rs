//! The steps that take services away again, whatever is left of them.

use std::path::{Path, PathBuf};

use super::Step;
use crate::error::{Error, Result, shown};
use crate::host::Host;
use crate::present::{FileThere, Present};
use crate::record::Record;
use crate::spec::{Scope, UnitName};
use crate::systemd::manager::UnitState;
use crate::unit::stamp::Origin;

/// A service to remove.
#[derive(Debug)]
pub struct Doomed {
    /// Its name.
    pub name: UnitName,
    /// What is on disk.
    pub present: Present,
    /// What the manager knows; `None` when there is no manager to ask.
    pub state: Option<UnitState>,
}

impl Doomed {
    /// True when there is anything to remove. A file that somebody deleted by hand leaves links
    /// that lead nowhere, and a process that goes on; both still tell of the service.
    pub fn exists(&self) -> bool {
        self.present.file != FileThere::Nothing || self.has_leftovers() || self.present.elsewhere.is_some()
    }

    fn has_leftovers(&self) -> bool {
        let loaded_from_here = |state: &UnitState| Path::new(&state.fragment) == self.present.path && state.is_up();
        !self.present.links.is_empty() || self.state.as_ref().is_some_and(loaded_from_here)
    }

    fn refuse_what_is_not_ours(&self, force: bool) -> Result<()> {
        let refuse = |path: &PathBuf, removable| Err(Error::NotOurs { path: shown(path), removable });
        match (&self.present.file, &self.present.elsewhere) {
            (FileThere::File { origin: Origin::Ours | Origin::Edited, .. }, _) => Ok(()),
            (FileThere::Other, _) => refuse(&self.present.path, false),
            (FileThere::Nothing, Some((path, _))) if !self.has_leftovers() => refuse(path, false),
            (FileThere::Nothing, _) => Ok(()),
            _ if force => Ok(()),
            _ => refuse(&self.present.path, true),
        }
    }
}

/// Plans the removal of services of one scope. `left` is how many services of ours remain
/// afterwards; with the last one goes what [`Record`] tells of.
///
/// # Errors
/// A unit that is not ours, without `force`.
pub fn remove(
    doomed: &[Doomed],
    scope: Scope,
    left: usize,
    record: &Record,
    force: bool,
    host: &Host,
) -> Result<Vec<Step>> {
    for service in doomed {
        service.refuse_what_is_not_ours(force)?;
    }
    let mut steps = Vec::new();
    for service in doomed {
        let unit = service.name.unit();
        if let Some(state) = &service.state {
            if state.is_up() {
                steps.push(Step::Stop(unit.clone()));
            }
            // While the file is still there: its [Install] section names what else to disable.
            if !service.present.links.is_empty() {
                steps.push(Step::Disable(unit.clone()));
            }
        } else {
            steps.extend(service.present.links.iter().cloned().map(Step::RemoveFile));
            steps.extend(
                service.present.links.iter().filter_map(|link| dependents_folder(link)).map(Step::RemoveFolder),
            );
        }
        let our_drop_ins: Vec<&PathBuf> =
            service.present.drop_ins.iter().filter(|(_, ours)| *ours).map(|(path, _)| path).collect();
        steps.extend(our_drop_ins.iter().map(|path| Step::RemoveFile((*path).clone())));
        steps.extend(
            our_drop_ins.first().and_then(|path| path.parent()).map(|folder| Step::RemoveFolder(folder.into())),
        );
        if service.present.file != FileThere::Nothing {
            steps.push(Step::RemoveFile(service.present.path.clone()));
        }
    }
    let managed = doomed.iter().filter(|service| service.state.is_some());
    let units: Vec<String> = managed.map(|service| service.name.unit()).collect();
    if !units.is_empty() {
        steps.push(Step::Reload(scope));
        // A unit that failed stays loaded, without a file, until somebody says so.
        steps.extend(units.iter().cloned().map(Step::ResetFailed));
    }
    if scope == Scope::User && left == 0 && !record.is_empty() {
        if record.lingering && !units.is_empty() {
            steps.push(Step::Linger { account: host.asked_by.name.clone(), on: false });
        }
        steps.push(Step::Record(Record::default()));
        steps.extend(record.folders.iter().rev().cloned().map(Step::RemoveFolder));
    }
    Ok(steps)
}

/// The `*.wants` folder of a link, which goes when it is empty, as with `systemctl disable`.
fn dependents_folder(link: &Path) -> Option<PathBuf> {
    link.parent()
        .filter(|folder| folder.extension().is_some_and(|ending| ending != "user" && ending != "system"))
        .map(Path::to_owned)
}
