//! The programs that keep a session going, as one table: nobody means them to be services, and a
//! session ends, or locks its user out, where they end.

use std::ffi::OsStr;
use std::path::Path;

use crate::host::process::Process;

const LOGIN: &str = "keeps somebody logged in";

/// Names of programs, and what they are, as the end of a sentence.
const PROGRAMS: [(&[&str], &str); 8] = [
    (&["systemd", "(sd-pam)", "init"], "is a service manager itself"),
    (&["sshd", "sshd-session", "login", "su", "sudo", "runuser", "doas", "agetty", "getty", "mosh-server"], LOGIN),
    (&["ssh", "mosh-client", "telnet"], "is a way to another machine that somebody has open"),
    (&["tmux", "tmux: server", "screen", "SCREEN", "zellij"], "is the server of terminals that somebody uses"),
    (&["dbus-daemon", "dbus-broker", "dbus-broker-launch", "dbus-broker-lau"], "is the message bus of a session"),
    (
        &["gpg-agent", "ssh-agent", "dirmngr", "scdaemon", "keyboxd", "gnome-keyring-daemon", "gnome-keyring-d"],
        "keeps the keys of a session",
    ),
    (&["Xorg", "Xwayland", "X", "gnome-shell", "kwin_wayland", "kwin_x11", "sway"], "draws the screen of a session"),
    (&["pulseaudio", "pipewire", "pipewire-pulse", "wireplumber"], "plays the sounds of a session"),
];

const SHELLS: [&str; 9] = ["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish", "tcsh"];

/// True for a program that logs somebody in: the session is what it has started.
pub fn is_login(process: &Process) -> bool {
    reason(process) == Some(LOGIN)
}

/// What a process does for a session, where that is what it does.
pub fn reason(process: &Process) -> Option<&'static str> {
    if is_interactive(process) {
        return Some("is a shell that waits for what is typed");
    }
    let argument = process.command.first().map(OsStr::new).and_then(file_name);
    let program = process.program.as_ref().and_then(|place| file_name(place.path.as_os_str()));
    let names = [Some(process.name.as_str()), argument, program];
    let is_one = |known: &&str| names.iter().flatten().any(|name| name == known);
    PROGRAMS.iter().find(|(programs, _)| programs.iter().any(is_one)).map(|(_, reason)| *reason)
}

/// A shell without a script or a line of its own.
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
    fn shells_count_only_while_they_wait() {
        let process = |line: &str| Process { command: line.split(' ').map(Into::into).collect(), ..Process::default() };
        for line in ["-bash", "/bin/sh", "zsh -i", "bash --login", "sshd: ann", "tmux new", "/usr/bin/ssh-agent -D"] {
            let expected = !line.starts_with("sshd:");
            assert_eq!(reason(&process(line)).is_some(), expected, "{line}");
        }
        for line in ["sh -c true", "bash -ec true", "./run.sh", "sh run.sh", "bash -x run", "python3 ssh.py"] {
            assert_eq!(reason(&process(line)), None, "{line}");
        }
        let by_name = Process { name: "sshd".into(), ..process("sshd: ann [priv]") };
        assert_eq!(reason(&by_name), Some("keeps somebody logged in"));
    }
}
