//! The steps that make a service what it is wanted to be.

use std::path::PathBuf;

use super::{Step, Through, prelude, secrets};
use crate::error::{Error, Result, shown};
use crate::host::Host;
use crate::present::{self, FileThere, Present};
use crate::record::Record;
use crate::spec::{Scope, ServiceSpec};
use crate::systemd::state::UnitState;
use crate::unit;
use crate::unit::install::{self, Link};
use crate::unit::stamp::{self, Origin};

/// What is wanted.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The service.
    pub spec: &'a ServiceSpec,
    /// The text of its unit file.
    pub text: &'a str,
    /// The steps that write its secrets, see [`super::write_secrets`].
    pub secrets: &'a [Step],
    /// When a file with a secret was last changed, in microseconds since 1970.
    pub secrets_changed: u64,
    /// Start it now.
    pub start: bool,
    /// Start it at boot.
    pub enable: bool,
    /// Keep it running without a session (user scope).
    pub linger: bool,
    /// Replace or shadow what is not ours.
    pub force: bool,
}

/// Compares what is wanted with what is there.
///
/// `state` is the manager's view of the unit, `None` when there is no manager to ask. `record` is
/// what there is to undo so far. `lingers` tells whether the account lingers already.
///
/// # Errors
/// What is there and must not be replaced without `--force`.
pub fn add(
    wanted: &Wanted<'_>,
    present: &Present,
    state: Option<&UnitState>,
    record: &Record,
    lingers: bool,
    host: &Host,
) -> Result<Vec<Step>> {
    refuse_what_is_not_ours(wanted, present)?;
    let spec = wanted.spec;
    let unit = spec.name.unit();
    let through = if state.is_some() { Through::Manager } else { Through::Files };
    let file = file_change(wanted, present);
    let linger = spec.scope == Scope::User && wanted.linger && through == Through::Manager && !lingers;
    let links = missing_links(wanted, present, through)?;

    let mut steps = Vec::new();
    if spec.scope == Scope::User {
        steps.extend(record_steps(record, present));
    }
    steps.extend(present.missing_folders.iter().cloned().map(Step::MakeFolder));
    // Before the unit that reads them.
    steps.extend_from_slice(wanted.secrets);
    steps.extend(prelude::write(spec, present));
    if file != FileChange::None {
        steps.push(Step::WriteUnit {
            path: present.main.path.clone(),
            text: wanted.text.to_owned(),
            replaces: present.main.file != FileThere::Nothing,
            keep_time: file == FileChange::Remarks,
            difference: difference(wanted, present),
        });
    }
    // What an earlier line asked for and this one does not.
    let stale = stale_links(wanted, present);
    steps.extend(stale.iter().cloned().map(Step::RemoveFile));
    steps.extend(stale.iter().filter_map(|link| install::dependents_folder(link)).map(Step::RemoveFolder));
    let unread = [secrets::delete_stale(&present.kept, spec), prelude::delete(spec.prelude, present)].concat();
    let Some(state) = state else {
        steps.extend(unread);
        steps.extend(links.unwrap_or_default().into_iter().map(|Link { path, target }| Step::Link { path, target }));
        return Ok(steps);
    };
    let enable = links.is_none_or(|links| !links.is_empty());
    if enable {
        steps.push(Step::Enable(unit.clone()));
    }
    if file != FileChange::None || enable || !stale.is_empty() || state.needs_reload || state.load != "loaded" {
        steps.push(Step::Reload(spec.scope));
    }
    // Once the manager knows that they are not read any more.
    steps.extend(unread);
    if linger {
        // Written down first: a run that ends in between is completed, or undone, by the next.
        let folders = steps.iter().find_map(|step| match step {
            Step::Record(record) => Some(record.folders.clone()),
            _ => None,
        });
        let recorded =
            Record { lingering: true, folders: folders.unwrap_or_else(|| with_state_folders(record, present)) };
        let is_first = !steps.iter().any(|step| matches!(step, Step::Record(_)));
        steps.push(Step::Record(recorded));
        if is_first {
            steps.extend(present.missing_state_folders.iter().cloned().map(Step::MakeFolder));
        }
        steps.push(Step::Linger { account: host.asked_by.name.clone(), on: true });
    }
    if wanted.start {
        steps.extend(start_steps(wanted, file, present, state));
    }
    Ok(steps)
}

/// What happens to the unit's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileChange {
    /// It is as wanted.
    None,
    /// Only our comments and our mark change.
    Remarks,
    /// What systemd reads changes.
    Directives,
}

fn file_change(wanted: &Wanted<'_>, present: &Present) -> FileChange {
    match &present.main.file {
        FileThere::File { text, .. } if text == wanted.text.as_bytes() => FileChange::None,
        FileThere::File { text, origin: Origin::Ours, .. } => {
            let same = stamp::effective(&String::from_utf8_lossy(text)) == stamp::effective(wanted.text);
            if same { FileChange::Remarks } else { FileChange::Directives }
        }
        _ => FileChange::Directives,
    }
}

/// How the file that is there differs from the one that is wanted.
fn difference(wanted: &Wanted<'_>, present: &Present) -> Vec<String> {
    match &present.main.file {
        FileThere::File { text, .. } => unit::difference(&String::from_utf8_lossy(text), wanted.text),
        _ => Vec::new(),
    }
}

fn refuse_what_is_not_ours(wanted: &Wanted<'_>, present: &Present) -> Result<()> {
    let name = wanted.spec.name.clone();
    let taken = |path: &PathBuf, masked| {
        let here = *path == present.main.path;
        let difference = if here { difference(wanted, present) } else { Vec::new() };
        let (name, path, scope) = (name.clone(), shown(path), wanted.spec.scope);
        Err(Error::NameTaken { name, path, masked, scope, here, difference })
    };
    match &present.main.file {
        FileThere::Other => return Err(Error::NotOurs { path: shown(&present.main.path), removable: false }),
        _ if wanted.force => return Ok(()),
        FileThere::File { origin: Origin::Ours, .. } => return Ok(()),
        FileThere::File { origin: Origin::Edited, .. } => {
            let difference = difference(wanted, present);
            return Err(Error::Edited { name, path: shown(&present.main.path), scope: wanted.spec.scope, difference });
        }
        FileThere::File { origin: Origin::Foreign, .. } => return taken(&present.main.path, false),
        FileThere::Link(target) => return taken(&present.main.path, target.as_os_str() == "/dev/null"),
        FileThere::Nothing => {}
    }
    match &present.main.elsewhere {
        Some((path, masked)) => taken(path, *masked),
        None => Ok(()),
    }
}

/// The links that enabling has to make yet; `None` when only the manager can tell.
fn missing_links(wanted: &Wanted<'_>, present: &Present, through: Through) -> Result<Option<Vec<Link>>> {
    if !wanted.enable {
        return Ok(Some(Vec::new()));
    }
    let folder = present.main.path.parent().unwrap_or(&present.main.path);
    match install::links(wanted.spec, folder) {
        Ok(links) => Ok(Some(links.into_iter().filter(|link| !present.main.enabling.contains(&link.path)).collect())),
        Err(_) if through == Through::Manager => Ok(None),
        Err(needs) => Err(Error::Value {
            what: format!("--property: `{}`", needs.directive),
            why: "can only be followed by a manager that runs, and there is none".into(),
            hint: Some("install without enabling: add --no-enable".into()),
        }),
    }
}

/// Links of ours that enabling would not make: the unit was wanted by others, or is not to be
/// enabled at all any more.
fn stale_links(wanted: &Wanted<'_>, present: &Present) -> Vec<PathBuf> {
    let folder = present.main.path.parent().unwrap_or(&present.main.path);
    let kept = if wanted.enable { install::links(wanted.spec, folder) } else { Ok(Vec::new()) };
    // Where only the manager can tell, nothing is taken away.
    let Ok(kept) = kept else { return Vec::new() };
    present.main.links.iter().filter(|link| !kept.iter().any(|kept| kept.path == **link)).cloned().collect()
}

/// What is written down before folders are made in a home. The record brings the folders that it
/// lies in along; they are steps for whoever reads the plan.
fn record_steps(record: &Record, present: &Present) -> Vec<Step> {
    if !present.record_waits && present.missing_folders.iter().all(|folder| record.folders.contains(folder)) {
        return Vec::new();
    }
    let mut next = Record { folders: with_state_folders(record, present), ..record.clone() };
    next.folders.extend(new_to(&next.folders, &present.missing_folders));
    let own = present.missing_state_folders.iter().cloned().map(Step::MakeFolder);
    [Step::Record(next)].into_iter().chain(own).collect()
}

fn with_state_folders(record: &Record, present: &Present) -> Vec<PathBuf> {
    let mut folders = record.folders.clone();
    folders.extend(new_to(&record.folders, &present.missing_state_folders));
    folders
}

fn new_to(known: &[PathBuf], folders: &[PathBuf]) -> Vec<PathBuf> {
    folders.iter().filter(|folder| !known.contains(folder)).cloned().collect()
}

fn start_steps(wanted: &Wanted<'_>, file: FileChange, present: &Present, state: &UnitState) -> Vec<Step> {
    let spec = wanted.spec;
    let unit = || spec.name.unit();
    // A run that began before the file was last written knows nothing of it, and neither does one of
    // a unit that was not loaded again since: an earlier line was interrupted, or did not start
    // anything. (Remarks alone keep the file's time; drop-ins of others are theirs to bring in.)
    let not_loaded = state.needs_reload && present.main.drop_ins.is_empty();
    let has_old_secrets = !wanted.secrets.is_empty() || present::is_newer(wanted.secrets_changed, Some(state));
    let outdated = not_loaded || has_old_secrets || present.main.is_newer_than_run(Some(state));
    let stays = spec.typed_property("RemainAfterExit").is_some();
    let has_done_its_work =
        spec.effective_type() == "oneshot" && !stays && state.active == "inactive" && state.begun != 0;
    // Between two tries there is nothing that runs; whoever types the line again wants a try now.
    let waits = state.waits_for_its_next_try();
    // What never ran has no failures to forget.
    let forget = || (state.begun != 0).then(|| Step::ResetFailed(unit()));
    match (state.is_up(), file) {
        (true, FileChange::None | FileChange::Remarks) if !outdated && state.is_on_its_way() => {
            vec![Step::Start(unit())]
        }
        (true, FileChange::None | FileChange::Remarks) if !outdated && !waits => Vec::new(),
        (true, _) => forget().into_iter().chain([Step::Restart(unit())]).collect(),
        (false, FileChange::None | FileChange::Remarks) if has_done_its_work && !outdated => Vec::new(),
        (false, _) => forget().into_iter().chain([Step::Start(unit())]).collect(),
    }
}
