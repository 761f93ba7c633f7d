//! What exists of a service: its units and companions on disk, and its stored secrets. Only reads, never changes.

mod creation;
pub mod credential_store;
mod dir;
mod places;
pub mod service;
pub mod temporary;
mod unit;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::host::{Host, tree};
use crate::manager::state::UnitState;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, quoted};
use crate::shell;
use crate::spec::{ManifestId, Scope, UnitKind, UnitName};
use crate::state::credential_store::StoredSecrets;
use crate::systemd::directories::{LINGER_DIR, control_dir};
use crate::unit::drop_in;
use crate::unit::stamp::{self, Origin};
pub use creation::{Creation, created_by};
pub use places::Places;
pub use unit::{DropIn, ExistingFile, ExistingUnit};

#[derive(Debug, Clone)]
pub struct Present {
    /// The unit that runs its program: the service, or the template of its instances.
    pub main: ExistingUnit,
    /// Other units that it could have, whether they exist or not.
    pub companions: Vec<ExistingUnit>,
    pub kept: StoredSecrets,
    /// The drop-in of `harden` trials; `None` for a user without a runtime directory.
    pub trial: Option<PathBuf>,
    /// The trial exists, or a killed process has left it.
    pub is_tried: bool,
}

impl Present {
    pub fn read(name: &UnitName, places: &Places, host: &Host) -> Result<Present> {
        if let Some(of_group) = Present::of_group(name, places, host)? {
            return Ok(of_group);
        }
        let kinds = UnitKind::of_service(name).iter();
        let looked = kinds.map(|kind| ExistingUnit::read(name, *kind, places));
        let mut units = looked.collect::<Result<Vec<_>>>()?;
        for timer in units.iter_mut().filter(|unit| unit.kind == UnitKind::Timer) {
            let stamp = places.stamps.as_ref().map(|dir| dir.join(format!("stamp-{}", timer.unit)));
            timer.stamp = stamp.filter(|path| tree::symlink_metadata(path).is_ok());
        }
        let trial = trial(name, places.scope, host);
        let is_there = |unit: &ExistingUnit| match unit.kind {
            UnitKind::Service => unit.file != ExistingFile::Nothing,
            kind => kind == UnitKind::Template && unit.is_managed(),
        };
        let main = units.iter().position(is_there).unwrap_or(0);
        Ok(Present {
            main: units.remove(main),
            companions: units,
            kept: places.secrets.of(name),
            is_tried: trial.as_deref().is_some_and(|trial| is_own(trial) || is_interrupted(trial)),
            trial,
        })
    }

    /// For an instance of a managed service: its template and its target.
    fn of_group(name: &UnitName, places: &Places, host: &Host) -> Result<Option<Present>> {
        let Some(group) = name.group() else { return Ok(None) };
        let mut present = Present::read(&group, places, host)?;
        if present.main.kind != UnitKind::Template {
            return Ok(None);
        }
        present.companions.retain(|unit| unit.kind == UnitKind::Target);
        Ok(Some(Present { kept: StoredSecrets::default(), ..present }))
    }

    /// The main unit first.
    pub fn units(&self) -> impl Iterator<Item = &ExistingUnit> {
        std::iter::once(&self.main).chain(&self.companions)
    }

    pub fn unit(&self, kind: UnitKind) -> Option<&ExistingUnit> {
        self.units().find(|unit| unit.kind == kind)
    }

    /// Managed companions that belong to it.
    pub fn own_companions(&self) -> impl Iterator<Item = &ExistingUnit> {
        self.companions.iter().filter(|unit| unit.is_managed())
    }

    pub fn dir(&self) -> &Path {
        self.main.path.parent().unwrap_or(&self.main.path)
    }

    /// Whether mkservice manages the main unit, edited or not.
    pub fn is_managed(&self) -> bool {
        self.main.is_managed()
    }
}

fn trial(name: &UnitName, scope: Scope, host: &Host) -> Option<PathBuf> {
    let runtime = match scope {
        Scope::System => None,
        Scope::User => Some(host.runtime.as_deref()?),
    };
    Some(control_dir(runtime).join(format!("{}.d", name.unit())).join(drop_in::HARDEN))
}

/// Whether the first trial was interrupted while its drop-in was written.
fn is_interrupted(trial: &Path) -> bool {
    let dir = trial.parent().filter(|dir| tree::is_dir(dir));
    dir.is_some_and(|dir| dir::entries(dir).is_ok_and(|all| all.len() == unit::temporary(dir).len()))
}

/// Whether mkservice manages the file, edited or not.
fn is_own(path: &Path) -> bool {
    matches!(unit::file_at(path), Ok(ExistingFile::File { origin, .. }) if origin != Origin::Foreign)
}

/// Whether a file with this modification time, in microseconds since 1970, is newer than the unit's current or last
/// run.
pub fn is_newer(changed: u64, state: Option<&UnitState>) -> bool {
    // A time in the future says nothing: the clock was wrong, or is now.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
    state.is_some_and(|state| changed > state.begun && u128::from(changed) <= now)
}

/// The directory where units of a scope are installed.
pub fn unit_dir(scope: Scope, host: &Host) -> Result<PathBuf> {
    let dir = host.unit_dir(scope).ok_or_else(no_home)?;
    if scope == Scope::User {
        let existing =
            dir.ancestors().find_map(|path| tree::metadata(path).ok().map(|metadata| (path, metadata.uid())));
        if let Some((path, owner)) = existing.filter(|(_, owner)| *owner != 0 && !host.is_own(*owner, scope)) {
            let message =
                message!("{} belongs to uid {}, but mkservice runs as uid {}", quoted(path), owner, host.euid);
            let hint = "log in as that user, or set HOME to the home directory of this one";
            return Err(Error::new(Code::DirectoryNotOwn, message).hint(hint));
        }
    }
    Ok(dir)
}

pub fn no_home() -> Error {
    let text = "cannot find the directory for user units: neither HOME nor XDG_CONFIG_HOME is set";
    Error::new(Code::HomeUnknown, text).hint("export HOME=~")
}

/// They may not exist yet.
pub fn same_dir(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| tree::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
    one == other || identity(one).is_some_and(|one| Some(one) == identity(other))
}

/// The directory of units of a scope, and the names of what is in it, in order.
fn unit_files(scope: Scope, host: &Host) -> Result<(PathBuf, BTreeSet<String>)> {
    let dir = unit_dir(scope, host)?;
    let names = dir::entries(&dir)?.into_iter().filter_map(|entry| Some(entry.path.file_name()?.to_str()?.to_owned()));
    let names = names.collect();
    Ok((dir, names))
}

/// The managed services of a scope, in order.
pub fn managed(scope: Scope, host: &Host) -> Result<Vec<UnitName>> {
    let (dir, files) = unit_files(scope, host)?;
    let names: BTreeSet<UnitName> = files.iter().filter_map(|file| service_of(&dir, file)).collect();
    Ok(names.into_iter().collect())
}

/// Whether mkservice manages a service of that name.
pub fn is_managed(name: &UnitName, scope: Scope, host: &Host) -> bool {
    let Ok(dir) = unit_dir(scope, host) else { return false };
    UnitKind::of_service(name).iter().any(|kind| service_of(&dir, &name.unit_of(*kind)).as_ref() == Some(name))
}

/// The triggers of managed services, each with the service's name.
pub fn own_triggers(scope: Scope, host: &Host) -> Result<Vec<(UnitName, String)>> {
    let (dir, files) = unit_files(scope, host)?;
    let is_trigger = |file: &String| {
        let kinds = UnitKind::ALL.into_iter().filter(|kind| kind.is_trigger());
        kinds.into_iter().any(|kind| file.ends_with(kind.suffix()))
    };
    let triggers = files.into_iter().filter(is_trigger);
    Ok(triggers.filter_map(|file| Some((service_of(&dir, &file)?, file))).collect())
}

/// The managed services that were created from a manifest, and whether their unit files were edited.
pub fn made_from(scope: Scope, file: &ManifestId, host: &Host) -> Result<Vec<(UnitName, bool)>> {
    let (dir, files) = unit_files(scope, host)?;
    let quoted = shell::quote(file.as_path());
    let mut names = BTreeMap::new();
    for unit in &files {
        let Some(name) = service_of(&dir, unit) else { continue };
        let Ok(ExistingFile::File { text, origin, .. }) = unit::file_at(&dir.join(unit)) else { continue };
        if stamp::applied_from(&String::from_utf8_lossy(&text)) == Some(&quoted) {
            *names.entry(name).or_insert(false) |= origin == Origin::Edited;
        }
    }
    Ok(names.into_iter().collect())
}

/// The managed services with instances.
pub fn own_groups(scope: Scope, host: &Host) -> Result<Vec<UnitName>> {
    let (dir, files) = unit_files(scope, host)?;
    let is_template =
        |file: &&String| file.ends_with(UnitKind::Template.suffix()) && !files.contains(&file.replace('@', ""));
    Ok(files.iter().filter(is_template).filter_map(|file| service_of(&dir, file)).collect())
}

/// The managed service that a unit file belongs to.
fn service_of(dir: &Path, file: &str) -> Option<UnitName> {
    let (stem, suffix) = file.rsplit_once('.')?;
    if !UnitKind::ALL.into_iter().any(|kind| kind.suffix().trim_start_matches('.') == suffix) {
        return None;
    }
    let text = unit::managed_text(&dir.join(file))?;
    // A companion names its service.
    UnitName::parse(stamp::companion_of(&text).unwrap_or(stem.trim_end_matches('@'))).ok()
}

/// Whether lingering is enabled: logind keeps a file for each such user.
pub fn lingers(account: &str) -> bool {
    tree::symlink_metadata(Path::new(LINGER_DIR).join(account)).is_ok()
}

/// Whether lingering is enabled, and by whom.
#[derive(Debug)]
pub struct Lingering {
    pub is_on: bool,
    /// The mark that mkservice enabled it, if it exists.
    pub mark: Option<PathBuf>,
}

impl Lingering {
    pub fn read(host: &Host) -> Lingering {
        let mark = linger_mark(host).filter(|path| tree::symlink_metadata(path).is_ok());
        Lingering { is_on: lingers(&host.asked_by.name), mark }
    }
}

/// The mark that mkservice enabled lingering, for the last `remove` to disable it.
pub fn linger_mark(host: &Host) -> Option<PathBuf> {
    host.home.as_ref().map(|home| home.state.join("mkservice-lingering"))
}

/// Empty for a link to `/dev/null`.
pub fn content(path: &Path) -> Result<Vec<u8>> {
    tree::read(path).map_err(|error| Error::file("read", path, error))
}
