//! Words that errors and results have in common.

use std::path::Path;

use super::Error;
use crate::checks::trial::Failure;
use crate::host::access::{Denied, Use};
use crate::host::{root, tree};
use crate::manifest::keys::Keys;
use crate::manifest::line;
use crate::model::diagnostic::PathComponent;
use crate::model::message::{io_reason, some_of};
use crate::plan::Doomed;
use crate::shell;
use crate::spec::{Scope, UnitName};

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

/// Where accounts are looked for.
pub(super) fn where_known(kind: &str) -> String {
    let Some(root) = root::entered() else { return "on this machine".into() };
    match unread(kind) {
        Some(why) => format!("in {}, whose {} cannot be read: {why}", shown(root.path()), account_file(kind)),
        None => format!("in {}", shown(root.path())),
    }
}

/// The file in which an image has its users or groups.
pub(super) fn account_file(kind: &str) -> &'static str {
    if kind == "group" { "etc/group" } else { "etc/passwd" }
}

/// Why that file of the image that was entered tells nothing, where it does not.
pub(super) fn unread(kind: &str) -> Option<String> {
    tree::read(Path::new("/").join(account_file(kind))).err().map(|error| io_reason(&error))
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

/// The processes that go on, as the beginning of a sentence.
pub(super) fn doomed_have(left: &[Doomed]) -> String {
    let words: Vec<String> = left.iter().map(|one| format!("{} (`{}`)", one.pid, one.command)).collect();
    match words.as_slice() {
        [one] => format!("process {one} has"),
        many => format!("the processes {} have", many.join(", ")),
    }
}

pub(super) fn if_left_alone(killed: bool) -> &'static str {
    if killed { ", not even by force" } else { ", and was left alone" }
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

pub(super) fn if_masked(masked: bool) -> &'static str {
    if masked { " (it is masked)" } else { "" }
}

pub(super) fn known_choice(known: &[UnitName]) -> String {
    let names: Vec<&str> = known.iter().map(UnitName::as_str).collect();
    if names.is_empty() { " There is none of ours".into() } else { format!(" There are: {}", names.join(", ")) }
}

pub(super) fn known_names(known: &[UnitName]) -> String {
    if known.is_empty() {
        return "; there is none at all".into();
    }
    let names: Vec<&str> = known.iter().map(UnitName::as_str).collect();
    format!("; there are: {}", names.join(", "))
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
