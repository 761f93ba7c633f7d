//! Programs that belong to a login session: without them the session ends or locks its user out.

use std::ffi::OsStr;
use std::path::Path;

use crate::host::process::Process;

const LOGIN: &str = "keeps a user logged in";

/// Names of programs, and the end of a sentence about them.
const PROGRAMS: [(&[&str], &str); 8] = [
    (&["systemd", "(sd-pam)", "init"], "is a service manager"),
    (&["sshd", "sshd-session", "login", "su", "sudo", "runuser", "doas", "agetty", "getty", "mosh-server"], LOGIN),
    (&["ssh", "mosh-client", "telnet"], "is an open connection to another machine"),
    (&["tmux", "tmux: server", "screen", "SCREEN", "zellij"], "is a terminal multiplexer"),
    (&["dbus-daemon", "dbus-broker", "dbus-broker-launch", "dbus-broker-lau"], "is the message bus of a session"),
    (
        &["gpg-agent", "ssh-agent", "dirmngr", "scdaemon", "keyboxd", "gnome-keyring-daemon", "gnome-keyring-d"],
        "keeps the keys of a session",
    ),
    (
        &["Xorg", "Xwayland", "X", "gnome-shell", "kwin_wayland", "kwin_x11", "sway"],
        "is the display server of a session",
    ),
    (&["pulseaudio", "pipewire", "pipewire-pulse", "wireplumber"], "is the sound server of a session"),
];

const SHELLS: [&str; 9] = ["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish", "tcsh"];

/// Whether a program logs a user in: its children are the session.
pub fn is_login(process: &Process) -> bool {
    reason(process) == Some(LOGIN)
}

/// What a process does for a session, if anything.
pub fn reason(process: &Process) -> Option<&'static str> {
    if is_interactive(process) {
        return Some("is an interactive shell");
    }
    let argument = process.command.first().map(OsStr::new).and_then(file_name);
    let program = process.program.as_ref().and_then(|place| file_name(place.path.as_os_str()));
    let names = [Some(process.name.as_str()), argument, program];
    let is_one = |known: &&str| names.iter().flatten().any(|name| name == known);
    PROGRAMS.iter().find(|(programs, _)| programs.iter().any(is_one)).map(|(_, reason)| *reason)
}

/// A shell without a script or `-c`.
fn is_interactive(process: &Process) -> bool {
    let Some((first, others)) = process.command.split_first() else { return false };
    let name = file_name(first).unwrap_or_default().trim_start_matches('-');
    let has_line = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('c');
    SHELLS.contains(&name)
        && others.iter().all(|word| word.to_str().is_some_and(|word| word.starts_with('-') && !has_line(word)))
}

fn file_name(word: &OsStr) -> Option<&str> {
    Path::new(word).file_name()?.to_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_interactive_shells_count() {
        let process = |line: &str| Process { command: line.split(' ').map(Into::into).collect(), ..Process::default() };
        for line in ["-bash", "/bin/sh", "zsh -i", "bash --login", "sshd: ann", "tmux new", "/usr/bin/ssh-agent -D"] {
            let expected = !line.starts_with("sshd:");
            assert_eq!(reason(&process(line)).is_some(), expected, "{line}");
        }
        for line in ["sh -c true", "bash -ec true", "./run.sh", "sh run.sh", "bash -x run", "python3 ssh.py"] {
            assert_eq!(reason(&process(line)), None, "{line}");
        }
        let by_name = Process { name: "sshd".into(), ..process("sshd: ann [priv]") };
        assert_eq!(reason(&by_name), Some("keeps a user logged in"));
    }
}
