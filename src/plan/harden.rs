//! The steps that try settings of a service, keep them, or take them back.

use std::path::{Path, PathBuf};

use super::Step;
use crate::spec::{Scope, UnitName};
use crate::state::Present;
use crate::unit::hardening_drop_in;

/// The two drop-ins of a service: the one that is tried, and the one that lasts.
#[derive(Debug, Clone)]
pub struct Hardening {
    scope: Scope,
    unit: String,
    trial: PathBuf,
    /// Where the one that lasts belongs.
    pub lasting: PathBuf,
}

impl Hardening {
    /// Of a service; `None` where nothing can be tried.
    pub fn of(name: &UnitName, scope: Scope, present: &Present) -> Option<Hardening> {
        let lasting = present.main.path.with_file_name(format!("{}.d", name.unit())).join(hardening_drop_in::FILE);
        Some(Hardening { scope, unit: name.unit(), trial: present.trial.clone()?, lasting })
    }

    /// Has the service run with other settings, until the next reboot.
    pub fn trial(&self, text: String) -> Vec<Step> {
        [self.write(&self.trial, text)].into_iter().chain(self.restart()).collect()
    }

    /// Takes what is tried away. What lasts counts again.
    pub fn take_back(&self) -> Vec<Step> {
        delete(&self.trial).into_iter().chain([Step::Reload(self.scope)]).collect()
    }

    /// Keeps settings, or keeps none.
    pub fn keep(&self, text: Option<String>) -> Vec<Step> {
        let mut steps = match text {
            Some(text) => vec![self.write(&self.lasting, text)],
            None => self.drop_lasting(),
        };
        steps.extend(self.take_back());
        steps
    }

    /// Takes the one that lasts away.
    fn drop_lasting(&self) -> Vec<Step> {
        let folder = self.lasting.parent().map(Path::to_owned).into_iter().map(Step::RemoveFolder);
        [Step::RemoveFile(self.lasting.clone())].into_iter().chain(folder).collect()
    }

    /// Starts the service anew. Each start counts against its limit, so that they are forgotten first.
    pub fn restart(&self) -> Vec<Step> {
        let (scope, unit) = (self.scope, || self.unit.clone());
        vec![Step::Reload(scope), Step::ResetFailed(unit()), Step::Restart(unit())]
    }

    /// Stops it: a oneshot that has ended is not started by what comes after.
    fn write(&self, path: &Path, text: String) -> Step {
        Step::WriteUnit { path: path.to_owned(), text, replaces: false, keep_time: false, difference: Vec::new() }
    }
}

/// Deletes what runs that were killed have left of trying.
pub fn delete_trial(present: &Present) -> Vec<Step> {
    present.trial.as_deref().filter(|_| present.is_tried).map(delete).unwrap_or_default()
}

fn delete(trial: &Path) -> Vec<Step> {
    [Step::RemoveFile(trial.to_owned())].into_iter().chain(folders(trial).into_iter().map(Step::RemoveFolder)).collect()
}

/// The folders that a trial lies in, the innermost first; the one above them is always there.
fn folders(trial: &Path) -> Vec<PathBuf> {
    trial.ancestors().skip(1).take(2).map(Path::to_owned).collect()
}
