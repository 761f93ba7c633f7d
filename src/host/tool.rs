//! Programs of the system that mkservice itself asks: `getent`, `journalctl`, `systemd-analyze`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A program of PATH, to be run. Directories that are relative do not count: they name whatever is in the working
/// directory, which may be anybody's.
pub fn tool(name: &str) -> Command {
    Command::new(found(name).unwrap_or_else(|| Path::new("/usr/bin").join(name)))
}

#[expect(clippy::disallowed_methods, reason = "programs are looked for on this machine, whatever image was entered")]
fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok())
}
