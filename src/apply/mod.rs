//! Carries the steps of a plan out, in order. The only place that changes anything.

mod end;
pub mod files;
pub mod lock;
pub mod record;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result, shown};
use crate::host::Host;
use crate::host::writers::{self, Purpose};
use crate::plan::Step;
use crate::present;
use crate::record::Record;
use crate::systemd::login;
use crate::systemd::manager::{JobKind, Manager};
use crate::wait::together;

/// What came of a plan that was carried out.
#[derive(Debug, Default)]
pub struct Applied {
    /// What did not work but does not undo the rest; one line each.
    pub warnings: Vec<String>,
    /// The steps that were done, and did what they say.
    pub done: Vec<Step>,
    /// For each unit whose job did not end as `done`: its result, or why the manager refused it.
    pub jobs: Vec<(String, String)>,
}

impl Applied {
    /// How the job of a unit ended, when it did not end well.
    pub fn job(&self, unit: &str) -> Option<&str> {
        self.jobs.iter().find(|(of, _)| of == unit).map(|(_, result)| result.as_str())
    }

    /// Adds what came of a later plan.
    pub fn append(&mut self, later: Applied) {
        self.warnings.extend(later.warnings);
        self.done.extend(later.done);
        self.jobs.extend(later.jobs);
    }
}

/// Who is told of each step, before it is done and once it is.
pub trait Watcher {
    /// A step begins.
    fn begins(&self, step: &Step);
    /// A step is done.
    fn done(&self, step: &Step);
}

/// Carries out `steps`. `manager` is needed for those that speak to one. Steps that follow each
/// other and only start, or only stop, services are carried out side by side; so are those for what starts services.
///
/// # Errors
/// The first step that fails ends it; the steps before it stay done, and the same plan made again
/// completes the work.
pub async fn apply(steps: &[Step], manager: Option<&Manager>, host: &Host, watcher: &dyn Watcher) -> Result<Applied> {
    let folders = steps.iter().filter_map(|step| written_folder(step, host));
    folders.into_iter().try_for_each(|folder| refuse_foreign_way(&folder, host))?;
    let mut applied = Applied::default();
    let mut rest = steps;
    while let Some(step) = rest.first() {
        // What starts a service is stopped before it, and not beside it.
        let alike = |(kind, unit): (JobKind, &str)| (kind, unit.ends_with(".service") || unit.ends_with(".target"));
        let kind = job_of(step).map(|(kind, _)| kind);
        let first = job_of(step).map(alike);
        let jobs = rest.iter().map_while(job_of).take_while(|next| Some(alike(*next)) == first);
        let units: Vec<&str> = jobs.map(|(_, unit)| unit).collect();
        let (now, later) = rest.split_at(units.len().max(1));
        now.iter().for_each(|step| watcher.begins(step));
        match kind {
            Some(kind) => run_jobs(connected(manager)?, kind, &units, &mut applied).await?,
            None if !change(step, manager, host, &mut applied).await? => {
                rest = later;
                continue;
            }
            None => {}
        }
        now.iter().for_each(|step| watcher.done(step));
        applied.done.extend_from_slice(now);
        rest = later;
    }
    Ok(applied)
}

/// Refuses a folder that others than root can change, or make something else of, when root is to
/// write there. Others write as themselves, and can reach nothing that is not theirs.
///
/// # Errors
/// [`Error::ForeignWay`].
pub fn refuse_foreign_way(folder: &Path, host: &Host) -> Result<()> {
    if host.euid != 0 {
        return Ok(());
    }
    let way = writers::way(folder, Purpose::Enter);
    let foreign = way.iter().any(|place| !place.writers.is_empty());
    if foreign { Err(Error::ForeignWay { folder: shown(folder), way }) } else { Ok(()) }
}

/// The folder in which a step makes or deletes something itself.
fn written_folder(step: &Step, host: &Host) -> Option<PathBuf> {
    let path = match step {
        Step::Record(_) => &Record::path(host)?,
        Step::WriteUnit { path, .. }
        | Step::WriteFile { path, .. }
        | Step::MakeLogFile { path, as_owner: false, .. }
        | Step::Link { path, .. }
        | Step::RemoveFile(path) => path,
        Step::MakeFolder(path) | Step::RemoveFolder(path) | Step::MoveFolder { path, .. } => path,
        _ => return None,
    };
    path.parent().map(Path::to_owned)
}

/// Carries out one step that is no job; gives whether it did what it says.
async fn change(step: &Step, manager: Option<&Manager>, host: &Host, applied: &mut Applied) -> Result<bool> {
    match step {
        Step::Record(record) => record::save(record, host)?,
        Step::MakeFolder(path) => files::make_folder(path)?,
        Step::MakePrivateFolder(path) => files::make_private_folder(path)?,
        Step::WriteSecret { path, content, .. } => files::write(path, content.bytes(), files::PRIVATE_MODE)?,
        Step::LinkSecret { path, target } => files::link_hard(path, target)?,
        Step::WriteUnit { path, text, keep_time, .. } => files::write_unit(path, text, *keep_time)?,
        Step::MakeLogFile { path, owner, as_owner } => files::make_log_file(path, owner.as_ref(), *as_owner)?,
        Step::WriteFile { path, text } => files::write(path, text.as_bytes(), files::UNIT_MODE)?,
        Step::Link { path, target } => files::link(path, target)?,
        Step::RemoveFile(path) => files::remove(path)?,
        Step::RemoveFolder(path) => files::remove_folder(path)?,
        Step::MoveFolder { path, target } => files::move_folder(path, target)?,
        Step::Linger { on, .. } => return linger(host, *on, applied).await,
        Step::Enable(unit) => connected(manager)?.enable(unit).await?,
        Step::Disable(unit) => connected(manager)?.disable(unit).await?,
        Step::Reload(_) => connected(manager)?.reload().await?,
        Step::ResetFailed(unit) => connected(manager)?.reset_failed(unit).await?,
        Step::End { processes, kill } => end::end(processes, *kill).await?,
        Step::Start(_) | Step::Restart(_) | Step::Stop(_) => {}
    }
    Ok(true)
}

fn job_of(step: &Step) -> Option<(JobKind, &str)> {
    match step {
        Step::Start(unit) => Some((JobKind::Start, unit)),
        Step::Restart(unit) => Some((JobKind::Restart, unit)),
        Step::Stop(unit) => Some((JobKind::Stop, unit)),
        _ => None,
    }
}

/// A plan only asks for a manager when it was made with one.
fn connected(manager: Option<&Manager>) -> Result<&Manager> {
    manager.ok_or_else(|| Error::Bus {
        call: "speaking to the manager".into(),
        reason: "there is none".into(),
        refused: false,
    })
}

/// Runs jobs to their ends, side by side. Whether a service is up afterwards is for
/// [`crate::verify`] to tell, so a start that failed, or that the manager refused as it cannot load
/// the unit, is no error here.
async fn run_jobs(manager: &Manager, kind: JobKind, units: &[&str], applied: &mut Applied) -> Result<()> {
    let results = together(units.iter().map(|unit| manager.run(kind, unit))).await;
    for (unit, result) in units.iter().zip(results) {
        let result = match result {
            Err(Error::Bus { reason, refused: true, .. }) if kind != JobKind::Stop => reason,
            other => other?,
        };
        if result != "done" {
            applied.jobs.push(((*unit).to_owned(), result));
        }
    }
    Ok(())
}

/// Turns lingering on or off; gives whether it is so now. The service runs either way, so a refusal
/// is told and not an error, and what we did not do is not recorded as ours to undo.
async fn linger(host: &Host, on: bool, applied: &mut Applied) -> Result<bool> {
    let Err(error) = login::set_linger(host, on).await else { return Ok(true) };
    // The record stays, and with it the way to try again; but not for ever where the answer is no.
    if !on && !matches!(error, Error::Bus { refused: true, .. }) {
        return Err(error);
    }
    let name = &host.asked_by.name;
    // The answer may be lost where the question was heard.
    if on && present::lingers(name) {
        return Ok(true);
    }
    let (verb, consequence) = if on {
        record::save(&Record { lingering: false, ..Record::load(host) }, host)?;
        ("enable-linger", "the service ends when you log out")
    } else {
        ("disable-linger", "your manager goes on without a session")
    };
    applied.warnings.push(format!("{error}; {consequence} unless you run: sudo loginctl {verb} {name}"));
    Ok(false)
}
