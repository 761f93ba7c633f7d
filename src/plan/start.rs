//! The steps that apply what was written.

use super::units::Unit;
use super::{FileChange, Reason, Step, Wanted};
use crate::manager::state::UnitState;
use crate::spec::{UnitKind, UnitName};
use crate::state;
use crate::state::service::Service;

/// The steps that start a service, or restart what changed. `state` is what systemd knows about the unit that runs its
/// program.
pub(super) fn start_steps(wanted: &Wanted<'_>, units: &[Unit<'_>], there: &Service, state: &UnitState) -> Vec<Step> {
    let of_kind = |kind| units.iter().find(|unit| unit.file.kind == kind);
    let mut steps = Vec::new();
    for unit in wanted.spec.entries().into_iter().filter_map(of_kind) {
        match unit.file.kind {
            UnitKind::Service => steps.extend(start_service(wanted, unit, unit.file.unit.clone(), state)),
            UnitKind::Target => steps.extend(start_group(wanted, unit, of_kind(UnitKind::Template), there)),
            _ => steps.extend(start_trigger(unit, there.state_of(&unit.file.unit))),
        }
    }
    let service = there.name.unit();
    let starts = |step: &Step| matches!(step, Step::Start(_) | Step::Restart { .. });
    if wanted.spec.socket.is_some() {
        match of_kind(UnitKind::Service).filter(|_| state.is_up()) {
            Some(_) if !stop_listening(wanted, units, there).is_empty() => {}
            // systemd refuses to start a socket while its service is running without it.
            Some(_) if steps.iter().any(starts) => steps.insert(0, Step::Stop(service.clone())),
            Some(unit) => steps.extend(start_service(wanted, unit, unit.file.unit.clone(), state)),
            None => {}
        }
    }
    // A service that has reached its start limit fails its trigger as well, and would do so again.
    if steps.iter().any(starts)
        && wanted.spec.entries().iter().any(|kind| kind.is_trigger())
        && state.active == "failed"
    {
        steps.insert(0, Step::ResetFailed(service.clone()));
    }
    // `--every` runs the service now.
    let at_once = wanted.spec.timer.as_ref().is_some_and(|timer| timer.at_once) && !steps.is_empty();
    if let Some(unit) = of_kind(UnitKind::Service).filter(|_| at_once && !state.is_on_its_way()) {
        steps.extend(forget(unit, state));
        steps.push(Step::Start(unit.file.unit.clone()));
    }
    // A service that was running all the time is started by its trigger from now on.
    let was_started_itself = there.is_managed() && !there.present.own_companions().any(|unit| unit.kind.is_trigger());
    let is_triggered = wanted.spec.entries().iter().any(|kind| kind.is_trigger());
    if was_started_itself && is_triggered && state.is_up() && !steps.contains(&Step::Stop(service.clone())) {
        // For a oneshot service, which it is by now, being killed is a failure.
        steps.splice(0..0, [Step::Stop(service.clone()), Step::ResetFailed(service)]);
    }
    steps
}

/// Starts missing instances and their target, and stops those no longer wanted. The others keep running.
fn start_group(wanted: &Wanted<'_>, target: &Unit<'_>, template: Option<&Unit<'_>>, there: &Service) -> Vec<Step> {
    let (Some(instances), Some(template)) = (&wanted.spec.instances, template) else { return Vec::new() };
    let names: Vec<UnitName> = instances.names().iter().map(|it| wanted.spec.name.instance(it)).collect();
    let gone = || there.instances.iter().filter(|one| !names.contains(&one.name));
    let stop = gone().filter(|one| one.state.is_up()).map(|one| Step::Stop(one.name.unit()));
    // A failed instance would stay loaded indefinitely.
    let forget = gone().filter(|one| one.state.begun != 0).map(|one| Step::ResetFailed(one.name.unit()));
    let mut steps: Vec<Step> = stop.chain(forget).collect();
    let mut jobs = Vec::new();
    for name in &names {
        let never = UnitState { active: "inactive".into(), ..UnitState::default() };
        let state = there.instances.iter().find(|one| one.name == *name).map_or(never, |one| one.state.clone());
        let (job, before): (Vec<Step>, Vec<Step>) = start_service(wanted, template, name.unit(), &state)
            .into_iter()
            .partition(|step| !matches!(step, Step::ResetFailed(_)));
        steps.extend(before);
        jobs.extend(job);
    }
    let is_up = there.state_of(&target.file.unit).is_some_and(UnitState::is_up);
    jobs.extend((!is_up).then(|| Step::Start(target.file.unit.clone())));
    // Consecutive steps of one kind are carried out in parallel.
    let (restarts, starts): (Vec<Step>, Vec<Step>) =
        jobs.into_iter().partition(|step| matches!(step, Step::Restart { .. }));
    steps.into_iter().chain(starts).chain(restarts).collect()
}

/// `unit` is the one whose file defines the service of this name: its own, or its template.
fn start_service(wanted: &Wanted<'_>, unit: &Unit<'_>, name: String, state: &UnitState) -> Vec<Step> {
    let (spec, of_name) = (wanted.spec, name);
    let name = || of_name.clone();
    // A unit that never ran has no failures to reset.
    let forget = || (state.begun != 0).then(|| Step::ResetFailed(name()));
    // A run that began before the file was last written does not know it, and neither does a unit that was not reloaded
    // since: an earlier run of mkservice was interrupted, or did not start anything. (Comments alone keep the file's
    // time; drop-ins are applied by the program that writes them.)
    let not_loaded = state.needs_reload && unit.there.drop_ins.is_empty();
    let has_old_secrets = !wanted.secrets.is_empty() || state::is_newer(wanted.secrets_changed, Some(state));
    let is_older = not_loaded || unit.there.is_newer_than_run(Some(state));
    let mut reasons: Vec<Reason> =
        unit.reason().or_else(|| is_older.then_some(Reason::OlderFile)).into_iter().collect();
    reasons.extend(has_old_secrets.then_some(Reason::Secret));
    let stays = spec.typed_property("RemainAfterExit").is_some();
    let has_done_its_work =
        spec.effective_type() == "oneshot" && !stays && state.active == "inactive" && state.begun != 0;
    // Between two attempts nothing is running; running the command again requests an attempt now.
    let waits = state.waits_for_its_next_try();
    let same = reasons.is_empty();
    match state.is_up() {
        true if same && !waits && (state.is_on_its_way() || unit.pulls_in()) => vec![Step::Start(name())],
        true if same && !waits => Vec::new(),
        true => {
            reasons.extend(waits.then_some(Reason::Waiting));
            forget().into_iter().chain([Step::Restart { unit: name(), reasons }]).collect()
        }
        false if wanted.of_file && unit.change <= FileChange::Remarks && unit.there.is_skipped(state) => Vec::new(),
        false if same && has_done_its_work => Vec::new(),
        false => forget().into_iter().chain([Step::Start(name())]).collect(),
    }
}

/// The steps that stop a socket that changes, while systemd still knows what to delete for it (`RemoveOnStop=`).
/// systemd refuses to start the socket while its service holds it.
pub(super) fn stop_listening(wanted: &Wanted<'_>, units: &[Unit<'_>], there: &Service) -> Vec<Step> {
    let is_up = |unit: &str| there.state_of(unit).is_some_and(UnitState::is_up);
    let socket = units.iter().find(|unit| wanted.spec.socket.is_some() && unit.file.kind == UnitKind::Socket);
    let outdated = |unit: &&Unit<'_>| {
        let state = there.state_of(&unit.file.unit);
        unit.reason().is_some() || unit.there.is_newer_than_run(state)
    };
    let Some(socket) = socket.filter(|unit| is_up(&unit.file.unit)).filter(outdated) else { return Vec::new() };
    let service = there.name.unit();
    let service = Some(service).filter(|unit| is_up(unit));
    service.into_iter().chain([socket.file.unit.clone()]).map(Step::Stop).collect()
}

/// A waiting trigger keeps waiting unless it has changed.
fn start_trigger(unit: &Unit<'_>, state: Option<&UnitState>) -> Vec<Step> {
    let name = || unit.file.unit.clone();
    let Some(state) = state else { return vec![Step::Start(name())] };
    let is_older = unit.there.is_newer_than_run(Some(state)).then_some(Reason::OlderFile);
    let reasons: Vec<Reason> = unit.reason().or(is_older).into_iter().collect();
    match state.is_up() {
        true if reasons.is_empty() => Vec::new(),
        // It was stopped before systemd read the new one.
        true if unit.file.kind != UnitKind::Socket => {
            forget(unit, state).into_iter().chain([Step::Restart { unit: name(), reasons }]).collect()
        }
        _ => forget(unit, state).into_iter().chain([Step::Start(name())]).collect(),
    }
}

/// A unit that never ran has no failures to reset.
fn forget(unit: &Unit<'_>, state: &UnitState) -> Option<Step> {
    (state.begun != 0).then(|| Step::ResetFailed(unit.file.unit.clone()))
}
