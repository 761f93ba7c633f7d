//! Facts about this machine or image: users, processes, files, programs and the environment.

pub mod access;
pub mod account;
pub mod clock;
pub mod compiles;
pub mod container;
pub mod environment_file;
pub mod executable;
pub mod image;
pub mod instances;
pub mod interpreter;
pub mod listen;
pub mod log_file;
pub mod lookup;
pub mod probe;
pub mod process;
pub mod provided;
pub mod release;
pub mod resources;
pub mod root;
pub mod script;
pub mod secrets;
pub mod service_environment;
pub mod sockets;
pub mod target;
pub mod text_file;
pub mod time_zone;
pub mod tool;
pub mod tree;
pub mod trust;
pub mod virtual_environment;
pub mod writers;
pub mod wsl;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

pub use account::Account;

use process::Process;
use target::Target;

use crate::model::{GivenScope, Scope};
use crate::systemd::directives::value::boolean;
use crate::systemd::directories;

/// This machine or an image, and the caller.
#[derive(Debug, Clone)]
pub struct Host {
    pub euid: u32,
    /// The caller, or the user behind `sudo`.
    pub asked_by: Account,
    /// True if a user other than root is behind a process of root (`sudo`).
    pub elevated: bool,
    /// The file of mkservice itself, if sudo would not find it by its name: most often it runs with a search path of its
    /// own (sudoers(5), `secure_path`).
    pub own_program: Option<PathBuf>,
    /// The working directory as the shell shows it; `None` if it was deleted.
    pub dir: Option<PathBuf>,
    /// The same of this machine, even if the host is an image.
    pub here: Option<PathBuf>,
    /// Without links, as the kernel resolves relative paths.
    pub physical_dir: Option<PathBuf>,
    pub environment: BTreeMap<OsString, OsString>,
    /// The directories in PATH.
    pub path: Vec<PathBuf>,
    /// VISUAL and EDITOR.
    pub editors: Vec<OsString>,
    /// The editor runs as the user behind sudo, whose editor it is.
    pub edits_as_user: bool,
    /// `None` if the caller has no home directory.
    pub home: Option<Home>,
    /// `/run/user/UID`, if it exists and belongs to the caller.
    pub runtime: Option<PathBuf>,
    /// True if XDG_RUNTIME_DIR belongs to another user.
    pub runtime_is_foreign: bool,
    pub session_bus: Option<String>,
    /// `DBUS_SYSTEM_BUS_ADDRESS`, or the default socket.
    pub system_bus: String,
    /// Puts a process into a scope unit.
    pub enclose: probe::Enclose,
    pub target: Target,
    pub given_scope: Option<GivenScope>,
}

#[derive(Debug, Clone)]
pub struct Home {
    pub config: PathBuf,
    pub data: PathBuf,
    pub state: PathBuf,
}

#[expect(clippy::disallowed_methods, reason = "the environment is read here, once")]
impl Host {
    pub fn observe() -> Host {
        Host::looked_at(true)
    }

    /// Without this machine's users.
    pub fn for_image() -> Host {
        Host::looked_at(false)
    }

    fn looked_at(accounts: bool) -> Host {
        let environment: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        let variable = |name: &str| environment.get(OsStr::new(name)).filter(|value| !value.is_empty()).cloned();
        let euid = rustix::process::geteuid().as_raw();
        let caller = if accounts { account::by_uid(euid) } else { None };
        let home = home(&variable, caller.as_ref());
        let behind = if euid == 0 && accounts { account::behind_sudo(&variable) } else { None };
        let by_sudo = || euid == 0 && variable("SUDO_UID").is_some_and(|uid| uid != "0");
        let physical_dir = std::env::current_dir().ok();
        let is_running = Path::new(directories::BOOTED).is_dir() && !is_offline(&environment);
        let runtime = Runtime::of(euid, variable("XDG_RUNTIME_DIR"));
        Host {
            euid,
            own_program: std::env::current_exe().ok().filter(|path| !is_in_usual_path(path)),
            elevated: behind.is_some() || (!accounts && by_sudo()),
            asked_by: behind.or(caller).unwrap_or_else(|| Account::nameless(euid)),
            dir: shell_dir(variable("PWD"), physical_dir.as_deref()),
            here: shell_dir(variable("PWD"), physical_dir.as_deref()),
            physical_dir,
            path: search_path(variable("PATH")),
            editors: ["VISUAL", "EDITOR"].into_iter().filter_map(variable).collect(),
            edits_as_user: false,
            home,
            runtime: runtime.dir,
            runtime_is_foreign: runtime.foreign,
            session_bus: variable("DBUS_SESSION_BUS_ADDRESS").and_then(|address| address.into_string().ok()),
            system_bus: variable("DBUS_SYSTEM_BUS_ADDRESS")
                .and_then(|address| address.into_string().ok())
                .unwrap_or_else(|| "unix:path=/run/dbus/system_bus_socket".into()),
            enclose: |_, _, _| None,
            target: if is_running { Target::Running } else { Target::Offline },
            given_scope: None,
            environment,
        }
    }

    /// The host as another process sees it: with its working directory, environment and PATH, but the same caller.
    pub fn seen_by(&self, process: &Process) -> Host {
        let variable = |name: &str| process.variable(name).map(OsStr::to_owned);
        let physical_dir = process.dir.as_ref().filter(|dir| dir.is_there).map(|place| place.path.clone());
        Host {
            dir: shell_dir(variable("PWD"), physical_dir.as_deref()),
            physical_dir,
            path: search_path(variable("PATH")),
            environment: process.environment.clone().unwrap_or_default(),
            ..self.clone()
        }
    }

    /// Whether a file's owner is the owner of a scope's services: root or the user.
    pub fn is_own(&self, owner: u32, scope: Scope) -> bool {
        let by_image = self.root().is_some_and(|root| owner == root.owner() || owner == self.asked_by.uid);
        match scope {
            Scope::System => owner == 0 || by_image,
            Scope::User => owner == self.euid || by_image,
        }
    }

    /// True if SYSTEMD_OFFLINE forbids talking to systemd, whether it is running or not.
    pub fn is_told_offline(&self) -> bool {
        is_offline(&self.environment)
    }

    /// True for root without sudo.
    pub fn is_root(&self) -> bool {
        self.euid == 0 && !self.elevated
    }

    /// Where unit files are installed; `None` for a user without a home directory.
    pub fn unit_dir(&self, scope: Scope) -> Option<PathBuf> {
        match scope {
            Scope::System => Some(PathBuf::from(directories::SYSTEM_UNIT_DIR)),
            Scope::User if self.is_global() => Some(PathBuf::from(directories::GLOBAL_UNIT_DIR)),
            Scope::User => self.home.as_ref().map(|home| directories::user_unit_dir(&home.config)),
        }
    }

    /// Where the manager of a scope records when timers last elapsed.
    pub fn stamp_dir(&self, scope: Scope) -> Option<PathBuf> {
        match scope {
            Scope::System => Some(PathBuf::from(directories::STAMP_DIR)),
            Scope::User => self.home.as_ref().map(|home| home.data.join("systemd/timers")),
        }
    }

    /// The directories of units of a scope, in order of precedence.
    pub fn unit_search_path(&self, scope: Scope) -> Vec<PathBuf> {
        match (scope, &self.home) {
            (Scope::System, _) => directories::system_search_path(),
            (Scope::User, Some(home)) => {
                directories::user_search_path(&home.config, &home.data, self.runtime.as_deref())
            }
            (Scope::User, None) if self.is_global() => directories::global_search_path(),
            (Scope::User, None) => Vec::new(),
        }
    }
}

/// The default of shells, and systemd's default for services.
pub const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

fn is_in_usual_path(program: &Path) -> bool {
    program.file_name() == Some(OsStr::new("mkservice"))
        && std::env::split_paths(USUAL_PATH).any(|directory| program.parent() == Some(&directory))
}

fn search_path(variable: Option<OsString>) -> Vec<PathBuf> {
    std::env::split_paths(&variable.unwrap_or_else(|| USUAL_PATH.into())).collect()
}

/// See systemctl(1), "Environment".
fn is_offline(environment: &BTreeMap<OsString, OsString>) -> bool {
    environment.get(OsStr::new("SYSTEMD_OFFLINE")).and_then(|value| boolean(value.to_str()?)) == Some(true)
}

/// The XDG directories; relative paths are ignored by the specification.
///
/// Without HOME, the passwd entry is used: `dirs` would ask the C library, and a static one loads NSS modules of the machine,
/// which may be of another version.
fn home(variable: &dyn Fn(&str) -> Option<OsString>, caller: Option<&Account>) -> Option<Home> {
    if variable("HOME").is_some() {
        return Some(Home { config: dirs::config_dir()?, data: dirs::data_dir()?, state: dirs::state_dir()? });
    }
    let home = &caller?.home;
    let dir = |name: &str, usual: &str| {
        let named = variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        named.unwrap_or_else(|| home.join(usual))
    };
    Some(Home {
        config: dir("XDG_CONFIG_HOME", ".config"),
        data: dir("XDG_DATA_HOME", ".local/share"),
        state: dir("XDG_STATE_HOME", ".local/state"),
    })
}

struct Runtime {
    dir: Option<PathBuf>,
    foreign: bool,
}

impl Runtime {
    /// XDG_RUNTIME_DIR if it belongs to the caller, otherwise the directory that logind creates: `su` and `sudo -u`
    /// unset the variable or leave that of another user.
    #[expect(clippy::disallowed_methods, reason = "the runtime directory of this machine")]
    fn of(euid: u32, named: Option<OsString>) -> Runtime {
        let owned = |dir: &PathBuf| dir.metadata().is_ok_and(|metadata| metadata.uid() == euid);
        let named = named.map(PathBuf::from);
        let foreign = named.as_ref().is_some_and(|dir| dir.exists() && !owned(dir));
        let usual = PathBuf::from(format!("/run/user/{euid}"));
        Runtime { dir: named.into_iter().chain([usual]).find(owned), foreign }
    }
}

/// PWD, if it is the working directory: the shell keeps links in it that the kernel has resolved.
#[expect(clippy::disallowed_methods, reason = "the working directory of this process")]
fn shell_dir(pwd: Option<OsString>, physical: Option<&Path>) -> Option<PathBuf> {
    let physical = physical?;
    let same = |dir: &PathBuf| {
        let plain = dir.is_absolute() && !dir.components().any(|part| part == std::path::Component::ParentDir);
        let ids = |path: &Path| path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()));
        plain && ids(dir).is_some() && ids(dir) == ids(physical)
    };
    let logical = pwd.map(PathBuf::from).filter(same).map(|dir| dir.components().collect());
    Some(logical.unwrap_or_else(|| physical.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_home_the_dirs_are_where_the_variables_or_the_account_have_them() {
        let ann = Account { name: "ann".into(), uid: 1000, home: "/home/ann".into() };
        for (set, caller, config, data) in [
            (&[("XDG_CONFIG_HOME", "c")][..], Some(&ann), Some("/home/ann/.config"), "/home/ann/.local/share"),
            (&[("XDG_CONFIG_HOME", "/c")], Some(&ann), Some("/c"), "/home/ann/.local/share"),
            (&[], Some(&ann), Some("/home/ann/.config"), "/home/ann/.local/share"),
            (&[], None, None, ""),
        ] {
            let variable = |name: &str| set.iter().find(|(of, _)| *of == name).map(|(_, value)| OsString::from(value));
            let home = home(&variable, caller);
            assert_eq!(home.as_ref().map(|home| home.config.as_path()), config.map(Path::new), "{set:?}");
            assert!(home.is_none_or(|home| home.data == Path::new(data)), "{set:?}");
        }
    }
}
