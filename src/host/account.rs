//! Users and groups.
//!
//! The local files are read first, then `getent` is run, which knows every source of users (LDAP, systemd-userdb), also
//! if mkservice is a static binary that cannot load them.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::tool::tool;
use super::{root, tree};
use crate::model::command::run;
use crate::model::diagnostic::{Code, Error};
use crate::model::message::{io_reason, message, quoted, quoted_path};

/// A part of a passwd(5) entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub home: PathBuf,
}

impl Account {
    /// A process can run under an ID without a passwd entry.
    pub fn nameless(uid: u32) -> Account {
        Account { name: uid.to_string(), uid, home: PathBuf::from("/") }
    }
}

pub fn by_uid(uid: u32) -> Option<Account> {
    entry("passwd", "/etc/passwd", &uid.to_string(), 2).and_then(|line| account(&line))
}

/// By name or number.
pub fn by_name(name: &str) -> Option<Account> {
    entry("passwd", "/etc/passwd", name, 0)
        .or_else(|| entry("passwd", "/etc/passwd", name, 2))
        .and_then(|line| account(&line))
}

/// By name or number.
pub fn group(name: &str) -> Option<String> {
    let line = entry("group", "/etc/group", name, 0).or_else(|| entry("group", "/etc/group", name, 2))?;
    line.split(':').next().map(str::to_owned)
}

/// What was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    User,
    Group,
}

/// An error for a user or group that does not exist.
pub fn not_found(kind: Kind, name: &str) -> Error {
    let [noun, database] = match kind {
        Kind::User => ["user", "passwd"],
        Kind::Group => ["group", "group"],
    };
    let message = message!("no such {} {}", noun, quoted(name));
    let Some(root) = root::entered() else {
        return Error::new(Code::UserNotFound, message).hint(run("getent").arg(database));
    };
    let file = Path::new("/etc").join(database);
    let message = message!("{} in {}", message, quoted(root.path()));
    match tree::read(&file) {
        Ok(_) => Error::new(Code::UserNotFound, message).hint(run("cat").path(file)),
        Err(error) => {
            let message = message!("{}: cannot read {}: {}", message, quoted_path(&file), io_reason(&error));
            Error::new(Code::UserNotFound, message).hint(run("ls").arg("-l").path(file))
        }
    }
}

pub fn all() -> Vec<Account> {
    local_lines("/etc/passwd").lines().filter_map(account).collect()
}

/// The names of the local groups.
pub fn all_groups() -> Vec<String> {
    let lines = local_lines("/etc/group");
    lines.lines().filter_map(|line| line.split(':').next()).filter(|name| is_name(name)).map(str::to_owned).collect()
}

/// The group IDs of a user by the local files, the primary one first.
pub fn group_ids(name: &str) -> Option<Vec<u32>> {
    let main = entry("passwd", "/etc/passwd", name, 0)?.split(':').nth(3)?.parse().ok()?;
    let lines = local_lines("/etc/group");
    let is_member = |line: &&str| line.split(':').nth(3).is_some_and(|all| all.split(',').any(|member| member == name));
    let others = lines.lines().filter(is_member).filter_map(|line| line.split(':').nth(2)?.parse().ok());
    Some(std::iter::once(main).chain(others.filter(|group| *group != main)).collect())
}

pub fn group_id(name: &str) -> Option<u32> {
    entry("group", "/etc/group", name, 0)?.split(':').nth(2)?.parse().ok()
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    /// Without users whose primary group it is.
    pub members: Vec<String>,
}

pub fn group_by_id(gid: u32) -> Option<Group> {
    let line = entry("group", "/etc/group", &gid.to_string(), 2)?;
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let members = fields.nth(2).unwrap_or_default().split(',').filter(|name| !name.is_empty());
    Some(Group { name, members: members.map(str::to_owned).collect() })
}

/// The users with this primary group, as far as they can be listed: local files can, a directory service (LDAP) usually
/// cannot.
pub fn with_main_group(gid: u32) -> Vec<Account> {
    let listed = || tool("getent").arg("passwd").stderr(Stdio::null()).output().ok();
    let listed = if root::entered().is_some() { None } else { listed() };
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let gid = gid.to_string();
    let mut accounts: Vec<Account> = Vec::new();
    let local = local_lines("/etc/passwd");
    for line in local.lines().chain(listed.lines()).filter(|line| line.split(':').nth(3) == Some(&gid)) {
        accounts.extend(account(line).filter(|new| !accounts.iter().any(|known| known.name == new.name)));
    }
    accounts
}

/// The user behind a process of root, by the variables of sudo, run0, doas and pkexec; `None` for root itself. A user
/// that does not exist (any more) is returned as named: it was not root.
///
/// The caller must be root: only then can the variables be trusted.
pub fn behind_sudo(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<Account> {
    let named = ["SUDO_UID", "SUDO_USER", "DOAS_USER", "PKEXEC_UID"].into_iter().find_map(variable)?;
    let text = named.to_string_lossy();
    let ghost = || Account { name: text.to_string(), uid: UNKNOWN, home: PathBuf::from("/") };
    Some(by_name(&text).unwrap_or_else(ghost)).filter(|account| account.uid != 0)
}

/// The ID of a user that does not exist; no user can have it (`(uid_t) -1`).
pub const UNKNOWN: u32 = u32::MAX;

/// `None` for a name that no tool makes, and that would lead elsewhere as the name of a file.
pub fn account(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next().filter(|name| is_name(name))?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let home = fields.nth(2).unwrap_or("/").into();
    Some(Account { name, uid, home })
}

fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(|c: char| c == '/' || c.is_control())
}

/// The line of a database whose field `field` is `key`.
fn entry(database: &str, file: &str, key: &str, field: usize) -> Option<String> {
    // No entry contains these, and getent would parse a leading `-` as an option.
    if key.is_empty() || key.contains([':', '\n', '\0']) || key.starts_with('-') {
        return None;
    }
    let matches = |line: &&str| line.split(':').nth(field) == Some(key);
    local_lines(file).lines().find(matches).map(str::to_owned).or_else(|| {
        let answer = getent(database, key)?;
        answer.lines().find(matches).map(str::to_owned)
    })
}

fn local_lines(file: &str) -> String {
    tree::read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// For an image only its own files count: getent would return users of this machine.
fn getent(database: &str, key: &str) -> Option<String> {
    if root::entered().is_some() {
        return None;
    }
    let output = tool("getent").args([OsStr::new(database), OsStr::new(key)]).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_everywhere() {
        assert_eq!(by_uid(0), by_name("root"));
        assert_eq!(by_name("0").map(|account| account.name), Some("root".into()));
        assert_eq!(group("0").as_deref(), Some("root"));
        for name in ["no-such-account", "", "root:x", "-s", "root\n"] {
            assert_eq!(by_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_no_names() {
        let named = |name: &str| account(&format!("{name}:x:1000:1000::/home/x:/bin/sh")).map(|account| account.name);
        for name in ["../../etc/passwd", "..", ".", "", "a/b", "a\u{1b}[2J"] {
            assert_eq!(named(name), None, "{name:?}");
        }
        for name in ["ann", "a.b", "ann@example.org", "DOM\\ann", "übung", "a b$"] {
            assert_eq!(named(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn sudo_is_seen_through() {
        let with = |name: &'static str, value: &'static str| {
            behind_sudo(&move |asked: &str| (asked == name).then(|| OsString::from(value)))
        };
        assert_eq!(with("SUDO_UID", "0"), None);
        assert_eq!(with("SUDO_USER", "root"), None);
        assert_eq!(with("SUDO_UID", "99999").map(|account| account.uid), Some(UNKNOWN));
        assert_eq!(with("SUDO_USER", "daemon").map(|account| account.name), Some("daemon".into()));
        assert_eq!(with("PKEXEC_UID", "1").map(|account| account.name), Some("daemon".into()));
    }
}
