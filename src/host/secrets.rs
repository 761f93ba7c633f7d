//! Files with secrets: whether systemd can read them, and who else can.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::lookup::{named, nowhere, without_parents};
use super::{Host, tree};
use crate::model::message::io_reason;
use crate::spec::SECRET_MAX;

/// The file of `--secret NAME=FILE` and why it cannot be used.
#[derive(Debug)]
pub struct SecretFile {
    /// Absolute.
    pub path: PathBuf,
    /// Why systemd cannot load it.
    pub trouble: Option<String>,
    /// Every user of the machine can read it.
    pub is_open: bool,
    /// In microseconds since 1970.
    pub changed: u64,
}

/// Checks a file as the caller, who is root for a system service. If not (`--system --dry-run`), permissions are not
/// checked.
pub fn look_up(file: &OsStr, reads_as_caller: bool, host: &Host) -> SecretFile {
    let path = without_parents(&named(file, host));
    let trouble = match tree::metadata(&path) {
        _ if file.is_empty() => Some("its name is empty".into()),
        _ if path.is_relative() => Some(nowhere(host)),
        Err(error) if reads_as_caller || error.kind() == std::io::ErrorKind::NotFound => Some(io_reason(&error)),
        Err(_) => None,
        Ok(metadata) if metadata.is_dir() => Some("it is a directory".into()),
        Ok(metadata) if !metadata.is_file() => Some("it is not a regular file".into()),
        Ok(metadata) if metadata.len() == 0 => Some("it is empty".into()),
        Ok(metadata) if metadata.len() > SECRET_MAX as u64 => {
            Some(format!("it is larger than {SECRET_MAX} bytes, systemd's limit"))
        }
        Ok(_) => {
            let denied = tree::may(&path, Access::READ_OK).err();
            denied.filter(|_| reads_as_caller).map(|error| io_reason(&error))
        }
    };
    SecretFile { is_open: is_open(&path), changed: tree::changed(&path), path, trouble }
}

/// Whether every user can read a file, by its mode and those of all directories above. ACLs are not considered.
pub fn is_open(path: &Path) -> bool {
    let mode = |path: &Path| tree::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    mode(path) & 0o004 != 0 && is_reachable(path)
}

/// Whether every user can reach a path. Missing directories will be created for their owner only.
pub fn is_reachable(path: &Path) -> bool {
    let may_enter = |dir: &Path| tree::metadata(dir).is_ok_and(|it| it.permissions().mode() & 0o001 != 0);
    path.ancestors().skip(1).all(may_enter)
}

/// The text of a file that every user can read, if it is small.
pub fn open_text(path: &Path) -> Option<String> {
    let is_small = tree::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= SECRET_MAX as u64);
    let text = if is_small && is_open(path) { tree::read(path).ok() } else { None };
    text.map(|text| String::from_utf8_lossy(&text).into_owned())
}
