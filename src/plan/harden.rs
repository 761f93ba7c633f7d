//! The steps that try, keep, and undo settings of a service.

use std::path::{Path, PathBuf};

use super::{FileChange, Step};
use crate::spec::{Scope, UnitName};
use crate::state::Present;
use crate::unit::drop_in;

/// The two drop-ins of a service: the one on trial, and the permanent one.
#[derive(Debug, Clone)]
pub struct Hardening {
    scope: Scope,
    unit: String,
    trial: PathBuf,
    /// The path of the permanent one.
    pub permanent: PathBuf,
}

impl Hardening {
    /// `None` if nothing can be tried.
    pub fn of(name: &UnitName, scope: Scope, present: &Present) -> Option<Hardening> {
        let permanent = present.main.drop_in_path(drop_in::HARDEN);
        Some(Hardening { scope, unit: name.unit(), trial: present.trial.clone()?, permanent })
    }

    /// Runs the service with other settings, until the next reboot.
    pub fn trial(&self, text: String) -> Vec<Step> {
        drop_in(&self.trial, Some(text)).into_iter().chain(self.restart()).collect()
    }

    /// Removes the settings on trial; the permanent ones apply again.
    pub fn end_trial(&self) -> Vec<Step> {
        delete(&self.trial).into_iter().chain([Step::Reload(self.scope)]).collect()
    }

    /// Makes settings permanent, or removes all of them.
    pub fn keep(&self, text: Option<String>) -> Vec<Step> {
        let mut steps = drop_in(&self.permanent, text);
        steps.extend(self.end_trial());
        steps
    }

    /// Removes all settings. If a service `runs`, it is restarted while a drop-in without settings is still there: a
    /// process that is killed before is repeated.
    pub fn undo(&self, runs: bool, without_settings: String) -> Vec<Step> {
        let mut steps = Vec::new();
        if runs {
            steps.extend(drop_in(&self.permanent, Some(without_settings)));
            steps.extend(self.end_trial());
            steps.extend(self.restart().into_iter().filter(|step| !matches!(step, Step::Reload(_))));
        }
        steps.extend(self.keep(None));
        steps
    }

    /// Restarts the service. Each start counts against the start limit, so the counter is reset first.
    pub fn restart(&self) -> Vec<Step> {
        let (scope, unit) = (self.scope, || self.unit.clone());
        vec![Step::Reload(scope), Step::ResetFailed(unit()), Step::restart(unit())]
    }
}

/// Writes a drop-in, or removes it.
pub(super) fn drop_in(path: &Path, text: Option<String>) -> Vec<Step> {
    match text {
        Some(text) => {
            let path = path.to_owned();
            vec![Step::WriteUnit { path, text, replaces: false, change: FileChange::Restart, difference: Vec::new() }]
        }
        None => {
            let dir = path.parent().map(Path::to_owned).map(Step::RemoveDir);
            [Step::RemoveFile(path.to_owned())].into_iter().chain(dir).collect()
        }
    }
}

/// Deletes what killed runs have left of trials.
pub fn delete_trial(present: &Present) -> Vec<Step> {
    present.trial.as_deref().filter(|_| present.is_tried).map(delete).unwrap_or_default()
}

fn delete(trial: &Path) -> Vec<Step> {
    [Step::RemoveFile(trial.to_owned())].into_iter().chain(dirs(trial).into_iter().map(Step::RemoveDir)).collect()
}

/// The directories of a trial, the innermost first; their parent always exists.
fn dirs(trial: &Path) -> Vec<PathBuf> {
    trial.ancestors().skip(1).take(2).map(Path::to_owned).collect()
}
