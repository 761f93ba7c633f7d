//! Converts files of other tools to a manifest. Pure: file contents and facts about the machine are handed in.
//!
//! One directory and one row of `IMPORTERS` per tool.

mod crontab;
mod draft;
mod node;
mod output;
mod pm2;
mod procfile;
mod shell_line;
mod supervisord;
pub mod systemd;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::ImportFormat;
use crate::manifest::{Entry, Manifest, Value};
use crate::model::diagnostic::{self, Code, Error};
use crate::model::message::{Message, message};
use crate::shell::{printable, shown};
use crate::spec::{INSTANCES_MAX, Scope, UnitKind};

/// The largest file that is read, in bytes.
pub const SIZE_MAX: u64 = 4 << 20;

/// Limits that no file written by hand reaches, so that hostile input ends soon.
const SERVICES_MAX: usize = 4096;
const SETTINGS_MAX: usize = 1000;

/// Reads the files of one tool.
pub trait Importer: Sync {
    fn format(&self) -> ImportFormat;

    fn has_name(&self, path: &Path) -> bool;

    /// Whether a line can only be from a file of this tool. Asked line by line, for lines that are not comments.
    fn has_line(&self, line: &str) -> bool;

    /// The options of `mkservice import` that apply to this format only.
    fn options(&self) -> &'static [&'static str] {
        &[]
    }

    /// The files to read along with this one.
    fn related_files(&self, _source: &Source, _facts: &Facts<'_>) -> Vec<RelatedFile> {
        Vec::new()
    }

    fn read(&self, input: &Input<'_>) -> Result<Imported, ReadError>;
}

static IMPORTERS: [&dyn Importer; 6] = [
    &crontab::Crontab,
    &crontab::SystemCrontab,
    &supervisord::Supervisord,
    &systemd::Systemd,
    &pm2::Pm2,
    &procfile::Procfile,
];

pub fn importers() -> impl Iterator<Item = &'static dyn Importer> {
    IMPORTERS.into_iter()
}

/// The importer for a file, by its name, else by its first lines; `None` if neither tells.
pub fn detect(path: &Path, text: &str) -> Option<&'static dyn Importer> {
    importers().find(|importer| importer.has_name(path)).or_else(|| by_lines(text))
}

fn by_lines(text: &str) -> Option<&'static dyn Importer> {
    const LINES: usize = 200;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    for line in lines.take(LINES) {
        let found = importers().find(|importer| importer.has_line(line));
        // Several formats begin with variables.
        if found.is_some() || !is_assignment(line) {
            return found;
        }
    }
    None
}

fn is_assignment(line: &str) -> bool {
    line.split_once(['=', ' ', '\t']).is_some_and(|(name, _)| is_process_name(name))
}

/// Whether a text is a name as Procfiles have it.
fn is_process_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

/// `NAME` of a line `[NAME]`.
fn section_name(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.strip_suffix(']')?;
    name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(name)
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn has_suffix(name: &str, suffixes: &[&str]) -> bool {
    suffixes.iter().any(|suffix| name.ends_with(suffix))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Absolute.
    pub path: PathBuf,
    pub text: String,
    /// The path only serves to resolve relative paths.
    pub is_stdin: bool,
}

impl Source {
    /// The name to print for this file or one that is read along with it.
    fn name_of(&self, file: &Path) -> PathBuf {
        let is_stdin = self.is_stdin && file == self.path;
        if is_stdin { PathBuf::from("stdin") } else { file.to_owned() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelatedFile {
    File(PathBuf),
    /// Only if it is a regular file: sockets and directories can have the name of a unit.
    Unit(PathBuf),
    /// A pattern (glob(7)).
    Pattern(PathBuf),
}

/// Names and values.
pub type Properties = [(String, String)];

/// Why each of some properties is refused.
pub type Refusals = Vec<Option<String>>;

/// Facts about the machine and the caller.
pub struct Facts<'a> {
    pub scope: Scope,
    pub user: &'a str,
    pub uid: u32,
    pub home: &'a Path,
    pub environment: &'a BTreeMap<String, String>,
    pub host_name: &'a str,
    pub processors: usize,
    /// The unit directories of each manager, the one with the highest priority first.
    pub unit_search_paths: &'a [Vec<PathBuf>],
    pub home_of: &'a dyn Fn(&str) -> Option<PathBuf>,
    pub is_file: &'a dyn Fn(&Path) -> bool,
    /// Whether a word without a slash is the name of a program, or a path that of an executable file.
    pub is_program: &'a dyn Fn(&str) -> bool,
    /// Why `mkservice apply` refuses each of these properties, for a service with these triggers.
    pub refusals: &'a dyn Fn(&Properties, Scope, &[UnitKind]) -> Refusals,
    /// Whether a file is an ELF program, and not text.
    pub is_binary: &'a dyn Fn(&Path) -> bool,
}

#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// `--formation`: the number of each process, in order; `all` stands for the others.
    pub formation: Vec<(String, usize)>,
    /// `--environment NAME`, for `env_NAME` of a pm2 file.
    pub environment: Option<String>,
}

impl ImportOptions {
    /// The options that were given, as they are written.
    pub fn given(&self) -> impl Iterator<Item = &'static str> {
        let formation = (!self.formation.is_empty()).then_some("--formation");
        formation.into_iter().chain(self.environment.is_some().then_some("--environment"))
    }
}

/// `NAME=NUMBER` of a formation; `None` for anything else and for too large a number.
pub fn formation_pair(text: &str) -> Option<(String, usize)> {
    let (name, count) = text.split_once('=')?;
    Some((name.to_owned(), count.parse().ok().filter(|count| *count <= INSTANCES_MAX)?))
}

/// Everything that an importer may use.
pub struct Input<'a> {
    pub source: &'a Source,
    pub related: &'a [Source],
    pub facts: &'a Facts<'a>,
    pub options: &'a ImportOptions,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub manifest: Manifest,
    /// In the order of the lines.
    pub unconverted: Vec<Unconverted>,
}

/// A setting that has no equivalent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconverted {
    pub file: PathBuf,
    /// From 1; 0 for the whole file.
    pub line: usize,
    /// What it is, and what happens instead. Printable.
    pub what: String,
}

impl Unconverted {
    pub fn message(&self) -> String {
        format!("{}: {}", place(&self.file, self.line), self.what)
    }
}

/// Why a file cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// If it is not the file that was named.
    file: Option<PathBuf>,
    /// From 1; 0 for the whole file.
    line: usize,
    why: String,
    hint: Option<String>,
}

impl ReadError {
    fn new(line: usize, why: impl Into<String>) -> ReadError {
        ReadError { file: None, line, why: why.into(), hint: None }
    }

    fn too_many(line: usize, what: &str, most: usize) -> ReadError {
        ReadError::new(line, format!("has more than {most} {what}"))
    }

    fn hint(self, hint: impl Into<String>) -> ReadError {
        ReadError { hint: Some(hint.into()), ..self }
    }

    /// Names the file, unless that is known already.
    fn of(self, file: &Path) -> ReadError {
        ReadError { file: self.file.or_else(|| Some(file.to_owned())), ..self }
    }
}

pub fn import(importer: &dyn Importer, input: &Input<'_>) -> diagnostic::Result<Imported> {
    let source = input.source;
    let mut read = importer.read(input).map_err(|ReadError { file, line, why, hint }| {
        let place = place(&source.name_of(file.as_deref().unwrap_or(&source.path)), line);
        // It quotes the file, which can contain anything.
        let why = printable(&why);
        Error::new(Code::FileInvalid, message!("{}: {}", place, why)).hints(hint.map(Message::from))
    })?;
    let name = draft::text(&source.name_of(&source.path));
    read.manifest.services.iter_mut().for_each(|entry| name_account(entry, input.facts));
    read.manifest.head.insert(0, format!("converted from {name}"));
    for it in &mut read.unconverted {
        it.file = source.name_of(&it.file);
        it.what = printable(&it.what);
    }
    Ok(read)
}

/// In the system scope, a file names the user of each service.
fn name_account(entry: &mut Entry, facts: &Facts<'_>) {
    let sets_user = |value: &Value| match value {
        Value::Table(pairs) => pairs.iter().any(|(name, _)| matches!(name.as_str(), "User" | "DynamicUser")),
        _ => false,
    };
    let is_given = entry.options.iter().any(|(name, value)| name == "uid" || sets_user(value));
    if facts.scope == Scope::System && !is_given {
        entry.options.push(("uid".to_owned(), Value::Text(facts.user.to_owned())));
    }
}

fn place(file: &Path, line: usize) -> String {
    if line == 0 { shown(file) } else { format!("{}:{line}", shown(file)) }
}
