//! Questions about files, asked of the root that is meant (see [`super::root`]): what std asks of the running machine,
//! and the same of an image. Nothing is changed here.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, accessat, readlinkat};
use rustix::io::Errno;

use super::root::{self, At};

/// More than any file has that is read whole: what is larger was put there to be.
const SIZE_MAX: u64 = 64 << 20;

/// What is at a path, links followed, as the kernel can be asked for it.
pub fn at(path: impl AsRef<Path>) -> io::Result<At> {
    let path = path.as_ref();
    root::entered().map_or_else(|| Ok(At::plain(path)), |root| root.at(path))
}

/// The path itself, whether or not anything is there and wherever a link there leads: to be made, replaced or removed.
pub fn entry(path: impl AsRef<Path>) -> io::Result<At> {
    let path = path.as_ref();
    root::entered().map_or_else(|| Ok(At::plain(path)), |root| root.entry(path))
}

/// What is known of what is at a path, links followed.
#[expect(clippy::disallowed_methods, reason = "this module is where files are asked for")]
pub fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref();
    root::entered().map_or_else(|| path.metadata(), |root| root.hold(path, true)?.metadata())
}

/// The same of a link itself.
#[expect(clippy::disallowed_methods, reason = "this module is where files are asked for")]
pub fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = path.as_ref();
    root::entered().map_or_else(|| path.symlink_metadata(), |root| root.hold(path, false)?.metadata())
}

/// When a file was last changed, in microseconds since 1970; 0 if that is unknown.
pub fn changed(path: impl AsRef<Path>) -> u64 {
    let changed = |metadata: Metadata| u64::try_from(metadata.mtime() * 1_000_000 + metadata.mtime_nsec() / 1000);
    metadata(path).ok().and_then(|metadata| changed(metadata).ok()).unwrap_or(0)
}

/// True for a file, links followed.
pub fn is_file(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// True for a folder, links followed.
pub fn is_dir(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// True where there is anything, links followed.
pub fn exists(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok()
}

/// Opens a file to be read.
///
/// # Errors
/// As open(2) has them, and for what is not a regular file: at a pipe one could wait forever, and a device never ends.
#[expect(clippy::disallowed_methods, reason = "this module is where files are asked for")]
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    let is_regular = |metadata: &Metadata| match metadata.is_file() {
        true => Ok(()),
        false if metadata.is_dir() => Err(io::Error::from(Errno::ISDIR)),
        false => Err(io::Error::other("it is not a regular file")),
    };
    let held = at(path)?;
    // Before it is opened, which alone can do something to a device.
    is_regular(&held.metadata()?)?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(&*held, flags, Mode::empty())?);
    is_regular(&file.metadata()?)?;
    Ok(file)
}

/// The content of a regular file, unless it is larger than any that is meant to be read.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(SIZE_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SIZE_MAX { Err(Errno::FBIG.into()) } else { Ok(bytes) }
}

/// Where a link leads, as it says.
#[expect(clippy::disallowed_methods, reason = "this module is where files are asked for")]
pub fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref();
    let Some(root) = root::entered() else { return fs::read_link(path) };
    let held = root.hold(path, false)?;
    Ok(OsString::from_vec(readlinkat(&held, "", Vec::new())?.into_bytes()).into())
}

/// A path without links and `..`.
#[expect(clippy::disallowed_methods, reason = "this module is where files are asked for")]
pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let path = path.as_ref();
    root::entered().map_or_else(|| fs::canonicalize(path), |root| root.resolved(path))
}

/// The same, or the path itself where that fails.
pub fn canonical_or_same(path: &Path) -> PathBuf {
    canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A path, each target of a link that it names, and its canonical form.
pub fn link_chain(path: &Path) -> Vec<PathBuf> {
    /// As many as the kernel follows.
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

/// A path without `.` and `..`, by its text alone.
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

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// It is a symbolic link.
    pub is_link: bool,
}

/// What is in a folder.
#[expect(clippy::disallowed_methods, reason = "this module is where folders are asked for")]
pub fn entries(folder: impl AsRef<Path>) -> io::Result<Vec<Entry>> {
    let folder = folder.as_ref();
    let entry = |entry: fs::DirEntry| Entry {
        is_link: entry.file_type().is_ok_and(|kind| kind.is_symlink()),
        path: folder.join(entry.file_name()),
    };
    Ok(fs::read_dir(at(folder)?)?.filter_map(|found| found.ok().map(entry)).collect())
}

/// Whether this process may do something with a path. Whoever prepares an image may do all in it that its root may:
/// there only what no mode allows is denied.
pub fn may(path: impl AsRef<Path>, access: Access) -> io::Result<()> {
    let path = path.as_ref();
    if root::entered().is_none() {
        return accessat(CWD, path, access, AtFlags::EACCESS).map_err(io::Error::from);
    }
    let metadata = metadata(path)?;
    let runs = metadata.is_dir() || metadata.mode() & 0o111 != 0;
    if access.contains(Access::EXEC_OK) && !runs { Err(Errno::ACCESS.into()) } else { Ok(()) }
}
