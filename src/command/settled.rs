//! What is done once a service was started: see whether it is up, say why if it is not, and put the
//! version back that was.

use std::time::Duration;

use super::Context;
use crate::apply::apply;
use crate::apply::lock::What;
use crate::error::{Error, Result};
use crate::explain::{Evidence, Explanation, explain};
use crate::host::lookup::{LookedUp, Program};
use crate::plan;
use crate::present::Present;
use crate::report::Outcome;
use crate::spec::ServiceSpec;
use crate::systemd::journal;
use crate::systemd::manager::Manager;
use crate::verify::{Verdict, verify};

/// Watches whether the service really is up, for the `settle` window.
///
/// # Errors
/// [`Error::NotRunning`] with the explanation.
pub async fn outcome(settle: Duration, spec: &ServiceSpec, found: &LookedUp, manager: &Manager) -> Result<Outcome> {
    let oneshot = spec.effective_type() == "oneshot";
    let down = match verify(manager, &spec.name.unit(), oneshot, settle).await? {
        Verdict::Up => return Ok(Outcome::Running),
        Verdict::HasRun => return Ok(Outcome::HasRun),
        Verdict::Down(down) => down,
    };
    let log = journal::of_run(&down.invocation, &down.run);
    let interpreter = match &found.program {
        Program::Found { interpreter, .. } => interpreter.as_slice(),
        _ => &[],
    };
    let explanation = Box::new(explain(&Evidence { spec, down: &down, log: &log, interpreter }));
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
    let Context { host, ui, .. } = *context;
    let mut told = |step: &plan::Step| ui.detail(&format!("step: {step}"));
    let restart = {
        let _of_units = context.lock(What::Units, spec.scope)?;
        let now = Present::look(&spec.name, spec.scope, host)?;
        let (files, restart) = plan::put_back(before, &now, &spec.name, spec.scope);
        apply(&files, Some(manager), host, &mut told).await?;
        restart
    };
    apply(&restart, Some(manager), host, &mut told).await?;
    // The old version's own type is not known here; whatever it was, it was up before.
    let runs = matches!(verify(manager, &spec.name.unit(), false, settle).await?, Verdict::Up);
    Ok(Error::PutBack { name: spec.name.clone(), explanation, runs })
}
