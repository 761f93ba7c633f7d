//! What a user can do with a path, checked as that user: modes, owners, ACLs and security modules count as they will
//! for the service.

use std::fmt;
use std::num::ParseIntError;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;
use std::thread;

use rustix::fs::{Access, AtFlags, CWD, Gid, Uid, accessat};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use super::root::{self, Root};
use super::tool::tool;
use super::{Account, tree};

/// How the service uses a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Execute,
    /// Search permission of a directory.
    Enter,
    /// As an interpreter reads a script.
    Read,
    /// As to a log.
    Append,
    /// Create a file in it, such as a log.
    MakeIn,
}

impl Use {
    fn access(self) -> Access {
        match self {
            Use::Execute | Use::Enter => Access::EXEC_OK,
            Use::Read => Access::READ_OK,
            Use::Append => Access::WRITE_OK,
            Use::MakeIn => Access::WRITE_OK | Access::EXEC_OK,
        }
    }
}

impl Use {
    /// The mode bits that allow it (chmod(1)).
    fn bits(self) -> u32 {
        let access = self.access();
        let bit = |of: Access, bit: u32| if access.contains(of) { bit } else { 0 };
        bit(Access::READ_OK, 0o4) | bit(Access::WRITE_OK, 0o2) | bit(Access::EXEC_OK, 0o1)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    pub path: PathBuf,
    pub purpose: Use,
    /// The first directory along the path without search permission, if the path itself is not the cause.
    pub dir: Option<PathBuf>,
}

/// Checks each path as `account`, optionally with another group, and returns the first that is denied. `None` also if
/// this process cannot become that user.
pub fn first_denied(account: &Account, group: Option<&str>, wanted: &[(&Path, Use)]) -> Option<Denied> {
    if root::entered().is_some() {
        let groups = groups(account).unwrap_or_default();
        let groups: Vec<u32> = group.and_then(super::account::group_id).into_iter().chain(groups).collect();
        return first_denied_by_mode(account.uid, &groups, wanted);
    }
    as_account(account, group, || first_denied_to_us(wanted)).flatten()
}

/// Runs `work` as `account` in a thread of its own: the kernel keeps user and group IDs per thread, and child processes
/// inherit them.
///
/// `None` if this process cannot become that user.
pub fn as_account<T: Send>(account: &Account, group: Option<&str>, work: impl FnOnce() -> T + Send) -> Option<T> {
    let identity = identity(account, group)?;
    let turned = || {
        become_identity(&identity)?;
        Some(work())
    };
    thread::scope(|scope| scope.spawn(turned).join().ok().flatten())
}

/// Checks as the user of this process.
pub fn first_denied_to_us(wanted: &[(&Path, Use)]) -> Option<Denied> {
    let may = |path: &Path, access: Access| accessat(CWD, path, access, AtFlags::EACCESS).is_ok();
    wanted.iter().find(|(path, purpose)| !may(path, purpose.access())).map(|(path, purpose)| {
        // From the root down: without search permission, nothing below is visible.
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        let dir = above.into_iter().find(|dir| !may(dir, Access::EXEC_OK)).map(Path::to_owned);
        Denied { path: (*path).to_owned(), purpose: *purpose, dir }
    })
}

/// Checks owners and modes only, for a user that no process here can be: one of an image, or any
/// ([`super::account::UNKNOWN`]).
pub fn first_denied_by_mode(uid: u32, groups: &[u32], wanted: &[(&Path, Use)]) -> Option<Denied> {
    let image_owner = root::entered().map(Root::owner);
    let may = |path: &Path, bits: u32| {
        let Ok(metadata) = tree::metadata(path) else { return false };
        let owner = if Some(metadata.uid()) == image_owner { 0 } else { metadata.uid() };
        let shift = match () {
            () if owner == uid => 6,
            () if groups.contains(&metadata.gid()) => 3,
            () => 0,
        };
        uid == 0 || metadata.mode() >> shift & bits == bits
    };
    wanted.iter().find_map(|(path, purpose)| {
        let real = tree::canonicalize(path).unwrap_or_else(|_| (*path).to_owned());
        let mut above: Vec<&Path> = real.ancestors().skip(1).collect();
        above.reverse();
        let dir = above.into_iter().find(|dir| !may(dir, 0o1)).map(Path::to_owned);
        let denied = dir.is_some() || !may(&real, purpose.bits());
        denied.then(|| Denied { path: (*path).to_owned(), purpose: *purpose, dir })
    })
}

/// The user's primary group, or the given one.
pub fn main_group(account: &Account, group: Option<&str>) -> Option<u32> {
    match group {
        Some(name) => super::account::group_id(name),
        None => groups(account)?.first().copied(),
    }
}

/// The user and groups of a thread or a process, the primary group first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    uid: u32,
    main_group: u32,
    groups: Vec<u32>,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.uid, self.main_group)?;
        self.groups.iter().try_for_each(|group| write!(f, " {group}"))
    }
}

impl FromStr for Identity {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Identity, ParseIntError> {
        let mut numbers = text.split(' ');
        let mut next = || numbers.next().unwrap_or_default().parse();
        let (uid, main_group) = (next()?, next()?);
        Ok(Identity { uid, main_group, groups: numbers.map(str::parse).collect::<Result<_, _>>()? })
    }
}

/// `group` replaces the primary group.
pub fn identity(account: &Account, group: Option<&str>) -> Option<Identity> {
    Some(Identity { uid: account.uid, main_group: main_group(account, group)?, groups: groups(account)? })
}

/// Changes the user of this thread, and of a single-threaded process; `None` if it is not allowed.
pub fn become_identity(identity: &Identity) -> Option<()> {
    let groups: Vec<Gid> = identity.groups.iter().map(|group| Gid::from_raw(*group)).collect();
    let (uid, gid) = (Uid::from_raw(identity.uid), Gid::from_raw(identity.main_group));
    // Changing from root to another user drops the capabilities as well.
    set_thread_groups(&groups).ok()?;
    set_thread_res_gid(gid, gid, gid).ok()?;
    set_thread_res_uid(uid, uid, uid).ok()
}

/// The groups of a login, the primary one first.
fn groups(account: &Account) -> Option<Vec<u32>> {
    if root::entered().is_some() {
        return super::account::group_ids(&account.name);
    }
    let output = tool("id").args(["-G", "--"]).arg(&account.name).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    text.split_whitespace().map(|group| group.parse().ok()).collect()
}
