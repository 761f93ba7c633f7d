//! Carries out the steps of a plan in order. The only code that changes anything.

mod end;
pub mod files;
mod image;
pub mod lock;

use std::path::{Path, PathBuf};

use self::files::NewUnit;
use crate::host::Host;
use crate::host::writers;
use crate::manager::{JobKind, Manager, login};
use crate::model::command::run;
use crate::model::diagnostic::{Code, Error, Note, Result};
use crate::model::message::message;
use crate::plan::Step;
use crate::state;
use crate::unit::install::Link;

/// The result of a plan that was carried out.
#[derive(Debug, Default)]
pub struct Applied {
    /// Failures that do not undo the rest, one line each.
    pub warnings: Vec<Note>,
    /// The steps that were completed.
    pub done: Vec<Step>,
    /// For each unit whose job did not finish as `done`: its result, or why systemd refused it.
    pub jobs: Vec<(String, String)>,
}

impl Applied {
    /// The result of a unit's job, if it failed.
    pub fn job(&self, unit: &str) -> Option<&str> {
        self.jobs.iter().find(|(of, _)| of == unit).map(|(_, result)| result.as_str())
    }

    /// Adds the result of a later plan.
    pub fn append(&mut self, later: Applied) {
        self.warnings.extend(later.warnings);
        self.done.extend(later.done);
        self.jobs.extend(later.jobs);
    }
}

/// Is notified before and after each step.
pub trait Watcher {
    fn begins(&self, step: &Step);
    fn done(&self, step: &Step);
}

/// For steps that are not reported.
pub struct Unwatched;

impl Watcher for Unwatched {
    fn begins(&self, _: &Step) {}
    fn done(&self, _: &Step) {}
}

/// Consecutive steps that are carried out in parallel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    /// Jobs. Triggers are stopped before their service, not in parallel.
    Jobs(JobKind, bool),
    Enable,
    Disable,
    ResetFailed,
    WriteUnits,
}

/// Carries out `steps`. `manager` is needed for steps that talk to one. Consecutive steps that only start, or only
/// stop, services are carried out in parallel, and so are those for triggers, those that write units, and those that
/// enable, disable or reset them.
pub async fn apply(steps: &[Step], manager: Option<&Manager>, host: &Host, watcher: &dyn Watcher) -> Result<Applied> {
    let mut dirs: Vec<PathBuf> = steps.iter().flat_map(|step| written_dirs(step, host)).collect();
    dirs.sort_unstable();
    dirs.dedup();
    dirs.iter().try_for_each(|dir| writers::refuse_foreign_way(dir, host))?;
    image::refuse_dead_ends(steps, host)?;
    let mut applied = Applied::default();
    let mut rest = steps;
    while let Some(step) = rest.first() {
        let group = group(step);
        let alike = rest.iter().take_while(|next| group.is_some() && self::group(next) == group).count();
        let (now, later) = rest.split_at(alike.max(1));
        rest = later;
        now.iter().for_each(|step| watcher.begins(step));
        match group {
            // They report each completed step themselves.
            Some(Group::Jobs(kind, _)) => run_jobs(connected(manager)?, kind, now, watcher, &mut applied).await?,
            Some(Group::Enable) => enable(connected(manager)?, now).await?,
            Some(Group::Disable) => connected(manager)?.disable_all(&units(now)).await?,
            Some(Group::ResetFailed) => connected(manager)?.reset_all(&units(now)).await?,
            Some(Group::WriteUnits) => image::as_owner(host, || write_units(now))?,
            None if !change(step, manager, host, &mut applied).await? => continue,
            None => {}
        }
        if !matches!(group, Some(Group::Jobs(..))) {
            now.iter().for_each(|step| watcher.done(step));
        }
        applied.done.extend_from_slice(now);
    }
    Ok(applied)
}

fn group(step: &Step) -> Option<Group> {
    let jobs = |kind, unit: &str| Some(Group::Jobs(kind, unit.ends_with(".service") || unit.ends_with(".target")));
    match step {
        Step::Start(unit) => jobs(JobKind::Start, unit),
        Step::Restart { unit, .. } => jobs(JobKind::Restart, unit),
        Step::Stop(unit) => jobs(JobKind::Stop, unit),
        Step::Enable { .. } => Some(Group::Enable),
        Step::Disable(_) => Some(Group::Disable),
        Step::ResetFailed(_) => Some(Group::ResetFailed),
        Step::WriteUnit { .. } => Some(Group::WriteUnits),
        _ => None,
    }
}

fn unit(step: &Step) -> Option<&str> {
    match step {
        Step::Start(unit)
        | Step::Restart { unit, .. }
        | Step::Stop(unit)
        | Step::Disable(unit)
        | Step::ResetFailed(unit) => Some(unit),
        _ => None,
    }
}

/// The units of a group of steps.
fn units(steps: &[Step]) -> Vec<&str> {
    steps.iter().filter_map(unit).collect()
}

/// Creates the links that enable units. systemd takes a millisecond per unit, and is asked only if it alone knows the
/// links, or if links cannot be created: it reports why.
async fn enable(manager: &Manager, steps: &[Step]) -> Result<()> {
    let wanted: Vec<(&str, &[Link])> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Enable { unit, links } => Some((unit.as_str(), links.as_slice())),
            _ => None,
        })
        .collect();
    let made = files::new_links(wanted.iter().map(|(_, links)| *links))?;
    let rest = wanted.iter().zip(made).filter(|((_, links), made)| links.is_empty() || !made);
    manager.enable_all(&rest.map(|((unit, _), _)| *unit).collect::<Vec<_>>()).await
}

fn write_units(steps: &[Step]) -> Result<()> {
    let mut new = Vec::new();
    for step in steps {
        if let Step::WriteUnit { path, text, change, .. } = step {
            new.push(NewUnit { path, text, change: *change });
        }
    }
    files::write_units(&new)
}

/// The directories in which a step itself creates or deletes something.
fn written_dirs(step: &Step, host: &Host) -> Vec<PathBuf> {
    let dir = |path: &Path| path.parent().map(Path::to_owned);
    let path = match step {
        Step::Linger { .. } => return state::linger_mark(host).iter().filter_map(|path| dir(path)).collect(),
        Step::Enable { links, .. } => return links.iter().filter_map(|link| dir(&link.path)).collect(),
        Step::WriteUnit { path, .. }
        | Step::WriteFile { path, .. }
        | Step::MakeLogFile { path, as_owner: false, .. }
        | Step::Link { path, .. }
        | Step::RemoveFile(path) => path,
        Step::RemoveDir(path) | Step::MoveDir { path, .. } => path,
        _ => return Vec::new(),
    };
    dir(path).into_iter().collect()
}

/// Carries out one step that is not a job; returns whether it had an effect.
async fn change(step: &Step, manager: Option<&Manager>, host: &Host, applied: &mut Applied) -> Result<bool> {
    match step {
        Step::Linger { on, .. } => return linger(host, *on, applied).await,
        Step::Reload(_) => connected(manager)?.reload().await?,
        Step::ReloadLast(_) => connected(manager)?.begin_reload().await?,
        Step::End { processes, kill } => end::end(processes, *kill).await?,
        // Carried out in groups.
        Step::WriteUnit { .. } | Step::Enable { .. } | Step::Disable(_) | Step::ResetFailed(_) => {}
        Step::Start(_) | Step::Restart { .. } | Step::Stop(_) => {}
        file => image::as_owner(host, || change_file(file))?,
    }
    Ok(true)
}

/// Carries out one step that changes files.
fn change_file(step: &Step) -> Result<()> {
    match step {
        Step::WriteSecret { path, content, .. } => files::write(path, content.bytes(), files::PRIVATE_MODE),
        Step::LinkSecret { path, target } => files::link_hard(path, target),
        Step::MakeLogFile { path, owner, as_owner } => files::make_log_file(path, owner.as_ref(), *as_owner),
        Step::WriteFile { path, text } => files::write(path, text.as_bytes(), files::UNIT_MODE),
        Step::Link { path, target } => files::link(path, target),
        Step::RemoveFile(path) => files::remove(path),
        Step::RemoveDir(path) => files::remove_dir(path),
        Step::MoveDir { path, target } => files::move_dir(path, target),
        _ => Ok(()),
    }
}

/// A plan needs a manager only if it was made with one.
fn connected(manager: Option<&Manager>) -> Result<&Manager> {
    manager.ok_or_else(|| Error::new(Code::CallFailed, "connecting to systemd failed: it does not run"))
}

/// Runs jobs in parallel. [`crate::diagnosis::verify`] checks afterwards whether services are running, so a failed
/// start, or a unit that systemd refuses to load, is not an error here.
async fn run_jobs(
    manager: &Manager,
    kind: JobKind,
    steps: &[Step],
    watcher: &dyn Watcher,
    applied: &mut Applied,
) -> Result<()> {
    let units = units(steps);
    let ended = |place: usize| watcher.done(&steps[place]);
    let results = manager.run_all(kind, &units, &ended).await?;
    for (unit, result) in units.iter().zip(results) {
        let result = match result {
            Err(error) if error.code() == Code::CallRefused && kind != JobKind::Stop => {
                error.first().details.reason.clone().unwrap_or_default()
            }
            other => other?,
        };
        if result != "done" {
            applied.jobs.push(((*unit).to_owned(), result));
        }
    }
    Ok(())
}

/// Enables or disables lingering; returns whether that succeeded. The service runs either way, so a refusal is reported
/// but not an error.
async fn linger(host: &Host, on: bool, applied: &mut Applied) -> Result<bool> {
    let name = &host.asked_by.name;
    // First: if the run is interrupted in between, the next one completes or undoes it.
    if on {
        mark_linger(host, true)?;
    }
    let set = match host.image() {
        Some(_) => image::linger(name, on),
        None => login::set_linger(host, on).await,
    };
    let is_done = match set {
        Ok(()) => true,
        // The reply can be lost although the request was carried out.
        Err(_) if on && state::lingers(name) => true,
        Err(error) if host.image().is_none() && (on || error.code() == Code::CallRefused) => {
            let (verb, consequence) = if on {
                ("enable-linger", "the service stops when you log out")
            } else {
                ("disable-linger", "your user manager keeps running without a session")
            };
            let message = &error.first().message;
            let note = Note::from(message!("{}; {}", message, consequence));
            applied.warnings.push(note.hint(run("loginctl").args([verb, name]).as_root()));
            false
        }
        // The record stays, so that it can be tried again.
        Err(error) => return Err(error),
    };
    if !on || !is_done {
        mark_linger(host, false)?;
    }
    Ok(is_done)
}

/// Creates or deletes the record that mkservice enabled lingering.
fn mark_linger(host: &Host, on: bool) -> Result<()> {
    let Some(mark) = state::linger_mark(host) else { return Ok(()) };
    image::as_owner(host, || if on { files::make_empty(&mark) } else { files::remove(&mark) })
}
