//! Files are written and deleted atomically.

mod links;

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, accessat};
use rustix::process::geteuid;

use crate::host::root::{self, HeldPath};
use crate::host::{access, account, log_file, tree};
use crate::model::diagnostic::{Error, Result};
use crate::plan::FileChange;
use crate::state::temporary::{SUFFIX, final_name, prefix};
use crate::systemd::directories::LINGER_DIR;

pub use links::{link, new_links};

/// The mode of unit files: systemd publishes their contents over D-Bus anyway.
pub const UNIT_MODE: u32 = 0o644;

/// The mode of private files.
pub const PRIVATE_MODE: u32 = 0o600;

/// A unit file to write.
pub struct NewUnit<'a> {
    pub path: &'a Path,
    pub text: &'a str,
    pub change: FileChange,
}

/// The modification time of a file that replaces one from `old`; `None` is now. A run that is older than its unit file
/// needs a restart, and systemd a reload if the file is newer than what it read.
fn later(old: SystemTime, change: FileChange) -> Option<SystemTime> {
    match change {
        FileChange::None | FileChange::Remarks => Some(old),
        FileChange::Reload => old.checked_add(Duration::from_micros(1)),
        FileChange::Restart => None,
    }
}

/// From this number of files on, the whole file system is synced once: each single sync waits for the disk.
const MANY: usize = 8;

/// Writes unit files atomically: all are written under temporary names, then synced, then renamed.
#[expect(clippy::disallowed_methods, reason = "the file on disk decides")]
pub fn write_units(units: &[NewUnit<'_>]) -> Result<()> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| Error::file("write", &path, error)
    };
    let names: HashSet<String> = units.iter().filter_map(|unit| file_name(unit.path)).collect();
    let mut dirs: BTreeMap<&Path, HeldPath> = BTreeMap::new();
    for dir in units.iter().filter_map(|unit| unit.path.parent()) {
        if !dirs.contains_key(dir) {
            make_dirs(dir, UNIT_MODE)?;
            dirs.insert(dir, tree::at(dir).map_err(failed(dir))?);
        }
    }
    dirs.values().for_each(|dir| sweep(dir, &names));
    let place = |path: &Path| {
        let dir = path.parent().and_then(|dir| dirs.get(dir));
        dir.zip(path.file_name()).map_or_else(|| path.to_owned(), |(dir, name)| dir.join(name))
    };
    let at_once = units.len() >= MANY;
    let mut new = Vec::new();
    for NewUnit { path, text, change } in units {
        let place = place(path);
        let there = place.symlink_metadata().ok().filter(|metadata| metadata.is_file());
        let time = there.as_ref().and_then(|metadata| metadata.modified().ok()).and_then(|old| later(old, *change));
        // The mode of an existing file is kept.
        let mode = there.map_or(UNIT_MODE, |metadata| metadata.permissions().mode() & UNIT_MODE);
        let written = New::write(&place, text.as_bytes(), mode, time);
        new.push(written.and_then(|new| new.close(!at_once)).map_err(failed(path))?);
    }
    if at_once {
        dirs.iter().try_for_each(|(dir, at)| sync_file_system(at).map_err(failed(dir)))?;
    }
    for (path, file) in units.iter().map(|unit| unit.path).zip(new) {
        file.persist(place(path)).map_err(|error| failed(path)(error.error))?;
    }
    dirs.iter().try_for_each(|(dir, at)| sync_dir(at).map_err(failed(dir)))
}

/// Writes a file: a temporary file with a name that systemd ignores is written in the same directory (created if
/// missing), synced, and renamed to `path`; then the directory is synced. A link at `path` is replaced, not followed.
pub fn write(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    path.parent().map_or(Ok(()), |dir| make_dirs(dir, mode))?;
    let written = || {
        let at = tree::entry(path)?;
        let dir = at.parent().ok_or(io::ErrorKind::InvalidInput)?;
        sweep(dir, &file_name(path).into_iter().collect());
        let file = New::write(&at, content, mode, None)?.close(true)?;
        file.persist(&at).map_err(|error| error.error)?;
        sync_dir(dir)
    };
    written().map_err(|error| Error::file("write", path, error))
}

/// Creates an empty file that serves as a marker; an existing one is fine.
pub fn make_empty(path: &Path) -> Result<()> {
    path.parent().map_or(Ok(()), |dir| make_dirs(dir, UNIT_MODE))?;
    let made = || {
        let at = tree::entry(path)?;
        File::options().write(true).create_new(true).mode(UNIT_MODE).open(&at)?;
        at.parent().map_or(Ok(()), sync_dir)
    };
    match made() {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(Error::file("create", path, error)),
        _ => Ok(()),
    }
}

/// A temporary file that is being written.
struct New {
    name: tempfile::TempPath,
    file: File,
}

impl New {
    fn write(path: &Path, content: &[u8], mode: u32, time: Option<SystemTime>) -> io::Result<New> {
        let dir = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let name = file_name(path).ok_or(io::ErrorKind::InvalidInput)?;
        let new = tempfile::Builder::new().prefix(&prefix(&name)).suffix(SUFFIX).tempfile_in(dir)?;
        let (mut file, name) = new.into_parts();
        file.write_all(content)?;
        // Not at creation, where the umask would apply.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        if let Some(time) = time {
            file.set_modified(time)?;
        }
        Ok(New { name, file })
    }

    /// Finishes writing. With `sync`, the file is on disk afterwards.
    fn close(self, sync: bool) -> io::Result<tempfile::TempPath> {
        if sync {
            self.file.sync_all()?;
        }
        Ok(self.name)
    }
}

fn file_name(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// Creates the log file of a service, owned by this user.
pub fn make_log_file(path: &Path, owner: Option<&(String, Option<String>)>, as_owner: bool) -> Result<()> {
    let unknown = || io::Error::other("no such user");
    let made = match owner {
        None => log_file::make(path, None),
        Some((name, group)) => account::by_name(name).ok_or_else(unknown).and_then(|account| {
            let group = group.as_deref();
            if as_owner {
                let made = access::as_account(&account, group, || log_file::make(path, None));
                made.unwrap_or_else(|| Err(unknown()))
            } else {
                let group = access::main_group(&account, group).ok_or_else(unknown)?;
                // In an image owned by the caller, the caller owns all files.
                let gives_away = geteuid().is_root() || root::entered().is_none();
                log_file::make(path, Some((&account, group)).filter(|_| gives_away))
            }
        }),
    };
    made.map_err(|error| Error::file("create", path, error))
}

/// Deletes temporary files that killed runs have left for files of these names. Only one run writes at a time.
#[expect(clippy::disallowed_methods, reason = "this module is where files change")]
fn sweep(dir: &Path, names: &HashSet<String>) {
    let is_left = |file: &OsStr| final_name(file).is_some_and(|name| names.contains(name));
    for entry in fs::read_dir(dir).into_iter().flatten().flatten().filter(|entry| is_left(&entry.file_name())) {
        let _ = fs::remove_file(entry.path());
    }
}

/// Creates the missing parent directories of a file of this mode: private ones in a home directory (XDG base directory
/// specification) and for private files.
fn make_dirs(dir: &Path, mode: u32) -> Result<()> {
    let is_shared = |path: &Path| path.starts_with("/etc") || path.starts_with("/run/systemd");
    let is_shared = is_shared(dir) || dir == Path::new(LINGER_DIR);
    let mode = if is_shared && mode != PRIVATE_MODE { 0o755 } else { 0o700 };
    let missing: Vec<&Path> = dir.ancestors().take_while(|path| tree::symlink_metadata(path).is_err()).collect();
    let make = |path: &&Path| tree::entry(path).and_then(|at| fs::DirBuilder::new().mode(mode).create(at));
    match missing.iter().rev().map(|path| (path, make(path))).find(|(_, made)| made.is_err()) {
        Some((path, Err(error))) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(Error::file("create the directory", path, error))
        }
        _ => Ok(()),
    }
}

/// Hard links a managed file in its directory. If the link exists, an earlier run created it.
#[expect(clippy::disallowed_methods, reason = "this module is where files change")]
pub fn link_hard(path: &Path, target: &Path) -> Result<()> {
    let linked = || {
        let (from, to) = (tree::entry(path)?, tree::entry(target)?);
        let is_it = |one: &Path| tree::symlink_metadata(one).map(|metadata| (metadata.dev(), metadata.ino()));
        let identity = is_it(path)?;
        match is_it(target) {
            Ok(there) if there == identity => return Ok(()),
            Ok(_) => fs::remove_file(&to)?,
            Err(_) => {}
        }
        fs::hard_link(&from, &to)?;
        to.parent().map_or(Ok(()), sync_dir)
    };
    linked().map_err(|error| Error::file("create another link to", path, error))
}

/// Refuses in advance if nothing in a directory can be deleted, such as on a read-only file system.
pub fn refuse_unwritable(dir: &Path) -> Result<()> {
    match tree::at(dir).and_then(|at| Ok(accessat(CWD, &*at, Access::WRITE_OK, AtFlags::EACCESS)?)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("delete files in", dir, error)),
        _ => Ok(()),
    }
}

/// Deletes a file or link; a missing one is fine.
#[expect(clippy::disallowed_methods, reason = "this module is where files change")]
pub fn remove(path: &Path) -> Result<()> {
    let removed = || {
        let at = tree::entry(path)?;
        if let (Some(dir), Some(name)) = (at.parent(), at.file_name()) {
            sweep(dir, &HashSet::from([name.to_string_lossy().into_owned()]));
        }
        fs::remove_file(&at)?;
        at.parent().map_or(Ok(()), sync_dir)
    };
    match removed() {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("delete", path, error)),
        _ => Ok(()),
    }
}

/// Moves a managed file to another directory on the same file system.
#[expect(clippy::disallowed_methods, reason = "this module is where files change")]
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    let moved = || {
        let (source, target) = (tree::entry(from)?, tree::entry(to)?);
        if let (Some(dir), Some(name)) = (source.parent(), source.file_name()) {
            sweep(dir, &HashSet::from([name.to_string_lossy().into_owned()]));
        }
        fs::rename(&source, &target)?;
        target.parent().into_iter().chain(source.parent()).try_for_each(sync_dir)
    };
    moved().map_err(|error| Error::file("move", from, error))
}

/// Deletes a directory if it is empty.
#[expect(clippy::disallowed_methods, reason = "this module is where files change")]
pub fn remove_dir(path: &Path) -> Result<()> {
    use io::ErrorKind::{DirectoryNotEmpty, NotADirectory, NotFound};
    match tree::entry(path).and_then(fs::remove_dir) {
        Err(error) if matches!(error.kind(), NotFound | NotADirectory | DirectoryNotEmpty) => Ok(()),
        Err(error) => Err(Error::file("delete the directory", path, error)),
        Ok(()) => Ok(()),
    }
}

/// Renames a directory. If it is missing, an earlier run did so.
#[expect(clippy::disallowed_methods, reason = "this module is where files change")]
pub fn move_dir(path: &Path, target: &Path) -> Result<()> {
    let moved = || {
        let (from, to) = (tree::entry(path)?, tree::entry(target)?);
        fs::rename(&from, &to)?;
        from.parent().map_or(Ok(()), sync_dir)
    };
    match moved() {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("rename", path, error)),
        _ => Ok(()),
    }
}

/// Syncs the file system of a directory.
fn sync_file_system(dir: &Path) -> io::Result<()> {
    let dir = rustix::fs::open(dir, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(rustix::fs::syncfs(dir)?)
}

#[expect(clippy::disallowed_methods, reason = "this module is where files change")]
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read what was written")]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        let path = dir.path().join("x.service");
        fs::write(&victim, "untouched").unwrap();
        symlink(&victim, &path).unwrap();
        write(&path, b"new", UNIT_MODE).unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        let metadata = path.symlink_metadata().unwrap();
        assert!(metadata.is_file());
        assert_eq!(metadata.permissions().mode() & 0o777, UNIT_MODE);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "no temporary file is left");
    }

    #[test]
    fn nothing_is_left_where_nothing_could_be_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.service");
        fs::create_dir(&path).unwrap();
        assert!(write(&path, b"new", UNIT_MODE).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_empty_dirs_go() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a");
        write(&inner.join("f"), b"", PRIVATE_MODE).unwrap();
        remove_dir(&inner).unwrap();
        assert!(inner.is_dir());
        remove(&inner.join("f")).unwrap();
        remove(&inner.join("f")).unwrap();
        remove_dir(&inner).unwrap();
        remove_dir(&inner).unwrap();
        assert!(!inner.exists());
    }
}
