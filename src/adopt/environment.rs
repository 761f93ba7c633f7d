//! Which variables of a process its service would lack. Values are never shown, as they can be secrets.

use std::ffi::{OsStr, OsString};

use crate::host::process::Process;
use crate::spec::{Variable, looks_secret};

/// Variables of sessions that no service needs: about the terminal, the desktop and the shell, and those that systemd sets
/// itself.
const SESSION_VARIABLES: [&str; 57] = [
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
const SESSION_PREFIXES: [&str; 15] = [
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

pub fn is_session_variable(name: &str) -> bool {
    SESSION_VARIABLES.contains(&name) || SESSION_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The variables that are not of the session, sorted by name.
pub fn own_variables(process: &Process) -> Vec<(&str, &OsStr)> {
    let all = process.environment.iter().flatten();
    let named = all.filter_map(|(name, value): (&OsString, &OsString)| Some((name.to_str()?, value.as_os_str())));
    named.filter(|(name, _)| !is_session_variable(name) && Variable::parse(name.as_bytes(), b"").is_ok()).collect()
}

/// The names of those that a service with these variables would lack.
pub fn missing<'a>(process: &'a Process, variables: &[Variable]) -> Vec<&'a str> {
    let has = |name: &str| variables.iter().any(|variable| variable.name() == name);
    own_variables(process).into_iter().map(|(name, _)| name).filter(|name| !has(name)).collect()
}

pub fn seems_secret(name: &str, value: &OsStr) -> bool {
    let value = value.to_string_lossy();
    looks_secret::named_so(name, &value) || looks_secret::by_form(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_variables_are_not_missing() {
        let names = ["HOME", "SSH_TTY", "_", "LC_ALL", "API_URL", "DEBUG", "PYTHONPATH", "PYTHONUNBUFFERED", "a.b"];
        let environment = names.into_iter().map(|name| (name.into(), "1".into())).collect();
        let process = Process { environment: Some(environment), ..Process::default() };
        let has = Variable::parse(b"PYTHONUNBUFFERED", b"1").unwrap();
        assert_eq!(missing(&process, &[has]), ["API_URL", "DEBUG", "PYTHONPATH"]);
    }
}
