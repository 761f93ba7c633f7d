//! What root runs, and what the system manager opens and writes as root, can be changed by nobody else.

use std::ffi::OsString;
use std::path::Path;

use super::executed::{self, Executed};
use super::manager_paths::{self, Access, ManagerPath};
use super::system_units::{SystemUnit, system_units};
use crate::host::Host;
use crate::host::writers;
use crate::model::command::{Command, run};
use crate::model::diagnostic::{Code, Details, Error, Note, PathComponent, Result, Subject};
use crate::model::message::{Message, message, opt, quoted, quoted_path, set};
use crate::resolve::Resolved;
use crate::spec::{Scope, ServiceSpec};

/// Refuses a service if others can change what root runs for it.
pub fn refuse_root_shell(resolved: &Resolved, host: &Host) -> Result<()> {
    let spec = &resolved.spec;
    for unit in units(spec) {
        if let Some((executed, path_components)) = changeable(&unit) {
            return Err(root_shell(&executed, path_components, &unit, spec, host));
        }
    }
    Ok(())
}

/// Refuses a command that root is about to run if others can change what it would run. `option` is how it was given.
pub fn refuse_root_command(option: &'static str, words: &[OsString], host: &Host) -> Result<()> {
    let directory = host.physical_dir.as_deref().unwrap_or_else(|| Path::new("/"));
    let unit = SystemUnit::of_command(words, directory, &host.environment);
    let Some((Executed { what, path, .. }, path_components)) = changeable(&unit) else { return Ok(()) };
    let who = writers::all_writers(&path_components);
    let message =
        message!("{}: root would run it, but {} can change {} {}", opt(option), who, &what, quoted_path(&path));
    let error = Error::new(Code::UnsafePath, message).about_option(option);
    let hint = message!("use a program and files that only root can write");
    Err(error.hint(hint).details(Details { path_components, ..Details::default() }))
}

/// The first thing that root executes or loads for a unit and that others can change, with the way to it.
fn changeable(unit: &SystemUnit) -> Option<(Executed, Vec<PathComponent>)> {
    executed::by_root(unit).into_iter().find_map(|executed| {
        let path_components = writers::path_components(&executed.path, executed.purpose);
        let is_open = path_components.iter().any(|place| !place.writers.is_empty());
        is_open.then_some((executed, path_components))
    })
}

/// Refuses a service if others can redirect what the system manager opens or writes for it.
pub fn refuse_manager_paths(spec: &ServiceSpec) -> Result<()> {
    let units = units(spec);
    for unit in &units {
        for path in manager_paths::of(unit).into_iter().filter(|path| path.access != Access::Watches) {
            if let Some(path_components) = path.open_components(&units) {
                return Err(redirected(&path, path_components, spec));
            }
        }
    }
    Ok(())
}

/// Which users other than the service's decide when a service starts.
pub fn watched_paths(spec: &ServiceSpec) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let units = units(spec);
    for unit in &units {
        for path in manager_paths::of(unit).into_iter().filter(|path| path.access == Access::Watches) {
            let path_components = path.open_components(&units).unwrap_or_default();
            let is_other = |who: &String| Some(who.as_str()) != spec.effective_account();
            if path_components.iter().flat_map(|place| &place.writers).any(is_other) {
                let (who, name) = (writers::all_writers(&path_components), &spec.name);
                let place = quoted_path(&path.path);
                let note =
                    message!("{} can change {}, which decides when {} starts ({}=)", who, place, name, path.directive);
                notes.push(note.into());
            }
        }
    }
    notes.dedup();
    notes
}

/// Refuses to write as root where others control the directory: a user could have made it a
/// link into a home. Nothing goes on from there, not even by force.
pub fn refuse_foreign_way(scope: Scope, host: &Host) -> Result<()> {
    match host.unit_dir(scope) {
        Some(dir) if scope == Scope::System => writers::refuse_foreign_way(&dir, host),
        _ => Ok(()),
    }
}

/// User managers have no privileges.
fn units(spec: &ServiceSpec) -> Vec<SystemUnit> {
    if spec.scope == Scope::System { system_units(spec) } else { Vec::new() }
}

fn root_shell(
    executed: &Executed,
    path_components: Vec<PathComponent>,
    unit: &SystemUnit,
    spec: &ServiceSpec,
    host: &Host,
) -> Error {
    let Executed { what, path, .. } = executed;
    let (who, name) = (writers::all_writers(&path_components), &spec.name);
    let runs_as_root = executed::runs_as_root(unit);
    let message = match runs_as_root {
        true => message!("{} would run as root, but {} can change {} {}", name, who, what, quoted_path(path)),
        false => {
            message!("root would run a command of {}, but {} can change {} {}", name, who, what, quoted_path(path))
        }
    };
    let place = match what.as_ref() {
        "the program" => moved("755", path, "/usr/local/bin"),
        "the script" => moved("755", path, &format!("/usr/local/lib/{name}")),
        "the environment file" => moved("600", path, &format!("/etc/{name}")),
        "the interpreter" => message!("or use an interpreter that only root can write, such as the system's"),
        "the working directory" => {
            message!("or run it where only root can write: {}", set("working-directory", "DIR"))
        }
        _ => message!("or use a path that only root can write"),
    };
    let user = if host.asked_by.uid == 0 { "USER" } else { &host.asked_by.name };
    let other_user = runs_as_root.then(|| message!("run it as another user: {}", set("uid", user)));
    let force = message!("use {} to install it anyway; users who can change it can then become root", opt("force"));
    let error = Error::new(Code::UnsafePath, message).service(name);
    error.hints(other_user.into_iter().chain([place, force])).details(Details { path_components, ..Details::default() })
}

fn moved(mode: &str, path: &Path, directory: &str) -> Message {
    message!("or move it to where only root can write: {}", install(mode, path, directory))
}

fn install(mode: &str, path: &Path, directory: &str) -> Command {
    let target = Path::new(directory).join(path.file_name().unwrap_or_default());
    run("install").args(["-D", "-m", mode]).path(path).path(target).as_root()
}

fn redirected(found: &ManagerPath, path_components: Vec<PathComponent>, spec: &ServiceSpec) -> Error {
    let ManagerPath { directive, what, access, path } = found;
    let (who, place, name) = (writers::all_writers(&path_components), quoted_path(path), &spec.name);
    let message = match access {
        Access::Creates | Access::Gives | Access::Replaces => {
            message!("systemd creates {} {} as root, but {} can redirect it", what, place, who)
        }
        Access::Mounts => message!("systemd mounts {} {} as root, but {} can replace it", what, place, who),
        Access::Opens | Access::Watches => {
            message!("systemd opens {} {} as root, but {} can replace it", what, place, who)
        }
    };
    let is_typed = spec.property_sets(directive);
    let file = path.file_name().unwrap_or_default();
    let option = match directive.as_str() {
        _ if is_typed => "property",
        "EnvironmentFile" => "environment-file",
        "LoadCredential" => "secret",
        "StandardOutput" | "StandardError" => "log-file",
        _ => "listen",
    };
    let in_run = Path::new("/run").join(name.as_str()).join(file);
    let hint = match directive.as_str() {
        "EnvironmentFile" | "LoadCredential" | "LoadCredentialEncrypted" => {
            message!("move it to where only root can write: {}", install("600", path, &format!("/etc/{name}")))
        }
        "StandardOutput" | "StandardError" => {
            message!("let the service's user open it: {}", set("log-file", path))
        }
        "ListenStream" | "ListenDatagram" if !is_typed => {
            message!("use a directory that only root can write: {}", set("listen", &in_run))
        }
        _ if matches!(access, Access::Replaces) => {
            message!(
                "use a directory that only root can write: {}",
                quoted(format!("{directive}={}", in_run.display()))
            )
        }
        _ => message!("use a path that only root can write"),
    };
    let consequence = match access {
        Access::Opens | Access::Watches => "users who can replace it can then make systemd read any file, or block it",
        Access::Creates | Access::Gives | Access::Replaces => {
            "users who can redirect it can then make root create and change other files"
        }
        Access::Mounts => "users who can replace it can then become root through its content",
    };
    let force = message!("use {} to install it anyway; {}", opt("force"), consequence);
    let error = Error::new(Code::UnsafePath, message).service(name).about(Subject::option(option));
    error.hints([hint, force]).details(Details { path_components, ..Details::default() })
}
