//! Reads the files of `--environment-file` once, as the caller.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::Host;
use super::lookup::{named, nowhere, without_parents};
use super::tree;
use crate::model::message::io_reason;
use crate::systemd::environment_file::SIZE_MAX;

/// An environment file and why it cannot be read.
#[derive(Debug)]
pub struct EnvironmentFileFound {
    /// Absolute.
    pub path: PathBuf,
    /// The path for all instances of a service, with `%i` for the name; `None` without instances.
    pub of_each: Option<PathBuf>,
    /// It was given with `-` before it.
    pub optional: bool,
    pub trouble: Option<String>,
    pub content: Content,
}

#[derive(PartialEq, Eq)]
pub enum Content {
    /// It is missing, or `/dev/null`.
    Nothing,
    Known(Vec<u8>),
    /// It was not read, and why; systemd may read it anyway.
    Unknown(String),
}

/// Without the bytes, which may contain secrets.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Content::Nothing => f.write_str("Nothing"),
            Content::Known(bytes) => write!(f, "Known({} bytes)", bytes.len()),
            Content::Unknown(why) => write!(f, "Unknown({why})"),
        }
    }
}

/// The argument may have `-` before it. With `read_by_root`, it is no error if only root can read the file.
pub fn find(word: &OsStr, read_by_root: bool, host: &Host) -> EnvironmentFileFound {
    let bytes = word.as_bytes();
    let optional = bytes.starts_with(b"-");
    let path = without_parents(&named(OsStr::from_bytes(&bytes[usize::from(optional)..]), host));
    let is_missing = |error: &io::Error| optional && error.kind() != io::ErrorKind::PermissionDenied;
    let found = match tree::metadata(&path) {
        _ if path.is_relative() => Err(nowhere(host)),
        Err(error) if is_missing(&error) => Ok(Content::Nothing),
        metadata => metadata.and_then(|metadata| content(&path, &metadata)).unwrap_or_else(|error| {
            let denied = read_by_root && error.kind() == io::ErrorKind::PermissionDenied;
            let reason = io_reason(&error);
            if denied { Ok(Content::Unknown(format!("{reason}; systemd reads it as root"))) } else { Err(reason) }
        }),
    };
    let (content, trouble) = match found {
        Ok(content) => (content, None),
        Err(trouble) => (Content::Nothing, Some(trouble)),
    };
    EnvironmentFileFound { path, of_each: None, optional, trouble, content }
}

/// The content of a file, or why systemd cannot read it.
///
/// systemd opens whatever has the name; opening a pipe would block the whole manager until another process writes to it.
fn content(path: &Path, metadata: &Metadata) -> io::Result<Result<Content, String>> {
    let kind = metadata.file_type();
    let trouble = match () {
        () if kind.is_file() => return read(path).map(Ok),
        () if is_null(metadata) => return Ok(Ok(Content::Nothing)),
        () if kind.is_dir() => "it is a directory",
        () if kind.is_fifo() => "it is a pipe, which would block systemd until another process writes to it",
        () if kind.is_socket() => "it is a socket",
        () => "it is a device",
    };
    Ok(Err(trouble.into()))
}

/// `/dev/null` is the usual placeholder for no file.
fn is_null(metadata: &Metadata) -> bool {
    metadata.file_type().is_char_device() && metadata.rdev() == rustix::fs::makedev(1, 3)
}

/// Reads a regular file up to the size that every version of systemd reads, without blocking if it was replaced in the
/// meantime.
fn read(path: &Path) -> io::Result<Content> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(&*tree::at(path)?, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it was replaced while it was read"));
    }
    let mut bytes = Vec::new();
    file.take(SIZE_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SIZE_MAX {
        return Ok(Content::Unknown("it is larger than 4 MiB, which old versions of systemd refuse".into()));
    }
    Ok(Content::Known(bytes))
}
