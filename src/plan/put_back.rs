//! The steps that bring an earlier version of a service back.

use super::units::delete;
use super::{Step, prelude};
use crate::present::{FileThere, UnitThere};
use crate::service::{Instance, Service};

/// What has to change so that the service is again as `before` has it: files and links, then the
/// restart of what was up. `now` is how it is.
pub fn put_back(before: &Service, now: &Service) -> (Vec<Step>, Vec<Step>) {
    let mut steps = Vec::new();
    for there in before.present.units() {
        let Some(new) = now.present.unit(there.kind) else { continue };
        if there.file == FileThere::Nothing && new.is_ours() {
            steps.extend(delete(new, now));
        } else {
            steps.extend(files(there, new));
        }
    }
    // What the new version alone needed; the old one still has its own.
    if before.present.main.preludes.is_empty() {
        steps.extend(prelude::delete(None, &now.present.main));
    }
    steps.push(Step::Reload(before.scope));
    let units = before.states().filter(|(_, state)| state.is_active()).map(|(unit, _)| unit);
    // A group is restarted by its instances: its target would restart them once more.
    let (targets, units): (Vec<String>, Vec<String>) = units.partition(|unit| unit.ends_with(".target"));
    let is_new = |one: &&Instance| one.state.is_up() && !units.contains(&one.name.unit());
    let new = now.instances.iter().filter(|_| before.is_group()).filter(is_new).map(|one| Step::Stop(one.name.unit()));
    let forget = units.iter().cloned().map(Step::ResetFailed);
    let restart = units.iter().cloned().map(Step::Restart).chain(targets.into_iter().map(Step::Start));
    (steps, new.chain(forget).chain(restart).collect())
}

fn files(before: &UnitThere, now: &UnitThere) -> Vec<Step> {
    let mut steps = Vec::new();
    if let FileThere::File { text, .. } = &before.file {
        let same = matches!(&now.file, FileThere::File { text: new, .. } if new == text);
        // A companion that did not change goes on as it is; the service is written anew, so that its file is newer
        // than the run that failed.
        if !same || before.kind.is_main() {
            steps.push(Step::WriteUnit {
                path: before.path.clone(),
                text: String::from_utf8_lossy(text).into_owned(),
                replaces: now.file != FileThere::Nothing,
                keep_time: false,
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
