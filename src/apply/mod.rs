//! Carries the steps of a plan out, in order. The only place that changes anything.

pub mod files;
pub mod lock;

use crate::error::{Error, Result};
use crate::host::Host;
use crate::plan::Step;
use crate::record::Record;
use crate::systemd::login;
use crate::systemd::manager::{JobKind, Manager};

/// What came of a plan that was carried out.
#[derive(Debug, Default)]
pub struct Applied {
    /// What did not work but does not undo the rest; one line each.
    pub warnings: Vec<String>,
    /// The steps that were done, and did what they say.
    pub done: Vec<Step>,
    /// The result of the last job to start something, when it was not `done`, or why the manager
    /// refused it.
    pub job: Option<String>,
}

/// Carries out `steps`. `manager` is needed for those that speak to one.
///
/// `told` is called with each step before it is done.
///
/// # Errors
/// The first step that fails ends it; the steps before it stay done, and the same plan made again
/// completes the work.
pub async fn apply(
    steps: &[Step],
    manager: Option<&Manager>,
    host: &Host,
    told: &mut dyn FnMut(&Step),
) -> Result<Applied> {
    let mut applied = Applied::default();
    for step in steps {
        told(step);
        match step {
            Step::Record(record) => save(record, host)?,
            Step::MakeFolder(path) => files::make_folder(path)?,
            Step::WriteUnit { path, text, keep_time, .. } => files::write_unit(path, text, *keep_time)?,
            Step::Link { path, target } => files::link(path, target)?,
            Step::RemoveFile(path) => files::remove(path)?,
            Step::RemoveFolder(path) => files::remove_folder(path)?,
            Step::Linger { on, .. } => {
                if !linger(host, *on, &mut applied).await? {
                    continue;
                }
            }
            Step::Enable(unit) => connected(manager)?.enable(unit).await?,
            Step::Disable(unit) => connected(manager)?.disable(unit).await?,
            Step::Reload(_) => connected(manager)?.reload().await?,
            Step::ResetFailed(unit) => connected(manager)?.reset_failed(unit).await?,
            Step::Start(unit) => job(connected(manager)?, JobKind::Start, unit, &mut applied).await?,
            Step::Restart(unit) => job(connected(manager)?, JobKind::Restart, unit, &mut applied).await?,
            Step::Stop(unit) => job(connected(manager)?, JobKind::Stop, unit, &mut applied).await?,
        }
        applied.done.push(step.clone());
    }
    Ok(applied)
}

/// A plan only asks for a manager when it was made with one.
fn connected(manager: Option<&Manager>) -> Result<&Manager> {
    manager.ok_or_else(|| Error::Bus { call: "speaking to the manager".into(), reason: "there is none".into() })
}

/// Runs a job to its end. Whether a service is up afterwards is for [`crate::verify`] to tell, so a
/// start that failed, or that the manager refused as it cannot load the unit, is no error here.
async fn job(manager: &Manager, kind: JobKind, unit: &str, applied: &mut Applied) -> Result<()> {
    let result = match manager.run(kind, unit).await {
        Err(Error::Bus { reason, .. }) if kind != JobKind::Stop => reason,
        other => other?,
    };
    applied.job = Some(result).filter(|result| result != "done");
    Ok(())
}

/// Turns lingering on or off; gives whether it is so now. The service runs either way, so a refusal
/// is told and not an error, and what we did not do is not recorded as ours to undo.
async fn linger(host: &Host, on: bool, applied: &mut Applied) -> Result<bool> {
    let Err(error) = login::set_linger(host, on).await else { return Ok(true) };
    let name = &host.asked_by.name;
    let (verb, consequence) = if on {
        save(&Record { lingering: false, ..Record::load(host) }, host)?;
        ("enable-linger", "the service ends when you log out")
    } else {
        ("disable-linger", "your manager goes on without a session")
    };
    applied.warnings.push(format!("{error}; {consequence} unless you run: sudo loginctl {verb} {name}"));
    Ok(false)
}

fn save(record: &Record, host: &Host) -> Result<()> {
    match Record::path(host) {
        Some(path) if record.is_empty() => files::remove(&path),
        Some(path) => files::write(&path, &record.written(), files::PRIVATE_MODE),
        None => Ok(()),
    }
}
