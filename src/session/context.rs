//! What every verb has: host, user interface, command line and progress.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::apply::lock::{self, Lock, Locked};
use crate::apply::{Applied, Watcher};
use crate::cli::{Changing, Invocation};
use crate::host::Host;
use crate::manager::Manager;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{Message, message, quoted};
use crate::model::wait::unless_interrupted;
use crate::output::report;
use crate::output::ui::{self, Ui};
use crate::plan::Step;
use crate::shell::shown;
use crate::spec::{Scope, UnitName};

pub struct Context<'a> {
    pub host: &'a Host,
    pub ui: &'a Ui,
    /// For a service of a manifest, the command line that creates it.
    pub invocation: &'a Invocation,
    pub progress: Rc<Progress>,
}

/// What was done so far, for errors that come in the middle.
#[derive(Debug, Default)]
pub struct Progress {
    pub done: RefCell<Vec<Step>>,
    under_way: RefCell<Vec<Step>>,
    /// What would be done, for `--dry-run` and `--check`.
    pub planned: RefCell<Vec<Step>>,
    /// The command that undoes it.
    pub undo: RefCell<Option<String>>,
    /// The total number of steps; 0 if unknown.
    expected: Cell<usize>,
}

impl Progress {
    pub fn expect(&self, steps: usize) {
        self.expected.set(steps);
    }

    /// The number of finished steps and the total, if there are enough to show progress.
    pub fn share(&self) -> Option<(usize, usize)> {
        const MANY: usize = 10;
        Some((self.done.borrow().len(), self.expected.get())).filter(|(_, of)| *of >= MANY)
    }
}

/// The exit code of `--check` if anything would change.
pub const CHANGES_NEEDED: u8 = 5;

impl Watcher for Context<'_> {
    fn begins(&self, step: &Step) {
        self.ui.detail(format!("step: {step}"));
        self.progress.under_way.borrow_mut().push(step.clone());
    }

    fn done(&self, step: &Step) {
        let mut under_way = self.progress.under_way.borrow_mut();
        // Most are done in order.
        if let Some(at) = under_way.iter().position(|other| other == step) {
            under_way.remove(at);
        }
        self.progress.done.borrow_mut().push(step.clone());
    }
}

impl Context<'_> {
    pub async fn apply(&self, steps: &[Step], manager: Option<&Manager>) -> Result<Applied> {
        let applied = self.watch("changing the system", crate::apply::apply(steps, manager, self.host, self)).await?;
        self.ui.steps(&applied.done);
        applied.warnings.iter().for_each(|warning| self.ui.warn(warning.clone()));
        Ok(applied)
    }

    /// For `--dry-run` and `--check`. Returns the exit code.
    pub fn show(&self, steps: &[Step], changing: &Changing) -> u8 {
        if let Some(root) = self.host.image().filter(|_| !steps.is_empty()) {
            self.ui.say(format!("in {}:", shown(root)));
        }
        self.progress.planned.borrow_mut().extend_from_slice(steps);
        self.ui.say(report::dry_run(steps));
        self.ui.steps(steps);
        if changing.check && !steps.is_empty() { CHANGES_NEEDED } else { 0 }
    }

    /// Shows progress and stops at an interrupt. `doing` is a participle and its object, shown while no step is under
    /// way.
    pub async fn watch<T>(&self, doing: &str, future: impl Future<Output = Result<T>>) -> Result<T> {
        let words = || {
            let under_way = self.progress.under_way.borrow();
            match under_way.as_slice() {
                [] => doing.to_owned(),
                [step] => step.to_string(),
                [step, others @ ..] => format!("{step}, and {} more", others.len()),
            }
        };
        let shown = || match self.progress.share() {
            Some((done, of)) => format!("{} {}", ui::bar(done, of), words()),
            None => words(),
        };
        let awaited = unless_interrupted(future);
        let result = if self.ui.is_silent() { awaited.await } else { ui::while_waiting(shown, awaited).await };
        result.unwrap_or_else(|| match self.progress.under_way.borrow().is_empty() {
            true => Err(interrupted(doing)),
            false => Err(interruption(message!("interrupted during step {}", quoted(words())))),
        })
    }

    pub fn lock(&self, what: Locked<'_>, scope: Scope) -> Result<Lock> {
        self.lock_in(lock::dir(scope, self.host)?.as_deref(), what)
    }

    pub fn lock_in(&self, dir: Option<&Path>, what: Locked<'_>) -> Result<Lock> {
        Lock::take(what, dir, &mut || self.ui.warn("waiting for another mkservice process"))
    }

    /// Locks several services, and with `files` the units of the scope: in a fixed order, so that 2 processes cannot
    /// wait for each other.
    pub fn locks(&self, names: &[&UnitName], files: bool, scope: Scope) -> Result<Vec<Lock>> {
        // Instances are locked with their service.
        let mut sorted: Vec<UnitName> =
            names.iter().map(|name| name.group().unwrap_or_else(|| (*name).clone())).collect();
        sorted.sort_unstable();
        sorted.dedup();
        lock::make_room_for(sorted.len());
        let services = sorted.iter().map(Locked::Service);
        let dir = lock::dir(scope, self.host)?;
        services.chain(files.then_some(Locked::Units)).map(|what| self.lock_in(dir.as_deref(), what)).collect()
    }

    /// For one of several services, with the command line that creates it.
    pub fn of<'b>(&'b self, invocation: &'b Invocation) -> Context<'b> {
        Context { invocation, progress: Rc::clone(&self.progress), ..*self }
    }

    /// What was done was rolled back.
    pub fn nothing_done(&self) {
        self.progress.done.take();
        self.progress.undo.take();
    }

    pub fn can_undo(&self, line: String) {
        self.progress.undo.replace(Some(line));
    }
}

/// An error for an interrupt; `doing` is a participle and its object.
pub fn interrupted(doing: &str) -> Error {
    interruption(message!("interrupted while {}", doing))
}

fn interruption(message: Message) -> Error {
    Error::new(Code::Interrupted, message).hint("run the command again to complete what is missing")
}

/// The directories that can contain a unit of the same name.
pub async fn search_path(scope: Scope, manager: Option<&Manager>, host: &Host) -> Result<Vec<PathBuf>> {
    match manager {
        Some(manager) => Ok(manager.unit_path().iter().map(PathBuf::from).collect()),
        None => Ok(host.unit_search_path(scope)),
    }
}

/// `None` if systemd is not running.
pub async fn manager(scope: Scope, host: &Host) -> Result<Option<Manager>> {
    if host.has_manager() { Manager::connect(scope, host).await.map(Some) } else { Ok(None) }
}
