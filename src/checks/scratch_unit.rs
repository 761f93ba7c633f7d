//! A unit file that is not installed, for use with systemd's programs.

use std::io::Write as _;
use std::path::Path;

use tempfile::{NamedTempFile, TempDir};

use crate::host::Host;
use crate::spec::Scope;

/// A file under its unit's own name in a private directory. Both are deleted when it is dropped.
pub struct ScratchUnit {
    file: NamedTempFile,
    dir: TempDir,
}

impl ScratchUnit {
    /// `None` if it cannot be written.
    pub fn of(text: &str, unit: &str, host: &Host) -> Option<ScratchUnit> {
        let mut dir = tempfile::Builder::new();
        dir.prefix("mkservice-");
        // Root's environment can be under another user's control.
        let dir = match host.euid {
            0 => dir.tempdir_in("/run"),
            _ => dir.tempdir(),
        };
        let dir = dir.ok()?;
        let mut file = tempfile::Builder::new().prefix(unit).rand_bytes(0).tempfile_in(dir.path()).ok()?;
        file.write_all(text.as_bytes()).and_then(|()| file.flush()).ok()?;
        Some(ScratchUnit { file, dir })
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The runtime directory of the user manager; any will do if the session has none.
    pub fn runtime<'a>(&'a self, scope: Scope, host: &'a Host) -> Option<&'a Path> {
        (scope == Scope::User).then(|| host.runtime.as_deref().unwrap_or(self.dir.path()))
    }
}
