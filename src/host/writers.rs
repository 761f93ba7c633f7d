//! Users besides root who can change what is at a path, object by object along the path.
//!
//! Owners, modes and POSIX ACLs count (acl(5)). Not considered are other ACLs (NFSv4), who can write to the device or
//! server of a file system, and members of groups whose source lists none.

use std::collections::HashMap;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::getxattr;
use rustix::process::geteuid;

use super::Host;
use super::account::{self, Account};
use super::root::{self, Remaining};
use super::tree::{self, Entry};
use crate::model::command::run;
use crate::model::diagnostic::{Code, Details, Error, PathComponent, Result};
use crate::model::message::{message, quoted, some_of};

const EVERYBODY: &str = "everybody";

/// How a path is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// As it is.
    Use,
    /// As it is, whatever is in it: only who can replace it counts.
    Open,
    /// As a directory in which files are created or looked up by name: the sticky bit then protects nothing.
    Enter,
}

/// The directories and links along an absolute path from `/` on, and the object at its end. It ends at a missing
/// object, which a user who can write to the directory can create.
pub fn path_components(path: &Path, purpose: Purpose) -> Vec<PathComponent> {
    let mut places = Vec::new();
    let mut at = PathBuf::from("/");
    let mut rest = Remaining::of(path);
    // The entry of `at` that was examined before, and whether it is in a sticky directory.
    let (mut seen, mut in_sticky) = (None, false);
    while let Some(part) = rest.next() {
        if part == ".." {
            (_, seen, in_sticky) = (at.pop(), None, false);
            continue;
        }
        let there = at.join(&part);
        let Some(dir) = seen.take().or_else(|| object(&at)) else { return places };
        let entry = object(&there);
        // In a sticky directory only the owners of the directory and of an entry can replace the entry (unlink(2)).
        let sticky = dir.sticky && entry.is_some();
        add(&mut places, if sticky { dir.protected() } else { dir.place });
        match entry {
            None => return places,
            Some(mut link) if link.place.target.as_deref().is_some_and(|target| rest.follow(target)) => {
                // A link cannot be written to, only replaced.
                if !sticky {
                    link.place.writers.clear();
                }
                if link.place.target.as_deref().is_some_and(Path::is_absolute) {
                    at = PathBuf::from("/");
                }
                add(&mut places, link.place);
            }
            entry => (at, seen, in_sticky) = (there, entry, sticky),
        }
    }
    if let Some(end) = seen.or_else(|| object(&at)) {
        add(
            &mut places,
            match purpose {
                Purpose::Use if end.sticky => end.protected(),
                Purpose::Open if in_sticky => end.protected(),
                Purpose::Open => PathComponent { writers: Vec::new(), ..end.place },
                _ => end.place,
            },
        );
    }
    places
}

/// The users who can change something along a path, as the subject of a sentence.
pub fn all_writers(path_components: &[PathComponent]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in path_components.iter().flat_map(|place| &place.writers) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if names.contains(&EVERYBODY) { EVERYBODY.into() } else { some_of(&names) }
}

/// The most objects of a directory tree that are examined; the largest virtual environments have fewer.
const TREE_MAX: usize = 100_000;

/// A user besides root and `trusted` who can change something below a directory, and what. Links are not followed into
/// other trees, but what they lead to counts.
pub fn writer_below(dir: &Path, trusted: &[u32]) -> Option<(String, PathBuf)> {
    let trusted: Vec<String> = trusted.iter().map(|uid| name_of(*uid)).collect();
    let other = |writers: Vec<String>| writers.into_iter().find(|who| !trusted.contains(who));
    // Most objects have the same owner, group and mode, and no ACL.
    let mut known: HashMap<(u32, u32, u32), Option<String>> = HashMap::new();
    let mut dirs = vec![dir.to_owned()];
    let mut left = TREE_MAX;
    while let Some(dir) = dirs.pop() {
        for Entry { path, is_link } in tree::entries(&dir).unwrap_or_default() {
            left = left.checked_sub(1)?;
            if is_link {
                let found =
                    path_components(&path, Purpose::Use).into_iter().find_map(|it| Some((other(it.writers)?, it.path)));
                if found.is_some() {
                    return found;
                }
                continue;
            }
            let Ok(metadata) = tree::symlink_metadata(&path) else { continue };
            let writable = metadata.mode() & 0o022;
            let examine = || object(&path).and_then(|found| other(found.place.writers));
            // The mask of an ACL is in the place of the group's permissions (acl(5)).
            let writer = match writable & 0o020 != 0 && acl(&path).is_some() {
                true => examine(),
                false => known.entry((metadata.uid(), metadata.gid(), writable)).or_insert_with(examine).clone(),
            };
            if let Some(who) = writer {
                return Some((who, path));
            }
            if metadata.is_dir() {
                dirs.push(path);
            }
        }
    }
    None
}

/// An object that is passed again keeps its position, with all its writers.
fn add(places: &mut Vec<PathComponent>, place: PathComponent) {
    match places.iter_mut().find(|known| known.path == place.path) {
        Some(known) => place.writers.into_iter().for_each(|who| add_writer(known, who)),
        None => places.push(place),
    }
}

fn add_writer(place: &mut PathComponent, who: String) {
    if !place.writers.contains(&who) {
        place.writers.push(who);
    }
}

/// An object and its sticky bit.
struct PathObject {
    place: PathComponent,
    uid: u32,
    sticky: bool,
}

impl PathObject {
    /// What only the owner of a sticky directory can do.
    fn protected(self) -> PathComponent {
        let PathComponent { owner, .. } = &self.place;
        let writers = if self.uid == 0 { Vec::new() } else { vec![owner.clone()] };
        PathComponent { writers, ..self.place }
    }
}

/// `None` for an object that is missing or inaccessible to ordinary users.
fn object(path: &Path) -> Option<PathObject> {
    let metadata = match tree::symlink_metadata(path) {
        Ok(metadata) => metadata,
        // A file system that even root cannot access (FUSE) belongs to another user.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied && geteuid().is_root() => {
            let (owner, mode, writers) = ("?".into(), "?".into(), vec!["the user who mounted it".into()]);
            let place = PathComponent { path: path.to_owned(), target: None, owner, mode, writers };
            return Some(PathObject { place, uid: account::UNKNOWN, sticky: false });
        }
        Err(_) => return None,
    };
    // The owner of an image can change everything in it, and counts as root.
    let is_roots = metadata.uid() == 0 || root::entered().is_some_and(|root| root.owner() == metadata.uid());
    let (mode, uid) = (metadata.mode(), if is_roots { 0 } else { metadata.uid() });
    let target = metadata.is_symlink().then(|| tree::read_link(path).unwrap_or_default());
    let owner = name_of(uid);
    let writers = if uid == 0 { Vec::new() } else { vec![owner.clone()] };
    let is_link = target.is_some();
    let mut place = PathComponent { path: path.to_owned(), target, owner, mode: mode_text(mode), writers };
    // The mode of a link means nothing, and data written to a device (/dev/null) does not stay there.
    if !is_link && !metadata.file_type().is_char_device() {
        let gid = metadata.gid();
        let allowed = acl(path).map_or_else(|| by_mode(mode, gid), |acl| by_acl(&acl, gid));
        allowed.iter().flat_map(names).for_each(|who| add_writer(&mut place, who));
    }
    Some(PathObject { place, uid, sticky: metadata.is_dir() && mode & 0o1000 != 0 })
}

/// A writer other than the owner.
#[derive(Debug, PartialEq, Eq)]
enum Allowed {
    User(u32),
    Group(u32),
    Everybody,
}

fn by_mode(mode: u32, gid: u32) -> Vec<Allowed> {
    let group = (mode & 0o020 != 0).then_some(Allowed::Group(gid));
    group.into_iter().chain((mode & 0o002 != 0).then_some(Allowed::Everybody)).collect()
}

/// The access ACL as the kernel encodes it.
fn acl(path: &Path) -> Option<Vec<u8>> {
    let at = tree::at(path).ok()?;
    let read = |value: &mut [u8]| getxattr(&*at, "system.posix_acl_access", value);
    // Most objects have none.
    read(&mut []).ok()?;
    // Enough for thousands of entries; file systems store far fewer.
    let mut value = vec![0; 64 << 10];
    let length = read(&mut value[..]).ok()?;
    value.truncate(length);
    Some(value)
}

/// Reads an ACL (`struct posix_acl_xattr_header` and its entries, little-endian: tag, permissions, ID).
fn by_acl(acl: &[u8], gid: u32) -> Vec<Allowed> {
    const WRITE: u16 = 2;
    const MASK: u16 = 0x10;
    let entries: Vec<(u16, u16, u32)> = acl
        .get(4..)
        .unwrap_or_default()
        .chunks_exact(8)
        .map(|it| {
            let short = |at: usize| u16::from_le_bytes([it[at], it[at + 1]]);
            (short(0), short(2), u32::from_le_bytes([it[4], it[5], it[6], it[7]]))
        })
        .collect();
    // The mask limits all entries but those of the owner and others (acl(5)).
    let masked = entries.iter().any(|(tag, may, _)| *tag == MASK && may & WRITE == 0);
    let writing = entries.iter().filter(|(_, may, _)| may & WRITE != 0);
    let allowed = writing.filter_map(|(tag, _, id)| match tag {
        0x02 if !masked => Some(Allowed::User(*id)),
        0x04 if !masked => Some(Allowed::Group(gid)),
        0x08 if !masked => Some(Allowed::Group(*id)),
        0x20 => Some(Allowed::Everybody),
        _ => None,
    });
    allowed.collect()
}

/// The name of a user, or the number.
pub(super) fn name_of(uid: u32) -> String {
    match uid {
        0 => "root".into(),
        uid => account::by_uid(uid).unwrap_or_else(|| Account::nameless(uid)).name,
    }
}

/// Their names: only the members of a group, since a group without members grants nothing (Debian's `/usr/local`
/// belongs to the group staff).
fn names(allowed: &Allowed) -> Vec<String> {
    match allowed {
        Allowed::Everybody => vec![EVERYBODY.into()],
        Allowed::User(0) => Vec::new(),
        Allowed::User(uid) => vec![name_of(*uid)],
        Allowed::Group(gid) => {
            let Some(group) = account::group_by_id(*gid) else { return vec![format!("group {gid}")] };
            let is_root = |name: &String| account::by_name(name).is_some_and(|account| account.uid == 0);
            let members = group.members.into_iter().filter(|name| !is_root(name));
            let by_birth = account::with_main_group(*gid).into_iter().filter(|account| account.uid != 0);
            members.chain(by_birth.map(|account| account.name)).collect()
        }
    }
}

/// As `ls -l` prints it.
fn mode_text(mode: u32) -> String {
    let kind = match mode & 0o170_000 {
        0o040_000 => 'd',
        0o120_000 => 'l',
        0o020_000 => 'c',
        0o060_000 => 'b',
        0o010_000 => 'p',
        0o140_000 => 's',
        _ => '-',
    };
    let mut text = String::from(kind);
    for (place, letter) in "rwxrwxrwx".chars().enumerate() {
        text.push(if mode & (0o400 >> place) != 0 { letter } else { '-' });
    }
    for (bit, at, letter) in [(0o4000, 3, 's'), (0o2000, 6, 's'), (0o1000, 9, 't')] {
        if mode & bit != 0 {
            let set = text.as_bytes()[at] == b'x';
            text.replace_range(at..=at, &if set { letter } else { letter.to_ascii_uppercase() }.to_string());
        }
    }
    text
}

/// Refuses a directory that users other than root can change or replace if root is about to write there. Other users
/// write with their own permissions.
pub fn refuse_foreign_way(dir: &Path, host: &Host) -> Result<()> {
    // In an image, no link leads outside, whatever user can change it.
    if host.euid != 0 || host.image().is_some() {
        return Ok(());
    }
    let components = path_components(dir, Purpose::Enter);
    let foreign = components.iter().any(|place| !place.writers.is_empty());
    if !foreign {
        return Ok(());
    }
    let who = all_writers(&components);
    let message = message!("refusing to write to {} as root: {} can replace it", quoted(dir), who);
    let check = run("namei").arg("-l").path(dir);
    let error = Error::new(Code::UnsafePath, message);
    let error = error.hint(message!("make root the only user that can change it: {}", check));
    Err(error.details(Details { path_components: components, ..Details::default() }))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test creates its own files")]
mod tests;
