//! Virtual environments: which one a program lies in, which one belongs to a command, and paths that outlast the
//! session.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::interpreter::Place;
use super::lookup::{self, Program};
use super::tree;
use crate::runtime::places;

/// The virtual environment that a program lies in: `pyvenv.cfg` beside its `bin`, or that of conda.
pub fn environment_of(program: &Path) -> Option<&Path> {
    let environment = program.parent()?.parent()?;
    let is_one = tree::is_file(environment.join("pyvenv.cfg")) || tree::is_dir(environment.join("conda-meta"));
    is_one.then_some(environment)
}

/// The settings of the virtual environment in a folder (`pyvenv.cfg`), and the folder of the Python that
/// it stands for, where they name one. `None` where it is no virtual environment.
pub fn settings(folder: &Path) -> Option<(PathBuf, Option<PathBuf>)> {
    let settings = folder.join("pyvenv.cfg");
    if !tree::is_file(&settings) {
        return None;
    }
    let text = tree::read(&settings).unwrap_or_default();
    let home = text.split(|byte| *byte == b'\n').find_map(|line| {
        let at = line.iter().position(|byte| *byte == b'=')?;
        let (key, value) = (line[..at].trim_ascii(), line[at + 1..].trim_ascii());
        (key == b"home").then(|| PathBuf::from(OsStr::from_bytes(value)))
    });
    Some((settings, home.filter(|home| home.is_absolute())))
}

/// A program in the virtual environment that belongs to a command: the active one, else `.venv` or `venv` beside
/// the script, or above it up to the root of the project. Gives the environment and the program in it.
pub fn in_environment(word: &OsStr, near: &Path, place: &Place<'_>) -> Option<(PathBuf, PathBuf)> {
    let folder = place.folder;
    let active = place.environment.get(OsStr::new("VIRTUAL_ENV")).map(PathBuf::from);
    let beside = if near == folder { folder } else { near.parent()? };
    let above = project_folders(beside).into_iter().chain(project_folders(folder));
    let usual = above.flat_map(|folder| [folder.join(".venv"), folder.join("venv")]);
    let environment =
        active.into_iter().chain(usual).find(|environment| tree::is_file(environment.join("pyvenv.cfg")))?;
    // `python` is `python3` in there, and the other way round; another version is another matter.
    let python = matches!(word.to_str(), Some("python" | "python3")).then_some("python");
    let names = [Some(word), python.map(OsStr::new)].into_iter().flatten();
    let mut candidates = names.map(|name| environment.join("bin").join(name));
    let path = candidates.find(|path| matches!(lookup::candidate(path.clone()), Some(Program::Found { .. })))?;
    Some((environment, path))
}

/// A folder and those above it, up to the root of the project: the first that holds what projects have there.
/// Without such, the folder alone.
fn project_folders(folder: &Path) -> Vec<&Path> {
    const MARKS: [&str; 9] = [
        ".git",
        ".hg",
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "requirements.txt",
        "Pipfile",
        "tox.ini",
        "manage.py",
    ];
    let is_root = |folder: &Path| MARKS.iter().any(|mark| tree::exists(folder.join(mark)));
    let all: Vec<&Path> = folder.ancestors().collect();
    let root = all.iter().position(|folder| is_root(folder)).unwrap_or(0);
    all[..=root].to_vec()
}

/// A path that outlasts the session: where a folder on the way is a link of one shell session, or a file in a
/// cache is a link, what is behind it.
pub fn settled(path: &Path) -> PathBuf {
    let lasts = |path: &Path| !places::is_passing(path) && !places::is_cache(path);
    if lasts(path) || environment_of(path).is_some() {
        return path.to_owned();
    }
    // Tools look at the name they are called by, so it is kept where the folder can tell.
    let by_folder = path.parent().and_then(|folder| tree::canonicalize(folder).ok());
    let by_folder = by_folder.zip(path.file_name()).map(|(folder, name)| folder.join(name));
    let itself = || tree::canonicalize(path).ok();
    by_folder
        .filter(|path| lasts(path))
        .or_else(|| itself().filter(|path| lasts(path)))
        .unwrap_or_else(|| path.to_owned())
}
