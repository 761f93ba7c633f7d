//! The verbs: each a table of contents of what is looked at, decided, planned, done and told.

mod add;
mod remove;
mod settled;

pub use add::add;
pub use remove::remove;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::apply::lock::{Lock, What};
use crate::apply::{Applied, apply};
use crate::error::Result;
use crate::host::Host;
use crate::plan::Step;
use crate::spec::Scope;
use crate::systemd::manager::Manager;
use crate::ui::Ui;

/// What every verb gets.
pub struct Context<'a> {
    /// The machine and the caller.
    pub host: &'a Host,
    /// Where its words go.
    pub ui: Ui,
    /// The words that were typed after `mkservice`.
    pub words: &'a [OsString],
    /// Those of them that say something of the service, and not only of this run.
    pub lasting: &'a [OsString],
    /// Those of them that were options of ours behind the command.
    pub taken: &'a [OsString],
}

impl Context<'_> {
    /// Carries out steps, telling each before it is done where that is wanted.
    async fn apply(&self, steps: &[Step], manager: Option<&Manager>) -> Result<Applied> {
        apply(steps, manager, self.host, &mut |step| self.ui.detail(&format!("step: {step}"))).await
    }

    /// Waits until no other run is at work on something.
    fn lock(&self, what: What<'_>, scope: Scope) -> Result<Lock> {
        Lock::take(what, scope, self.host, &mut || self.ui.warn("another run of mkservice is at work; waiting for it"))
    }
}

/// The folders in which a unit of the same name could be.
async fn search_path(scope: Scope, manager: Option<&Manager>, host: &Host) -> Result<Vec<PathBuf>> {
    match manager {
        Some(manager) => Ok(manager.unit_path().await?.into_iter().map(PathBuf::from).collect()),
        None => Ok(host.unit_search_path(scope)),
    }
}

/// The manager of a scope, or `None` where no systemd runs.
///
/// # Errors
/// When one runs and cannot be reached.
async fn manager(scope: Scope, host: &Host) -> Result<Option<Manager>> {
    if host.booted { Manager::connect(scope, host).await.map(Some) } else { Ok(None) }
}
