//! The steps that create or update a service.

use std::path::PathBuf;

use super::start::{start_steps, stop_listening};
use super::units::{Unit, links, obsolete, refuse_what_is_not_ours, stale_links, units};
use super::{FileChange, Step, Through, prelude, secrets};
use crate::host::Host;
use crate::manager::state::UnitState;
use crate::model::diagnostic::{Error, Result};
use crate::model::message::{flag, message, opt, quoted};
use crate::spec::{LogFile, Opener, Scope, ServiceSpec, UnitKind};
use crate::state::ExistingFile;
use crate::state::service::Service;
use crate::unit::UnitFile;
use crate::unit::install::{self, Link};

/// The desired service.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub spec: &'a ServiceSpec,
    /// Its unit files, see [`crate::unit::render`].
    pub files: &'a [UnitFile],
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
    /// The log file does not exist yet.
    pub make_log_file: bool,
    /// Replace or override units that mkservice does not manage.
    pub force: bool,
    /// It comes from a manifest: the command that created it before does not matter.
    pub of_file: bool,
}

/// Compares the desired service with what is on disk and what systemd knows, if it is running. `lingers` says whether
/// the user lingers already.
pub fn add(wanted: &Wanted<'_>, there: &Service, lingers: bool, host: &Host) -> Result<Vec<Step>> {
    let (spec, present) = (wanted.spec, &there.present);
    let units = units(wanted.files, present, wanted.of_file);
    units.iter().try_for_each(|unit| refuse_what_is_not_ours(unit, wanted, there))?;
    let through = if there.state.is_some() { Through::Manager } else { Through::Files };
    let can_linger = through == Through::Manager || host.is_account_of_image();
    let linger = spec.scope == Scope::User && wanted.linger && can_linger && !lingers;
    let linger = linger.then(|| Step::Linger { account: host.asked_by.name.clone(), on: true });

    // Before the units that read them.
    let mut steps = wanted.secrets.to_vec();
    steps.extend(prelude::write(spec, present));
    steps.extend(spec.log_file.iter().filter(|_| wanted.make_log_file).map(|file| make_log_file(file, spec)));
    steps.extend(units.iter().filter(|unit| unit.change != FileChange::None).map(write));
    // What a previous version had and this one does not.
    let gone = obsolete(wanted.files, there);
    let stale: Vec<PathBuf> = units.iter().flat_map(|unit| stale_links(unit, wanted)).collect();
    steps.extend(gone.iter().cloned());
    steps.extend(stale.iter().cloned().map(Step::RemoveFile));
    steps.extend(stale.iter().filter_map(|link| install::dependents_directory(link)).map(Step::RemoveDir));
    let main = present.unit(spec.main_kind()).unwrap_or(&present.main);
    let unread = [secrets::delete_stale(&present.kept, spec), prelude::delete(spec.prelude, main)].concat();
    let enable = enable(&units, wanted, through)?;
    let changes = units.iter().any(|unit| unit.change > FileChange::Remarks) || !gone.is_empty();
    let has_enabled = !enable.is_empty();
    steps.extend(enable);
    let Some(state) = &there.state else {
        steps.extend(unread);
        steps.extend(linger);
        return Ok(steps);
    };
    let is_stale = |state: &UnitState| state.needs_reload || state.load != "loaded";
    let is_unread = |unit: &Unit<'_>| match unit.file.kind {
        // systemd only knows it by its instances.
        UnitKind::Template => there.instances.iter().any(|one| is_stale(&one.state)),
        _ => is_stale(there.state_of(&unit.file.unit).unwrap_or(state)),
    };
    if wanted.start {
        steps.extend(stop_listening(wanted, &units, there));
    }
    if changes || has_enabled || !stale.is_empty() || units.iter().any(is_unread) {
        steps.push(Step::Reload(spec.scope));
    }
    // Once systemd knows that they are no longer read.
    steps.extend(unread);
    steps.extend(linger);
    if wanted.start {
        steps.extend(start_steps(wanted, &units, there, state));
    }
    Ok(steps)
}

fn make_log_file(file: &LogFile, spec: &ServiceSpec) -> Step {
    let account = spec.effective_account().filter(|_| spec.scope == Scope::System);
    let owner = account.map(|account| (account.to_owned(), spec.group.clone()));
    Step::MakeLogFile { path: file.path().to_owned(), owner, as_owner: file.opener() == Opener::Account }
}

fn write(unit: &Unit<'_>) -> Step {
    Step::WriteUnit {
        path: unit.there.path.clone(),
        text: unit.file.text.clone(),
        replaces: unit.there.file != ExistingFile::Nothing,
        change: unit.change,
        difference: unit.difference(),
    }
}

/// The steps that enable what is not enabled yet.
fn enable(units: &[Unit<'_>], wanted: &Wanted<'_>, through: Through) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for unit in units.iter().filter(|unit| wanted.enable && wanted.spec.entries().contains(&unit.file.kind)) {
        let links = links(unit, wanted);
        let missing = |link: &Link| !unit.there.enabling.contains(&link.path);
        match (links, through) {
            (Ok(links), Through::Manager) => {
                let links: Vec<Link> = links.into_iter().filter(missing).collect();
                steps.extend((!links.is_empty()).then(|| Step::Enable { unit: unit.file.unit.clone(), links }));
            }
            (Ok(links), Through::Files) => {
                let missing = links.into_iter().filter(missing);
                steps.extend(missing.map(|Link { path, target }| Step::Link { path, target }));
            }
            // Only systemd knows which links it needs: it has some with the current file, or none yet.
            (Err(_), Through::Manager) => {
                let is_done = unit.change <= FileChange::Remarks && !unit.there.enabling.is_empty();
                steps.extend((!is_done).then(|| Step::Enable { unit: unit.file.unit.clone(), links: Vec::new() }));
            }
            (Err(needs), Through::Files) => {
                let message = message!("{}: {} requires a running systemd", opt("property"), quoted(&needs.directive));
                let error = Error::invalid(message).about_option("property");
                return Err(error.hint(message!("install it without enabling it: {}", flag("no-enable"))));
            }
        }
    }
    Ok(steps)
}
