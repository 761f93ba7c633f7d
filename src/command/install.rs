//! What `add` does once it is decided what the service is: whoever decided it, nothing is taken on
//! trust that can be looked at here.

use std::ffi::OsString;
use std::path::PathBuf;

use super::find::{self, Ground};
use super::reach::{Reached, Way, reach};
use super::secrets::{Ready, Secrets};
use super::settled::{self, Earlier, Start};
use super::{Context, escalation, exposure, handover, judged, listening, reachable, search_path, times};
use crate::apply::Applied;
use crate::apply::lock::{Lock, What};
use crate::error::{Error, Result, sudo};
use crate::explain::Subject;
use crate::host::log_file;
use crate::plan::{self, Step, Wanted};
use crate::present;
use crate::record::Record;
use crate::report::{self, Added, Outcome};
use crate::resolve::{self, Manner, Resolved};
use crate::service::Service;
use crate::spec::{InstanceName, Scope, ServiceSpec, UnitKind};
use crate::systemd::manager::Manager;
use crate::systemd::security::{Exposure, Measuring};
use crate::systemd::state::UnitState;
use crate::unit;
use crate::wait::together;

/// Installs a service and starts it.
///
/// # Errors
/// Whatever is refused, before anything is written; or what failed on the way.
pub async fn install(resolved: &Resolved, mut secrets: Secrets, way: Way, context: &Context<'_>) -> Result<u8> {
    let changing = &resolved.manner.changing;
    let by_root = resolved.spec.scope == Scope::System && context.host.euid != 0;
    if by_root && !changing.only_shows() {
        secrets.ask(&resolved.spec, context).await?;
    }
    let handed = secrets.handed();
    let mut work = Installation::plan(resolved, secrets, way, by_root || changing.only_shows(), context).await?;
    work.explain(context);
    if changing.only_shows() {
        let shown = context.show(&work.steps, changing);
        if let Some(timer) = &resolved.spec.timer {
            let runs = times::next_runs(timer);
            context.ui.note(&format!("{} would run: {}", resolved.spec.name, runs.join("; ")));
        }
        work.note(context);
        return Ok(shown);
    }
    // Where nothing is to be changed, it takes no root to see that.
    if by_root && !work.steps.is_empty() {
        return handover::hand_over(resolved, handed, &work.steps, context).await;
    }
    work.write(context).await?;
    let outcome = work.start(context).await?;
    work.tell(outcome, context).await
}

/// An installation under way: what is wanted, what was there before it, and what is done for it.
pub struct Installation<'a> {
    resolved: &'a Resolved,
    secrets: Ready,
    /// What the user should know before relying on it.
    warnings: Vec<String>,
    reached: Reached,
    search_path: Vec<PathBuf>,
    /// What was there before.
    pub there: Service,
    lingers: bool,
    /// All that is to be done, in order.
    pub steps: Vec<Step>,
    locks: Option<(Lock, Lock)>,
    applied: Applied,
    /// How exposed it is, where that is known.
    exposure: Option<Exposure>,
}

impl<'a> Installation<'a> {
    /// Compares what is wanted with what is there. Unless that `only_shows` what would be done, nobody else
    /// changes the service from then on, nor, until all is written, any other of its scope.
    ///
    /// # Errors
    /// Whatever is refused.
    pub async fn plan(
        resolved: &'a Resolved,
        mut secrets: Secrets,
        way: Way,
        only_shows: bool,
        context: &Context<'_>,
    ) -> Result<Installation<'a>> {
        let host = context.host;
        let Resolved { spec, manner, .. } = resolved;
        if !manner.changing.force {
            reachable::refuse_what_cannot_be(resolved, host)?;
            escalation::refuse_root_shell(resolved, host)?;
        }
        escalation::refuse_foreign_way(spec.scope, host)?;
        refuse_another_log_file(resolved, context)?;
        spec.timer.as_ref().map_or(Ok(()), times::refuse_what_never_comes)?;

        let reached = reach(way, manner, spec, context).await?;
        if !only_shows {
            // Before anything is locked: others need not wait for somebody to type.
            secrets.ask(spec, context).await?;
        }
        let lock = |what| context.lock(what, spec.scope);
        let locks = if only_shows { None } else { Some((lock(What::Service(&spec.name))?, lock(What::Units)?)) };
        let search_path = search_path(spec.scope, reached.manager(), host).await?;
        let there = find::look(&spec.name, spec.scope, &spec.units(), &search_path, reached.manager(), host).await?;
        listening::refuse_what_would_be_lost(resolved, &there)?;
        let warnings: Vec<String> = resolved.warnings.iter().chain(secrets.warnings()).cloned().collect();
        let secrets = secrets.ready(spec, &there.present.kept, reached.manager(), only_shows, context)?;
        let spec = &secrets.spec;
        let files = unit::render(spec).map_err(|why| Error::Value {
            what: "the command".into(),
            why: why.to_string(),
            hint: None,
        })?;
        judged::refuse_left_out(spec, &files[0].text, host)?;
        exposure::refuse_above(manner.max_exposure, spec, &files[0].text, host)?;
        let wanted = Wanted {
            spec,
            files: &files,
            secrets: &secrets.steps,
            secrets_changed: secrets.changed,
            start: manner.start,
            enable: manner.enable,
            linger: manner.linger,
            make_log_file: spec.log_file.as_ref().is_some_and(|file| file.path().symlink_metadata().is_err()),
            force: manner.changing.force,
        };
        let lingers = present::lingers(&host.asked_by.name);
        let steps = plan::add(&wanted, &there, &Record::load(host), lingers, host)?;
        let applied = Applied::default();
        Ok(Installation {
            resolved,
            secrets,
            warnings,
            reached,
            search_path,
            there,
            lingers,
            steps,
            locks,
            applied,
            exposure: None,
        })
    }

    /// Says what was decided without being typed, and what to know before relying on it.
    pub fn explain(&self, context: &Context<'_>) {
        self.resolved.reasons.iter().for_each(|reason| context.ui.detail(reason));
        self.warnings.iter().for_each(|warning| context.ui.warn(warning));
    }

    /// Says what else was decided, behind what it was decided for.
    pub fn note(&self, context: &Context<'_>) {
        self.resolved.notes.iter().for_each(|note| context.ui.note(note));
    }

    /// The manager; `None` where there is none to speak to.
    pub fn manager(&self) -> Option<&Manager> {
        self.reached.manager()
    }

    /// The steps that write and enable, and those from the first that starts something on.
    fn parts(&self) -> (&[Step], &[Step]) {
        let is_start = |step: &Step| matches!(step, Step::Start(_) | Step::Restart(_));
        self.steps.split_at(self.steps.iter().position(is_start).unwrap_or(self.steps.len()))
    }

    /// Does all that comes before the start.
    ///
    /// # Errors
    /// What failed on the way.
    pub async fn write(&mut self, context: &Context<'_>) -> Result<()> {
        let spec = &self.secrets.spec;
        if !self.there.is_ours() {
            context.can_undo(format!("{}mkservice remove {}", sudo(spec.scope), spec.name));
        }
        let applied = context.apply(self.parts().0, self.manager()).await?;
        self.applied.append(applied);
        Ok(())
    }

    /// Starts it, and sees whether it stays up.
    ///
    /// # Errors
    /// [`Error::NotRunning`], [`Error::PutBack`], or what failed on the way.
    pub async fn start(&mut self, context: &Context<'_>) -> Result<Outcome> {
        // Runs for other services need not wait until this one has come up.
        let _of_service = self.locks.take().map(|(of_service, _of_units)| of_service);
        let earlier_run = match self.manager() {
            Some(manager) => manager.unit(&self.secrets.spec.name.unit()).await?.invocation,
            None => String::new(),
        };
        let applied = context.apply(self.parts().1, self.manager()).await?;
        self.applied.append(applied);
        let Resolved { manner, interpreter, .. } = self.resolved;
        let spec = &self.secrets.spec;
        let manager = match &self.reached {
            Reached::NoSystemd => return Ok(Outcome::AtNextBoot),
            Reached::NotReachable => return Ok(Outcome::AtNextReload),
            Reached::Manager(manager) => manager,
        };
        let changed = |step: &Step| matches!(step, Step::WriteUnit { keep_time: false, .. } | Step::WriteSecret { .. });
        let now = !self.parts().1.is_empty();
        let there = There {
            before: &self.there,
            changed: self.steps.iter().any(changed),
            secrets_changed: self.secrets.changed,
            secrets: self.put_back_secrets(),
            earlier_run: (now && spec.timer.is_some()).then_some(earlier_run),
        };
        let is_told = context.ui.is_json() || (spec.scope == Scope::System && !context.ui.is_silent());
        let measuring = exposure::begin(spec, manner, context.host, is_told);
        let mut subjects = subjects(spec, interpreter);
        // What serves while its socket stays as it is, or was started anew by itself.
        if spec.socket.is_some() && self.runs_on(&spec.name.unit()) {
            subjects.push(Subject::of_spec(spec, interpreter));
        }
        // The first run, where it is now.
        let is_started = self.steps.contains(&Step::Start(spec.name.unit()));
        if is_started && spec.timer.as_ref().is_some_and(|timer| timer.at_once) {
            subjects.push(Subject::of_spec(spec, interpreter));
        }
        let start = Start { settle: manner.settle, now, job: None };
        let reached = outcome(manner, &subjects, start, &self.applied, &there, manager, context).await?;
        self.exposure = measuring.and_then(Measuring::finish).map(|measured| measured.exposure);
        Ok(reached)
    }

    /// True when the unit is up once all is done.
    fn runs_on(&self, unit: &str) -> bool {
        let is_up = self.there.state_of(unit).is_some_and(UnitState::is_up);
        self.starts(unit) || (is_up && !self.steps.contains(&Step::Stop(unit.to_owned())))
    }

    /// True when a step starts the unit.
    fn starts(&self, unit: &str) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Start(of) | Step::Restart(of) if of == unit))
    }

    /// The steps that put its secrets back.
    pub fn put_back_secrets(&self) -> Vec<Step> {
        plan::put_back_secrets(&self.steps, &self.secrets.before)
    }

    /// Gives up: what was there before, and the way to what is there now. Nothing is locked any more.
    pub fn into_ground(self) -> (Service, Ground) {
        let (scope, manager) = (self.resolved.spec.scope, self.reached.into_manager());
        (self.there, Ground { scope, manager, search_path: self.search_path, known: Vec::new() })
    }

    /// Tells what was done. Gives the exit code.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub async fn tell(self, outcome: Outcome, context: &Context<'_>) -> Result<u8> {
        let Context { host, ui, taken, .. } = *context;
        let (spec, manner) = (&self.secrets.spec, &self.resolved.manner);
        let (present, decided) = (&self.there.present, &self.resolved.notes);
        let next = match (self.reached.manager(), &spec.timer) {
            (Some(manager), Some(_)) => manager.trigger(&spec.name.unit_of(UnitKind::Timer)).await?.next,
            _ => 0,
        };
        let times = spec.timer.as_ref().map(times::next_runs).unwrap_or_default();
        let (steps, enabled, exposure) = (self.steps.as_slice(), manner.enable, self.exposure);
        let added = Added { spec, present, outcome, exposure, steps, enabled, taken, next, times };
        ui.say(&report::added(&added, host));
        let (manager, search_path) = (self.reached.into_manager(), self.search_path);
        let ground = Ground { scope: spec.scope, manager, search_path, known: Vec::new() };
        ground.tell_with(&spec.name, self.exposure, context).await?;
        let notes = report::notes(&self.applied.done).into_iter().chain(report::foreign_drop_ins(present));
        decided.iter().cloned().chain(notes).for_each(|note| ui.note(&note));
        if outcome == Outcome::AtNextBoot && spec.scope == Scope::User && !self.lingers {
            let name = &host.asked_by.name;
            ui.note(&format!("at boot it starts once lingering is on: sudo loginctl enable-linger {name}"));
        }
        Ok(0)
    }
}

/// Root looks again at what the other half saw, or said it saw, of the file for the output.
fn refuse_another_log_file(resolved: &Resolved, context: &Context<'_>) -> Result<()> {
    let spec = &resolved.spec;
    match &spec.log_file {
        Some(file) if context.host.euid == 0 && spec.scope == Scope::System => {
            let (found, force) = (log_file::at(file.path()), resolved.manner.changing.force);
            resolve::log_file::refuse_another(file, &found, spec.effective_account(), force, context.words)
        }
        _ => Ok(()),
    }
}

/// What is watched: each unit that is started, or each instance.
fn subjects(spec: &ServiceSpec, interpreter: &[OsString]) -> Vec<Subject> {
    let of_entry = |kind| Subject { unit: spec.name.unit_of(kind), ..Subject::of_spec(spec, interpreter) };
    let Some(instances) = &spec.instances else { return spec.entries().into_iter().map(of_entry).collect() };
    let of_instance = |(name, each): (&InstanceName, ServiceSpec)| {
        let name = spec.name.instance(name);
        Subject { unit: name.unit(), name, ..Subject::of_spec(&each, interpreter) }
    };
    instances.names().iter().zip(spec.each()).map(of_instance).collect()
}

/// What was there before.
struct There<'a> {
    before: &'a Service,
    /// What systemd reads is another file now.
    changed: bool,
    /// When a file with a secret was last changed, in microseconds since 1970.
    secrets_changed: u64,
    /// The steps that put its secrets back.
    secrets: Vec<Step>,
    /// Its timer was started just now; the ID of the last run before that.
    earlier_run: Option<String>,
}

/// How the service is after all that, where a manager can tell. A new version that does not run makes
/// way for the old one, if that did.
async fn outcome(
    manner: &Manner,
    subjects: &[Subject],
    start: Start<'_>,
    applied: &Applied,
    there: &There<'_>,
    manager: &Manager,
    context: &Context<'_>,
) -> Result<Outcome> {
    let &There { before, changed, secrets_changed, ref secrets, ref earlier_run } = there;
    let present = &before.present;
    let states: Vec<Option<&UnitState>> = subjects.iter().map(|subject| before.state_of(&subject.unit)).collect();
    let is_up = |state: &Option<&UnitState>| state.is_some_and(UnitState::is_up);
    let is_newer = |state: &Option<&UnitState>| {
        present.main.is_newer_than_run(*state) || present::is_newer(secrets_changed, *state)
    };
    if !manner.start && states.iter().any(|state| is_up(state) && (changed || is_newer(state))) {
        return Ok(Outcome::RunningAsBefore);
    }
    if !manner.start && !states.iter().all(is_up) {
        return Ok(Outcome::Installed);
    }
    let replaced_a_running_one = changed && present.is_ours() && before.is_active();
    let watched = async {
        let watch = async |subject: &Subject| {
            let start = Start { job: applied.job(&subject.unit), ..start };
            let reached = settled::outcome(subject, start, true, manager).await?;
            let first = match earlier_run.as_ref().filter(|_| reached == Outcome::Waiting) {
                Some(earlier) => settled::first_run(subject, earlier, start.settle, manager).await?,
                None => None,
            };
            Ok(first.unwrap_or(reached))
        };
        settled::of_all(together(subjects.iter().map(watch)).await)
    };
    match context.watch(&format!("see whether {} stays up", before.name), watched).await {
        Err(Error::NotRunning { name, explanation, .. }) if replaced_a_running_one && manner.rollback => {
            let earlier = Earlier { before, secrets, ran: true, settle: start.settle };
            let Some(subject) = subjects.iter().find(|subject| subject.name == name) else {
                return Err(Error::NotRunning { name, explanation, installed: true });
            };
            Err(settled::put_back(&earlier, subject, explanation, manager, context).await?)
        }
        other => other,
    }
}
