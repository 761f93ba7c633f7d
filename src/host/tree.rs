//! File queries in the root that was entered (see [`super::root`]): of the running machine like std, or of an image.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, accessat, readlinkat};
use rustix::io::Errno;

use super::root::{self, HeldPath};

/// Larger files are not meant to be read whole.
const SIZE_MAX: u64 = 64 << 20;

/// Follows links.
pub fn at(path: impl AsRef<Path>) -> io::Result<HeldPath> {
    let path = path.as_ref();
    root::entered().map_or_else(|| Ok(HeldPath::plain(path)), |root| root.at(path))
}

/// Does not follow a link at the path, which does not have to exist.
pub fn entry(path: impl AsRef<Path>) -> io::Result<HeldPath> {
    let path = path.as_ref();
    root::entered().map_or_else(|| Ok(HeldPath::plain(path)), |root| root.entry(path))
}

/// Follows links.
#[expect(clippy::disallowed_methods, reason = "files are read here")]
pub fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref();
    root::entered().map_or_else(|| path.metadata(), |root| root.hold(path, true)?.metadata())
}

#[expect(clippy::disallowed_methods, reason = "files are read here")]
pub fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref();
    root::entered().map_or_else(|| path.symlink_metadata(), |root| root.hold(path, false)?.metadata())
}

/// When a file was last changed, in microseconds since 1970; 0 if that is unknown.
pub fn changed(path: impl AsRef<Path>) -> u64 {
    let changed = |metadata: Metadata| u64::try_from(metadata.mtime() * 1_000_000 + metadata.mtime_nsec() / 1000);
    metadata(path).ok().and_then(|metadata| changed(metadata).ok()).unwrap_or(0)
}

pub fn is_file(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|metadata| metadata.is_file())
}

pub fn is_dir(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Follows links.
pub fn exists(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok()
}

/// Only opens regular files: a pipe could block forever, and a device never ends.
#[expect(clippy::disallowed_methods, reason = "files are read here")]
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    let is_regular = |metadata: &Metadata| match metadata.is_file() {
        true => Ok(()),
        false if metadata.is_dir() => Err(io::Error::from(Errno::ISDIR)),
        false => Err(io::Error::other("it is not a regular file")),
    };
    let held = at(path)?;
    // Opening alone can have an effect on a device.
    is_regular(&held.metadata()?)?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(&*held, flags, Mode::empty())?);
    is_regular(&file.metadata()?)?;
    Ok(file)
}

/// Empty for `/dev/null`, which masked units are links to.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let path = path.as_ref();
    let is_null = || {
        let null = rustix::fs::makedev(1, 3);
        metadata(path).is_ok_and(|it| it.file_type().is_char_device() && it.rdev() == null)
    };
    let file = match open(path) {
        Err(_) if is_null() => return Ok(Vec::new()),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(SIZE_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SIZE_MAX { Err(Errno::FBIG.into()) } else { Ok(bytes) }
}

/// The target as written in the link.
#[expect(clippy::disallowed_methods, reason = "files are read here")]
pub fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref();
    let Some(root) = root::entered() else { return fs::read_link(path) };
    let held = root.hold(path, false)?;
    Ok(OsString::from_vec(readlinkat(&held, "", Vec::new())?.into_bytes()).into())
}

/// Without links and `..`.
#[expect(clippy::disallowed_methods, reason = "files are read here")]
pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref();
    root::entered().map_or_else(|| fs::canonicalize(path), |root| root.resolved(path))
}

/// The path itself if that fails.
pub fn canonical_or_same(path: &Path) -> PathBuf {
    canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A path, the target of each link along its last component, and its canonical form.
pub fn link_chain(path: &Path) -> Vec<PathBuf> {
    /// The kernel's limit.
    const LINKS: usize = 40;
    let mut all = vec![path.to_owned()];
    while let Some(target) = all.last().and_then(|last| Some(last.parent()?.join(read_link(last).ok()?))) {
        if all.len() > LINKS {
            break;
        }
        all.push(normalized(&target));
    }
    let end = canonical_or_same(path);
    all.extend((!all.contains(&end)).then_some(end));
    all
}

/// Removes `.` and `..` by the text alone.
pub fn normalized(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub path: PathBuf,
    pub is_link: bool,
}

#[expect(clippy::disallowed_methods, reason = "directories are read here")]
pub fn entries(dir: impl AsRef<Path>) -> io::Result<Vec<Entry>> {
    let dir = dir.as_ref();
    let entry = |entry: fs::DirEntry| Entry {
        is_link: entry.file_type().is_ok_and(|kind| kind.is_symlink()),
        path: dir.join(entry.file_name()),
    };
    Ok(fs::read_dir(at(dir)?)?.filter_map(|found| found.ok().map(entry)).collect())
}

/// Whether this process can access a path. A user who prepares an image can do everything in it that its root can: only
/// what no mode allows is denied.
pub fn may(path: impl AsRef<Path>, access: Access) -> io::Result<()> {
    let path = path.as_ref();
    if root::entered().is_none() {
        return accessat(CWD, path, access, AtFlags::EACCESS).map_err(io::Error::from);
    }
    let metadata = metadata(path)?;
    let runs = metadata.is_dir() || metadata.mode() & 0o111 != 0;
    if access.contains(Access::EXEC_OK) && !runs { Err(Errno::ACCESS.into()) } else { Ok(()) }
}
