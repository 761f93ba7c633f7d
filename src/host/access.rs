//! What an account may do with a path, asked of the kernel as that account: modes, owners, ACLs and
//! security modules all count, as they will when the service starts.

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

/// What the service will do with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Execute it.
    Execute,
    /// Enter it, as a folder.
    Enter,
    /// Read it, as an interpreter does with a script.
    Read,
    /// Append to it, as to a log.
    Append,
    /// Make a file in it, as a log.
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
    /// The bits of a mode that allow it (chmod(1)).
    fn bits(self) -> u32 {
        let access = self.access();
        let bit = |of: Access, bit: u32| if access.contains(of) { bit } else { 0 };
        bit(Access::READ_OK, 0o4) | bit(Access::WRITE_OK, 0o2) | bit(Access::EXEC_OK, 0o1)
    }
}

/// A path that an account may not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The path.
    pub path: PathBuf,
    /// What it is for.
    pub purpose: Use,
    /// The first folder on the way that may not be entered, if the path itself is not at fault.
    pub folder: Option<PathBuf>,
}

/// Asks, as `account` and optionally with another group, for each path in turn; gives the first
/// that is denied. `None` also where this process cannot become that account to ask.
pub fn first_denied(account: &Account, group: Option<&str>, wanted: &[(&Path, Use)]) -> Option<Denied> {
    if root::entered().is_some() {
        let groups = groups(account).unwrap_or_default();
        let groups: Vec<u32> = group.and_then(super::account::group_id).into_iter().chain(groups).collect();
        return first_denied_by_mode(account.uid, &groups, wanted);
    }
    as_account(account, group, || first_denied_to_us(wanted)).flatten()
}

/// Does something as `account`, optionally with another group, in a thread of its own: the kernel keeps these
/// IDs for each thread, processes that it starts inherit them, and it ends with the answer.
///
/// `None` where this process cannot become that account.
pub fn as_account<T: Send>(account: &Account, group: Option<&str>, work: impl FnOnce() -> T + Send) -> Option<T> {
    let identity = identity(account, group)?;
    let turned = || {
        become_identity(&identity)?;
        Some(work())
    };
    thread::scope(|scope| scope.spawn(turned).join().ok().flatten())
}

/// Asks as whoever this process is.
pub fn first_denied_to_us(wanted: &[(&Path, Use)]) -> Option<Denied> {
    let may = |path: &Path, access: Access| accessat(CWD, path, access, AtFlags::EACCESS).is_ok();
    wanted.iter().find(|(path, purpose)| !may(path, purpose.access())).map(|(path, purpose)| {
        // From the root down: whoever may not enter a folder sees nothing of what is below it.
        let mut above: Vec<&Path> = path.ancestors().skip(1).collect();
        above.reverse();
        let folder = above.into_iter().find(|folder| !may(folder, Access::EXEC_OK)).map(Path::to_owned);
        Denied { path: (*path).to_owned(), purpose: *purpose, folder }
    })
}

/// The same by owners and modes alone, for an account that no process here could be: one of an image, or any at all
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
        let folder = above.into_iter().find(|folder| !may(folder, 0o1)).map(Path::to_owned);
        let denied = folder.is_some() || !may(&real, purpose.bits());
        denied.then(|| Denied { path: (*path).to_owned(), purpose: *purpose, folder })
    })
}

/// The main group of an account, or the other one that is named.
pub fn main_group(account: &Account, group: Option<&str>) -> Option<u32> {
    match group {
        Some(name) => super::account::group_id(name),
        None => groups(account)?.first().copied(),
    }
}

/// Whom a thread or a process becomes: the user and the groups, the main one first.
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

/// Who an account is to the kernel, optionally with another main group.
pub fn identity(account: &Account, group: Option<&str>) -> Option<Identity> {
    Some(Identity { uid: account.uid, main_group: main_group(account, group)?, groups: groups(account)? })
}

/// Makes this thread, and a process that has no other, somebody else's; `None` where it may not.
pub fn become_identity(identity: &Identity) -> Option<()> {
    let groups: Vec<Gid> = identity.groups.iter().map(|group| Gid::from_raw(*group)).collect();
    let (uid, gid) = (Uid::from_raw(identity.uid), Gid::from_raw(identity.main_group));
    // From root to another account the kernel takes the capabilities away as well.
    set_thread_groups(&groups).ok()?;
    set_thread_res_gid(gid, gid, gid).ok()?;
    set_thread_res_uid(uid, uid, uid).ok()
}

/// The groups that a login of the account has, its main one first.
fn groups(account: &Account) -> Option<Vec<u32>> {
    if root::entered().is_some() {
        return super::account::group_ids(&account.name);
    }
    let output = tool("id").args(["-G", "--"]).arg(&account.name).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    text.split_whitespace().map(|group| group.parse().ok()).collect()
}
