//! What to do about an error: most often a line to paste.

use std::io;
use std::path::Path;

use super::words::{account_file, of_keys, unread};
use super::{Error, sudo, systemctl};
use crate::host::access::Use;
use crate::host::{USUAL_PATH, root};
use crate::model::Verb;
use crate::shell;
use crate::spec::Scope;

/// A path as it is pasted into a shell of this machine.
fn pasted(path: impl AsRef<Path>) -> String {
    shell::quote(root::seen_from_outside(path.as_ref()))
}

/// [`systemctl`] for the files of the image that was entered.
fn systemctl_there(scope: Scope) -> String {
    match root::entered() {
        Some(root) if scope == Scope::System => format!("systemctl --root={}", shell::quote(root.path())),
        _ => systemctl(scope).to_owned(),
    }
}

impl Error {
    /// A line that helps, most often one to paste; without the word `hint:`.
    pub fn hint_text(&self) -> Option<String> {
        use Error::*;
        Some(match self {
            Usage { hint, .. } | Value { hint, .. } | NoFolder { hint, .. } => return hint.clone(),
            BadManifest { hint, .. } => return hint.clone(),
            // The scope is that of the whole file.
            InFile { error, place, .. } if matches!(**error, NeedsSystemScope { .. }) => {
                let root = root::entered().map(|root| format!(" --root {}", shell::quote(root.path())));
                let file = if place.file == "stdin" { "-".into() } else { shell::quote(&place.file) };
                format!("mkservice apply --system{} {file}", root.unwrap_or_default())
            }
            InFile { error, .. } => of_keys(&error.hint_text()?),
            Data(error) => {
                let wording = crate::output::wording::Wording { sudo: true, image: None };
                let hints: Vec<String> = error.each().iter().flat_map(|one| wording.hints(one)).collect();
                if hints.is_empty() {
                    return None;
                }
                hints.join("\n")
            }
            Several(errors) => {
                let hints: Vec<String> = errors.iter().filter_map(Error::hint_text).collect();
                hints.join("\n")
            }
            StrayOption { corrected, ours: None, .. } => shell::own_line(corrected),
            StrayOption { corrected, ours: Some(ours), .. } => {
                format!("{}\nor, for mkservice itself: {}", shell::own_line(corrected), shell::own_line(ours))
            }
            NoCommand => "mkservice python myscript.py --name myscriptd\nmkservice --help shows the rest".into(),
            Name { instead, .. } => format!("--name {}", instead.as_ref()?),
            NoName { corrected, .. } => shell::own_line(corrected),
            NoProgram { instead: Some(line), .. } => line.clone(),
            NoProgram { in_path: true, .. } if root::entered().is_some() => {
                format!("its services look for programs in {USUAL_PATH}")
            }
            NoProgram { in_path: true, program, .. } if !program.is_empty() => {
                format!("does your shell find it? type -a -- {}", shell::quote(program))
            }
            NoProgram { .. } => return None,
            NoScript { instead: Some(path), .. } => format!("name it by its full path: {}", shell::quote(path)),
            NoScript { .. } => {
                "relative paths count from the working directory: --working-directory DIR names another one\n\
                 --force installs it all the same"
                    .into()
            }
            NotExecutable(path) => format!("chmod +x {}", pasted(path)),
            ProgramIsFolder(_) | NoEnvironmentFile { .. } => return None,
            BadEnvironmentFile { mend, .. } => {
                let force = "--force installs it all the same";
                mend.as_ref().map_or_else(|| force.into(), |mend| format!("{mend}\n{force}"))
            }
            Denied { denied, .. } => {
                let mend = match denied.purpose {
                    Use::Append | Use::MakeIn => "name another file: --log-file FILE",
                    Use::Enter => "name another folder: --working-directory DIR",
                    Use::Read | Use::Execute => {
                        "put the program where the account can reach it, or name another account: --uid USER"
                    }
                };
                format!(
                    "{mend}\ncheck permissions: namei -l {}\n--force installs it all the same",
                    pasted(&denied.path)
                )
            }
            Unworkable { failure } => {
                let force = "--force installs it all the same";
                match failure.needs.as_slice() {
                    [] => force.into(),
                    [path] if path == "PATH" => format!("take your PATH along: --inherit-path\n{force}"),
                    needs => {
                        let options: Vec<String> =
                            needs.iter().map(|name| format!("-E {}", shell::quote(name))).collect();
                        format!("take along what it needs of your environment: {}\n{force}", options.join(" "))
                    }
                }
            }
            RootShell { hints, .. } => hints.join("\n"),
            ForeignWay { folder, .. } => {
                format!("give it back to root, or make it a folder of root's: namei -l {}", pasted(folder))
            }
            NoAccount { kind, .. } => match root::entered() {
                Some(root) => {
                    let look = if unread(kind).is_some() { "ls -l" } else { "cat" };
                    format!("{look} {}", shell::quote(root.path().join(account_file(kind))))
                }
                None if *kind == "group" => "getent group".into(),
                None => "getent passwd".into(),
            },
            NeedsRoot { again } => format!("sudo {}", shell::own_line(again)),
            NoWayToRoot { again } => format!("as root itself: {}", shell::own_line(again)),
            NotElevated { folder, again, .. } => {
                let folder = folder.as_ref().map(|folder| format!("cd {} && ", shell::quote(folder)));
                format!(
                    "in a terminal, where you can be asked for a password: {}{}",
                    folder.unwrap_or_default(),
                    shell::own_line(again)
                )
            }
            BadOrder { .. } => "mkservice --system COMMAND writes it, and hands it over itself".into(),
            UserUnderSudo { again } => format!("without sudo: {}", shell::own_line(again)),
            NeedsSystemScope { again, .. } => shell::own_line(again),
            ForeignFolder { .. } => "log in as that account itself, or set HOME to the home of this one".into(),
            NoHome => "export HOME=~".into(),
            UnreadFolder { again, home, .. } => {
                let home = home.as_ref().map(|home| format!("HOME={} ", shell::quote(home))).unwrap_or_default();
                format!("env -u XDG_CONFIG_HOME {home}{}", shell::own_line(again))
            }
            NameTaken { masked: true, name, scope, .. } => {
                format!("{} unmask {name}\nor another name: --name {name}-2", systemctl_there(*scope))
            }
            NameTaken { here: true, name, .. } => {
                format!("another name: --name {name}-2, or --force, which replaces it")
            }
            NameTaken { name, .. } => {
                format!("another name: --name {name}-2, or --force, which puts ours in front of it")
            }
            Edited { name, scope, .. } => {
                format!("--force replaces it; edits last in a drop-in: {} edit {name}", systemctl_there(*scope))
            }
            NotOurs { removable: true, .. } => "--force removes it all the same".into(),
            NotOurs { .. } => "remove it the way it came, most often with a package".into(),
            UnknownService { elsewhere: Some(Scope::System), name, verb, .. } => {
                let name = shell::quote(name.as_str());
                match *verb {
                    Verb::Status | Verb::Logs | Verb::Cat => {
                        format!("it is a system service: mkservice {verb} --system {name}")
                    }
                    verb => format!("it is a system service: sudo mkservice {verb} {name}"),
                }
            }
            UnknownService { elsewhere: Some(Scope::User), name, verb, .. } => {
                format!("it is a user service: mkservice {verb} --user {}", shell::quote(name.as_str()))
            }
            UnknownService { .. } if root::entered().is_some() => return None,
            UnknownService { known, .. } if known.is_empty() => {
                "mkservice COMMAND makes one; mkservice list --all shows those of others".into()
            }
            UnknownService { .. } => return None,
            NothingNamed { known, verb } => match known.first() {
                Some(name) => format!("mkservice {verb} {}", shell::quote(name.as_str())),
                None => return None,
            },
            Masked { name, scope, .. } => format!("{} unmask {name}", systemctl_there(*scope)),
            Foreign { verb: Verb::Rename, .. } => return None,
            Foreign { verb: Verb::Export, path, .. } => format!("mkservice import {}", shell::quote(path)),
            Foreign { verb: Verb::Harden, .. } => "--force does it all the same".into(),
            Foreign { name, scope, verb: Verb::Edit, .. } => {
                format!("settings of your own belong into a drop-in: {} edit {name}", systemctl(*scope))
            }
            Foreign { name, scope, verb, .. } => {
                format!("{} {verb} {name}\n--force does it with mkservice all the same", systemctl(*scope))
            }
            Shadowed { path, .. } => format!("look at it: cat {path}\nif nobody needs it: sudo rm {path}"),
            FileGone { name, scope, .. } => {
                let name = shell::quote(name.as_str());
                format!("take away what is left of it: {}mkservice remove {name}", super::sudo(*scope))
            }
            NewNameTaken { .. } => "mkservice list --all".into(),
            NoEditor => "EDITOR=nano mkservice edit NAME".into(),
            Editor { .. } => return None,
            EditRefused { copy, .. } => format!("what was typed is kept in {copy}"),
            StillRunning { name, scope, .. } => format!("{} kill -s KILL {name}", systemctl(*scope)),
            NoManager { .. } => return None,
            NoJournal { account, name, scope } => {
                let line = format!("sudo usermod -aG systemd-journal {}", shell::quote(account));
                match scope {
                    Scope::System => {
                        format!("{line}\nthat counts from the next login on; now: sudo mkservice logs {name}")
                    }
                    Scope::User => format!("{line}\nthat counts from the next login on"),
                }
            }
            Program { .. } => return None,
            Interrupted { .. } => "type the same line again to complete what is missing".into(),
            Halfway { cause, again, .. } => match (cause.hint_text(), again) {
                (Some(hint), Some(again)) => format!("{hint}\nor take it back: {again}"),
                (Some(hint), None) => hint,
                (None, Some(again)) => {
                    format!("type the same line again once that is mended, or take it back: {again}")
                }
                (None, None) => "type the same line again once that is mended".into(),
            },
            File { path, source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                format!("check permissions: namei -l {}", shell::quote(path))
            }
            File { .. } => return None,
            Unreachable { remedy, .. } => remedy.clone(),
            Bus { .. } | BusTimeout { .. } => "type the same line again to complete what is missing".into(),
            Busy { .. } => "pgrep -a mkservice".into(),
            NoProcess { hint, .. } | NotAdoptable { hint, .. } => return hint.clone(),
            WhichProcess { lines, .. } => lines.join("\n"),
            NobodySaysYes { again, .. } => again.clone(),
            EndedBefore { .. } | Signal { .. } => return None,
            WouldNotEnd { killed: true, left, .. } => {
                let pids: Vec<String> = left.iter().map(|process| process.pid.to_string()).collect();
                format!("what they wait for: ps -o pid,stat,wchan:20,args -p {}", pids.join(","))
            }
            WouldNotEnd { left, .. } => {
                let pids: Vec<String> = left.iter().map(|process| process.pid.to_string()).collect();
                format!("end it yourself: kill -KILL {}\nor have that done: the same line with --kill", pids.join(" "))
            }
            NotRunning { explanation, .. }
            | PutBack { explanation, .. }
            | NotAdopted { explanation, .. }
            | RunFailed { explanation, .. } => explanation.hints.join("\n"),
            RunGoesOn { name, scope } => {
                let (sudo, name) = (sudo(*scope), shell::quote(name.as_str()));
                format!("how it is: mkservice status {name}\nto end it: {sudo}mkservice stop {name}")
            }
        })
    }
}
