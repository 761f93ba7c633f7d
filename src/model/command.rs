//! Commands for people to paste.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::scope::Scope;

/// A command to paste into a shell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Command {
    pub program: Program,
    pub arguments: Vec<Argument>,
    /// It requires root privileges: other users run it through sudo.
    pub as_root: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Program {
    Named(&'static str),
    /// mkservice itself, wherever it is installed.
    Own,
    /// systemctl for the manager of a scope, or for the unit files of an image.
    Systemctl(Scope),
    Journalctl(Scope),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Argument {
    /// Quoted if a shell requires it.
    Word(OsString),
    /// A path on the host or in its image.
    Path(PathBuf),
    /// Unquoted: shell syntax, or a placeholder such as `FILE`.
    Plain(&'static str),
    /// `--root DIR` for an image, otherwise nothing.
    Image,
}

impl Command {
    pub fn new(program: Program) -> Command {
        Command { program, arguments: Vec::new(), as_root: false }
    }

    pub fn arg(mut self, word: impl AsRef<OsStr>) -> Command {
        self.arguments.push(Argument::Word(word.as_ref().to_owned()));
        self
    }

    pub fn args<W: AsRef<OsStr>>(self, words: impl IntoIterator<Item = W>) -> Command {
        words.into_iter().fold(self, Command::arg)
    }

    pub fn path(mut self, path: impl AsRef<Path>) -> Command {
        self.arguments.push(Argument::Path(path.as_ref().to_owned()));
        self
    }

    pub fn plain(mut self, text: &'static str) -> Command {
        self.arguments.push(Argument::Plain(text));
        self
    }

    pub fn in_image(mut self) -> Command {
        self.arguments.push(Argument::Image);
        self
    }

    pub fn as_root(mut self) -> Command {
        self.as_root = true;
        self
    }

    /// As root where it concerns the system manager.
    pub fn for_scope(mut self, scope: Scope) -> Command {
        self.as_root = scope == Scope::System;
        self
    }
}

/// A command by the program's name.
pub fn run(program: &'static str) -> Command {
    Command::new(Program::Named(program))
}

/// mkservice with these arguments.
pub fn mkservice<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> Command {
    Command::new(Program::Own).args(words)
}

/// systemctl for the manager of a scope.
pub fn systemctl(scope: Scope) -> Command {
    Command::new(Program::Systemctl(scope)).for_scope(scope)
}

/// journalctl for the services of a scope.
pub fn journalctl(scope: Scope) -> Command {
    Command::new(Program::Journalctl(scope)).for_scope(scope)
}
