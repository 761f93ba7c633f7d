//! Programs of the system that mkservice itself asks: `getent`, `journalctl`, `systemd-analyze`.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program of PATH, to be run. Directories that are relative do not count, nor for root those in which somebody else
/// can put programs.
pub fn tool(name: &str) -> Command {
    Command::new(found(name).unwrap_or_else(|| Path::new("/usr/bin").join(name)))
}

/// Owner and mode alone, of the directory itself and those above: judging more would itself take programs.
#[expect(clippy::disallowed_methods, reason = "programs are looked for on this machine, whatever image was entered")]
fn is_safe(folder: &Path) -> bool {
    if !rustix::process::geteuid().is_root() {
        return true;
    }
    let is_roots = |path: &Path| {
        std::fs::metadata(path).is_ok_and(|it| it.uid() == 0 && (it.mode() & 0o002 == 0 || it.mode() & 0o1000 != 0))
    };
    folder.ancestors().all(is_roots) && std::fs::canonicalize(folder).is_ok_and(|real| real.ancestors().all(is_roots))
}

#[expect(clippy::disallowed_methods, reason = "programs are looked for on this machine, whatever image was entered")]
fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute() && is_safe(folder))
        .map(|folder| folder.join(name))
        .find(|path| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok())
}
