//! The steps that rename a service.

use std::path::PathBuf;

use super::secrets::{delete_old, moves};
use super::{FileChange, Step};
use crate::manager::state::UnitState;
use crate::spec::UnitName;
use crate::state::Present;
use crate::state::service::Service;
use crate::systemd::unit_file;
use crate::unit::install::{self, Link};
use crate::unit::stamp::Succession;

/// The new service next to the old one, which is stopped; the start of the new one; the removal of the old one. The old
/// file is deleted last: until then, running the same rename again completes it.
#[derive(Debug)]
pub struct Rename {
    /// What is written and enabled.
    pub prepare: Vec<Step>,
    /// Stops the old service and starts the new one.
    pub switch: Vec<Step>,
    /// Removes the old service.
    pub finish: Vec<Step>,
    /// Restores the old service instead.
    pub back: Vec<Step>,
}

/// Plans a rename to `name`. `there` is what is on disk under that name, `text` the new file, and `links` those that
/// enable it if no manager is running. `resumed` is what an interrupted run recorded about the old service.
pub fn rename(
    old: &Service,
    name: &UnitName,
    there: &Present,
    text: &str,
    links: Vec<Link>,
    resumed: Option<&Succession>,
) -> Rename {
    let (from, to) = (old.name.unit(), name.unit());
    let dir = |present: &Present, unit: &str| present.main.path.with_file_name(format!("{unit}.d"));
    let moved = |from: &Present, of: &str, to: &Present, unit: &str| Step::MoveDir {
        path: dir(from, of),
        target: dir(to, unit),
    };
    let has_drop_ins = !old.present.main.drop_ins.is_empty() || !old.present.main.preludes.is_empty();
    let enabled = resumed.map_or_else(|| old.is_enabled(), |before| before.enabled);
    let is_up = old.state.as_ref().is_some_and(UnitState::is_up);
    let runs = resumed.map_or(is_up, |before| before.up);
    let managed = old.state.is_some();
    let reload = || managed.then_some(Step::Reload(old.scope));

    let mut prepare = Vec::new();
    if resumed.is_none() {
        let succession = Succession { from: old.name.to_string(), enabled, up: runs };
        let (path, text) = (there.main.path.clone(), succession.write(text));
        prepare.push(Step::WriteUnit {
            path,
            text,
            replaces: false,
            change: FileChange::Restart,
            difference: Vec::new(),
        });
    }
    // After the file that records the rename: any later run completes or removes it.
    let moves = moves(&old.present, name);
    prepare.extend(moves.iter().cloned().map(|(path, target)| Step::LinkSecret { path, target }));
    prepare.extend(has_drop_ins.then(|| moved(&old.present, &from, there, &to)));
    if enabled {
        prepare.extend(enable_instead(old, &to, links, text));
    }
    prepare.extend(reload());

    let mut switch = Vec::new();
    if is_up {
        switch.push(Step::Stop(from.clone()));
    }
    switch.extend(runs.then(|| Step::Start(to.clone())));

    let finish = [vec![Step::RemoveFile(old.present.main.path.clone())], finish_rename(old, there, text)].concat();

    let mut back = vec![Step::Stop(to.clone())];
    back.extend(enabled.then(|| Step::Disable(to.clone())));
    back.push(Step::RemoveFile(there.main.path.clone()));
    back.extend(moves.into_iter().map(|(_, target)| Step::RemoveFile(target)));
    back.extend(has_drop_ins.then(|| moved(there, &to, &old.present, &from)));
    back.extend(enabled.then(|| Step::Enable { unit: from.clone(), links: Vec::new() }));
    back.extend(reload());
    back.extend([Step::ResetFailed(to), Step::Start(from)]);
    Rename { prepare, switch, finish, back }
}

/// Enables the new unit and disables the old one.
fn enable_instead(old: &Service, unit: &str, links: Vec<Link>, text: &str) -> Vec<Step> {
    let managed = old.state.is_some();
    let unlink = unlink(old, managed);
    let link = match managed {
        true => vec![Step::Enable { unit: unit.to_owned(), links: Vec::new() }],
        false => links.into_iter().map(|Link { path, target }| Step::Link { path, target }).collect(),
    };
    // Both names can be enabled for a moment, but an alias can only lead to one.
    let has_alias = unit_file::settings(text).iter().any(|setting| setting.name == "Alias");
    if has_alias { [unlink, link] } else { [link, unlink] }.concat()
}

/// What remains to be done once the old service is gone: the new file and systemd forget it.
pub fn finish_rename(old: &Service, there: &Present, text: &str) -> Vec<Step> {
    let (path, text) = (there.main.path.clone(), text.to_owned());
    let mut steps = delete_old(old);
    steps.push(Step::WriteUnit { path, text, replaces: true, change: FileChange::Remarks, difference: Vec::new() });
    if old.state.is_some() {
        steps.extend([Step::Reload(old.scope), Step::ResetFailed(old.name.unit())]);
    }
    steps
}

fn unlink(old: &Service, managed: bool) -> Vec<Step> {
    let links: &[PathBuf] = &old.present.main.links;
    if managed {
        return if links.is_empty() { Vec::new() } else { vec![Step::Disable(old.name.unit())] };
    }
    let dirs = links.iter().filter_map(|link| install::dependents_directory(link)).map(Step::RemoveDir);
    links.iter().cloned().map(Step::RemoveFile).chain(dirs).collect()
}
