//! The host of an image that is not running (`--root`), and of all users (`--global`).

use std::path::Path;

use super::account::Kind;
use super::root::{self, Root};
use super::target::Target;
use super::{Account, Home, Host, USUAL_PATH, account, search_path, tree};
use crate::model::GivenScope;
use crate::model::command::run;
use crate::model::diagnostic::{Error, Result};
use crate::model::message::{Message, io_reason, message, opt, quoted, set};

/// The options that select a host.
#[derive(Debug, Clone, Copy)]
pub struct HostOptions<'a> {
    pub root: Option<&'a Path>,
    pub global: bool,
    pub uid: Option<&'a str>,
}

/// Enters an image: from then on, all paths are resolved in it.
pub fn host(asked: HostOptions<'_>, caller: Host) -> Result<Host> {
    let host = match asked.root {
        Some(directory) => of_image(directory, asked, caller)?,
        None => caller,
    };
    Ok(if asked.global { for_all_users(host) } else { host })
}

/// Neither a user nor a manager.
fn for_all_users(host: Host) -> Host {
    let given_scope = Some(GivenScope::Global);
    Host { given_scope, home: None, runtime: None, runtime_is_foreign: false, session_bus: None, ..host }
}

fn of_image(directory: &Path, asked: HostOptions<'_>, caller: Host) -> Result<Host> {
    let root = entered(directory, &caller)?;
    let is_user = caller.given_scope == Some(GivenScope::User);
    let asked_by = match (is_user, asked.uid) {
        (true, Some(name)) => user(name)?,
        (true, None) => return Err(user_missing()),
        (false, _) => {
            account::by_uid(0).unwrap_or_else(|| Account { name: "root".into(), uid: 0, home: "/root".into() })
        }
    };
    let home = is_user.then(|| Home {
        config: asked_by.home.join(".config"),
        data: asked_by.home.join(".local/share"),
        state: asked_by.home.join(".local/state"),
    });
    let inside = caller.physical_dir.as_deref().and_then(|directory| root.inside(directory));
    Ok(Host {
        // A user who can write to an image can do everything in it that its root can.
        euid: 0,
        asked_by,
        dir: inside.clone(),
        physical_dir: inside,
        path: search_path(Some(USUAL_PATH.into())),
        home,
        runtime: None,
        runtime_is_foreign: false,
        session_bus: None,
        target: Target::Image(root),
        ..caller
    })
}

/// Opens and enters the root directory of an image.
fn entered(directory: &Path, caller: &Host) -> Result<&'static Root> {
    let refuse =
        |why: &str| Error::invalid(message!("{}: {} {}", opt("root"), quoted(directory), why)).about_option("root");
    let at = match &caller.physical_dir {
        Some(current) => current.join(directory),
        None => directory.to_owned(),
    };
    let opened = Root::open(&at).map_err(|error| match error.kind() {
        _ if directory.as_os_str().is_empty() => refuse("is empty"),
        std::io::ErrorKind::NotFound => refuse("does not exist"),
        std::io::ErrorKind::NotADirectory => {
            let mount = run("systemd-dissect").args(["--mount", "FILE", "DIR"]).as_root();
            refuse("is not a directory").hint(message!("mount an image file first: {}", mount))
        }
        _ => refuse(&format!("cannot be opened: {}", io_reason(&error))),
    })?;
    if !root::has_names_of_held() {
        let mount = run("mount").args(["-t", "proc", "proc", "/proc"]);
        return Err(refuse("requires /proc to be mounted").hint(mount));
    }
    if opened.is_that_of_this_process() && caller.is_running() {
        let error = refuse("is the root directory of this machine, whose systemd would not notice the changes");
        return Err(error.hint(message!("omit {} to manage this machine", opt("root"))));
    }
    let root = root::enter(opened);
    match tree::metadata("/etc") {
        Ok(metadata) if metadata.is_dir() => Ok(root),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let check = run("namei").arg("-l").arg(root.path().join("etc"));
            Err(refuse("cannot be read: permission denied").hint(message!("check permissions: {}", check)))
        }
        _ => {
            let error = refuse("is not the root directory of a system: it has no directory `etc`");
            Err(error.hint("give the directory that contains `etc` and `usr`"))
        }
    }
}

fn user_missing() -> Error {
    let error = Error::invalid(message!("{} requires {} with {}", opt("user"), opt("uid"), opt("root")));
    let mut users = account::all();
    users.retain(|account| REGULAR_USERS.contains(&account.uid));
    users.truncate(10);
    let names: Vec<&str> = users.iter().map(|account| account.name.as_str()).collect();
    let list = (!names.is_empty()).then(|| message!("users of the image: {}", names.join(", ")));
    error.about_option("user").hint(message!("name the user: {}", set("uid", "NAME"))).hints(list)
}

/// The users who have a user manager.
const REGULAR_USERS: std::ops::Range<u32> = 1000..60000;

/// A user of the image, with a usable home directory.
fn user(name: &str) -> Result<Account> {
    let account = account::by_name(name).ok_or_else(|| account::not_found(Kind::User, name).about_option("uid"))?;
    let refuse =
        |why: Message| Error::invalid(message!("the user {} {}", quoted(&account.name), why)).about_option("uid");
    let Account { home, uid, .. } = &account;
    if !home.is_absolute() || home.components().any(|part| part == std::path::Component::ParentDir) {
        return Err(refuse(message!("has an invalid home directory: {}", quoted(home))));
    }
    if !tree::is_dir(home) {
        let create = run("install").args(["-d", "-m", "700", "-o", &uid.to_string()]).path(home).as_root();
        return Err(refuse(message!("has no home directory: {} does not exist", quoted(home))).hint(create));
    }
    Ok(account)
}
