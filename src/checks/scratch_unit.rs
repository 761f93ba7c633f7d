//! A unit file that is not installed, put where systemd's programs can be asked about it.

use std::io::Write as _;
use std::path::Path;

use tempfile::{NamedTempFile, TempDir};

use crate::host::Host;
use crate::spec::Scope;

/// A file under its unit's own name, in a folder that only we can enter. Both are gone with it.
pub struct Aside {
    file: NamedTempFile,
    folder: TempDir,
}

impl Aside {
    /// Puts a text there; `None` where there is no room for it.
    pub fn of(text: &str, unit: &str, host: &Host) -> Option<Aside> {
        let mut folder = tempfile::Builder::new();
        folder.prefix("mkservice-");
        // Where root's variables lead is for others to say.
        let folder = match host.euid {
            0 => folder.tempdir_in("/run"),
            _ => folder.tempdir(),
        };
        let folder = folder.ok()?;
        let mut file = tempfile::Builder::new().prefix(unit).rand_bytes(0).tempfile_in(folder.path()).ok()?;
        file.write_all(text.as_bytes()).and_then(|()| file.flush()).ok()?;
        Some(Aside { file, folder })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The folder by which a user's manager is found: without one of the session's, any will do.
    pub fn runtime<'a>(&'a self, scope: Scope, host: &'a Host) -> Option<&'a Path> {
        (scope == Scope::User).then(|| host.runtime.as_deref().unwrap_or(self.folder.path()))
    }
}
