//! Everything that can go wrong, in one enum: what, where and why ([`std::fmt::Display`]), what to
//! do about it ([`Error::hint`]) and what the shell gets to know ([`Error::exit_code`]).

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::explain::Explanation;
use crate::host::access::{Denied, Use};
use crate::shell;
use crate::spec::{NameError, Scope, UnitName};

/// The result of everything fallible here.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure as the user is told of it.
#[derive(Debug, Error)]
#[allow(missing_docs, reason = "each variant's message says what it is")]
pub enum Error {
    // What was typed.
    #[error("{message}")]
    Usage { message: String, hint: Option<String> },
    #[error("`{option}` is not an option of mkservice{}", where_ours(.ours.is_some()))]
    StrayOption { option: String, corrected: Vec<OsString>, ours: Option<Vec<OsString>> },
    #[error("no command was given")]
    NoCommand,

    // What was meant cannot be.
    #[error("the name {name:?} {why}")]
    Name { name: String, why: NameError, instead: Option<String> },
    #[error("`{program}` without a script says nothing a service could be named after")]
    NoName { program: String, corrected: Vec<OsString> },
    #[error("{what} {why}")]
    Value { what: String, why: String, hint: Option<String> },
    #[error("there is no program `{program}`{}", where_looked(*.in_path))]
    NoProgram { program: String, in_path: bool, script: Option<String> },
    #[error("`{0}` is not executable")]
    NotExecutable(String),
    #[error("`{0}` is a folder, not a program")]
    ProgramIsFolder(String),
    #[error("the folder `{path}` cannot be the working directory: {why}")]
    NoFolder { path: String, why: String, hint: Option<String> },
    #[error("the environment file `{path}` cannot be read: {why}")]
    NoEnvironmentFile { path: String, why: String },
    #[error("{account} may not {}", denied_words(.denied))]
    Denied { account: String, denied: Denied },
    #[error("there is no {kind} `{name}` on this machine")]
    NoAccount { kind: &'static str, name: String },
    #[error("only root may change system services")]
    NeedsRoot { again: Vec<OsString> },
    #[error("`sudo mkservice --user` would speak to root's own manager, not to yours")]
    UserUnderSudo { again: Vec<OsString> },
    #[error("`{option}` needs the system scope: a user's manager runs everything as that user")]
    NeedsSystemScope { option: &'static str, again: Vec<OsString> },
    #[error("`{folder}` belongs to uid {owner}, but mkservice runs as uid {euid}")]
    ForeignFolder { folder: String, owner: u32, euid: u32 },
    #[error("the folder for units of this account is unknown: neither HOME nor XDG_CONFIG_HOME is set")]
    NoHome,
    #[error("the user manager does not read `{folder}`, where HOME or XDG_CONFIG_HOME puts units")]
    UnreadFolder { folder: String, home: Option<PathBuf>, again: Vec<OsString> },

    // What is there already.
    #[error("`{name}` is the name of a unit that is not ours: {path}{}", if_masked(*.masked))]
    NameTaken { name: UnitName, path: String, masked: bool, scope: Scope, here: bool },
    #[error("`{path}` was edited by hand since mkservice wrote it")]
    Edited { name: UnitName, path: String, scope: Scope },
    #[error("`{path}` is not ours")]
    NotOurs { path: String, removable: bool },
    #[error("there is no service of ours named `{name}` in {scope} scope{}", known_names(.known))]
    UnknownService { name: UnitName, scope: Scope, known: Vec<UnitName>, elsewhere: Option<Scope> },

    #[error("remove which service?{}", known_choice(.known))]
    NothingNamed { known: Vec<UnitName> },

    // What the machine did not do.
    #[error("cannot {action} `{path}`: {}", io_reason(.source))]
    File { action: &'static str, path: String, source: io::Error },
    #[error("cannot reach the {scope} manager: {cause}")]
    Unreachable { scope: Scope, cause: String, remedy: String, nothing_runs: bool },
    #[error("{call} failed: {reason}")]
    Bus { call: String, reason: String },
    #[error("another run of mkservice has been at work for {} s", .after.as_secs())]
    Busy { after: Duration },
    #[error("{call} gave no answer within {} s", .after.as_secs())]
    BusTimeout { call: String, after: Duration },
    #[error("{name} is installed but does not run: {}", .explanation.what)]
    NotRunning { name: UnitName, explanation: Box<Explanation> },
    #[error("the new {name} does not run: {}; {}", .explanation.what, old_one(*.runs))]
    PutBack { name: UnitName, explanation: Box<Explanation>, runs: bool },
}

impl Error {
    /// A failed file operation; `action` completes “cannot …”.
    pub fn file(action: &'static str, path: &Path, source: io::Error) -> Error {
        Error::File { action, path: shell::printable(&path.to_string_lossy()), source }
    }

    /// A line that helps, most often one to paste; without the word `hint:`.
    pub fn hint(&self) -> Option<String> {
        use Error::*;
        Some(match self {
            Usage { hint, .. } | Value { hint, .. } | NoFolder { hint, .. } => return hint.clone(),
            StrayOption { corrected, ours: None, .. } => shell::own_line(corrected),
            StrayOption { corrected, ours: Some(ours), .. } => {
                format!("{}\nor, for mkservice itself: {}", shell::own_line(corrected), shell::own_line(ours))
            }
            NoCommand => "mkservice python myscript.py --name myscriptd\nmkservice --help shows the rest".into(),
            Name { instead, .. } => format!("--name {}", instead.as_ref()?),
            NoName { corrected, .. } => shell::own_line(corrected),
            NoProgram { script: Some(line), .. } => line.clone(),
            NoProgram { in_path: true, program, .. } if !program.is_empty() => {
                format!("does your shell find it? type -a -- {}", shell::quote(program))
            }
            NoProgram { .. } => return None,
            NotExecutable(path) => format!("chmod +x {path}"),
            ProgramIsFolder(_) | NoEnvironmentFile { .. } => return None,
            Denied { denied, .. } => {
                let mend = match denied.purpose {
                    Use::Enter => "name another folder: --working-directory DIR",
                    Use::Execute => {
                        "put the program where the account can reach it, or name another account: --uid USER"
                    }
                };
                format!(
                    "{mend}\nwho may what: namei -l {}\n--force installs it all the same",
                    shell::quote(&denied.path)
                )
            }
            NoAccount { kind: "group", .. } => "getent group".into(),
            NoAccount { .. } => "getent passwd".into(),
            NeedsRoot { again } => format!("sudo {}", shell::own_line(again)),
            UserUnderSudo { again } => format!("without sudo: {}", shell::own_line(again)),
            NeedsSystemScope { again, .. } => format!("sudo {}", shell::own_line(again)),
            ForeignFolder { .. } => "log in as that account itself, or set HOME to the home of this one".into(),
            NoHome => "export HOME=~".into(),
            UnreadFolder { again, home, .. } => {
                let home = home.as_ref().map(|home| format!("HOME={} ", shell::quote(home))).unwrap_or_default();
                format!("env -u XDG_CONFIG_HOME {home}{}", shell::own_line(again))
            }
            NameTaken { masked: true, name, scope, .. } => {
                format!("{} unmask {name}, or another name: --name {name}-2", systemctl(*scope))
            }
            NameTaken { here: true, name, .. } => {
                format!("another name: --name {name}-2, or --force, which replaces it")
            }
            NameTaken { name, .. } => {
                format!("another name: --name {name}-2, or --force, which puts ours in front of it")
            }
            Edited { name, scope, .. } => {
                format!("--force replaces it; edits last in a drop-in: {} edit {name}", systemctl(*scope))
            }
            NotOurs { removable: true, .. } => "--force removes it all the same".into(),
            NotOurs { .. } => "remove it the way it came, most often with a package".into(),
            UnknownService { elsewhere: Some(Scope::System), name, .. } => {
                format!("it is a system service: sudo mkservice remove {}", shell::quote(name.as_str()))
            }
            UnknownService { elsewhere: Some(Scope::User), name, .. } => {
                format!("it is a user service: mkservice remove --user {}", shell::quote(name.as_str()))
            }
            UnknownService { .. } => return None,
            NothingNamed { known } => match known.first() {
                Some(name) => format!("mkservice remove {}", shell::quote(name.as_str())),
                None => return None,
            },
            File { path, source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                format!("who may do that: namei -l {}", shell::quote(path))
            }
            File { .. } => return None,
            Unreachable { remedy, .. } => remedy.clone(),
            Bus { .. } | BusTimeout { .. } => "type the same line again to complete what is missing".into(),
            Busy { .. } => "pgrep -a mkservice".into(),
            NotRunning { explanation, .. } | PutBack { explanation, .. } => explanation.hints.join("\n"),
        })
    }

    /// The exit code: 2 for what was refused, 3 for installed but not running, 4 for no such
    /// service, 1 for everything that failed.
    pub fn exit_code(&self) -> u8 {
        use Error::*;
        match self {
            File { .. } | Unreachable { .. } | Bus { .. } | BusTimeout { .. } | Busy { .. } => 1,
            NotRunning { .. } | PutBack { .. } => 3,
            UnknownService { .. } => 4,
            _ => 2,
        }
    }
}

/// The command that speaks to the manager of a scope, as people type it.
pub fn systemctl(scope: Scope) -> &'static str {
    match scope {
        Scope::User => "systemctl --user",
        Scope::System => "sudo systemctl",
    }
}

/// The command that shows the journal of a scope's services, as people type it.
pub fn journalctl(scope: Scope) -> &'static str {
    match scope {
        Scope::User => "journalctl --user",
        Scope::System => "sudo journalctl",
    }
}

/// Where a path is shown: its text, made harmless for a terminal.
pub fn shown(path: &Path) -> String {
    shell::printable(&path.to_string_lossy())
}

/// What an error of the operating system means, in lower case and without its number.
pub fn io_reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn denied_words(denied: &Denied) -> String {
    let (use_it, what) = match denied.purpose {
        Use::Execute => ("execute", "the program"),
        Use::Enter => ("enter", "the working directory"),
    };
    match &denied.folder {
        Some(folder) => {
            format!("enter the folder `{}`, and so not {use_it} {what} `{}`", shown(folder), shown(&denied.path))
        }
        None => format!("{use_it} {what} `{}`", shown(&denied.path)),
    }
}

fn old_one(runs: bool) -> &'static str {
    if runs { "the old one was put back and runs again" } else { "the old one was put back, and does not run either" }
}

fn where_ours(short_option_of_ours: bool) -> &'static str {
    if short_option_of_ours { " behind a command" } else { "" }
}

fn where_looked(in_path: bool) -> &'static str {
    if in_path { " in PATH" } else { "" }
}

fn if_masked(masked: bool) -> &'static str {
    if masked { " (it is masked)" } else { "" }
}

fn known_choice(known: &[UnitName]) -> String {
    let names: Vec<&str> = known.iter().map(UnitName::as_str).collect();
    if names.is_empty() { " There is none of ours".into() } else { format!(" There are: {}", names.join(", ")) }
}

fn known_names(known: &[UnitName]) -> String {
    if known.is_empty() {
        return "; there is none at all".into();
    }
    let names: Vec<&str> = known.iter().map(UnitName::as_str).collect();
    format!("; there are: {}", names.join(", "))
}
