//! Watches services that were started until they count as started.

use std::collections::HashMap;
use std::ffi::OsString;
use std::time::Duration;

use super::planned::Planned;
use crate::apply::Applied;
use crate::checks::exposure;
use crate::diagnosis::{Subject, verify};
use crate::manager::Manager;
use crate::manager::security::Measuring;
use crate::manager::state::UnitState;
use crate::model::diagnostic::{Code, Result};
use crate::model::wait::together;
use crate::output::report::{self, Outcome};
use crate::plan::Step;
use crate::session::context::Context;
use crate::session::settled::{Settled, is_running};
use crate::session::start_result::{self, PreviousVersion, Start};
use crate::spec::{InstanceName, ServiceSpec};
use crate::state::{self, ExistingFile};

/// The IDs of the runs before those that timers are about to start, by service name.
pub async fn earlier_runs(services: &[Planned<'_>], manager: Option<&Manager>) -> Result<HashMap<String, String>> {
    let Some(manager) = manager else { return Ok(HashMap::new()) };
    let timed = services.iter().filter(|service| service.secrets.spec.timer.is_some() && service.starts_something());
    let run = async |service: &Planned<'_>| {
        let name = &service.there.name;
        Ok((name.to_string(), manager.unit(&name.unit()).await?.invocation))
    };
    together(timed.map(run)).await.into_iter().collect()
}

/// Returns for each service how it is, or why it does not run. A new version that does not run is rolled back if the
/// previous one was running.
pub async fn outcomes(
    services: &mut [Planned<'_>],
    earlier_runs: HashMap<String, String>,
    applied: &Applied,
    manager: &Manager,
    context: &Context<'_>,
) -> Result<Vec<Result<Outcome>>> {
    let measuring = match services {
        [only] => measuring(only, context),
        _ => None,
    };
    let watched: Vec<Watched<'_>> = services.iter().map(|it| Watched::of(it, &earlier_runs, applied)).collect();
    let doing = match watched.as_slice() {
        [only] => format!("waiting for {} to start", only.planned.there.name),
        _ => "waiting for the services to start".into(),
    };
    let looks = async {
        let sure = settle(&watched, manager).await?;
        Ok(together(watched.iter().map(|it| it.outcome(&sure, manager))).await)
    };
    let mut outcomes = Vec::new();
    for (watched, outcome) in watched.iter().zip(context.watch(&doing, looks).await?) {
        outcomes.push(match outcome {
            Ok(outcome) => Ok(outcome),
            Err(error) if error.code() == Code::NotRunning => {
                match error.first().service.as_deref().and_then(|name| watched.previous_version(name)) {
                    Some((subject, earlier)) => {
                        Err(start_result::roll_back(&earlier, subject, error, manager, context).await?)
                    }
                    None => Err(error),
                }
            }
            Err(error) => return Err(error),
        });
    }
    if let [only] = services {
        only.exposure = measuring.and_then(Measuring::finish).map(|measured| measured.exposure);
    }
    Ok(outcomes)
}

fn measuring(service: &Planned<'_>, context: &Context<'_>) -> Option<Measuring> {
    let (spec, install) = (&service.secrets.spec, &service.resolved.install);
    let is_asked_for = spec.hardening.is_some() || install.max_exposure.is_some();
    exposure::begin(spec, install, context.host, report::shows_exposure(spec.scope, is_asked_for, context.ui))
}

struct Watched<'a> {
    planned: &'a Planned<'a>,
    subjects: Vec<Subject>,
    now: bool,
    /// The ID of the last run before its timer was started.
    earlier_run: Option<&'a String>,
    applied: &'a Applied,
    secrets: Vec<Step>,
}

impl<'a> Watched<'a> {
    fn of(planned: &'a Planned<'a>, earlier: &'a HashMap<String, String>, applied: &'a Applied) -> Watched<'a> {
        let (spec, interpreter) = (&planned.secrets.spec, &planned.resolved.interpreter);
        let unit = spec.name.unit();
        let mut subjects = subjects(spec, interpreter);
        // A service that keeps running while its socket stays, or was restarted.
        if spec.socket.is_some() && planned.runs_on(&unit) {
            subjects.push(Subject::of_spec(spec, interpreter));
        }
        // The first run of a timer that elapses at once.
        let is_started = planned.steps.contains(&Step::Start(unit));
        if is_started && spec.timer.as_ref().is_some_and(|timer| timer.at_once) {
            subjects.push(Subject::of_spec(spec, interpreter));
        }
        Watched {
            subjects,
            now: planned.starts_something(),
            earlier_run: earlier.get(spec.name.as_str()),
            applied,
            secrets: planned.restore_secrets(),
            planned,
        }
    }

    fn settle(&self) -> Duration {
        self.planned.resolved.install.settle
    }

    /// The outcome if nothing was to be started.
    fn known(&self) -> Option<Outcome> {
        if self.planned.resolved.install.start {
            return None;
        }
        let present = &self.planned.there.present;
        let states: Vec<Option<&UnitState>> = self.subjects.iter().map(|it| self.before(it)).collect();
        let is_up = |state: &Option<&UnitState>| state.is_some_and(UnitState::is_up);
        let is_newer = |state: &Option<&UnitState>| {
            present.main.is_newer_than_run(*state) || state::is_newer(self.planned.secrets.changed, *state)
        };
        if states.iter().any(|state| is_up(state) && (self.planned.is_changed() || is_newer(state))) {
            return Some(Outcome::RunningAsBefore);
        }
        (!states.iter().all(is_up)).then_some(Outcome::Installed)
    }

    fn before(&self, subject: &Subject) -> Option<&UnitState> {
        self.planned.there.state_of(&subject.unit)
    }

    async fn outcome(&self, sure: &Settled, manager: &Manager) -> Result<Outcome> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let watch = async |subject: &Subject| {
            let settle = if sure.was_watched(&subject.unit) { Duration::ZERO } else { self.settle() };
            let start = Start { settle, now: self.now, job: self.applied.job(&subject.unit) };
            let reached = match sure.outcome(&subject.unit).filter(|_| start.job.is_none()) {
                Some(outcome) => outcome,
                None => match start_result::outcome(subject, start, manager).await {
                    Err(error) if error.code() == Code::NotRunning && self.is_skipped(subject, manager).await? => {
                        Outcome::Skipped
                    }
                    outcome => outcome?,
                },
            };
            let first = match self.earlier_run.filter(|_| reached == Outcome::Waiting) {
                Some(earlier) => start_result::first_run(subject, earlier, self.settle(), manager).await?,
                None => None,
            };
            Ok(first.unwrap_or(reached))
        };
        start_result::of_all(together(self.subjects.iter().map(watch)).await)
    }

    /// A file declares on which hosts a service runs.
    async fn is_skipped(&self, subject: &Subject, manager: &Manager) -> Result<bool> {
        Ok(self.planned.of_file && manager.unit(&subject.unit).await?.skipped > 0)
    }

    /// The previous version, if it was running and may be restored, and the unit that failed.
    fn previous_version(&self, failed: &str) -> Option<(&Subject, PreviousVersion<'_>)> {
        let before = &self.planned.there;
        let has_file = matches!(before.present.main.file, ExistingFile::File { .. });
        let replaced_a_running_one = self.planned.is_changed() && has_file && before.is_active();
        let can_roll_back = replaced_a_running_one && self.planned.resolved.install.rollback;
        let subject = self.subjects.iter().find(|subject| subject.name.as_str() == failed).filter(|_| can_roll_back)?;
        Some((subject, PreviousVersion { before, secrets: &self.secrets, ran: true, settle: self.settle() }))
    }
}

/// Watches all services together. Units that are not plainly running are checked one by one.
async fn settle(all: &[Watched<'_>], manager: &Manager) -> Result<Settled> {
    let mut old = Vec::new();
    let mut young = Vec::new();
    let mut span = Duration::ZERO;
    for watched in all.iter().filter(|watched| watched.known().is_none()) {
        for subject in &watched.subjects {
            let is_plain = subject.service_type != "oneshot" || !subject.unit.ends_with(".service");
            let before = watched.before(subject).filter(|_| !watched.now);
            let left = before.map_or(watched.settle(), |state| watched.settle().saturating_sub(verify::age(state)));
            match before {
                Some(state) if left.is_zero() && is_plain && is_running(&state.active, &state.sub) => {
                    old.push(subject.unit.clone());
                }
                _ if !is_plain || all.len() == 1 => {}
                Some(state) if !state.is_active() => {}
                _ => {
                    span = span.max(left);
                    young.push((subject.unit.clone(), watched.now));
                }
            }
        }
    }
    Ok(Settled::watch(young, span, manager).await?.and(old))
}

fn subjects(spec: &ServiceSpec, interpreter: &[OsString]) -> Vec<Subject> {
    let of_entry = |kind| Subject { unit: spec.name.unit_of(kind), ..Subject::of_spec(spec, interpreter) };
    let Some(instances) = &spec.instances else { return spec.entries().into_iter().map(of_entry).collect() };
    let of_instance = |(name, each): (&InstanceName, ServiceSpec)| {
        let name = spec.name.instance(name);
        Subject { unit: name.unit(), name, ..Subject::of_spec(&each, interpreter) }
    };
    instances.names().iter().zip(spec.each()).map(of_instance).collect()
}
