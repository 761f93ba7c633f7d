//! Runs that are at work on the same thing at the same time wait for each other.

use std::fs::{File, TryLockError};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::{Error, Result};
use crate::host::Host;
use crate::host::root::{self, Root};
use crate::model::command::run;
use crate::model::diagnostic::Code;
use crate::model::message::message;
use crate::spec::{Scope, UnitName};

/// Held until it is dropped, or until the process ends in whatever way.
#[derive(Debug)]
pub struct Lock {
    file: Option<(File, PathBuf)>,
    /// The root folder of an image.
    _image: Option<File>,
}

/// What is locked. Who needs both takes the service first.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// One service, from the first look at it to the last.
    Service(&'a UnitName),
    /// All units of a scope and what they share, while files change.
    Units,
}

/// How long another run may hold it; a stop takes 90 seconds at most by systemd's default.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(20);

impl Lock {
    /// Waits for a lock, a file in the folder of locks. `waiting` is called once when somebody else holds it.
    ///
    /// Where there is no folder nobody else is there to wait for. Of an image the root folder itself is locked, by
    /// whoever changes anything in it.
    pub fn take(what: What<'_>, folder: Option<&Path>, waiting: &mut dyn FnMut()) -> Result<Lock> {
        if let Some(root) = root::entered() {
            return match what {
                What::Service(_) => Ok(Lock { file: None, _image: None }),
                What::Units => of_image(root, waiting),
            };
        }
        let Some(folder) = folder else { return Ok(Lock { file: None, _image: None }) };
        let path = folder.join(match what {
            What::Service(name) => format!("mkservice-{name}.lock"),
            What::Units => "mkservice.lock".into(),
        });
        let deadline = Instant::now() + PATIENCE;
        let mut told = false;
        loop {
            let file = open(&path)?;
            match file.try_lock() {
                // Whoever held it has deleted it: the lock is on a file that is no longer there.
                Ok(()) if !is_still(&file, &path) => {}
                Ok(()) => return Ok(Lock { file: Some((file, path)), _image: None }),
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

/// The folder of locks of a scope, which only the account can write and which is empty after a boot: `/run` for the
/// system, the runtime folder for a user. None in an image.
#[expect(clippy::disallowed_methods, reason = "locks lie on this machine, whatever they are for")]
pub fn folder(scope: Scope, host: &Host) -> Result<Option<PathBuf>> {
    if root::entered().is_some() {
        return Ok(None);
    }
    let folder = match scope {
        Scope::User if !host.global => host.runtime.clone(),
        _ => Some(PathBuf::from("/run")).filter(|folder| folder.is_dir()),
    };
    folder.iter().try_for_each(|folder| super::refuse_foreign_way(folder, host))?;
    Ok(folder)
}

/// Sees to it that so many locks can be held at once: each is an open file, of which a process has few by default.
pub fn make_room_for(locks: usize) {
    const OTHERS: u64 = 64;
    let (limit, wanted) = (getrlimit(Resource::Nofile), OTHERS + locks as u64);
    let is_enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= wanted);
    if !is_enough(limit.current) {
        let current = limit.maximum.map_or(Some(wanted), |maximum| Some(wanted.min(maximum)));
        // Where even that is too few, the lock that cannot be had says so.
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
    let folder = root.folder().map_err(failed)?;
    let deadline = Instant::now() + PATIENCE;
    let mut told = false;
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(Lock { file: None, _image: Some(folder) }),
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
    /// Deletes the file while it is still locked; those who wait see that it is gone.
    #[expect(clippy::disallowed_methods, reason = "the lock is a file of this module's own")]
    fn drop(&mut self) {
        if let Some((_, path)) = &self.file {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn open(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    // Never through a link, should the folder be less private than it ought to be.
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
