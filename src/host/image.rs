//! The host of an image that is not running (`--root`), and of all users (`--global`).

use std::path::{Path, PathBuf};

use super::root::{self, Root};
use super::{Account, Home, Host, USUAL_PATH, account, search_path, tree};
use crate::error::{Error, Result, io_reason, shown};
use crate::shell;
use crate::spec::Scope;

/// The options that select a host.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub root: Option<&'a Path>,
    pub global: bool,
    pub uid: Option<&'a str>,
}

/// Enters an image: from then on, all paths are resolved in it.
pub fn host(asked: Asked<'_>, caller: Host) -> Result<Host> {
    let host = match asked.root {
        Some(folder) => of_image(folder, asked, caller)?,
        None => caller,
    };
    Ok(if asked.global { for_all_users(host) } else { host })
}

/// Neither a user nor a manager.
fn for_all_users(host: Host) -> Host {
    Host { global: true, home: None, runtime: None, runtime_is_foreign: false, session_bus: None, ..host }
}

fn of_image(folder: &Path, asked: Asked<'_>, caller: Host) -> Result<Host> {
    let refuse =
        |why: String, hint: Option<String>| Error::Value { what: format!("--root: `{}`", shown(folder)), why, hint };
    let at = match &caller.physical_folder {
        Some(current) => current.join(folder),
        None => folder.to_owned(),
    };
    let opened = Root::open(&at).map_err(|error| match error.kind() {
        _ if folder.as_os_str().is_empty() => refuse("is empty".into(), None),
        std::io::ErrorKind::NotFound => refuse("does not exist".into(), None),
        std::io::ErrorKind::NotADirectory => {
            let hint = "mount an image file first: sudo systemd-dissect --mount FILE DIR".to_owned();
            refuse("is not a directory".into(), Some(hint))
        }
        _ => refuse(format!("cannot be opened: {}", io_reason(&error)), None),
    })?;
    if !root::has_names_of_held() {
        let hint = "mount -t proc proc /proc".to_owned();
        return Err(refuse("requires /proc to be mounted".into(), Some(hint)));
    }
    if opened.is_that_of_this_process() && caller.booted && !caller.offline {
        let why = "is the root directory of this machine, whose systemd would not notice the changes".to_owned();
        return Err(refuse(why, Some("omit --root to manage this machine".into())));
    }
    let root = root::enter(opened);
    match tree::metadata("/etc") {
        Ok(metadata) if metadata.is_dir() => {}
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let hint = format!("check permissions: namei -l {}", shell::quote(root.path().join("etc")));
            return Err(refuse("cannot be read: permission denied".into(), Some(hint)));
        }
        _ => {
            let why = "is not the root directory of a system: it has no directory `etc`".to_owned();
            return Err(refuse(why, Some("give the directory that contains `etc` and `usr`".into())));
        }
    }
    let is_user = caller.given_scope == Some(Scope::User);
    let asked_by = match (is_user, asked.uid) {
        (true, Some(name)) => whose(name)?,
        (true, None) => {
            let mut hint = "name the user: --uid NAME".to_owned();
            let accounts = people();
            if !accounts.is_empty() {
                hint += &format!("\nusers of the image: {}", accounts.join(", "));
            }
            return Err(Error::Value {
                what: "--user".into(),
                why: "requires --uid with --root".into(),
                hint: Some(hint),
            });
        }
        (false, _) => {
            account::by_uid(0).unwrap_or_else(|| Account { name: "root".into(), uid: 0, home: "/root".into() })
        }
    };
    let home = is_user.then(|| Home {
        config: asked_by.home.join(".config"),
        data: asked_by.home.join(".local/share"),
        state: asked_by.home.join(".local/state"),
    });
    let inside = |folder: &Option<PathBuf>| folder.as_deref().and_then(|folder| root.inside(folder));
    Ok(Host {
        // Whoever can write to an image can do everything in it that its root can.
        euid: 0,
        image: Some(root.path().to_owned()),
        asked_by,
        folder: inside(&caller.physical_folder),
        physical_folder: inside(&caller.physical_folder),
        path: search_path(Some(USUAL_PATH.into())),
        home,
        runtime: None,
        runtime_is_foreign: false,
        session_bus: None,
        booted: false,
        offline: true,
        ..caller
    })
}

/// A user of the image, with a usable home directory.
fn whose(name: &str) -> Result<Account> {
    let unknown = || Error::NoAccount { kind: "user", name: shell::printable(name) };
    let account = account::by_name(name).ok_or_else(unknown)?;
    let refuse = |why: String, hint: Option<String>| Error::Value {
        what: format!("--uid {}", shell::quote(&account.name)),
        why,
        hint,
    };
    let Account { home, uid, .. } = &account;
    if !home.is_absolute() || home.components().any(|part| part == std::path::Component::ParentDir) {
        return Err(refuse(format!("has an invalid home directory: `{}`", shown(home)), None));
    }
    if !tree::is_dir(home) {
        let made = shown(&root::seen_from_outside(home));
        let hint = format!("sudo install -d -m 700 -o {uid} {}", shell::quote(&made));
        return Err(refuse(format!("has no home directory: `{}` does not exist", shown(home)), Some(hint)));
    }
    Ok(account)
}

/// Regular users, who have a user manager.
fn people() -> Vec<String> {
    let mut people: Vec<Account> = account::all();
    people.retain(|account| account.uid >= 1000 && account.uid < 60000);
    people.truncate(10);
    people.into_iter().map(|account| shell::printable(&account.name)).collect()
}
