//! A unit file that is not installed, for use with systemd's programs.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};
use tempfile::{NamedTempFile, TempDir};

use crate::host::{Host, tree};
use crate::spec::Scope;

const PREFIX: &str = "mkservice-check-";

/// A file under its unit's own name in a private directory. Both are deleted when it is dropped.
pub struct ScratchUnit {
    file: NamedTempFile,
    dir: TempDir,
    _lock: File,
}

impl ScratchUnit {
    /// `None` if it cannot be written.
    pub fn of(text: &str, unit: &str, host: &Host) -> Option<ScratchUnit> {
        // Root's environment can be under another user's control.
        let parent = if host.euid == 0 { "/run".into() } else { std::env::temp_dir() };
        delete_abandoned(&parent, host.euid);
        let (dir, lock) = locked_dir(&parent).ok()?;
        let mut file = tempfile::Builder::new().prefix(unit).rand_bytes(0).tempfile_in(dir.path()).ok()?;
        file.write_all(text.as_bytes()).and_then(|()| file.flush()).ok()?;
        Some(ScratchUnit { file, dir, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The runtime directory of the user manager; any will do if the session has none.
    pub fn runtime<'a>(&'a self, scope: Scope, host: &'a Host) -> Option<&'a Path> {
        (scope == Scope::User).then(|| host.runtime.as_deref().unwrap_or(self.dir.path()))
    }
}

/// A new directory, locked while it is in use: others are left by killed processes.
fn locked_dir(parent: &Path) -> io::Result<(TempDir, File)> {
    loop {
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        // Another process can delete it before it is locked.
        match open(dir.path()) {
            Ok(lock) if lock.try_lock().is_ok() && lock.metadata()?.nlink() > 0 => return Ok((dir, lock)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the directories are this module's own")]
fn delete_abandoned(parent: &Path, user: u32) {
    let is_ours =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()));
    let entries = tree::entries(parent).into_iter().flatten().map(|entry| entry.path);
    for path in entries.filter(is_ours) {
        let Ok(lock) = open(&path) else { continue };
        if lock.metadata().is_ok_and(|metadata| metadata.uid() == user) && lock.try_lock().is_ok() {
            let _ = std::fs::remove_dir_all(&path);
        }
    }
}

fn open(dir: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(CWD, dir, flags, Mode::empty())?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_abandoned_directories_are_deleted() {
        let parent = tempfile::tempdir().unwrap();
        let user = rustix::process::geteuid().as_raw();
        let (used, _lock) = locked_dir(parent.path()).unwrap();
        let abandoned = parent.path().join("mkservice-check-x");
        let other = parent.path().join("mkservice-edit-x");
        for dir in [&abandoned, &other] {
            std::fs::DirBuilder::new().create(dir).unwrap();
        }
        delete_abandoned(parent.path(), user.wrapping_add(1));
        assert!(tree::is_dir(&abandoned));
        delete_abandoned(parent.path(), user);
        assert_eq!([used.path(), &abandoned, &other].map(tree::is_dir), [true, false, true]);
    }
}
