//! What the units of a service have root execute and load: programs, interpreters, scripts, modules, and what variables,
//! PATH and bind mounts put in their places. What a program loads from deeper in its own tree is not known.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::manager_paths::{binds, environment_files, matches};
use super::system_units::{SystemUnit, UnitCommand};
use crate::host::writers::{self, Purpose};
use crate::host::{USUAL_PATH, account, lookup, tree, virtual_environment};
use crate::runtime::loads::{Loads, loads, parts};
use crate::runtime::{self, command, variables};
use crate::systemd::environment_file;

/// Something that decides what root runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    pub what: Cow<'static, str>,
    pub path: PathBuf,
    pub purpose: Purpose,
}

/// All that root executes and loads for a unit.
pub fn by_root(unit: &SystemUnit) -> Vec<Executed> {
    let commands: Vec<UnitCommand> = unit.commands().into_iter().filter(|command| is_roots(command, unit)).collect();
    if commands.is_empty() {
        return Vec::new();
    }
    // Paths count from there, and cannot be followed from here.
    for directive in ["RootDirectory", "RootImage", "RootMStack"] {
        if let Some(root) = unit.last(directive) {
            return vec![Executed {
                what: "the root directory".into(),
                path: unit.expanded(root).into(),
                purpose: Purpose::Enter,
            }];
        }
    }
    let (directory, search_path) = (working_directory(unit), search_path(unit));
    let mut reader = Reader { unit, directory, search_path, binds: binds(unit), found: Vec::new() };
    for command in &commands {
        reader.command(command);
    }
    for (name, value) in unit.environment() {
        reader.variable(&name, value.as_ref());
    }
    // systemd makes it the PATH of the service.
    for path in unit.values("ExecSearchPath") {
        reader.variable("PATH", unit.expanded(path).as_ref());
    }
    for path in environment_files(unit) {
        let content = tree::read(&path).unwrap_or_default();
        reader.add("the environment file", path, Purpose::Use);
        for (name, value) in environment_file::assignments(&content).unwrap_or_default() {
            reader.variable(&name, value.as_ref());
        }
    }
    reader.libraries();
    reader.found
}

/// Whether the unit's commands run as root.
pub fn runs_as_root(unit: &SystemUnit) -> bool {
    match unit.last("User") {
        // A user that systemd makes up is never root.
        None => !unit.is_on("DynamicUser"),
        Some(user) => {
            let user = unit.expanded(user);
            user == "0" || account::by_name(&user).is_some_and(|account| account.uid == 0)
        }
    }
}

/// `!!` has no effect where the kernel has ambient capabilities.
fn is_roots(command: &UnitCommand, unit: &SystemUnit) -> bool {
    runs_as_root(unit)
        || command.prefix.contains('+')
        || command.prefix.matches('!').count() == 1
        || (unit.is_on("PermissionsStartOnly") && command.directive != "ExecStart")
}

fn working_directory(unit: &SystemUnit) -> PathBuf {
    let directory = unit.last("WorkingDirectory").map(|directory| unit.expanded(directory.trim_start_matches('-')));
    match directory.as_deref() {
        Some("~") => "/root".into(),
        Some(directory) if directory.starts_with('/') => directory.into(),
        _ => "/".into(),
    }
}

/// Where commands without a path are found by the unit's programs.
fn search_path(unit: &SystemUnit) -> Vec<PathBuf> {
    let environment = unit.environment();
    let path = environment.iter().rfind(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
    let path = path.or_else(|| unit.search_path());
    std::env::split_paths(path.as_deref().unwrap_or(USUAL_PATH)).collect()
}

struct Reader<'a> {
    unit: &'a SystemUnit,
    directory: PathBuf,
    search_path: Vec<PathBuf>,
    /// Source and destination.
    binds: Vec<(PathBuf, PathBuf)>,
    found: Vec<Executed>,
}

impl Reader<'_> {
    fn add(&mut self, what: impl Into<Cow<'static, str>>, path: PathBuf, purpose: Purpose) {
        let executed = Executed { what: what.into(), path: self.bound(path), purpose };
        if !self.found.contains(&executed) {
            self.found.push(executed);
        }
    }

    fn command(&mut self, command: &UnitCommand) {
        let environment = self.unit.environment();
        let known = |name: &str| environment.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.clone());
        let mut words = command.words.clone();
        // systemd gives the line to the shell of the user.
        if command.prefix.contains('|') {
            words = vec!["/bin/sh".into(), "-c".into(), words.join(OsStr::new(" "))];
        }
        for (at, loaded) in loads(&words, &known).into_iter().enumerate() {
            match loaded {
                // systemd finds it itself.
                Loads::Program(name) if at == 0 && !name.as_bytes().contains(&b'/') => {
                    let path = self.unit.search_path();
                    let path = std::env::split_paths(path.as_deref().unwrap_or(USUAL_PATH)).collect::<Vec<_>>();
                    self.named_program(&name, &path);
                }
                loaded => self.loaded(loaded),
            }
        }
    }

    fn loaded(&mut self, loaded: Loads) {
        match loaded {
            Loads::Program(name) if !name.as_bytes().contains(&b'/') => {
                self.named_program(&name, &self.search_path.clone());
            }
            Loads::Program(path) => {
                let path = self.directory.join(path);
                match path.to_str().filter(|pattern| pattern.contains(['*', '?', '[']) && !tree::exists(&path)) {
                    Some(pattern) => matches(pattern).iter().for_each(|path| self.program(path)),
                    None => self.program(&path),
                }
            }
            Loads::Script { path, imports } => {
                let path = self.directory.join(path);
                self.add("the script", path.clone(), Purpose::Use);
                if imports {
                    self.beside(&path);
                }
            }
            Loads::Module(path) => self.module("the module", &path),
            Loads::Root(path) => self.add("the root directory", self.directory.join(path), Purpose::Enter),
            Loads::Variable(name, value) => self.variable(&name, &value),
            Loads::WorkingDirectory => self.add("the working directory", self.directory.clone(), Purpose::Enter),
            Loads::Word(word) => self.word(&word),
        }
    }

    /// A word that is the path of a program or script.
    fn word(&mut self, word: &OsStr) {
        let path = self.directory.join(word);
        let Ok(metadata) = tree::metadata(&path) else { return };
        if metadata.is_file() && metadata.mode() & 0o111 != 0 {
            self.program(&path);
        } else if metadata.is_file() && runtime::is_code(&path) {
            self.add("the script", path, Purpose::Use);
        }
    }

    /// A program that is looked up by name, and the places before it: a user who can write there can put another one.
    fn named_program(&mut self, name: &OsStr, search_path: &[PathBuf]) {
        for directory in search_path {
            let path = self.directory.join(directory).join(name);
            if tree::is_file(&path) {
                return self.program(&path);
            }
            self.add(kind_of_program(name), path, Purpose::Use);
        }
    }

    /// A program and its interpreters.
    fn program(&mut self, program: &Path) {
        let mut imports = command::imports_from_script_directory(program.as_os_str());
        let mut is_interpreted = false;
        self.add(kind_of_program(program.as_os_str()), program.to_owned(), Purpose::Use);
        let mut interpreter = self.bound(program.to_owned());
        for _ in 0..lookup::INTERPRETERS_MAX {
            for (path, purpose) in virtual_environment::files_of(&interpreter) {
                self.add("the interpreter", path, purpose);
            }
            let words = lookup::interpreter(&interpreter);
            let Some(first) = words.first() else { break };
            is_interpreted = true;
            // Its variables and modules (`env -S A=1 node -r x.js`).
            for loaded in loads(&with_split_argument(&words), &|_| None).into_iter().skip(1) {
                if matches!(loaded, Loads::Variable(..) | Loads::Module(_)) {
                    self.loaded(loaded);
                }
            }
            interpreter = first.into();
            self.add("the interpreter", interpreter.clone(), Purpose::Use);
            if let Some(name) = runtime::env_program(&words) {
                for directory in self.search_path.clone() {
                    interpreter = self.directory.join(directory).join(name);
                    self.add("the interpreter", interpreter.clone(), Purpose::Use);
                    if tree::is_file(&interpreter) {
                        break;
                    }
                }
            }
            imports |= command::imports_from_script_directory(interpreter.as_os_str());
        }
        if is_interpreted && imports {
            self.beside(program);
        }
    }

    /// Modules are looked for beside a script: where it is named, and where links lead to.
    fn beside(&mut self, script: &Path) {
        let end = writers::path_components(script, Purpose::Use).pop().map(|place| place.path);
        for directory in [script.parent(), end.as_deref().and_then(Path::parent)].into_iter().flatten() {
            self.add("the script's directory", directory.to_owned(), Purpose::Enter);
        }
    }

    /// Code by its path. What is missing in the working directory may not be a path at all.
    fn module(&mut self, what: impl Into<Cow<'static, str>>, path: &OsStr) {
        let path = self.directory.join(path);
        match tree::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => self.add(what, path, Purpose::Enter),
            Ok(_) => self.add(what, path, Purpose::Use),
            Err(_) if path.starts_with(&self.directory) && self.directory != Path::new("/") => {}
            Err(_) => self.add(what, path, Purpose::Use),
        }
    }

    fn variable(&mut self, name: &str, value: &OsStr) {
        if name == "PATH" {
            for directory in std::env::split_paths(value) {
                self.add("the PATH entry", self.directory.join(directory), Purpose::Enter);
            }
        } else if variables::leads_to_code(name) {
            for path in variables::paths(value) {
                self.module(format!("the {name} entry"), &path);
            }
        } else {
            // `EDITOR`, `SHELL`, and whatever a program knows.
            parts(value).iter().for_each(|word| self.word(word));
        }
    }

    /// What is at a path inside of the service.
    fn bound(&self, path: PathBuf) -> PathBuf {
        let shown = self.binds.iter().rev().find_map(|(source, destination)| {
            let rest = path.strip_prefix(destination).ok()?;
            Some(if rest.as_os_str().is_empty() { source.clone() } else { source.join(rest) })
        });
        shown.unwrap_or(path)
    }

    /// Sources of bind mounts over libraries and the settings of the linker.
    fn libraries(&mut self) {
        const LIBRARIES: [&str; 6] = ["/bin", "/lib", "/lib32", "/lib64", "/sbin", "/usr"];
        for (source, destination) in self.binds.clone() {
            let is_over_code = LIBRARIES.iter().any(|it| destination.starts_with(it))
                || Path::new("/etc/ld.so.preload").starts_with(&destination);
            if source != destination && is_over_code {
                let purpose = if tree::is_dir(&source) { Purpose::Enter } else { Purpose::Use };
                self.found.push(Executed { what: "the bind mount's source".into(), path: source, purpose });
            }
        }
    }
}

/// The words of a `#!` line, in which all arguments are one to the kernel.
fn with_split_argument(words: &[OsString]) -> Vec<OsString> {
    let of_env = words[0].as_bytes().ends_with(b"/env");
    let arguments =
        words.iter().skip(1).flat_map(|argument| argument.to_str().and_then(shlex::split).unwrap_or_default());
    // `env` splits them only with `-S`.
    let arguments = arguments.filter(|word| !of_env || word != "-S").map(OsString::from);
    words.first().cloned().into_iter().chain(arguments).collect()
}

/// An interpreter is not moved elsewhere by itself.
fn kind_of_program(program: &OsStr) -> &'static str {
    if runtime::of_program(program).is_some() { "the interpreter" } else { "the program" }
}
