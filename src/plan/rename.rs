//! The steps that give a service another name.

use std::path::PathBuf;

use super::Step;
use super::secrets::{delete_old, moves};
use crate::manager::state::UnitState;
use crate::spec::UnitName;
use crate::state::Present;
use crate::state::service::Service;
use crate::systemd::unit_file;
use crate::unit::install::{self, Link};
use crate::unit::stamp::Succession;

/// The new service beside the old one, which is stopped; the new one's start; the end of the old
/// one.
///
/// The old file goes last: until then the same rename, made again, completes the work.
#[derive(Debug)]
pub struct Rename {
    /// What is written and enabled.
    pub prepare: Vec<Step>,
    /// What stops the old and starts the new.
    pub switch: Vec<Step>,
    /// What takes the old one away.
    pub finish: Vec<Step>,
    /// What brings the old one back instead.
    pub back: Vec<Step>,
}

/// Plans a rename to `name`. `there` is what is on disk under that name, `text` what belongs there,
/// `links` what enabling it makes where no manager runs. `resumed` is what an earlier run, which was
/// interrupted, has written down of the old one.
pub fn rename(
    old: &Service,
    name: &UnitName,
    there: &Present,
    text: &str,
    links: Vec<Link>,
    resumed: Option<&Succession>,
) -> Rename {
    let (from, to) = (old.name.unit(), name.unit());
    let folder = |present: &Present, unit: &str| present.main.path.with_file_name(format!("{unit}.d"));
    let moved = |from: &Present, of: &str, to: &Present, unit: &str| Step::MoveFolder {
        path: folder(from, of),
        target: folder(to, unit),
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
        prepare.push(Step::WriteUnit { path, text, replaces: false, keep_time: false, difference: Vec::new() });
    }
    // Behind the file that tells of the rename: whoever finds it completes the work, or removes it.
    let moves = moves(&old.present, name);
    prepare.extend(moves.iter().cloned().map(|(path, target)| Step::LinkSecret { path, target }));
    prepare.extend(has_drop_ins.then(|| moved(&old.present, &from, there, &to)));
    if enabled {
        let unlink = unlink(old, managed);
        let link = match managed {
            true => vec![Step::Enable { unit: to.clone(), links: Vec::new() }],
            false => links.into_iter().map(|Link { path, target }| Step::Link { path, target }).collect(),
        };
        // One of them starts at boot at any moment; but an alias can only lead to one.
        let has_alias = unit_file::settings(text).iter().any(|setting| setting.name == "Alias");
        prepare.extend(if has_alias { [unlink, link] } else { [link, unlink] }.concat());
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

/// What is left to do once the old one is gone: its successor forgets it, and so does the manager.
pub fn finish_rename(old: &Service, there: &Present, text: &str) -> Vec<Step> {
    let (path, text) = (there.main.path.clone(), text.to_owned());
    let mut steps = delete_old(old);
    steps.push(Step::WriteUnit { path, text, replaces: true, keep_time: true, difference: Vec::new() });
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
    let folders = links.iter().filter_map(|link| install::dependents_directory(link)).map(Step::RemoveFolder);
    links.iter().cloned().map(Step::RemoveFile).chain(folders).collect()
}
