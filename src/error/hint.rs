//! What to do about an error: most often a line to paste.

use std::path::Path;

use super::words::of_keys;
use super::{Error, systemctl};
use crate::host::access::Use;
use crate::host::{USUAL_PATH, root};
use crate::shell;
use crate::spec::Scope;

/// A path as it is pasted into a shell of this machine.
fn pasted(path: impl AsRef<Path>) -> String {
    shell::quote(root::seen_from_outside(path.as_ref()))
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
            NeedsRoot { again } => format!("sudo {}", shell::own_line(again)),
            BadOrder { .. } => "mkservice --system COMMAND writes it, and hands it over itself".into(),
            UserUnderSudo { again } => format!("without sudo: {}", shell::own_line(again)),
            NeedsSystemScope { again, .. } => shell::own_line(again),
            NewNameTaken { .. } => "mkservice list --all".into(),
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
            Halfway { cause, again, .. } => match (cause.hint_text(), again) {
                (Some(hint), Some(again)) => format!("{hint}\nor take it back: {again}"),
                (Some(hint), None) => hint,
                (None, Some(again)) => {
                    format!("type the same line again once that is mended, or take it back: {again}")
                }
                (None, None) => "type the same line again once that is mended".into(),
            },
            NoProcess { hint, .. } | NotAdoptable { hint, .. } => return hint.clone(),
            WhichProcess { lines, .. } => lines.join("\n"),
            NobodySaysYes { again, .. } => again.clone(),
            NotRunning { explanation, .. }
            | PutBack { explanation, .. }
            | NotAdopted { explanation, .. }
            | RunFailed { explanation, .. } => explanation.hints.join("\n"),
        })
    }
}
