//! Directories of the system manager and of user managers (systemd.unit(5), "Unit File Load Path").

use std::path::{Path, PathBuf};

pub const SYSTEM_UNIT_DIR: &str = "/etc/systemd/system";

/// Units of all user managers.
pub const GLOBAL_UNIT_DIR: &str = "/etc/systemd/user";

/// Exists if systemd is PID 1 (sd_booted(3)).
pub const BOOTED: &str = "/run/systemd/system";

/// Where the system manager records when timers last elapsed (`Persistent=`, systemd.timer(5)).
pub const STAMP_DIR: &str = "/var/lib/systemd/timers";

/// logind's files of lingering users (`loginctl enable-linger`).
pub const LINGER_DIR: &str = "/var/lib/systemd/linger";

/// The PATH that managers give to services by default (systemd.exec(5)): what it holds in every release.
pub const DEFAULT_PATH: [&str; 4] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];

/// In order of precedence.
pub fn system_search_path() -> Vec<PathBuf> {
    [
        "/etc/systemd/system.control",
        "/run/systemd/system.control",
        "/run/systemd/transient",
        "/run/systemd/generator.early",
        SYSTEM_UNIT_DIR,
        "/etc/systemd/system.attached",
        "/run/systemd/system",
        "/run/systemd/system.attached",
        "/run/systemd/generator",
        "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
        "/run/systemd/generator.late",
    ]
    .map(PathBuf::from)
    .to_vec()
}

/// In order of precedence. `config` and `data` are the user's XDG directories, `runtime` is `/run/user/UID`.
pub fn user_search_path(config: &Path, data: &Path, runtime: Option<&Path>) -> Vec<PathBuf> {
    let in_runtime = |name: &str| runtime.map(|dir| dir.join("systemd").join(name));
    let mut dirs: Vec<Option<PathBuf>> = vec![
        Some(config.join("systemd/user.control")),
        in_runtime("user.control"),
        in_runtime("transient"),
        in_runtime("generator.early"),
        Some(user_unit_dir(config)),
        Some(PathBuf::from("/etc/xdg/systemd/user")),
        Some(PathBuf::from(GLOBAL_UNIT_DIR)),
        in_runtime("user"),
        Some(PathBuf::from("/run/systemd/user")),
        in_runtime("generator"),
        Some(data.join("systemd/user")),
    ];
    dirs.extend(INSTALLED_FOR_USERS.map(|dir| Some(PathBuf::from(dir))));
    dirs.push(in_runtime("generator.late"));
    dirs.into_iter().flatten().collect()
}

/// Directories of packages.
const INSTALLED_FOR_USERS: [&str; 5] = [
    "/usr/local/share/systemd/user",
    "/usr/share/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
    "/lib/systemd/user",
];

/// The directories that all user managers read, in order of precedence.
pub fn global_search_path() -> Vec<PathBuf> {
    let first = ["/etc/xdg/systemd/user", GLOBAL_UNIT_DIR, "/run/systemd/user"];
    first.into_iter().chain(INSTALLED_FOR_USERS).map(PathBuf::from).collect()
}

/// The directory of `systemctl set-property --runtime`, which overrides permanent settings until a reboot. `runtime` is
/// the `/run/user/UID` of a user.
pub fn control_dir(runtime: Option<&Path>) -> PathBuf {
    match runtime {
        Some(runtime) => runtime.join("systemd/user.control"),
        None => PathBuf::from("/run/systemd/system.control"),
    }
}

pub fn user_unit_dir(config: &Path) -> PathBuf {
    config.join("systemd/user")
}
