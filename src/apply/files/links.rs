//! Links, as enabling creates them, and their directories.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use super::{sweep, sync_dir};
use crate::host::root::HeldPath;
use crate::host::tree;
use crate::model::diagnostic::{Error, Result};
use crate::state::temporary::{SUFFIX, prefix};
use crate::unit::install::Link;

/// Creates a link, atomically replacing another one of that name, and its directory (`multi-user.target.wants`), which
/// systemd must be able to read.
#[expect(clippy::disallowed_methods, reason = "this module is where files change")]
pub fn link(path: &Path, target: &Path) -> Result<()> {
    let made = || {
        make_link_dir(path.parent().unwrap_or(path))?;
        let at = tree::entry(path)?;
        let (Some(dir), Some(name)) = (at.parent(), at.file_name()) else {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        };
        if at.symlink_metadata().is_ok_and(|there| !there.is_symlink()) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        let name = name.to_string_lossy();
        sweep(dir, &HashSet::from([name.to_string()]));
        let temporary =
            tempfile::Builder::new().prefix(&prefix(&name)).suffix(SUFFIX).make_in(dir, |at| symlink(target, at))?;
        temporary.persist(&at).map_err(|error| error.error)?;
        sync_dir(dir)
    };
    made().map_err(|error| Error::file("link", path, error))
}

/// Creates a directory for links.
fn make_link_dir(dir: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o755).create(tree::entry(dir)?) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => Ok(()),
        // Whatever the umask, systemd and its tools must have access.
        Ok(()) => fs::set_permissions(tree::at(dir)?, fs::Permissions::from_mode(0o755)),
    }
}

/// Creates links where nothing exists yet, and their directories. Returns for each group whether all of its links exist
/// now.
#[expect(clippy::disallowed_methods, reason = "this module is where links are made")]
pub fn new_links<'a>(groups: impl Iterator<Item = &'a [Link]>) -> Result<Vec<bool>> {
    let mut dirs: BTreeMap<&Path, Option<HeldPath>> = BTreeMap::new();
    let mut make = |Link { path, target }: &'a Link| {
        let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else { return false };
        let at = dirs.entry(dir).or_insert_with(|| make_link_dir(dir).and_then(|()| tree::at(dir)).ok());
        let Some(at) = at.as_ref().map(|at| at.join(name)) else { return false };
        match symlink(target, &at) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                at.read_link().is_ok_and(|there| there == *target)
            }
            made => made.is_ok(),
        }
    };
    let made = groups.map(|links| links.iter().all(&mut make)).collect();
    for (dir, at) in dirs {
        at.map_or(Ok(()), |at| sync_dir(&at)).map_err(|error| Error::file("create links in", dir, error))?;
    }
    Ok(made)
}
