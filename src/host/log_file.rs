//! The file of `--log-file`: checks, creates and reads it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::process::geteuid;

use super::lookup::{named, without_parents};
use super::root;
use super::writers::{self, Purpose};
use super::{Account, Host, tree};
use crate::model::command::run;
use crate::model::message::{Message, io_reason, message};
use crate::runtime::has_script_extension;
use crate::spec::{LogFile, Opener};

/// Facts about the path of a log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFileFound {
    /// Absolute, without `..`.
    pub path: PathBuf,
    /// Why it cannot be used, and a hint.
    pub trouble: Option<(String, Option<Message>)>,
    /// It has content, and is no log by its name.
    pub is_other: bool,
    /// Users besides root who can replace it before it is opened.
    pub swappers: Vec<String>,
    /// Users who can replace the file once it exists: in a directory such as `/tmp`, only its owner.
    pub holders: Vec<String>,
}

/// The file of an argument.
pub fn find(word: &OsStr, host: &Host) -> LogFileFound {
    let typed = named(word, host);
    let ends_like_a_dir = word.is_empty() || word.as_bytes().ends_with(b"/");
    match (typed.parent(), typed.file_name()) {
        (Some(dir), Some(name)) if !ends_like_a_dir => at(&without_parents(dir).join(name)),
        _ => LogFileFound {
            path: typed,
            trouble: Some(("is not a file name".into(), None)),
            is_other: false,
            swappers: Vec::new(),
            holders: Vec::new(),
        },
    }
}

/// The file of an absolute path.
pub fn at(path: &Path) -> LogFileFound {
    let dir = path.parent().unwrap_or(Path::new("/"));
    let who = |path: &Path, purpose| {
        let mut names: Vec<String> = Vec::new();
        for name in writers::path_components(path, purpose).into_iter().flat_map(|place| place.writers) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let is_there = tree::symlink_metadata(path).is_ok();
    LogFileFound {
        path: path.to_owned(),
        trouble: trouble(path, dir),
        is_other: is_other(path),
        swappers: who(dir, Purpose::Enter),
        holders: who(if is_there { path } else { dir }, Purpose::Use),
    }
}

/// Whether appending to a file would damage it.
fn is_other(path: &Path) -> bool {
    const KINDS: [&str; 18] = [
        "cfg", "conf", "crt", "css", "csv", "db", "env", "html", "ini", "json", "key", "md", "pem", "service",
        "sqlite", "toml", "yaml", "yml",
    ];
    let has_content = tree::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0);
    let name = path.file_name().unwrap_or_default();
    let kind = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    let is_environment = name.as_bytes() == b".env" || name.as_bytes().starts_with(b".env.");
    has_content && (is_environment || KINDS.contains(&kind) || has_script_extension(name))
}

fn trouble(path: &Path, dir: &Path) -> Option<(String, Option<Message>)> {
    match tree::metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let why = format!("would be in a directory that does not exist: `{}`", crate::shell::shown(dir));
            return Some((why, Some(run("mkdir").arg("-p").path(dir).into())));
        }
        // If it is inaccessible, nothing is known.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return None,
        Err(error) => return Some((io_reason(&error), None)),
        Ok(metadata) if !metadata.is_dir() => {
            return Some(("would be in something that is not a directory".into(), None));
        }
        Ok(_) => {}
    }
    let kind = tree::symlink_metadata(path).ok()?.file_type();
    let why = match () {
        () if kind.is_file() => return None,
        () if kind.is_symlink() => "is a symbolic link: a user who can change it can redirect the output",
        () if kind.is_dir() => "is a directory",
        () => "is not a regular file",
    };
    let hint = if kind.is_symlink() {
        // In an image, the path leads elsewhere than in this shell.
        let options = if root::entered().is_some() { None } else { Some("-f") };
        Some(message!("use the target of the link: {}", run("readlink").args(options).path(path)))
    } else {
        None
    };
    Some((why.into(), hint))
}

/// Whether the file must be created before the first start. Without root privileges, a file in an image cannot be given
/// to another user: the service creates it itself.
pub fn has_to_be_made(file: &LogFile, host: &Host) -> bool {
    let is_theirs = file.opener() == Opener::Account && host.image().is_some() && !geteuid().is_root();
    !is_theirs && tree::symlink_metadata(file.path()).is_err()
}

/// Creates an empty file that only its owner can read, like nohup(1). An existing file is kept.
pub fn make(path: &Path, owner: Option<(&Account, u32)>) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::open(&*tree::entry(path)?, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => match owner {
            Some((account, group)) => std::os::unix::fs::fchown(&file, Some(account.uid), Some(group)),
            None => Ok(()),
        },
        Err(rustix::io::Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Opens a log for reading: not through a link, and only a regular file, which cannot block.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(&*tree::entry(path)?, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}

/// The last lines of a log, and its modification time in microseconds since 1970.
pub fn last_lines(path: &Path, lines: usize) -> io::Result<(Vec<String>, u64)> {
    // More than people read.
    const ENOUGH: u64 = 1 << 20;
    let mut file = open(path)?;
    let metadata = file.metadata()?;
    let start = metadata.len().saturating_sub(ENOUGH);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(ENOUGH).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    // The first line may be incomplete.
    let all: Vec<&str> = text.lines().skip(usize::from(start > 0)).collect();
    let last = all[all.len().saturating_sub(lines)..].iter().map(|line| (*line).to_owned()).collect();
    let changed = u64::try_from(metadata.mtime() * 1_000_000 + metadata.mtime_nsec() / 1000).unwrap_or(0);
    Ok((last, changed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test makes its own files")]
    fn a_log_is_made_once_and_read_from_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("log"), dir.path().join("link"));
        make(&path, None).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        std::fs::write(&path, "a\nb\nc\n").unwrap();
        make(&path, None).unwrap();
        assert_eq!(last_lines(&path, 2).unwrap().0, ["b", "c"]);
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(open(&link).is_err() && open(dir.path()).is_err());
        assert!(at(&link).trouble.is_some() && at(dir.path()).trouble.is_some() && at(&path).trouble.is_none());
        assert!(at(&dir.path().join("missing/log")).trouble.is_some_and(|(_, hint)| hint.is_some()));
    }
}
