//! What the typed words mean on this machine: programs, folders, files, accounts and variables.

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::{Account, Host, account};
use crate::cli::Add;
use crate::error::io_reason;

/// The typed words of `add`, looked up.
#[derive(Debug)]
pub struct LookedUp {
    /// The command's first word.
    pub program: Program,
    /// `--working-directory`, or the caller's.
    pub folder: Option<Folder>,
    /// `--environment-file`, in order.
    pub environment_files: Vec<EnvironmentFileFound>,
    /// `--uid`.
    pub account: Option<Account>,
    /// `--gid`.
    pub group: Option<String>,
}

/// What the command's first word is.
#[derive(Debug, PartialEq, Eq)]
pub enum Program {
    /// A program.
    Found {
        /// Absolute.
        path: PathBuf,
        /// The words behind `#!`, when it is a script.
        interpreter: Vec<OsString>,
    },
    /// Nothing of that name.
    Missing {
        /// It was looked for in PATH.
        in_path: bool,
        /// There is a file of that name in the working directory, where PATH does not lead.
        script: bool,
    },
    /// A file that may not be executed.
    NotExecutable(PathBuf),
    /// A folder.
    Folder(PathBuf),
}

/// A folder and, when it cannot be one, why.
#[derive(Debug)]
pub struct Folder {
    /// Absolute, without `..`.
    pub path: PathBuf,
    /// Why it cannot be entered.
    pub trouble: Option<String>,
}

/// An environment file and, when it cannot be read, why.
#[derive(Debug)]
pub struct EnvironmentFileFound {
    /// Absolute.
    pub path: PathBuf,
    /// It was given with `-` in front: it may be missing.
    pub optional: bool,
    /// Why it cannot be read.
    pub trouble: Option<String>,
}

/// Looks up everything that `add` names.
pub fn look_up(typed: &Add, host: &Host) -> LookedUp {
    LookedUp {
        program: typed.command.first().map_or(Program::Missing { in_path: false, script: false }, |w| program(w, host)),
        folder: folder(typed.working_directory.as_deref(), host),
        environment_files: typed.environment_file.iter().map(|word| environment_file(word, host)).collect(),
        account: typed.uid.as_deref().and_then(account::by_name),
        group: typed.gid.as_deref().and_then(account::group),
    }
}

/// Finds a program as a shell does: a word with a slash is a path, any other is looked for in
/// PATH, where files that may not be executed are passed over. Links stay what they are: a virtual
/// environment's `bin/python` is one.
fn program(word: &OsStr, host: &Host) -> Program {
    // Without a working directory relative paths lead nowhere, and are not found.
    let physical = host.physical_folder.as_deref().unwrap_or(Path::new("/proc/self/cwd"));
    if word.as_bytes().contains(&b'/') {
        let path = absolute(physical, Path::new(word));
        return candidate(path.clone()).unwrap_or(Program::Missing { in_path: false, script: false });
    }
    let named = host.path.iter().filter(|_| !word.is_empty());
    // An empty entry of PATH is the working directory.
    let candidates = named.filter_map(|folder| candidate(absolute(physical, folder).join(word)));
    let mut second_best = None;
    for found in candidates {
        match found {
            Program::Found { .. } => return found,
            other => second_best = second_best.or(Some(other)),
        }
    }
    match second_best {
        Some(Program::NotExecutable(path)) => Program::NotExecutable(path),
        _ => {
            let script = !word.is_empty() && physical.join(word).is_file();
            Program::Missing { in_path: true, script }
        }
    }
}

/// What is at a path; `None` when nothing is.
fn candidate(path: PathBuf) -> Option<Program> {
    let metadata = path.metadata().ok()?;
    Some(if metadata.is_dir() {
        Program::Folder(path)
    } else if !metadata.is_file() {
        // A device or a pipe is no program, whatever its mode says.
        return None;
    } else if accessat(CWD, &path, Access::EXEC_OK, AtFlags::EACCESS).is_err() {
        Program::NotExecutable(path)
    } else {
        Program::Found { interpreter: interpreter(&path), path }
    })
}

/// The words behind `#!`, as the kernel splits them: the interpreter and at most one argument.
///
/// Empty for what is no script, or cannot be read.
#[expect(clippy::disallowed_methods, reason = "a script is known by its first line")]
pub fn interpreter(path: &Path) -> Vec<OsString> {
    let mut head = Vec::new();
    // Opening a pipe would wait for somebody to write to it.
    if !path.is_file() {
        return Vec::new();
    }
    let Ok(file) = std::fs::File::open(path) else { return Vec::new() };
    if file.take(256).read_to_end(&mut head).is_err() {
        return Vec::new();
    }
    let Some(line) = head.strip_prefix(b"#!").and_then(|rest| rest.split(|byte| *byte == b'\n').next()) else {
        return Vec::new();
    };
    // Blanks and tabs, no more: a carriage return is part of the interpreter's name to the kernel.
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let trim = |bytes: &[u8]| {
        let start = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
        let end = bytes.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
        bytes[start..end].to_vec()
    };
    let words = trim(line);
    words.splitn(2, blank).map(|word| OsString::from_vec(trim(word))).filter(|word| !word.is_empty()).collect()
}

/// Makes a path absolute without looking at the file system. `base` holds no links, so `..` in
/// front can be taken back; behind a name it may lead through a link and stays.
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
    // `./x/` can only be a folder; the slash makes the kernel say so.
    if path.as_os_str().as_bytes().ends_with(b"/") {
        out.push("");
    }
    out
}

/// A folder as people name it: against the folder that the shell shows.
fn folder(typed: Option<&OsStr>, host: &Host) -> Option<Folder> {
    let Some(typed) = typed else {
        return host.folder.clone().map(|path| Folder { path, trouble: None });
    };
    let path = lasting(&named(typed, host));
    let trouble = match path.metadata() {
        _ if typed.is_empty() => Some("its name is empty".into()),
        _ if path.is_relative() => Some(NOWHERE.into()),
        Ok(metadata) if !metadata.is_dir() => Some("it is not a folder".into()),
        Ok(_) => None,
        Err(error) => Some(io_reason(&error)),
    };
    Some(Folder { path, trouble })
}

fn environment_file(word: &OsStr, host: &Host) -> EnvironmentFileFound {
    let bytes = word.as_bytes();
    let optional = bytes.starts_with(b"-");
    let path = lasting(&named(OsStr::from_bytes(&bytes[usize::from(optional)..]), host));
    let trouble = match path.metadata() {
        _ if path.is_relative() => Some(NOWHERE.into()),
        Ok(metadata) if metadata.is_dir() => Some("it is a folder".into()),
        Ok(_) => accessat(CWD, &path, Access::READ_OK, AtFlags::EACCESS).err().map(|error| io_reason(&error.into())),
        Err(_) if optional => None,
        Err(error) => Some(io_reason(&error)),
    };
    EnvironmentFileFound { path, optional, trouble }
}

/// Why a relative path means nothing once the working directory has been deleted.
const NOWHERE: &str = "it is relative, and the working directory is gone";

fn named(typed: &OsStr, host: &Host) -> PathBuf {
    let path = Path::new(typed);
    match &host.folder {
        Some(folder) if path.is_relative() => folder.join(path),
        _ => path.to_owned(),
    }
}

/// systemd refuses `..` in paths. Only the file system knows where one leads.
#[expect(clippy::disallowed_methods, reason = "only the file system knows where `..` leads")]
fn lasting(path: &Path) -> PathBuf {
    let plain: PathBuf = path.components().collect();
    if plain.components().any(|part| part == Component::ParentDir) {
        std::fs::canonicalize(&plain).unwrap_or(plain)
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
}
