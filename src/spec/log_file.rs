//! `--log-file`: the file that a service's output is appended to.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::systemd::path;
use crate::systemd::text::Unwritable;

/// Who opens the file at each start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opener {
    /// systemd (`StandardOutput=append:`): as root in system scope, following links.
    Manager,
    /// The service's user: a shell opens it and execs the program.
    Account,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    path: PathBuf,
    written: String,
    opener: Opener,
}

impl LogFile {
    /// See [`path::output`].
    pub fn parse(path: &Path, opener: Opener) -> Result<LogFile, Unwritable> {
        use std::os::unix::ffi::OsStrExt as _;
        let written = format!("append:{}", path::output(path.as_os_str().as_bytes())?);
        Ok(LogFile { path: path.to_owned(), written, opener })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The value of `StandardOutput=`.
    pub fn written(&self) -> &str {
        &self.written
    }

    pub fn opener(&self) -> Opener {
        self.opener
    }
}
