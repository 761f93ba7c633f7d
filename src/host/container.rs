//! Whether a service can reach the engine of its containers.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::{Account, Host, account, tree};
use crate::model::Scope;
use crate::runtime::command;
use crate::runtime::container::{self, Engine};

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct EngineFacts {
    /// The manager of the scope has the unit of the engine.
    pub has_unit: bool,
    /// The user of the service, if the engine refuses that user.
    pub refuses: Option<String>,
}

/// `runs_as` is the user of the service.
pub fn find(typed: &[OsString], scope: Scope, runs_as: &Account, host: &Host) -> EngineFacts {
    let words = command::of_service(typed).words;
    let Some(container) = container::of(&words[command::unwrapped(&words)..]) else { return EngineFacts::default() };
    let Engine { daemon: Some(unit), .. } = container.engine else { return EngineFacts::default() };
    let dirs = host.unit_dir(scope).into_iter().chain(host.unit_search_path(scope));
    let has_unit = dirs.map(|dir| dir.join(unit)).any(|path| tree::exists(&path));
    let is_elsewhere = container.is_remote() || host.environment.contains_key(OsStr::new("DOCKER_HOST"));
    let can_tell = !is_elsewhere && host.image().is_none();
    let refuses = (can_tell && !is_reached(scope, runs_as, host)).then(|| runs_as.name.clone());
    EngineFacts { has_unit, refuses }
}

/// Docker listens for root and its group, or without root for one user. Where there is neither its socket nor its group,
/// the program is another one.
fn is_reached(scope: Scope, runs_as: &Account, host: &Host) -> bool {
    let Some(group) = account::group_id("docker") else { return true };
    let own_socket = host.runtime.as_ref().filter(|_| scope == Scope::User).map(|dir| dir.join("docker.sock"));
    let is_open = || {
        let may = rustix::fs::access(Path::new("/run/docker.sock"), rustix::fs::Access::WRITE_OK).is_ok();
        may && host.euid == runs_as.uid
    };
    runs_as.uid == 0
        || account::group_ids(&runs_as.name).is_none_or(|groups| groups.contains(&group))
        || own_socket.is_some_and(|socket| tree::exists(&socket))
        || is_open()
}
