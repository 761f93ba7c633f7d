//! Which variables of a process its service would lack, and which of them could matter.
//!
//! Variables are named, never shown: they are where people keep their secrets.

use std::ffi::{OsStr, OsString};

use crate::host::process::Process;
use crate::spec::{Variable, looks_secret};

/// What every session has and no service needs: the place somebody sits at, how their shell looks,
/// what the manager sets itself, and what only led to the program that runs now.
const OF_SESSION: [&str; 57] = [
    "_",
    "CLUTTER_IM_MODULE",
    "COLORFGBG",
    "COLORTERM",
    "COLUMNS",
    "CREDENTIALS_DIRECTORY",
    "DBUS_SESSION_BUS_ADDRESS",
    "DBUS_STARTER_ADDRESS",
    "DEBUGINFOD_URLS",
    "DESKTOP_SESSION",
    "DISPLAY",
    "EDITOR",
    "GPG_AGENT_INFO",
    "GPG_TTY",
    "HISTCONTROL",
    "HISTFILE",
    "HISTSIZE",
    "HOME",
    "HOSTNAME",
    "HOSTTYPE",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LANG",
    "LANGUAGE",
    "LESS",
    "LESSCLOSE",
    "LESSOPEN",
    "LINES",
    "LOGNAME",
    "LS_COLORS",
    "MACHTYPE",
    "MAIL",
    "MANAGERPID",
    "NOTIFY_SOCKET",
    "OLDPWD",
    "OSTYPE",
    "PAGER",
    "PATH",
    "PROMPT_COMMAND",
    "PS1",
    "PWD",
    "SESSION_MANAGER",
    "SHELL",
    "SHLVL",
    "STY",
    "SYSTEMD_EXEC_PID",
    "TERM",
    "TMUX",
    "TMUX_PANE",
    "USER",
    "USERNAME",
    "VIRTUAL_ENV",
    "VIRTUAL_ENV_PROMPT",
    "VISUAL",
    "WAYLAND_DISPLAY",
    "WINDOWID",
    "XAUTHORITY",
];
const FAMILIES_OF_SESSION: [&str; 15] = [
    "ALACRITTY_",
    "BASH_FUNC_",
    "GDM",
    "GNOME_",
    "GTK_",
    "KDE_",
    "KITTY_",
    "KONSOLE_",
    "LC_",
    "QT_",
    "SSH_",
    "SUDO_",
    "TERM_",
    "VTE_",
    "XDG_",
];

/// Whether a variable is one that every session has, and no service needs.
pub fn is_of_session(name: &str) -> bool {
    OF_SESSION.contains(&name) || FAMILIES_OF_SESSION.iter().any(|family| name.starts_with(family))
}

/// The variables of a process that are more than those of a session, in the order of their names.
pub fn of_its_own(process: &Process) -> Vec<(&str, &OsStr)> {
    let all = process.environment.iter().flatten();
    let named = all.filter_map(|(name, value): (&OsString, &OsString)| Some((name.to_str()?, value.as_os_str())));
    named.filter(|(name, _)| !is_of_session(name) && Variable::parse(name.as_bytes(), b"").is_ok()).collect()
}

/// The names of those that a service with these variables would not have.
pub fn missing<'a>(process: &'a Process, variables: &[Variable]) -> Vec<&'a str> {
    let has = |name: &str| variables.iter().any(|variable| variable.name() == name);
    of_its_own(process).into_iter().map(|(name, _)| name).filter(|name| !has(name)).collect()
}

/// True when a variable most likely holds what nobody else should see.
pub fn seems_secret(name: &str, value: &OsStr) -> bool {
    let value = value.to_string_lossy();
    looks_secret::named_so(name, &value) || looks_secret::by_form(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_set_is_told_from_what_the_session_set() {
        let names = ["HOME", "SSH_TTY", "_", "LC_ALL", "API_URL", "DEBUG", "PYTHONPATH", "PYTHONUNBUFFERED", "a.b"];
        let environment = names.into_iter().map(|name| (name.into(), "1".into())).collect();
        let process = Process { environment: Some(environment), ..Process::default() };
        let has = Variable::parse(b"PYTHONUNBUFFERED", b"1").unwrap();
        assert_eq!(missing(&process, &[has]), ["API_URL", "DEBUG", "PYTHONPATH"]);
    }
}
