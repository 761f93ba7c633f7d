//! The root directory of paths: `/`, or that of an image that is not running (`--root`).
//!
//! Like chroot(2), a root is entered once and applies to the whole process, so that no later path is resolved elsewhere
//! by mistake. Unlike chroot(2), it needs no privileges, and this machine's kernel and terminal stay accessible.
//! [`super::tree`] has the file operations.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, stat};
use rustix::io::Errno;

/// The directory of an image, held open: renaming it has no effect.
#[derive(Debug)]
pub struct Root {
    dir: OwnedFd,
    path: PathBuf,
    owner: u32,
}

static ENTERED: OnceLock<Root> = OnceLock::new();

/// Paths of open files, which cannot be redirected (proc(5)).
const HELD: &str = "/proc/self/fd";

/// A path to something that is held open while this exists.
#[derive(Debug)]
pub struct HeldPath {
    path: PathBuf,
    _held: Option<OwnedFd>,
}

impl HeldPath {
    /// A path of the running machine.
    pub fn plain(path: &Path) -> HeldPath {
        HeldPath { path: path.to_owned(), _held: None }
    }
}

impl Deref for HeldPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl AsRef<Path> for HeldPath {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

/// `None` if paths are those of the running machine.
pub fn entered() -> Option<&'static Root> {
    ENTERED.get()
}

/// From then on, every path is resolved in the image.
pub fn enter(root: Root) -> &'static Root {
    ENTERED.get_or_init(|| root)
}

/// Whether a path of this machine leads to `found`.
fn is_at(path: &Path, found: &Stat) -> bool {
    stat(path).is_ok_and(|it| (it.st_dev, it.st_ino) == (found.st_dev, found.st_ino))
}

impl Root {
    /// `path` is one of this machine.
    #[expect(clippy::disallowed_methods, reason = "the directory of an image is a path of this machine")]
    pub fn open(path: &Path) -> io::Result<Root> {
        let dir = openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let found = fstat(&dir)?;
        // The target of `/proc/PID/root` can name another directory.
        let plain = std::fs::canonicalize(path).ok().filter(|other| is_at(other, &found));
        let (path, owner) = (plain.unwrap_or_else(|| path.to_owned()), found.st_uid);
        Ok(Root { dir, path, owner })
    }

    /// True if `/` of this process is the same directory.
    pub fn is_that_of_this_process(&self) -> bool {
        fstat(&self.dir).is_ok_and(|own| is_at(Path::new("/"), &own))
    }

    /// On this machine, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The owner of an image can do everything in it that its root can: their files count as root's.
    pub fn owner(&self) -> u32 {
        self.owner
    }

    /// The path inside of the image.
    #[expect(clippy::disallowed_methods, reason = "the directory of an image is a path of this machine")]
    pub fn inside(&self, outside: &Path) -> Option<PathBuf> {
        let plain = std::fs::canonicalize(outside).ok()?;
        plain.strip_prefix(&self.path).ok().map(|inside| Path::new("/").join(inside))
    }

    /// The directory itself, for locking.
    pub fn dir(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(openat(&self.dir, ".", flags, Mode::empty())?.into())
    }

    /// Follows links as if the directory were `/`: neither links nor `..` lead out.
    pub fn at(&self, path: &Path) -> io::Result<HeldPath> {
        let walk = self.walk(path, true)?;
        Ok(held(walk.end()?, None))
    }

    /// Does not follow a link at the path, which does not have to exist: its directory is held open.
    pub fn entry(&self, path: &Path) -> io::Result<HeldPath> {
        let Some((dir, name)) = path.parent().zip(path.file_name()) else { return self.at(path) };
        Ok(held(self.walk(dir, true)?.dir()?, Some(name)))
    }

    /// Opens a path with O_PATH; `follow` says whether to follow a link there.
    pub fn hold(&self, path: &Path, follow: bool) -> io::Result<File> {
        self.walk(path, follow)?.end().map(File::from)
    }

    /// The path without links.
    pub fn resolved(&self, path: &Path) -> io::Result<PathBuf> {
        let walk = self.walk(path, true)?;
        Ok(Path::new("/").join(walk.steps.iter().map(|(_, name)| name).collect::<PathBuf>()))
    }

    /// Opens each component before the next is looked up, so that nobody can replace a directory by a link. (openat2(2)
    /// could do this in one call, but containers refuse it.)
    fn walk(&self, path: &Path, follow: bool) -> io::Result<Walk<'_>> {
        let mut walk = Walk { root: self.dir.as_fd(), steps: Vec::new() };
        let mut rest = Remaining::of(path);
        while let Some(part) = rest.next() {
            if part == ".." {
                // `/..` is `/`.
                walk.steps.pop();
                continue;
            }
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let next = openat(walk.last(), &part, flags, Mode::empty())?;
            let is_link = kind(&next)? == FileType::Symlink;
            if !is_link || (rest.parts.is_empty() && !follow) {
                walk.steps.push((next, part));
                continue;
            }
            let target = PathBuf::from(OsString::from_vec(readlinkat(&next, "", Vec::new())?.into_bytes()));
            if !rest.follow(&target) {
                return Err(Errno::LOOP.into());
            }
            if target.is_absolute() {
                walk.steps.clear();
            }
        }
        Ok(walk)
    }
}

/// A path from the root directory with everything along it.
struct Walk<'a> {
    root: BorrowedFd<'a>,
    steps: Vec<(OwnedFd, OsString)>,
}

impl Walk<'_> {
    fn last(&self) -> BorrowedFd<'_> {
        self.steps.last().map_or(self.root, |(held, _)| held.as_fd())
    }

    fn end(self) -> io::Result<OwnedFd> {
        self.last().try_clone_to_owned()
    }

    fn dir(self) -> io::Result<OwnedFd> {
        let end = self.end()?;
        if kind(&end)? == FileType::Directory { Ok(end) } else { Err(Errno::NOTDIR.into()) }
    }
}

fn kind(held: &OwnedFd) -> io::Result<FileType> {
    Ok(FileType::from_raw_mode(fstat(held)?.st_mode))
}

fn held(end: OwnedFd, name: Option<&OsStr>) -> HeldPath {
    let mut path = Path::new(HELD).join(end.as_raw_fd().to_string());
    path.extend(name);
    HeldPath { path, _held: Some(end) }
}

/// The components of a path that are left to walk.
pub(super) struct Remaining {
    parts: VecDeque<OsString>,
    links: usize,
}

impl Remaining {
    /// The kernel's limit (path_resolution(7)).
    const LINKS_MAX: usize = 40;

    pub(super) fn of(path: &Path) -> Remaining {
        Remaining { parts: components(path).collect(), links: 0 }
    }

    pub(super) fn next(&mut self) -> Option<OsString> {
        self.parts.pop_front()
    }

    /// Puts the target of a link before the rest; false if there were too many links.
    pub(super) fn follow(&mut self, target: &Path) -> bool {
        if self.links == Remaining::LINKS_MAX {
            return false;
        }
        self.links += 1;
        components(target).rev().for_each(|part| self.parts.push_front(part));
        true
    }
}

fn components(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    let walked = path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    walked.map(|part| part.as_os_str().to_owned())
}

/// Whether /proc is mounted, without which nothing in an image can be accessed.
#[expect(clippy::disallowed_methods, reason = "the directory of the kernel is not in an image")]
pub fn has_names_of_held() -> bool {
    Path::new(HELD).is_dir()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test creates its own files")]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_leads_out() {
        let outer = tempfile::tempdir().unwrap();
        let dir = outer.path().join("image");
        fs::create_dir_all(dir.join("usr/bin")).unwrap();
        fs::create_dir_all(dir.join("etc")).unwrap();
        fs::write(outer.path().join("secret"), "outside").unwrap();
        fs::write(dir.join("etc/passwd"), "inside").unwrap();
        fs::write(dir.join("secret"), "at the top").unwrap();
        for (link, target) in [
            ("bin", "usr/bin"),
            ("etc/absolute", "/etc/passwd"),
            ("etc/up", "../../../../../../secret"),
            ("etc/host", "/etc/hostname"),
            ("etc/far", "/../../../etc/../etc/passwd"),
            ("loop", "loop"),
            ("usr/etc", "../etc"),
            ("chain", "usr/etc/absolute"),
        ] {
            symlink(target, dir.join(link)).unwrap();
        }
        let root = Root::open(&dir).unwrap();
        let read = |path: &str| fs::read_to_string(root.at(Path::new(path))?);
        for (path, text) in [
            ("/etc/passwd", "inside"),
            ("/etc/absolute", "inside"),
            ("/etc/far", "inside"),
            ("/chain", "inside"),
            ("/usr/etc/passwd", "inside"),
            ("/etc/up", "at the top"),
            ("/../../secret", "at the top"),
            ("/bin/../../secret", "at the top"),
        ] {
            assert_eq!(read(path).unwrap(), text, "{path}");
        }
        for (path, errno) in [
            ("/etc/host", Errno::NOENT),
            ("/loop", Errno::LOOP),
            ("/etc/passwd/x", Errno::NOTDIR),
            ("/missing/x", Errno::NOENT),
        ] {
            assert_eq!(read(path).unwrap_err().raw_os_error(), Some(errno.raw_os_error()), "{path}");
        }
        assert_eq!(root.resolved(Path::new("/bin/../etc/far")).unwrap(), Path::new("/etc/passwd"));
        assert_eq!(root.resolved(Path::new("/usr/etc")).unwrap(), Path::new("/etc"));
        assert_eq!(root.resolved(Path::new("/..")).unwrap(), Path::new("/"));
        assert_eq!(root.inside(&dir.join("bin")), Some("/usr/bin".into()));
        assert_eq!(root.inside(outer.path()), None);
    }

    #[test]
    fn an_entry_is_not_followed_and_its_dir_is_held() {
        let outer = tempfile::tempdir().unwrap();
        let dir = outer.path().join("image");
        fs::create_dir_all(dir.join("a")).unwrap();
        fs::create_dir_all(outer.path().join("b")).unwrap();
        symlink("/nowhere", dir.join("a/link")).unwrap();
        let root = Root::open(&dir).unwrap();
        assert!(root.entry(Path::new("/a/link")).unwrap().symlink_metadata().unwrap().is_symlink());
        assert!(root.hold(Path::new("/a/link"), false).unwrap().metadata().unwrap().is_symlink());
        let at = root.entry(Path::new("/a/new")).unwrap();
        // The directory is replaced by a link that leads out.
        fs::rename(dir.join("a"), dir.join("moved")).unwrap();
        symlink(outer.path().join("b"), dir.join("a")).unwrap();
        fs::write(&at, "x").unwrap();
        assert!(dir.join("moved/new").is_file() && fs::read_dir(outer.path().join("b")).unwrap().count() == 0);
        let missing = root.entry(Path::new("/a/new")).map(|_| ()).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
