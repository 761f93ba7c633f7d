//! Files of other tools, read as a file of services: what they say becomes options, and what has no equivalent is told
//! with its file and line.
//!
//! Pure: the bytes and what is to be known of the machine are handed in. One module for each format; how the result is
//! written belongs into [`crate::manifest`].

mod beside;
mod crontab;
mod draft;
mod format;
mod node;
mod output;
mod pm2;
mod procfile;
mod shell_line;
mod supervisord;
mod systemd;
#[cfg(test)]
mod testing;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, shown};
use crate::manifest::Manifest;
use crate::spec::Scope;

pub use crate::cli::ImportFormat as Format;
pub use beside::{Beside, beside};
pub use format::detect;
pub use procfile::formation_pair;

/// The largest file that is read, in bytes: nobody writes that much by hand.
pub const SIZE_MAX: u64 = 4 << 20;

/// How many services a file may have, and how many variables or settings one of them: nobody writes more, and what is
/// made to take for ever does not.
const SERVICES_MAX: usize = 4096;
const SETTINGS_MAX: usize = 1000;

/// A file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is; absolute.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
    /// It came through stdin: the path is where it could lie, and not what it is called.
    pub is_stdin: bool,
}

impl Source {
    /// What a file is called: this one, or one that is read with it.
    fn name_of(&self, file: &Path) -> PathBuf {
        let is_it = self.is_stdin && file == self.path;
        if is_it { PathBuf::from("stdin") } else { file.to_owned() }
    }
}

/// What is to be known of the machine and the caller.
pub struct Facts<'a> {
    /// The scope that the services are for.
    pub scope: Scope,
    /// The caller's account.
    pub account: &'a str,
    /// Its number.
    pub uid: u32,
    /// The caller's home.
    pub home: &'a Path,
    /// The caller's environment.
    pub environment: &'a BTreeMap<String, String>,
    /// The machine's name.
    pub host_name: &'a str,
    /// How many processors there are.
    pub processors: usize,
    /// The homes of accounts, by their names.
    pub home_of: &'a dyn Fn(&str) -> Option<PathBuf>,
    /// Whether there is a file.
    pub is_file: &'a dyn Fn(&Path) -> bool,
    /// Whether a file is a program of the machine, and no text.
    pub is_binary: &'a dyn Fn(&Path) -> bool,
}

/// What was typed besides the file.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// How many of each process there are to be (`-m`), in order; `all` stands for those that are not named.
    pub formation: Vec<(String, usize)>,
    /// Which of pm2's further environments counts (`env_NAME`).
    pub environment: Option<String>,
}

/// What a file has become.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The services.
    pub manifest: Manifest,
    /// What could not be carried over, in the order of the lines.
    pub left: Vec<Left>,
}

/// Something that could not be carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The file that says it.
    pub file: PathBuf,
    /// The line, from 1; 0 where it is about the file as a whole.
    pub line: usize,
    /// What it is, and what happens instead.
    pub what: String,
}

impl Left {
    /// One line for people.
    pub fn told(&self) -> String {
        format!("{}: {}", place(&self.file, self.line), self.what)
    }
}

/// Why a file cannot be read, with the line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trouble {
    /// The file, where it is not the one that was named.
    file: Option<PathBuf>,
    /// The line, from 1; 0 for the whole file.
    line: usize,
    /// A whole sentence.
    why: String,
    /// What to do.
    hint: Option<String>,
}

impl Trouble {
    fn new(line: usize, why: impl Into<String>) -> Trouble {
        Trouble { file: None, line, why: why.into(), hint: None }
    }

    /// More of something than anybody writes.
    fn too_many(line: usize, what: &str, most: usize) -> Trouble {
        Trouble::new(line, format!("has more than {most} {what}"))
    }

    fn hint(self, hint: impl Into<String>) -> Trouble {
        Trouble { hint: Some(hint.into()), ..self }
    }

    fn of(self, file: &Path) -> Trouble {
        Trouble { file: self.file.or_else(|| Some(file.to_owned())), ..self }
    }
}

/// Reads a file. `beside` are the files that belong to it, see [`beside()`].
pub fn import(
    format: Format,
    source: &Source,
    beside: &[Source],
    facts: &Facts<'_>,
    wishes: &Wishes,
) -> Result<Imported> {
    let read = match format {
        Format::Procfile => procfile::read(source, beside, wishes),
        Format::Crontab => crontab::read(source, facts),
        Format::Supervisord => supervisord::read(source, beside, facts),
        Format::Pm2 => pm2::read(source, facts, wishes),
        Format::Systemd => systemd::read(source, beside, facts),
    };
    let mut read = read.map_err(|Trouble { file, line, why, hint }| {
        let what = format!("{}:", place(&source.name_of(file.as_deref().unwrap_or(&source.path)), line));
        Error::Value { what, why, hint }
    })?;
    if source.is_stdin {
        read.left.iter_mut().for_each(|left| left.file = source.name_of(&left.file));
        let by_path = format!("made from {}", draft::text(&source.path));
        read.manifest
            .head
            .iter_mut()
            .filter(|line| **line == by_path)
            .for_each(|line| *line = "made from stdin".into());
    }
    Ok(read)
}

fn place(file: &Path, line: usize) -> String {
    if line == 0 { shown(file) } else { format!("{}:{line}", shown(file)) }
}
