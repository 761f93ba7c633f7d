//! The file that a service's output is appended to.

use std::path::{Path, PathBuf};

use crate::systemd::path;
use crate::systemd::text::Unwritable;

/// Who opens the file at each start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// systemd, as what it runs as itself (`StandardOutput=append:`): in system scope as root, and through links.
    Manager,
    /// A shell that is the program a moment later, as the service's account.
    Account,
}

/// A file that output is appended to, as nohup(1) does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    path: PathBuf,
    written: String,
    opener: Opener,
}

impl LogFile {
    /// Takes an absolute path, see [`path::output`].
    pub fn parse(path: &Path, opener: Opener) -> Result<LogFile, Unwritable> {
        use std::os::unix::ffi::OsStrExt as _;
        let written = format!("append:{}", path::output(path.as_os_str().as_bytes())?);
        Ok(LogFile { path: path.to_owned(), written, opener })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// As `StandardOutput=` has it.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Who opens it.
    pub fn opener(&self) -> Opener {
        self.opener
    }
}
