//! Whether other users can change a program before it is run, or an environment before it is used, like git's
//! `safe.directory`.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::probe::Environment;
use super::writers::{self, Purpose};
use super::{lookup, tree, virtual_environment};
use crate::runtime;
use crate::runtime::variables::leads_to_code;
use crate::shell::shown;

/// Another user who can change something that would be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    pub who: String,
    /// What they can change.
    pub path: PathBuf,
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} can change {}", self.who, shown(&self.path))
    }
}

/// A user besides root and `trusted` who can change what is at an absolute path, or replace something along it.
pub fn writer(path: &Path, purpose: Purpose, trusted: &[u32]) -> Option<Writer> {
    let known: Vec<String> = trusted.iter().map(|uid| writers::name_of(*uid)).collect();
    writers::path_components(path, purpose).into_iter().find_map(|place| {
        let who = place.writers.into_iter().find(|who| !known.contains(who))?;
        Some(Writer { who, path: place.path })
    })
}

/// The same for directories of modules, with everything in them.
fn writer_of_libraries(libraries: Vec<PathBuf>, trusted: &[u32]) -> Option<Writer> {
    libraries.into_iter().find_map(|dir| {
        let below = || writers::writer_below(&dir, trusted).map(|(who, path)| Writer { who, path });
        writer(&dir, Purpose::Enter, trusted).or_else(below)
    })
}

/// The same for a directory in which and above which programs search for their configuration.
fn writer_of_directory(dir: &Path, trusted: &[u32]) -> Option<Writer> {
    let real = tree::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let above = real.ancestors().find_map(|above| writer(above, Purpose::Enter, trusted));
    above.or_else(|| writer(dir, Purpose::Enter, trusted))
}

/// Another user who can change what a command would run as the user `uid`: the program, its interpreters, its working
/// directory, files among its arguments, and files that its environment names.
pub fn writer_of_command(words: &[OsString], dir: &Path, environment: &Environment, uid: u32) -> Option<Writer> {
    let trusted = &[uid];
    let (program, arguments) = words.split_first()?;
    writer_of_directory(dir, trusted)
        .or_else(|| writer_of_program(&dir.join(program), trusted))
        .or_else(|| arguments.iter().find_map(|word| writer_of_argument(word, dir, trusted)))
        .or_else(|| environment.iter().find_map(|(name, value)| writer_of_variable(name, value, dir, trusted)))
}

/// Another user who can change a program, its interpreters, or what it loads from its directory.
fn writer_of_program(program: &Path, trusted: &[u32]) -> Option<Writer> {
    let mut next = Some(program.to_owned());
    for _ in 0..=lookup::INTERPRETERS_MAX {
        let Some(program) = next else { break };
        let line = lookup::interpreter(&program);
        let mut paths = vec![(program.clone(), Purpose::Use)];
        if !line.is_empty() {
            // Scripts load others from their directory, and from that of a link's target.
            let real = tree::canonicalize(&program).unwrap_or_else(|_| program.clone());
            let dirs = [&program, &real].into_iter().filter_map(|path| path.parent());
            paths.extend(dirs.map(|dir| (dir.to_owned(), Purpose::Enter)));
        }
        paths.extend(virtual_environment::files_of(&program));
        if let Some(writer) = paths.into_iter().find_map(|(path, purpose)| writer(&path, purpose, trusted)) {
            return Some(writer);
        }
        if let Some(writer) = writer_of_libraries(virtual_environment::libraries(&program), trusted) {
            return Some(writer);
        }
        // `env` searches PATH, whose directories are trusted.
        let by_env = runtime::env_program(&line).map(PathBuf::from).filter(|path| path.is_absolute());
        next = by_env.or_else(|| line.first().map(PathBuf::from));
    }
    None
}

/// An argument that contains an existing path: `--directory DIR`, `--config-file=FILE`, `-C/DIR`.
fn writer_of_argument(word: &OsStr, dir: &Path, trusted: &[u32]) -> Option<Writer> {
    let bytes = word.as_bytes();
    let after = |mark: u8| bytes.iter().position(|byte| *byte == mark);
    let value = after(b'=').map(|at| &bytes[at + 1..]);
    let glued = after(b'/').filter(|_| bytes.starts_with(b"-")).map(|at| &bytes[at..]);
    let values = [Some(bytes), value, glued].into_iter().flatten();
    values.map(|value| dir.join(OsStr::from_bytes(value))).find_map(|path| writer_of_path(&path, trusted))
}

fn writer_of_path(path: &Path, trusted: &[u32]) -> Option<Writer> {
    match tree::metadata(path) {
        Ok(metadata) if metadata.is_dir() => writer_of_directory(path, trusted),
        Ok(_) => writer(path, Purpose::Use, trusted),
        Err(_) => None,
    }
}

/// Variables by which interpreters and their tools find settings, modules and each other. A trial also distrusts those
/// that only may lead to code.
fn may_lead_to_code(name: &str) -> bool {
    const BEGINNINGS: [&str; 38] = [
        "LD_", "PYTHON", "PYENV_", "UV_", "POETRY_", "PIPENV_", "PIP_", "HATCH_", "PDM_", "RYE_", "CONDA_", "MAMBA_",
        "PIXI_", "NODE_", "NODENV_", "NVM_", "FNM_", "VOLTA_", "NPM_", "npm_", "BUN_", "DENO_", "RUBY", "RBENV_",
        "GEM_", "BUNDLE_", "PERL", "PHP", "LUA", "ASDF_", "MISE_", "SDKMAN_", "JAVA_", "JDK_", "_JAVA_", "R_", "GIT_",
        "OPENSSL_",
    ];
    leads_to_code(name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

fn writer_of_variable(name: &OsStr, value: &OsStr, dir: &Path, trusted: &[u32]) -> Option<Writer> {
    if !name.to_str().is_some_and(may_lead_to_code) {
        return None;
    }
    if name == "HOME" {
        let libraries = virtual_environment::libraries_in(&dir.join(value).join(".local/lib"));
        if let Some(writer) = writer_of_libraries(libraries, trusted) {
            return Some(writer);
        }
    }
    // Lists of paths, or options with paths.
    let parts = value.as_bytes().split(|byte| b":;,@= ".contains(byte)).filter(|part| !part.is_empty());
    parts.map(|part| dir.join(OsStr::from_bytes(part))).find_map(|path| match tree::metadata(&path) {
        Ok(metadata) if !metadata.is_dir() => writer(&path, Purpose::Use, trusted),
        // A missing file can be created.
        Err(_) if !path.starts_with(dir) => writer(&path, Purpose::Use, trusted),
        Ok(_) => writer(&path, Purpose::Enter, trusted),
        Err(_) => None,
    })
}

/// The environment with only those directories in PATH in which no user but root and `uid` can create programs, and who
/// can in the first other one.
pub fn safe_path(environment: &Environment, dir: &Path, uid: u32) -> (Environment, Option<Writer>) {
    let mut environment = environment.clone();
    let Some(path) = environment.get_mut(OsStr::new("PATH")) else { return (environment, None) };
    let mut left_out = None;
    let is_safe = |part: &PathBuf| match writer(&dir.join(part), Purpose::Enter, &[uid]) {
        None => true,
        Some(writer) => {
            left_out.get_or_insert(writer);
            false
        }
    };
    let safe: Vec<PathBuf> = std::env::split_paths(path).filter(is_safe).collect();
    if safe.is_empty() {
        // An empty PATH is the working directory.
        environment.remove(OsStr::new("PATH"));
    } else {
        // The parts contain no colon.
        *path = std::env::join_paths(safe).unwrap_or_default();
    }
    (environment, left_out)
}
