//! Files with secrets in them: whether they can be read by systemd, and by whom else.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::lookup::{lasting, named, nowhere};
use super::{Host, tree};
use crate::error::io_reason;
use crate::spec::SECRET_MAX;

/// The file of `--secret NAME=FILE` and, when it cannot be one, why.
#[derive(Debug)]
pub struct SecretFile {
    /// Absolute.
    pub path: PathBuf,
    /// Why systemd cannot take it.
    pub trouble: Option<String>,
    /// Every account of the machine can read it.
    pub is_open: bool,
    /// When it was last changed, in microseconds since 1970.
    pub changed: u64,
}

/// Looks at a file as systemd will read it: as the caller, who is root for the machine's services. Where the caller
/// is not (`--system --dry-run`), who may read it is left open.
pub fn look_up(file: &OsStr, reads_as_caller: bool, host: &Host) -> SecretFile {
    let path = lasting(&named(file, host));
    let trouble = match tree::metadata(&path) {
        _ if file.is_empty() => Some("its name is empty".into()),
        _ if path.is_relative() => Some(nowhere(host)),
        Err(error) if reads_as_caller || error.kind() == std::io::ErrorKind::NotFound => Some(io_reason(&error)),
        Err(_) => None,
        Ok(metadata) if metadata.is_dir() => Some("it is a folder".into()),
        Ok(metadata) if !metadata.is_file() => Some("it is no plain file".into()),
        Ok(metadata) if metadata.len() == 0 => Some("it is empty".into()),
        Ok(metadata) if metadata.len() > SECRET_MAX as u64 => {
            Some(format!("it is larger than the {SECRET_MAX} bytes that systemd takes"))
        }
        Ok(_) => {
            let denied = tree::may(&path, Access::READ_OK).err();
            denied.filter(|_| reads_as_caller).map(|error| io_reason(&error))
        }
    };
    SecretFile { is_open: is_open(&path), changed: tree::changed(&path), path, trouble }
}

/// Whether every account of the machine can read a file: by its own mode and those of all folders above it. ACLs do
/// not count.
pub fn is_open(path: &Path) -> bool {
    let mode = |path: &Path| tree::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    mode(path) & 0o004 != 0 && is_reachable(path)
}

/// Whether every account of the machine can come to what is, or will be, at a path. Folders that are not there yet
/// are made for their owner alone.
pub fn is_reachable(path: &Path) -> bool {
    let may_enter = |folder: &Path| tree::metadata(folder).is_ok_and(|it| it.permissions().mode() & 0o001 != 0);
    path.ancestors().skip(1).all(may_enter)
}

/// The text of a file that everybody can read anyway, and that is of a size to be looked at.
pub fn open_text(path: &Path) -> Option<String> {
    let is_small = tree::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= SECRET_MAX as u64);
    let text = if is_small && is_open(path) { tree::read(path).ok() } else { None };
    text.map(|text| String::from_utf8_lossy(&text).into_owned())
}
