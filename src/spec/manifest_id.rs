//! What identifies a file of services on a machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The `name` of the file, or else its path as given: a release moves, and a link leads to another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestId {
    Name(String),
    Path(PathBuf),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is neither a name of ASCII letters, digits, `-`, `_` and `.`, nor an absolute path")]
pub struct ManifestIdError;

impl ManifestId {
    /// A name cannot be taken for a path or an option.
    pub fn named(name: &str) -> Result<ManifestId, ManifestIdError> {
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        match name.bytes().all(is_valid) && name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            true => Ok(ManifestId::Name(name.to_owned())),
            false => Err(ManifestIdError),
        }
    }

    /// As it was written by [`ManifestId::as_path`].
    pub fn parse(text: &OsStr) -> Result<ManifestId, ManifestIdError> {
        match Path::new(text) {
            path if path.is_absolute() => Ok(ManifestId::Path(path.to_owned())),
            _ => ManifestId::named(text.to_str().ok_or(ManifestIdError)?),
        }
    }

    pub fn as_path(&self) -> &Path {
        match self {
            ManifestId::Name(name) => Path::new(name),
            ManifestId::Path(path) => path,
        }
    }
}
