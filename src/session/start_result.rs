//! What happens after a start: check that the service runs, explain why it does not, and roll back.

use std::time::{Duration, SystemTime};

use super::selection;
use crate::apply::lock::Locked;
use crate::checks::log_files;
use crate::diagnosis::verify::{Down, Run, Verdict, verify, watch_run};
use crate::diagnosis::{Evidence, Subject, explain};
use crate::host::executable;
use crate::host::sockets::{self, Holder};
use crate::manager::state::LastRun;
use crate::manager::{Manager, Snapshot, exit, journal};
use crate::model::diagnostic::{Code, Error, Explanation, Result};
use crate::model::message::message;
use crate::model::wait::together;
use crate::output::report::Outcome;
use crate::plan::{self, Step};
use crate::session::context::Context;
use crate::spec::{UnitKind, UnitName};
use crate::state::service::Service;

#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// How long it must run to count as started.
    pub settle: Duration,
    pub now: bool,
    /// The result of its start job, if that failed.
    pub job: Option<&'a str>,
}

pub async fn outcome(subject: &Subject, start: Start<'_>, manager: &Manager) -> Result<Outcome> {
    let oneshot = subject.service_type == "oneshot";
    let is_service = subject.unit.ends_with(".service");
    match verify(manager, &subject.unit, oneshot && is_service, start.now, start.settle).await? {
        // The previous version is still running: systemd did not start the new one.
        Verdict::Up if start.now && start.job.is_some() => {
            let Snapshot { state, run, .. } = manager.snapshot(&subject.unit).await?;
            let down = Down { invocation: state.invocation.clone(), state, run, steady: true };
            Err(failed(&subject.name, why_down(subject, down, start.job)))
        }
        Verdict::Up if !is_service => Ok(Outcome::Waiting),
        Verdict::Up => Ok(Outcome::Running),
        Verdict::HasRun => Ok(Outcome::HasRun),
        Verdict::Down(down) => Err(failed(&subject.name, why_down(subject, *down, start.job))),
    }
}

/// An error for a service that does not run.
pub fn failed(name: &UnitName, explanation: Explanation) -> Error {
    let message = message!("{} failed to start: {}", name, &explanation.what);
    Error::new(Code::NotRunning, message).service(name).explained(explanation)
}

/// The accuracy of timers that elapse at once.
const SOON: Duration = Duration::from_secs(3);

/// Watches the first run by a timer that elapses at once: the run after the one with the ID `before`. Returns the state
/// after `settle`, or `None` if the timer elapses later.
pub async fn first_run(
    subject: &Subject,
    before: &str,
    settle: Duration,
    manager: &Manager,
) -> Result<Option<Outcome>> {
    let unit = subject.name.unit();
    let timer = manager.trigger(&subject.unit).await?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let is_soon = timer.next > 0 && u128::from(timer.next) < (now + SOON).as_micros();
    let invocation = manager.unit(&unit).await?.invocation;
    let has_begun = !invocation.is_empty() && invocation != before;
    if !is_soon && !has_begun {
        return Ok(None);
    }
    match watch_run(manager, &unit, before, SOON, Some(settle)).await? {
        Run::NotYet => Ok(None),
        Run::GoesOn => Ok(Some(Outcome::Running)),
        Run::Ended(_) => Ok(Some(Outcome::HasRun)),
        Run::Failed(down) => {
            let subject = Subject { unit, ..subject.clone() };
            Err(failed(&subject.name, why_down(&subject, *down, None)))
        }
    }
}

/// The outcome of the last, or the failure of the first that failed, which names the others.
pub fn of_all(outcomes: Vec<Result<Outcome>>) -> Result<Outcome> {
    let mut reached = Vec::new();
    let mut failures = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(outcome) => reached.push(outcome),
            Err(error) if error.code() == Code::NotRunning => failures.push(error),
            Err(error) => return Err(error),
        }
    }
    let name = |error: &Error| error.first().service.clone();
    let mut others: Vec<String> = failures.iter().skip(1).filter_map(name).collect();
    let Some(first) = failures.into_iter().next() else {
        return Ok(reached.last().copied().unwrap_or(Outcome::Running));
    };
    // A trigger and its service have the same name.
    others.retain(|other| first.first().service.as_ref() != Some(other));
    others.dedup();
    match others.is_empty() {
        true => Err(first),
        false => Err(first.map(|it| it.message = message!("{}; {} failed too", &it.message, others.join(", ")))),
    }
}

/// Reads the manager's state and the journal of the run that failed. `job` is the result of its start job, if known.
pub fn why_down(subject: &Subject, mut down: Down, job: Option<&str>) -> Explanation {
    let is_newer = down.state.invocation != down.invocation || (down.run.code == 0 && down.run.restarts > 0);
    let known = down.steady && !is_newer;
    if !known {
        // There is a newer run: the state is of that one, but the journal still has the one that failed.
        down.run = LastRun { pid: 0, started: 0, code: 0, ..down.run };
    }
    let mut log = journal::of_run(subject.scope, &down.invocation, &down.run, !known || down.run.code != 0);
    if let Some(run) = exit::from_log(&log.manager).filter(|_| !known) {
        down.run = run;
    }
    if let Some(path) = &subject.log_file {
        log_files::add(&mut log, path, subject.account.as_deref(), &down.run);
    }
    let holder = if subject.unit.ends_with(UnitKind::Socket.suffix()) { holder(subject) } else { None };
    let file = executable::examine(&subject.program);
    explain(&Evidence { subject, down: &down, log: &log, job, holder, file })
}

/// Which process holds an address of a socket. If it is the manager, the unit is unknown.
fn holder(subject: &Subject) -> Option<(String, Holder)> {
    subject.listens.iter().find_map(|address| {
        let holder = sockets::holders(address).into_iter().next()?;
        Some((address.to_string(), holder))
    })
}

pub struct PreviousVersion<'a> {
    pub before: &'a Service,
    pub secrets: &'a [Step],
    pub ran: bool,
    pub settle: Duration,
}

/// Restores the previous version, restarts it if it was running, and watches it. Returns the error to report: why the
/// new version does not run.
pub async fn roll_back(
    earlier: &PreviousVersion<'_>,
    subject: &Subject,
    failed: Error,
    manager: &Manager,
    context: &Context<'_>,
) -> Result<Error> {
    match runs_again(earlier, subject, manager, context).await {
        Ok(runs) => Ok(rolled_back(failed, runs)),
        Err(error) => {
            // Otherwise the reason of the rollback would be lost.
            context.ui.fail(&failed);
            Err(error)
        }
    }
}

/// The error for a service that was rolled back as it did not run. `runs` is whether the previous version does, where it
/// was started.
pub fn rolled_back(failed: Error, runs: Option<bool>) -> Error {
    let previous = match runs {
        Some(true) => ", which is running",
        Some(false) => ", which failed to start too",
        None => "",
    };
    failed.map(|it| {
        it.code = Code::RolledBack;
        it.message = message!("the new version of {}; rolled back to the previous version{}", &it.message, previous);
    })
}

/// Returns whether it runs again; `None` if it was not running before.
async fn runs_again(
    earlier: &PreviousVersion<'_>,
    subject: &Subject,
    manager: &Manager,
    context: &Context<'_>,
) -> Result<Option<bool>> {
    let (name, scope) = (&earlier.before.name, subject.scope);
    let restart = {
        let _of_units = context.lock(Locked::Units, scope)?;
        let now = selection::read(name, scope, &[], &[], Some(manager), context.host).await?;
        let (files, restart) = plan::rollback(earlier.before, &now);
        // Before the unit that reads them.
        context.apply(&[earlier.secrets, &files].concat(), Some(manager)).await?;
        restart
    };
    if !earlier.ran {
        return Ok(None);
    }
    context.apply(&restart, Some(manager)).await?;
    let active = earlier.before.states().filter(|(_, state)| state.is_active()).map(|(unit, _)| unit);
    // The target of a group is active whether its instances run or not.
    let units: Vec<String> =
        active.filter(|unit| !earlier.before.is_group() || *unit != earlier.before.unit()).collect();
    if units.is_empty() {
        return Ok(None);
    }
    let looks = together(units.iter().map(|unit| stays_up(unit, earlier.settle, manager, context))).await;
    Ok(Some(looks.into_iter().collect::<Result<Vec<bool>>>()?.into_iter().all(|up| up)))
}

/// Its type is unknown, but it was running before.
pub async fn stays_up(unit: &str, settle: Duration, manager: &Manager, context: &Context<'_>) -> Result<bool> {
    let watched = verify(manager, unit, false, true, settle);
    Ok(matches!(context.watch("waiting for the previous version to start", watched).await?, Verdict::Up))
}
