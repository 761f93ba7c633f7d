//! Names of files that are still being written: a leading dot and no unit suffix, so that systemd ignores them.

use std::ffi::OsStr;

pub const SUFFIX: &str = ".tmp";

pub fn prefix(name: &str) -> String {
    format!(".{name}.")
}

/// The name that a temporary file is renamed to when it is complete.
pub fn final_name(file: &OsStr) -> Option<&str> {
    file.to_str()?.strip_prefix('.')?.strip_suffix(SUFFIX)?.rsplit_once('.').map(|(name, _)| name)
}
