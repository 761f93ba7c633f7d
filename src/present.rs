//! What is there already: the unit's file, whose it is, its links and companions, and units of the
//! same name elsewhere. Only looks, never changes.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use crate::apply::files;
use crate::error::{Error, Result, shown};
use crate::host::Host;
use crate::kept::Kept;
use crate::record::Record;
use crate::runtime;
use crate::spec::{Scope, UnitName};
use crate::systemd::folders::LINGER_FOLDER;
use crate::systemd::state::UnitState;
use crate::unit::install::LINK_FOLDERS;
use crate::unit::stamp::{self, Origin};

/// What is at the path where a unit's file belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileThere {
    /// Nothing.
    Nothing,
    /// A file, and whose it is.
    File {
        /// Its content.
        text: Vec<u8>,
        /// Whose it is.
        origin: Origin,
        /// When it was last changed, in microseconds since 1970.
        changed: u64,
    },
    /// A link; to `/dev/null` when the unit is masked.
    Link(PathBuf),
    /// Something else, such as a folder.
    Other,
}

/// Everything on disk that has to do with one service.
#[derive(Debug, Clone)]
pub struct Present {
    /// Where the unit's file belongs.
    pub path: PathBuf,
    /// What is there.
    pub file: FileThere,
    /// The first unit of that name in another folder of the search path, and whether it is masked.
    pub elsewhere: Option<(PathBuf, bool)>,
    /// Links in this folder that lead to the unit's file here, as enabling makes them.
    pub links: Vec<PathBuf>,
    /// All links in this folder that enable a unit of that name, wherever they lead: a link's name
    /// decides. Those of a unit elsewhere are among them.
    pub enabling: Vec<PathBuf>,
    /// What runs that were killed have left of writing the file or a link to it.
    pub temporary: Vec<PathBuf>,
    /// The secrets that are kept for it.
    pub kept: Kept,
    /// Drop-ins in this folder, and whether they are ours.
    pub drop_ins: Vec<(PathBuf, bool)>,
    /// Files of ours that runtimes read first, beside the drop-ins, with what is in them.
    pub preludes: Vec<(PathBuf, Vec<u8>)>,
    /// Folders on the way to the unit's file that are missing, the outermost first.
    pub missing_folders: Vec<PathBuf>,
    /// The same for the caller's [`crate::record::Record`].
    pub missing_state_folders: Vec<PathBuf>,
    /// That record has not come to its place yet: a run was interrupted.
    pub record_waits: bool,
}

impl Present {
    /// Looks at the service `name` of a scope. `search_path` are the folders that the manager reads:
    /// its own word where it runs, else those that it usually has.
    ///
    /// # Errors
    /// When the unit folder is unknown, is somebody else's or cannot be read.
    pub fn look(name: &UnitName, scope: Scope, search_path: &[PathBuf], host: &Host) -> Result<Present> {
        let folder = unit_folder(scope, host)?;
        let unit = name.unit();
        let path = folder.join(&unit);
        let others = search_path.iter().filter(|other| !same_folder(other, &folder));
        let elsewhere = others.into_iter().find_map(|other| {
            let path = other.join(&unit);
            let metadata = path.symlink_metadata().ok()?;
            let masked = metadata.is_symlink() && links_to(&path).as_deref() == Some(Path::new("/dev/null"));
            Some((path, masked))
        });
        let enabling = enabling(&folder, &unit)?;
        Ok(Present {
            file: file_at(&path)?,
            links: enabling.iter().filter(|link| leads_to(link, &path)).cloned().collect(),
            enabling,
            temporary: temporary(&folder, &unit)?,
            kept: Kept::look(name, scope, host),
            drop_ins: drop_ins(&folder.join(format!("{unit}.d"))),
            preludes: preludes(&folder.join(format!("{unit}.d"))),
            missing_folders: missing(&folder),
            missing_state_folders: Record::path(host).and_then(|path| path.parent().map(missing)).unwrap_or_default(),
            record_waits: Record::in_refuge(host).is_some(),
            elsewhere,
            path,
        })
    }

    /// True when the file was written after the unit's current or last run began, which therefore
    /// knows nothing of it.
    pub fn is_newer_than_run(&self, state: Option<&UnitState>) -> bool {
        matches!(self.file, FileThere::File { changed, .. } if is_newer(changed, state))
    }

    /// True when the unit's file is ours, edited or not.
    pub fn is_ours(&self) -> bool {
        matches!(self.file, FileThere::File { origin: Origin::Ours | Origin::Edited, .. })
    }
}

/// True when a file that was last changed then, in microseconds since 1970, is newer than the unit's current or last
/// run.
pub fn is_newer(changed: u64, state: Option<&UnitState>) -> bool {
    // A time that lies ahead tells nothing: a clock was wrong then, or is now.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
    state.is_some_and(|state| changed > state.begun && u128::from(changed) <= now)
}

/// The folder where a scope's units are installed.
///
/// # Errors
/// When a user's folder is unknown, or belongs to somebody else: with HOME left over from `su` or
/// `sudo`, mkservice would write into another person's home.
pub fn unit_folder(scope: Scope, host: &Host) -> Result<PathBuf> {
    let folder = host.unit_folder(scope).ok_or(Error::NoHome)?;
    if scope == Scope::User {
        let existing = folder.ancestors().find_map(|path| path.metadata().ok().map(|metadata| (path, metadata.uid())));
        if let Some((path, owner)) = existing.filter(|(_, owner)| *owner != host.euid && *owner != 0) {
            return Err(Error::ForeignFolder { folder: shown(path), owner, euid: host.euid });
        }
    }
    Ok(folder)
}

/// Whether two paths are the same folder, or would be: they may not be there yet.
pub fn same_folder(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()));
    one == other || identity(one).is_some_and(|one| Some(one) == identity(other))
}

/// The names of all services of ours in a scope, in order.
pub fn ours(scope: Scope, host: &Host) -> Result<Vec<UnitName>> {
    let folder = unit_folder(scope, host)?;
    let mut names: Vec<UnitName> = entries(&folder)?
        .into_iter()
        .filter(|path| matches!(file_at(path), Ok(FileThere::File { origin: Origin::Ours | Origin::Edited, .. })))
        .filter_map(|path| UnitName::parse(path.file_name()?.to_str()?.strip_suffix(".service")?).ok())
        .collect();
    names.sort();
    Ok(names)
}

/// Whether an account's services run without a session: logind keeps a file for each that does.
pub fn lingers(account: &str) -> bool {
    Path::new(LINGER_FOLDER).join(account).symlink_metadata().is_ok()
}

#[expect(clippy::disallowed_methods, reason = "this module is the edge that reads unit folders")]
fn file_at(path: &Path) -> Result<FileThere> {
    let Ok(metadata) = path.symlink_metadata() else { return Ok(FileThere::Nothing) };
    if metadata.is_symlink() {
        return Ok(FileThere::Link(links_to(path).unwrap_or_default()));
    }
    // Anything of this size is nobody's unit: systemd refuses single lines of it.
    if !metadata.is_file() || metadata.len() > 64 << 20 {
        return Ok(FileThere::Other);
    }
    let text = fs::read(path).map_err(|error| Error::file("read", path, error))?;
    let origin = stamp::origin(&text);
    let changed = u64::try_from(metadata.mtime() * 1_000_000 + metadata.mtime_nsec() / 1000).unwrap_or(0);
    Ok(FileThere::File { text, origin, changed })
}

/// The content of a unit file or drop-in; nothing for a link to `/dev/null`.
///
/// # Errors
/// When it cannot be read.
#[expect(clippy::disallowed_methods, reason = "this module is the edge that reads unit folders")]
pub fn content(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Error::file("read", path, error))
}

#[expect(clippy::disallowed_methods, reason = "this module is the edge that reads unit folders")]
fn links_to(path: &Path) -> Option<PathBuf> {
    fs::read_link(path).ok()
}

/// Links in `folder` that enable a unit: those named after it in `*.wants` and the like, and aliases
/// beside it that lead to its file here.
fn enabling(folder: &Path, unit: &str) -> Result<Vec<PathBuf>> {
    let file = folder.join(unit);
    let mut links = Vec::new();
    for entry in entries(folder)? {
        let of_dependents =
            entry.extension().is_some_and(|ending| LINK_FOLDERS.iter().any(|(_, kind)| ending == *kind));
        let candidate = if of_dependents { entry.join(unit) } else { entry };
        let is_link = candidate.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        if is_link && candidate != file && (of_dependents || leads_to(&candidate, &file)) {
            links.push(candidate);
        }
    }
    links.sort();
    Ok(links)
}

/// Files and links of ours that did not come to their names, in `folder` and in its `*.wants` and the like.
fn temporary(folder: &Path, unit: &str) -> Result<Vec<PathBuf>> {
    let is_temporary = |path: &PathBuf| path.file_name().is_some_and(|name| files::is_temporary(name, unit));
    let within = |path: PathBuf| {
        let of_dependents = path.extension().is_some_and(|ending| LINK_FOLDERS.iter().any(|(_, kind)| ending == *kind));
        if of_dependents { entries(&path).unwrap_or_default() } else { vec![path] }
    };
    Ok(entries(folder)?.into_iter().flat_map(within).filter(is_temporary).collect())
}

/// Whether a link names `file`, absolute as systemd writes it or relative as people do.
fn leads_to(link: &Path, file: &Path) -> bool {
    let Some(target) = links_to(link) else { return false };
    let mut meant = link.parent().unwrap_or(link).to_owned();
    for part in target.components() {
        match part {
            Component::ParentDir => drop(meant.pop()),
            Component::CurDir => {}
            part => meant.push(part),
        }
    }
    meant == file
}

fn drop_ins(folder: &Path) -> Vec<(PathBuf, bool)> {
    let is_drop_in = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "conf");
    let mut found: Vec<(PathBuf, bool)> = entries(folder)
        .unwrap_or_default()
        .into_iter()
        .filter(is_drop_in)
        .map(|path| {
            let ours = matches!(file_at(&path), Ok(FileThere::File { origin, .. }) if origin != Origin::Foreign);
            (path, ours)
        })
        .collect();
    found.sort();
    found
}

/// Only what begins as ours does: a file of that name can be somebody else's.
fn preludes(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let there = runtime::table::preludes().filter_map(|prelude| {
        let path = folder.join(prelude.file);
        let first = prelude.text.lines().next().unwrap_or_default().as_bytes();
        match file_at(&path) {
            Ok(FileThere::File { text, .. }) if text.starts_with(first) => Some((path, text)),
            _ => None,
        }
    });
    there.collect()
}

#[expect(clippy::disallowed_methods, reason = "this module is the edge that reads unit folders")]
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::file("read", folder, error)),
    }
}

/// The folders from the first missing one down to `folder`, the outermost first.
pub fn missing(folder: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<PathBuf> =
        folder.ancestors().take_while(|path| path.symlink_metadata().is_err()).map(Path::to_owned).collect();
    missing.reverse();
    missing
}
