//! Programs of the system that mkservice runs: `getent`, `journalctl`, `systemd-analyze`.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program in PATH. Relative directories are skipped; for root, also those that other users can write to.
pub fn tool(name: &str) -> Command {
    Command::new(found(name).unwrap_or_else(|| Path::new("/usr/bin").join(name)))
}

/// Like [`tool`], for a program whose output is parsed: untranslated, uncolored even by old versions of systemd, and
/// without input.
pub fn query(name: &str) -> Command {
    let mut command = tool(name);
    command.envs([("LC_ALL", "C"), ("SYSTEMD_COLORS", "0"), ("SYSTEMD_LOG_COLOR", "0")]).stdin(Stdio::null());
    command
}

/// By the owners and modes of the directory and those above it: ACLs and groups would require running programs.
#[expect(clippy::disallowed_methods, reason = "programs are those of this machine, not of an image")]
fn is_safe(dir: &Path) -> bool {
    if !rustix::process::geteuid().is_root() {
        return true;
    }
    let is_roots = |path: &Path| {
        std::fs::metadata(path).is_ok_and(|it| it.uid() == 0 && (it.mode() & 0o002 == 0 || it.mode() & 0o1000 != 0))
    };
    dir.ancestors().all(is_roots) && std::fs::canonicalize(dir).is_ok_and(|real| real.ancestors().all(is_roots))
}

#[expect(clippy::disallowed_methods, reason = "programs are those of this machine, not of an image")]
fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|dir| dir.is_absolute() && is_safe(dir))
        .map(|dir| dir.join(name))
        .find(|path| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok())
}
