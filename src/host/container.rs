//! Whether a service can reach the engine of its containers.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::lookup::{self, Program};
use super::probe::{self, ProbeOutcome, Setting};
use super::{Account, Host, account, tree, trust};
use crate::model::Scope;
use crate::runtime::command;
use crate::runtime::container::{self, Container, Engine, Verb};

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct EngineFacts {
    /// The manager of the scope has the unit of the engine.
    pub has_unit: bool,
    /// The user of the service, if the engine refuses that user.
    pub refuses: Option<String>,
    /// A stopped container has the name that the service would give its container.
    pub has_stopped: bool,
    /// The containers are those of root.
    pub is_roots: bool,
}

/// `setting` is for questions to the engine, `runs_as` the user of the service.
pub fn find(typed: &[OsString], scope: Scope, runs_as: &Account, setting: &Setting<'_>) -> EngineFacts {
    let host = setting.host;
    let words = command::of_service(typed).words;
    let command = &words[command::unwrapped(&words)..];
    let Some(container) = container::of(command) else { return EngineFacts::default() };
    let facts = of_daemon(&container, scope, runs_as, host);
    // Users who do not run the service may have a container of that name as well.
    let is_own = setting.account.map_or(host.euid, |(account, _)| account.uid) == runs_as.uid;
    let can_ask = is_own && host.is_running() && facts.refuses.is_none();
    EngineFacts {
        has_stopped: can_ask && has_stopped(&container, command, setting),
        is_roots: runs_as.uid == 0,
        ..facts
    }
}

/// Asks the engine whether a stopped container keeps the name.
fn has_stopped(container: &Container, command: &[OsString], setting: &Setting<'_>) -> bool {
    const STOPPED: [&str; 5] = ["created", "configured", "exited", "stopped", "dead"];
    let Some(name) = container.own_name(command).filter(|_| container.verb == Verb::Run) else { return false };
    if container.has(&["--replace"]) {
        return false;
    }
    let mut words = container.other_command(command, &["inspect", "--format", "{{.State.Status}}"]);
    words.push(name.to_owned());
    let Program::Found { path, .. } = lookup::program(&words[0], setting.host) else { return false };
    words[0] = path.into();
    let uid = setting.account.map_or(setting.host.euid, |(account, _)| account.uid);
    if trust::writer_of_command(&words, setting.dir, setting.environment, uid).is_some() {
        return false;
    }
    match probe::run_given(&words, setting) {
        ProbeOutcome::Exited { success: true, stdout, .. } => STOPPED.contains(&stdout.trim()),
        _ => false,
    }
}

fn of_daemon(container: &Container, scope: Scope, runs_as: &Account, host: &Host) -> EngineFacts {
    let Engine { daemon: Some(unit), .. } = container.engine else { return EngineFacts::default() };
    let dirs = host.unit_dir(scope).into_iter().chain(host.unit_search_path(scope));
    let has_unit = dirs.map(|dir| dir.join(unit)).any(|path| tree::exists(&path));
    let is_elsewhere = container.is_remote() || host.environment.contains_key(OsStr::new("DOCKER_HOST"));
    let can_tell = !is_elsewhere && host.image().is_none();
    let refuses = (can_tell && !is_reached(scope, runs_as, host)).then(|| runs_as.name.clone());
    EngineFacts { has_unit, refuses, ..EngineFacts::default() }
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
