//! Finds programs and paths on this machine, and the environment to look them up in.

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::Access;

use super::probe::Environment;
use super::{Account, Host, executable, tree};
use crate::model::message::io_reason;
use crate::runtime::launcher;
use crate::shell::shown;
use crate::spec::looks_secret;

/// The program of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    Found {
        /// Absolute.
        path: PathBuf,
        /// The words after `#!` of a script.
        interpreter: Vec<OsString>,
    },
    Missing {
        /// It was looked up in PATH.
        in_path: bool,
        /// A file of that name exists in the working directory, which is not in PATH.
        script: bool,
    },
    NotExecutable(PathBuf),
    /// Its file system is mounted with `noexec`.
    OnNoexec(PathBuf),
    Dir(PathBuf),
}

impl Program {
    /// The words after `#!`; none for anything but a script.
    pub fn interpreter(&self) -> &[OsString] {
        match self {
            Program::Found { interpreter, .. } => interpreter,
            _ => &[],
        }
    }
}

/// A directory and why it cannot be used.
#[derive(Debug)]
pub struct Dir {
    /// Absolute, without `..`.
    pub path: PathBuf,
    pub trouble: Option<String>,
}

/// The environment in which a command is looked up: the caller's. If root acts for another user, it is that user's home
/// directory and root's variables that say where programs are; the rest are private to root.
pub fn callers_environment(who: Option<&Account>, host: &Host) -> Environment {
    // The environment here says nothing about a system that is not running.
    if host.image().is_some() {
        return Environment::default();
    }
    let mut environment = host.environment.clone();
    if let Some(who) = who {
        environment.retain(|name, value| says_where_programs_are(name, value));
        environment.insert("HOME".into(), who.home.clone().into());
        environment.extend(["USER", "LOGNAME"].map(|name| (name.into(), who.name.clone().into())));
    }
    environment
}

/// Whether a variable says where programs are, or which version of them, in a form that cannot be a secret.
fn says_where_programs_are(name: &OsStr, value: &OsStr) -> bool {
    let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { return false };
    const NAMES: [&str; 5] = ["PATH", "LANG", "LANGUAGE", "TZ", "TERM"];
    const TOOLS: [&str; 11] =
        ["VIRTUAL_", "PYTHON", "NODE_", "NVM_", "BUN_", "DENO_", "GEM_", "JAVA_", "SDKMAN_", "LD_LIBRARY_", "LUA_"];
    const ENDINGS: [&str; 10] =
        ["PATH", "HOME", "_ROOT", "_DIR", "_BIN", "_PREFIX", "_ENV", "_INSTALL", "_VERSION", "_SHELL"];
    let is_usual = NAMES.contains(&name) || name.starts_with("LC_");
    let of_tool = launcher::has_variable(name) || TOOLS.iter().any(|tool| name.starts_with(tool));
    let of_tool = of_tool && ENDINGS.iter().any(|end| name.ends_with(end));
    let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" .,:/_+-~".contains(&byte));
    let is_secret = looks_secret::names_secret(name) || looks_secret::by_form(value);
    (is_usual || of_tool && is_plain) && !value.contains("://") && !is_secret
}

/// Finds a program like a shell: a word with a slash is a path; any other is looked up in PATH, skipping files that are
/// not executable. Links are kept: `bin/python` of a virtual environment is one.
pub fn program(word: &OsStr, host: &Host) -> Program {
    // Without a working directory, relative paths are not found.
    let physical = host.physical_dir.as_deref().unwrap_or(Path::new("/proc/self/cwd"));
    if word.as_bytes().contains(&b'/') {
        let path = absolute(physical, Path::new(word));
        return candidate(path.clone()).unwrap_or(Program::Missing { in_path: false, script: false });
    }
    let named = host.path.iter().filter(|_| !word.is_empty());
    // An empty entry of PATH is the working directory.
    let candidates = named.filter_map(|dir| candidate(absolute(physical, dir).join(word)));
    let mut second_best = None;
    for found in candidates {
        match found {
            Program::Found { .. } => return found,
            other => second_best = second_best.or(Some(other)),
        }
    }
    match second_best {
        Some(found @ (Program::NotExecutable(_) | Program::OnNoexec(_))) => found,
        _ => {
            let script = !word.is_empty() && tree::is_file(beside(word, host));
            Program::Missing { in_path: true, script }
        }
    }
}

/// The programs in PATH whose names begin so.
pub fn programs(beginning: &OsStr, host: &Host) -> Vec<OsString> {
    let files = host.path.iter().filter(|dir| dir.is_absolute()).flat_map(|dir| tree::entries(dir).unwrap_or_default());
    let named =
        files.filter(|it| it.path.file_name().is_some_and(|name| name.as_bytes().starts_with(beginning.as_bytes())));
    let programs = named.filter(|it| matches!(candidate(it.path.clone()), Some(Program::Found { .. })));
    programs.filter_map(|it| it.path.file_name().map(OsStr::to_owned)).collect()
}

/// The program in PATH whose name is a slip away from a word.
pub fn similar(word: &OsStr, host: &Host) -> Option<OsString> {
    let word = word.to_str().filter(|word| word.len() > 3)?;
    let is_program = |dir: &PathBuf, name: &str| matches!(candidate(dir.join(name)), Some(Program::Found { .. }));
    let in_dir = |dir: &PathBuf| {
        let names = tree::entries(dir)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|entry| entry.path.file_name()?.to_str().map(str::to_owned));
        let near = names.map(|name| (strsim::osa_distance(word, &name), name));
        let near = near.filter(|(slips, _)| *slips <= (word.len() / 5).clamp(1, 2));
        near.filter(|(_, name)| is_program(dir, name)).collect::<Vec<_>>()
    };
    let mut all: Vec<(usize, String)> = host.path.iter().filter(|dir| dir.is_absolute()).flat_map(in_dir).collect();
    all.sort_by_key(|(slips, name)| (*slips, name.len() != word.len() + 1, name.clone()));
    all.into_iter().next().map(|(_, name)| name.into())
}

pub fn candidate(path: PathBuf) -> Option<Program> {
    let metadata = tree::metadata(&path).ok()?;
    Some(if metadata.is_dir() {
        Program::Dir(path)
    } else if !metadata.is_file() {
        return None;
    } else if tree::may(&path, Access::EXEC_OK).is_err() {
        match executable::is_on_noexec(&path) {
            true => Program::OnNoexec(path),
            false => Program::NotExecutable(path),
        }
    } else {
        Program::Found { interpreter: interpreter(&path), path }
    })
}

/// The maximum number of `#!` lines that the kernel follows from one to the next (execve(2)).
pub const INTERPRETERS_MAX: usize = 5;

/// The words after `#!` as the kernel splits them: the interpreter and at most one argument. Empty if the file is not a
/// script or cannot be read.
pub fn interpreter(path: &Path) -> Vec<OsString> {
    let head = head(path, 256);
    let Some(line) = head.strip_prefix(b"#!").and_then(|rest| rest.split(|byte| *byte == b'\n').next()) else {
        return Vec::new();
    };
    // A carriage return is part of the interpreter's name to the kernel.
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let trim = |bytes: &[u8]| {
        let start = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
        let end = bytes.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
        bytes[start..end].to_vec()
    };
    let words = trim(line);
    words.splitn(2, blank).map(|word| OsString::from_vec(trim(word))).filter(|word| !word.is_empty()).collect()
}

/// Empty if it is not a file or cannot be read.
pub fn head(path: &Path, limit: u64) -> Vec<u8> {
    // With enough capacity it is read at once.
    let mut head = Vec::with_capacity(usize::try_from(limit).unwrap_or_default().min(4096));
    // Opening a pipe would block until another process writes to it.
    if tree::is_file(path)
        && let Ok(file) = tree::open(path)
        && file.take(limit).read_to_end(&mut head).is_err()
    {
        head.clear();
    }
    head
}

/// True for a program of this or another machine.
pub fn is_binary(path: &Path) -> bool {
    head(path, 256).contains(&0)
}

/// A file of that name in the working directory.
pub fn beside(word: &OsStr, host: &Host) -> PathBuf {
    absolute(host.physical_dir.as_deref().unwrap_or(Path::new("/proc/self/cwd")), Path::new(word))
}

/// Makes a path absolute by its text. `base` has no links, so a leading `..` can be resolved; after a name it may
/// follow a link and is kept.
fn absolute(base: &Path, path: &Path) -> PathBuf {
    let mut out = if path.is_absolute() { PathBuf::from("/") } else { base.to_owned() };
    let mut leading = path.is_relative();
    for part in path.components() {
        match part {
            Component::ParentDir if leading => {
                out.pop();
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
            part => {
                leading = false;
                out.push(part);
            }
        }
    }
    // `./x/` must be a directory; the slash makes the kernel check it.
    if path.as_os_str().as_bytes().ends_with(b"/") {
        out.push("");
    }
    out
}

/// A directory relative to the one the shell shows.
pub fn dir(typed: Option<&OsStr>, host: &Host) -> Option<Dir> {
    let Some(typed) = typed else {
        // Services of systemd start there as well.
        let usual = || host.image().map(|_| PathBuf::from("/"));
        return host.dir.clone().or_else(usual).map(|path| Dir { path, trouble: None });
    };
    let path = without_parents(&named(typed, host));
    let trouble = match tree::metadata(&path) {
        _ if typed.is_empty() => Some("its name is empty".into()),
        _ if path.is_relative() => Some(nowhere(host)),
        Ok(metadata) if !metadata.is_dir() => Some("it is not a directory".into()),
        Ok(_) => None,
        Err(error) => Some(io_reason(&error)),
    };
    Some(Dir { path, trouble })
}

/// Why a relative path cannot be resolved.
pub(super) fn nowhere(host: &Host) -> String {
    match host.image() {
        Some(root) => format!("it is relative, and the working directory is not inside {}", shown(root)),
        None => "it is relative, and the working directory was deleted".into(),
    }
}

pub(super) fn named(typed: &OsStr, host: &Host) -> PathBuf {
    let path = Path::new(typed);
    match &host.dir {
        Some(dir) if path.is_relative() => dir.join(path),
        _ => path.to_owned(),
    }
}

/// systemd refuses `..` in paths; only the file system knows where one leads.
pub(super) fn without_parents(path: &Path) -> PathBuf {
    let plain: PathBuf = path.components().collect();
    if plain.components().any(|part| part == Component::ParentDir) {
        tree::canonicalize(&plain).unwrap_or(plain)
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_absolute_and_keep_their_links() {
        let base = Path::new("/home/me/project");
        for (typed, meant) in [
            ("./server", "/home/me/project/server"),
            ("bin/../server", "/home/me/project/bin/../server"),
            ("../x", "/home/me/x"),
            (".././../x", "/home/x"),
            ("../../../../../x", "/x"),
            ("/opt//a/./b", "/opt/a/b"),
            ("/opt/../b", "/opt/../b"),
            ("./x/", "/home/me/project/x/"),
        ] {
            assert_eq!(absolute(base, Path::new(typed)).as_os_str(), OsStr::new(meant), "{typed}");
        }
    }

    #[test]
    fn nobody_sees_what_else_root_has_set() {
        let names = [
            "PATH",
            "LC_ALL",
            "PYENV_VERSION",
            "ASDF_NODEJS_VERSION",
            "POETRY_VIRTUALENVS_PATH",
            "VIRTUAL_ENV",
            "PYTHONPATH",
        ];
        for name in names {
            assert!(says_where_programs_are(OsStr::new(name), OsStr::new("k3Yd9")), "{name}");
            assert!(!says_where_programs_are(OsStr::new(name), OsStr::new("https://u:p@host/")), "{name}");
        }
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "DATABASE_URL",
            "NODE_AUTH_TOKEN",
            "SSH_AUTH_SOCK",
            "LD_PRELOAD",
            "LS",
            "PIP_INDEX_URL",
            "UV_DEFAULT_INDEX",
            "NODE_OPTIONS",
            "XDG_RUNTIME_DIR",
        ] {
            assert!(!says_where_programs_are(OsStr::new(name), OsStr::new("k3Yd9")), "{name}");
        }
    }
}
