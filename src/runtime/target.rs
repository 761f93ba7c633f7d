//! What a command is about, for the name of its service: what it runs, not what starts that.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::command::{Runs, commands, runs, runtime, unwrapped};
use super::container::{self, Verb};
use super::tasks::{self, Run};
use super::{has_script_extension, launcher};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Script(OsString),
    /// A module, class, container or the like, by name.
    Named(OsString),
    Program(OsString),
    /// Something of a project.
    Project {
        /// Its directory, if it is not the working directory.
        dir: Option<OsString>,
        /// `None` for the project itself.
        task: Option<OsString>,
        /// The program that runs it.
        tool: OsString,
    },
    /// An interpreter with neither script nor module.
    Bare(OsString),
}

/// `None` without a command.
pub fn of(command: &[OsString]) -> Option<Target> {
    let command = &command[unwrapped(command)..];
    let program = command.first()?;
    match tasks::of(command) {
        Some(Run::Task { dir, task }) => return Some(Target::Project { dir, task, tool: program.clone() }),
        Some(Run::File(file)) => return Some(Target::Script(file)),
        Some(Run::Command(at)) => return of(&command[at..]),
        None => {}
    }
    if let Some(launched) = launcher::of(command) {
        return of(&launched.command);
    }
    if let Some(container) = container::of(command) {
        if container.verb != Verb::ComposeUp {
            return container.name(command).map(|name| Target::Named(name.to_owned()));
        }
        if let Some(project) = container.value(&["-p", "--project-name"]) {
            return Some(Target::Named(project.to_owned()));
        }
        let of_file = container.value(&["-f", "--file"]).and_then(|file| Path::new(file).parent()).map(Path::as_os_str);
        let dir = container.value(&["--project-directory"]).or(of_file).filter(|dir| !dir.is_empty());
        let task = command.get(container.operand).cloned();
        return Some(Target::Project { dir: dir.map(OsStr::to_owned), task, tool: program.clone() });
    }
    Some(match runs(command)? {
        Runs::Script(script) => {
            let at = command.iter().position(|word| *word == script).unwrap_or(0);
            match tasks::of(&command[at..]).filter(|_| at > 0) {
                Some(Run::Task { dir, task }) => Target::Project { dir, task, tool: script },
                _ if !has_script_extension(&script) && is_class(command, &script) => Target::Named(script),
                _ => Target::Script(script),
            }
        }
        Runs::Named(name) => Target::Named(name),
        Runs::Program(program) => Target::Program(program),
        Runs::Bare(program) => Target::Bare(program),
    })
}

/// The same for a line that a shell runs: the first command that is not a bare interpreter.
pub fn of_line(line: &OsStr) -> Option<Target> {
    commands(line).iter().filter_map(|words| of(words)).find(|target| !matches!(target, Target::Bare(_)))
}

/// The same for a command as it is given: a line is one argument.
pub fn of_line_or_command(command: &[OsString]) -> Option<Target> {
    let line = match command {
        [line] if line.as_bytes().contains(&b' ') => of_line(line),
        _ => None,
    };
    line.or_else(|| of(command))
}

/// As in `java -cp lib/* org.example.Main`.
fn is_class(command: &[OsString], word: &OsStr) -> bool {
    runtime(command).is_some_and(|runtime| runtime.runs_classes) && !word.as_bytes().contains(&b'/')
}
