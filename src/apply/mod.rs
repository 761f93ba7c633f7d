//! Carries the steps of a plan out, in order. The only place that changes anything.

pub mod files;

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
    /// Something was started, or started again.
    pub started: bool,
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
            Step::WriteUnit { path, text, .. } => files::write(path, text.as_bytes(), files::UNIT_MODE)?,
            Step::Link { path, target } => files::link(path, target)?,
            Step::RemoveFile(path) => files::remove(path)?,
            Step::RemoveFolder(path) => files::remove_folder(path)?,
            Step::Linger { on, .. } => linger(host, *on, &mut applied).await,
            Step::Enable(unit) => connected(manager)?.enable(unit).await?,
            Step::Disable(unit) => connected(manager)?.disable(unit).await?,
            Step::Reload(_) => connected(manager)?.reload().await?,
            Step::ResetFailed(unit) => connected(manager)?.reset_failed(unit).await?,
            Step::Start(unit) => job(connected(manager)?, JobKind::Start, unit, &mut applied).await?,
            Step::Restart(unit) => job(connected(manager)?, JobKind::Restart, unit, &mut applied).await?,
            Step::Stop(unit) => job(connected(manager)?, JobKind::Stop, unit, &mut applied).await?,
        }
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
    applied.started |= kind != JobKind::Stop;
    match manager.run(kind, unit).await {
        Err(Error::Bus { .. }) if kind != JobKind::Stop => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

/// The service runs with or without lingering, so a refusal is told and not an error.
async fn linger(host: &Host, on: bool, applied: &mut Applied) {
    if let Err(error) = login::set_linger(host, on).await {
        let name = &host.asked_by.name;
        let (verb, consequence) = if on {
            ("enable-linger", "the service ends when you log out")
        } else {
            ("disable-linger", "your manager goes on without a session")
        };
        applied.warnings.push(format!("{error}; {consequence} unless you run: sudo loginctl {verb} {name}"));
    }
}

fn save(record: &Record, host: &Host) -> Result<()> {
    match Record::path(host) {
        Some(path) if record.is_empty() => files::remove(&path),
        Some(path) => files::write(&path, &record.written(), files::PRIVATE_MODE),
        None => Ok(()),
    }
}
