//! What is done once a service was started: see whether it is up, say why if it is not, and put the
//! version back that was.

use std::time::Duration;

use super::Context;
use crate::apply::Applied;
use crate::apply::lock::What;
use crate::error::{Error, Result};
use crate::explain::{Evidence, Explanation, explain};
use crate::host::lookup::{LookedUp, Program};
use crate::plan;
use crate::present::Present;
use crate::report::Outcome;
use crate::spec::ServiceSpec;
use crate::systemd::manager::Manager;
use crate::systemd::state::LastRun;
use crate::systemd::{exit, journal};
use crate::verify::{Verdict, verify};

/// Watches whether the service really is up, for the `settle` window after a `start`; without one
/// there is nothing to settle.
///
/// # Errors
/// [`Error::NotRunning`] with the explanation.
pub async fn outcome(
    start: Option<&Applied>,
    settle: Duration,
    spec: &ServiceSpec,
    found: &LookedUp,
    manager: &Manager,
) -> Result<Outcome> {
    let oneshot = spec.effective_type() == "oneshot";
    let settle = if start.is_some() { settle } else { Duration::ZERO };
    let mut down = match verify(manager, &spec.name.unit(), oneshot, start.is_some(), settle).await? {
        Verdict::Up => return Ok(Outcome::Running),
        Verdict::HasRun => return Ok(Outcome::HasRun),
        Verdict::Down(down) => down,
    };
    let is_newer = down.state.invocation != down.invocation || (down.run.code == 0 && down.run.restarts > 0);
    let known = down.steady && !is_newer;
    if !known {
        // There is a newer run by now: what the manager knows is not of the one that failed. The
        // journal still does.
        down.run = LastRun { pid: 0, started: 0, code: 0, ..down.run };
    }
    let log = journal::of_run(&down.invocation, &down.run, !known || down.run.code != 0);
    if let Some(run) = exit::from_log(&log.manager).filter(|_| !known) {
        down.run = run;
    }
    let job = start.and_then(|applied| applied.job.as_deref());
    let interpreter = match &found.program {
        Program::Found { interpreter, .. } => interpreter.as_slice(),
        _ => &[],
    };
    let explanation = Box::new(explain(&Evidence { spec, down: &down, log: &log, job, interpreter }));
    Err(Error::NotRunning { name: spec.name.clone(), explanation })
}

/// Puts the unit back as `before` has it, restarts it and watches it. Gives the error to tell: the
/// new version did not run, for the reason in `explanation`.
///
/// # Errors
/// What failed on the way back.
pub async fn put_back(
    before: &Present,
    spec: &ServiceSpec,
    settle: Duration,
    explanation: Box<Explanation>,
    manager: &Manager,
    context: &Context<'_>,
) -> Result<Error> {
    let restart = {
        let _of_units = context.lock(What::Units, spec.scope)?;
        let now = Present::look(&spec.name, spec.scope, &[], context.host)?;
        let (files, restart) = plan::put_back(before, &now, &spec.name, spec.scope);
        context.apply(&files, Some(manager)).await?;
        restart
    };
    context.apply(&restart, Some(manager)).await?;
    // The old version's own type is not known here; whatever it was, it was up before.
    let runs = matches!(verify(manager, &spec.name.unit(), false, true, settle).await?, Verdict::Up);
    Ok(Error::PutBack { name: spec.name.clone(), explanation, runs })
}
