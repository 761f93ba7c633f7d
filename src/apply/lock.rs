//! Locks, by which concurrent runs of mkservice wait for each other.

use std::cell::Cell;
use std::fs::{File, TryLockError};
use std::io::Read as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::host::Host;
use crate::host::root::{self, Root};
use crate::host::writers::refuse_foreign_way;
use crate::model::command::run;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::message;
use crate::spec::{Scope, UnitName};

/// Held until it is dropped or the process exits.
#[derive(Debug, Default)]
pub struct Lock {
    file: Option<(File, PathBuf)>,
    has_note: Cell<bool>,
    /// The root directory of an image.
    _image: Option<File>,
}

/// What is locked. A run that needs both locks the service first.
#[derive(Debug, Clone, Copy)]
pub enum Locked<'a> {
    /// One service, from the first read to the last change.
    Service(&'a UnitName),
    /// All units of a scope and what they share, while files change.
    Units,
}

/// How long another run can hold it; a stop takes at most 90 seconds by systemd's default.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(20);

impl Lock {
    /// Waits for a lock, a file in the lock directory. `waiting` is called once if another process holds it. No lock
    /// directory means that no other process can hold the lock. For an image, the root directory itself is locked.
    pub fn take(what: Locked<'_>, dir: Option<&Path>, waiting: &mut dyn FnMut()) -> Result<Lock> {
        if let Some(root) = root::entered() {
            return match what {
                Locked::Service(_) => Ok(Lock::default()),
                Locked::Units => of_image(root, waiting),
            };
        }
        let Some(dir) = dir else { return Ok(Lock::default()) };
        let path = dir.join(match what {
            Locked::Service(name) => format!("mkservice-{name}.lock"),
            Locked::Units => "mkservice.lock".into(),
        });
        let deadline = Instant::now() + PATIENCE;
        let mut told = false;
        loop {
            let file = open(&path)?;
            match file.try_lock() {
                // The holder has deleted it: the lock is on a file that no longer exists.
                Ok(()) if !is_still(&file, &path) => {}
                Ok(()) => return Ok(Lock { file: Some((file, path)), has_note: Cell::default(), _image: None }),
                Err(TryLockError::Error(error)) => return Err(Error::file("lock", &path, error)),
                Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                    return Err(busy());
                }
                Err(TryLockError::WouldBlock) => {
                    if !std::mem::replace(&mut told, true) {
                        waiting();
                    }
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }
}

impl Lock {
    /// Records what is being done, for the next process if this one fails or is killed.
    pub fn note(&self, text: &str) -> Result<()> {
        let Some((file, path)) = &self.file else { return Ok(()) };
        let written = file.set_len(0).and_then(|()| file.write_all_at(text.as_bytes(), 0));
        self.has_note.set(true);
        written.map_err(|error| Error::file("write", path, error))
    }

    /// What was recorded is done.
    pub fn done(&self) {
        self.has_note.set(false);
    }

    /// Whether an earlier process was doing this and did not complete it.
    pub fn was_left_with(&self, text: &str) -> bool {
        let Some((file, _)) = &self.file else { return false };
        let mut left = Vec::new();
        file.take(text.len() as u64 + 1).read_to_end(&mut left).is_ok() && left == text.as_bytes()
    }
}

/// The lock directory of a scope, which only the user can write to and which is empty after a boot: in `/run` for the
/// system scope, in the runtime directory for a user. None in an image.
#[expect(clippy::disallowed_methods, reason = "locks lie on this machine, whatever they are for")]
pub fn dir(scope: Scope, host: &Host) -> Result<Option<PathBuf>> {
    if host.image().is_some() {
        return Ok(None);
    }
    let dir = if host.is_changed_by_root(scope) {
        Some(PathBuf::from("/run")).filter(|dir| dir.is_dir())
    } else {
        host.runtime.clone()
    };
    dir.iter().try_for_each(|dir| refuse_foreign_way(dir, host))?;
    Ok(dir)
}

/// Raises the limit of open files: each lock is one, and the default limit is low.
pub fn make_room_for(locks: usize) {
    const OTHERS: u64 = 64;
    let (limit, wanted) = (getrlimit(Resource::Nofile), OTHERS + locks as u64);
    let is_enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= wanted);
    if !is_enough(limit.current) {
        let current = limit.maximum.map_or(Some(wanted), |maximum| Some(wanted.min(maximum)));
        // If the limit is still too low, taking a lock fails with the reason.
        let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum: limit.maximum });
    }
}

fn busy() -> Error {
    let message = message!("another mkservice process has not finished within {} s", PATIENCE.as_secs());
    Error::new(Code::Busy, message).hint(run("pgrep").args(["-a", "mkservice"]))
}

/// Waits for the lock on an image.
fn of_image(root: &Root, waiting: &mut dyn FnMut()) -> Result<Lock> {
    let failed = |error| Error::file("lock", Path::new("/"), error);
    let dir = root.dir().map_err(failed)?;
    let deadline = Instant::now() + PATIENCE;
    let mut told = false;
    loop {
        match dir.try_lock() {
            Ok(()) => return Ok(Lock { file: None, has_note: Cell::default(), _image: Some(dir) }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if Instant::now() > deadline => return Err(busy()),
            Err(TryLockError::WouldBlock) => {
                if !std::mem::replace(&mut told, true) {
                    waiting();
                }
                std::thread::sleep(PAUSE);
            }
        }
    }
}

impl Drop for Lock {
    /// Deletes the file while it is locked; waiting processes notice that it is gone. A note that is still needed stays.
    #[expect(clippy::disallowed_methods, reason = "the lock is a file of this module's own")]
    fn drop(&mut self) {
        if let (Some((_, path)), false) = (&self.file, self.has_note.get()) {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn open(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    // Never follows a link, in case the directory is writable by others.
    options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    options.open(path).map_err(|error| Error::file("lock", path, error))
}

#[expect(clippy::disallowed_methods, reason = "the lock is a file of this module's own")]
fn is_still(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(locked), Ok(there)) => identity(locked) == identity(there),
        _ => false,
    }
}
