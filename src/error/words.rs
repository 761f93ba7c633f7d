//! Words that errors and results have in common.

use std::path::Path;

use super::Error;
use crate::checks::trial::Failure;
use crate::host::access::{Denied, Use};
use crate::host::root;
use crate::manifest::keys::Keys;
use crate::manifest::line;
use crate::model::diagnostic::PathComponent;
use crate::model::message::some_of;
use crate::shell;
use crate::spec::Scope;

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

pub(super) fn denied_words(denied: &Denied) -> String {
    let (use_it, what) = match denied.purpose {
        Use::Execute => ("execute", "the program"),
        Use::Enter => ("enter", "the working directory"),
        Use::Read => ("read", "the script"),
        Use::Append => ("append to", "the log file"),
        Use::MakeIn => ("make the log file in", "the folder"),
    };
    match &denied.folder {
        Some(folder) => {
            format!("enter the folder `{}`, and so not {use_it} {what} `{}`", shown(folder), shown(&denied.path))
        }
        None => format!("{use_it} {what} `{}`", shown(&denied.path)),
    }
}

pub(super) fn where_tried(failure: &Failure) -> &'static str {
    if failure.here_too { "as a service, nor does it here" } else { "as a service, though it does here" }
}

pub(super) fn why_unworkable(failure: &Failure) -> String {
    match (failure.missing.as_slice(), failure.says.last()) {
        ([], Some(said)) => said.clone(),
        ([], None) => "it is another one there".into(),
        ([one], _) => format!("it finds no module `{}`", shell::printable(one)),
        (several, _) => format!("it finds no modules `{}`", shell::printable(&several.join("`, `"))),
    }
}

/// The names of those who can change something on a way, as a subject.
pub(super) fn who_can(way: &[PathComponent]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in way.iter().flat_map(|place| &place.writers) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if names.contains(&"everybody") { "everybody".into() } else { some_of(&names) }
}

/// What is told of options, for somebody who wrote the keys of a file.
pub(super) fn of_keys(text: &str) -> String {
    line::as_keys(text, &Keys::of_add())
}

pub(super) fn one_by_one(errors: &[Error]) -> String {
    let texts: Vec<String> = errors.iter().map(Error::to_string).collect();
    texts.join("\n")
}

pub(super) fn old_one(runs: Option<bool>) -> &'static str {
    match runs {
        Some(true) => "the old one was put back and runs again",
        Some(false) => "the old one was put back, and does not run either",
        None => "the old one was put back",
    }
}

pub(super) fn ended_for_it(kept: bool) -> &'static str {
    if kept { "the process it was made of has ended" } else { "it was taken away again, and the process has ended" }
}

pub(super) fn where_ours(short_option_of_ours: bool) -> &'static str {
    if short_option_of_ours { " behind a command" } else { "" }
}

pub(super) fn where_looked(in_path: bool) -> String {
    match root::entered() {
        Some(root) => format!(" in {}", shown(root.path())),
        None => if in_path { " in PATH" } else { "" }.into(),
    }
}

pub(super) fn if_installed(installed: bool) -> &'static str {
    if installed { "is installed but " } else { "" }
}

/// A line to paste as root itself needs it: without sudo, which may not even be there.
pub fn as_root(line: &str) -> String {
    line.replace("sudo ", "")
}

/// What stands in front of a line of mkservice's own that changes a scope.
pub fn sudo(scope: Scope) -> &'static str {
    match scope {
        Scope::User => "",
        Scope::System => "sudo ",
    }
}
