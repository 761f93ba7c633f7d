//! The steps that restore a previous version of a service.

use super::units::delete;
use super::{FileChange, Step, prelude};
use crate::manager::state::UnitState;
use crate::spec::UnitKind;
use crate::state::service::{Instance, Service};
use crate::state::{DropIn, ExistingFile, ExistingUnit};
use crate::unit::drop_in;

/// What must change so that the service is as in `before` again: files and links, then the restart of what was running.
/// `now` is the current state.
pub fn rollback(before: &Service, now: &Service) -> (Vec<Step>, Vec<Step>) {
    let mut steps = Vec::new();
    for there in before.present.units() {
        let Some(new) = now.present.unit(there.kind) else { continue };
        if there.file == ExistingFile::Nothing && new.is_managed() {
            steps.extend(delete(new, now));
        } else {
            steps.extend(files(there, new));
        }
    }
    // What only the new version needed; the old one still has its own.
    if before.present.main.preludes.is_empty() {
        steps.extend(prelude::delete(None, &now.present.main));
    }
    steps.extend(stop_listening(before, now));
    steps.push(Step::Reload(before.scope));
    (steps, restarts(before, now))
}

/// The steps that stop a socket that has changed, and the service that holds it, while systemd still knows what to
/// delete for it.
fn stop_listening(before: &Service, now: &Service) -> Vec<Step> {
    let (Some(old), Some(new)) = (before.present.unit(UnitKind::Socket), now.present.unit(UnitKind::Socket)) else {
        return Vec::new();
    };
    if old.file == ExistingFile::Nothing || !before.state_of(&old.unit).is_some_and(UnitState::is_active) {
        return Vec::new();
    }
    let units = [now.present.main.unit.as_str(), new.unit.as_str()].into_iter();
    let is_up = |unit: &&str| now.state_of(unit).is_some_and(UnitState::is_up);
    units.filter(is_up).map(|unit| Step::Stop(unit.to_owned())).collect()
}

/// The steps that start again what was running, triggers first.
fn restarts(before: &Service, now: &Service) -> Vec<Step> {
    let main = before.present.main.unit.as_str();
    let is_up = |(_, state): &(String, &UnitState)| state.is_active();
    let (itself, triggers): (Vec<_>, Vec<_>) = before.states().filter(is_up).partition(|(unit, _)| unit == main);
    let units = triggers.into_iter().chain(itself).map(|(unit, _)| unit);
    // A group is restarted by its instances: its target would restart them again.
    let (targets, units): (Vec<String>, Vec<String>) = units.partition(|unit| unit.ends_with(".target"));
    let is_new = |one: &&Instance| one.state.is_up() && !units.contains(&one.name.unit());
    let new = now.instances.iter().filter(|_| before.is_group()).filter(is_new).map(|one| Step::Stop(one.name.unit()));
    // The start limit still applies.
    let is_limited = !before.is_group() && !units.iter().any(|unit| unit == main);
    let forget = is_limited.then(|| main.to_owned()).into_iter().chain(units.iter().cloned()).map(Step::ResetFailed);
    let restart = units.iter().cloned().map(Step::restart).chain(targets.into_iter().map(Step::Start));
    new.chain(forget).chain(restart).collect()
}

/// Only `edit` changes a drop-in and the service at once.
fn drop_ins(before: &ExistingUnit, now: &ExistingUnit) -> Vec<Step> {
    let text = |unit: &ExistingUnit| unit.own_drop_in(drop_in::EDIT).map(DropIn::text);
    let (before_text, now_text) = (text(before), text(now));
    if before_text == now_text {
        return Vec::new();
    }
    super::harden::drop_in(&before.drop_in_path(drop_in::EDIT), before_text)
}

fn files(before: &ExistingUnit, now: &ExistingUnit) -> Vec<Step> {
    let mut steps = drop_ins(before, now);
    if let ExistingFile::File { text, .. } = &before.file {
        let same = matches!(&now.file, ExistingFile::File { text: new, .. } if new == text);
        // An unchanged companion keeps running; the service is rewritten, so that its file is newer than the failed
        // run.
        if !same || before.kind.is_main() {
            steps.push(Step::WriteUnit {
                path: before.path.clone(),
                text: String::from_utf8_lossy(text).into_owned(),
                replaces: now.file != ExistingFile::Nothing,
                change: FileChange::Restart,
                difference: Vec::new(),
            });
        }
    }
    let added = now.links.iter().filter(|link| !before.links.contains(link));
    steps.extend(added.cloned().map(Step::RemoveFile));
    let removed = before.links.iter().filter(|link| !now.links.contains(link));
    steps.extend(removed.map(|link| Step::Link { path: link.clone(), target: before.path.clone() }));
    steps
}
