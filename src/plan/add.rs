//! The steps that make a service what it is wanted to be.

use std::path::PathBuf;

use super::{Step, Through};
use crate::error::{Error, Result, shown};
use crate::host::Host;
use crate::present::{FileThere, Present};
use crate::record::Record;
use crate::spec::{Scope, ServiceSpec};
use crate::systemd::manager::UnitState;
use crate::unit::install::{self, Link};
use crate::unit::stamp::{self, Origin};

/// What is wanted.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The service.
    pub spec: &'a ServiceSpec,
    /// The text of its unit file.
    pub text: &'a str,
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
        steps.extend(record_steps(record, present, linger));
    }
    steps.extend(present.missing_folders.iter().cloned().map(Step::MakeFolder));
    if file != FileChange::None {
        let replaces = present.file != FileThere::Nothing;
        steps.push(Step::WriteUnit { path: present.path.clone(), text: wanted.text.to_owned(), replaces });
    }
    let Some(state) = state else {
        steps.extend(links.unwrap_or_default().into_iter().map(|Link { path, target }| Step::Link { path, target }));
        return Ok(steps);
    };
    let enable = links.is_none_or(|links| !links.is_empty());
    if enable {
        steps.push(Step::Enable(unit.clone()));
    }
    if file != FileChange::None || enable || state.needs_reload || state.load != "loaded" {
        steps.push(Step::Reload(spec.scope));
    }
    if linger {
        steps.push(Step::Linger { account: host.asked_by.name.clone(), on: true });
    }
    if wanted.start {
        steps.extend(start_steps(spec, &unit, file, state));
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
    match &present.file {
        FileThere::File { text, .. } if text == wanted.text.as_bytes() => FileChange::None,
        FileThere::File { text, origin: Origin::Ours } => {
            let same = stamp::effective(&String::from_utf8_lossy(text)) == stamp::effective(wanted.text);
            if same { FileChange::Remarks } else { FileChange::Directives }
        }
        _ => FileChange::Directives,
    }
}

fn refuse_what_is_not_ours(wanted: &Wanted<'_>, present: &Present) -> Result<()> {
    let name = wanted.spec.name.clone();
    let taken = |path: &PathBuf, masked| {
        let here = *path == present.path;
        Err(Error::NameTaken { name: name.clone(), path: shown(path), masked, scope: wanted.spec.scope, here })
    };
    match &present.file {
        FileThere::Other => return Err(Error::NotOurs { path: shown(&present.path), removable: false }),
        _ if wanted.force => return Ok(()),
        FileThere::File { origin: Origin::Ours, .. } => return Ok(()),
        FileThere::File { origin: Origin::Edited, .. } => {
            return Err(Error::Edited { name, path: shown(&present.path), scope: wanted.spec.scope });
        }
        FileThere::File { origin: Origin::Foreign, .. } => return taken(&present.path, false),
        FileThere::Link(target) => return taken(&present.path, target.as_os_str() == "/dev/null"),
        FileThere::Nothing => {}
    }
    match &present.elsewhere {
        Some((path, masked)) => taken(path, *masked),
        None => Ok(()),
    }
}

/// The links that enabling has to make yet; `None` when only the manager can tell.
fn missing_links(wanted: &Wanted<'_>, present: &Present, through: Through) -> Result<Option<Vec<Link>>> {
    if !wanted.enable {
        return Ok(Some(Vec::new()));
    }
    let folder = present.path.parent().unwrap_or(&present.path);
    match install::links(wanted.spec, folder) {
        Ok(links) => Ok(Some(links.into_iter().filter(|link| !present.links.contains(&link.path)).collect())),
        Err(_) if through == Through::Manager => Ok(None),
        Err(needs) => Err(Error::Value {
            what: format!("--property: `{}`", needs.directive),
            why: "can only be followed by a manager that runs, and there is none".into(),
            hint: Some("install without enabling: add --no-enable".into()),
        }),
    }
}

/// What is written down before lingering is turned on or folders are made.
fn record_steps(record: &Record, present: &Present, linger: bool) -> Vec<Step> {
    let mut next = record.clone();
    next.lingering |= linger;
    let is_new = |folder: &&PathBuf| !record.folders.contains(folder);
    next.folders.extend(present.missing_folders.iter().filter(is_new).cloned());
    if next == *record {
        return Vec::new();
    }
    let own = &present.missing_state_folders;
    next.folders.extend(own.iter().filter(is_new).cloned());
    own.iter().cloned().map(Step::MakeFolder).chain([Step::Record(next)]).collect()
}

fn start_steps(spec: &ServiceSpec, unit: &str, file: FileChange, state: &UnitState) -> Vec<Step> {
    let unit = || unit.to_owned();
    let has_done_its_work = spec.effective_type() == "oneshot" && state.active == "inactive" && state.has_run;
    // What never ran has no failures to forget.
    let forget = || state.has_run.then(|| Step::ResetFailed(unit()));
    match (state.is_up(), file) {
        (true, FileChange::Directives) => forget().into_iter().chain([Step::Restart(unit())]).collect(),
        (true, _) => Vec::new(),
        (false, FileChange::None | FileChange::Remarks) if has_done_its_work => Vec::new(),
        (false, _) => forget().into_iter().chain([Step::Start(unit())]).collect(),
    }
}
