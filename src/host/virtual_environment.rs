//! Virtual environments: the one that contains a program, the one that a command uses, and permanent paths of programs.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::interpreter::Context;
use super::lookup::{self, Program};
use super::tree;
use super::trust::{self, Writer};
use super::writers::Purpose;
use crate::runtime::paths;

/// The virtual environment that contains a program: `pyvenv.cfg` beside its `bin`, or that of conda.
pub fn environment_of(program: &Path) -> Option<&Path> {
    let environment = program.parent()?.parent()?;
    let is_one = tree::is_file(environment.join("pyvenv.cfg")) || tree::is_dir(environment.join("conda-meta"));
    is_one.then_some(environment)
}

/// The path of `pyvenv.cfg` and the directory of the Python that it names; `None` if it is not a virtual environment.
pub fn settings(dir: &Path) -> Option<(PathBuf, Option<PathBuf>)> {
    let settings = dir.join("pyvenv.cfg");
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

/// What an interpreter loads before a script: the settings of its virtual environment, the Python that these name, and
/// its modules, some of which are executed at each start.
pub fn files_of(interpreter: &Path) -> Vec<(PathBuf, Purpose)> {
    let Some(prefix) = interpreter.parent().and_then(Path::parent) else { return Vec::new() };
    let (settings, home) = settings(prefix).unzip();
    let used = settings.into_iter().chain(home.flatten()).map(|path| (path, Purpose::Use));
    let is_python = |path: &Path| path.file_name().is_some_and(|name| name.as_bytes().starts_with(b"python"));
    let versions = tree::entries(prefix.join("lib")).unwrap_or_default().into_iter().map(|entry| entry.path);
    let libraries = versions.filter(|path| is_python(path)).flat_map(|path| [path.join("site-packages"), path]);
    used.chain(libraries.filter(|path| tree::is_dir(path)).map(|path| (path, Purpose::Enter))).collect()
}

/// The directories with the modules of an interpreter, and those that its `.pth` files add to them: Python executes
/// some of what is in them before any script. Not those of the system, which belong to root.
pub fn libraries(interpreter: &Path) -> Vec<PathBuf> {
    let prefix = interpreter.parent().and_then(Path::parent).filter(|prefix| *prefix != Path::new("/usr"));
    let Some(prefix) = prefix.filter(|prefix| *prefix != Path::new("/")) else { return Vec::new() };
    libraries_in(&prefix.join("lib"))
}

/// The same for the modules of a user's own (`~/.local/lib`).
pub fn libraries_in(lib: &Path) -> Vec<PathBuf> {
    const LANGUAGES: [&[u8]; 4] = [b"python", b"ruby", b"perl", b"php"];
    let is_library = |path: &PathBuf| {
        path.file_name().is_some_and(|name| LANGUAGES.iter().any(|language| name.as_bytes().starts_with(language)))
    };
    let versions = tree::entries(lib).unwrap_or_default().into_iter().map(|entry| entry.path);
    let mut libraries: Vec<PathBuf> = versions.filter(is_library).collect();
    let added: Vec<PathBuf> =
        libraries.iter().flat_map(|library| added_by_pth(&library.join("site-packages"))).collect();
    libraries.extend(added);
    libraries
}

/// The directories that `.pth` files name (<https://docs.python.org/3/library/site.html>).
fn added_by_pth(site: &Path) -> Vec<PathBuf> {
    let entries = tree::entries(site).unwrap_or_default().into_iter().map(|entry| entry.path);
    let files = entries.filter(|path| path.extension().is_some_and(|end| end == "pth"));
    let texts = files.filter_map(|path| tree::read(path).ok());
    let lines = texts.flat_map(|text| {
        let lines = text.split(|byte| *byte == b'\n').map(|line| line.trim_ascii().to_owned());
        lines
            .filter(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b"import"))
            .collect::<Vec<_>>()
    });
    lines.map(|line| site.join(OsStr::from_bytes(&line))).filter(|path| tree::is_dir(path)).collect()
}

/// A program in a virtual environment, and environments that were ignored.
#[derive(Debug, Default)]
pub struct VenvProgram {
    /// The environment and the program in it.
    pub found: Option<(PathBuf, PathBuf)>,
    /// Environments that would have precedence, and who can change them.
    pub ignored: Vec<(PathBuf, Writer)>,
}

/// Searches the virtual environment that a command uses: the active one, or `.venv` or `venv` beside the script or above
/// it up to the root of the project. One that others can change is ignored.
pub fn in_environment(word: &OsStr, near: &Path, context: &Context<'_>) -> VenvProgram {
    let dir = context.dir;
    let active = context.environment.get(OsStr::new("VIRTUAL_ENV")).map(PathBuf::from);
    let Some(beside) = (if near == dir { Some(dir) } else { near.parent() }) else {
        return VenvProgram::default();
    };
    let above = project_dirs(beside, context).into_iter().chain(project_dirs(dir, context));
    let usual = above.flat_map(|dir| [dir.join(".venv"), dir.join("venv")]);
    let mut ignored: Vec<(PathBuf, Writer)> = Vec::new();
    let mut is_own = |environment: &PathBuf| {
        let settings = environment.join("pyvenv.cfg");
        if !tree::is_file(&settings) || ignored.iter().any(|(known, _)| known == environment) {
            return false;
        }
        let writer = trust::writer(&environment.join("bin"), Purpose::Enter, &context.trusted)
            .or_else(|| trust::writer(&settings, Purpose::Use, &context.trusted));
        writer.is_none_or(|writer| {
            ignored.push((environment.clone(), writer));
            false
        })
    };
    let environment = active.into_iter().chain(usual).find(|environment| is_own(environment));
    // In an environment, `python` and `python3` are the same.
    let python = matches!(word.to_str(), Some("python" | "python3")).then_some("python");
    let program = |environment: PathBuf| {
        let names = [Some(word), python.map(OsStr::new)].into_iter().flatten();
        let mut candidates = names.map(|name| environment.join("bin").join(name));
        let path = candidates.find(|path| matches!(lookup::candidate(path.clone()), Some(Program::Found { .. })))?;
        Some((environment, path))
    };
    VenvProgram { found: environment.and_then(program), ignored }
}

/// A directory and those above it up to the root of the project, which contains a file of `MARKS` that no other user
/// can change; otherwise the directory alone.
fn project_dirs<'a>(dir: &'a Path, context: &Context<'_>) -> Vec<&'a Path> {
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
    let is_mark = |path: PathBuf| tree::exists(&path) && trust::writer(&path, Purpose::Use, &context.trusted).is_none();
    let is_root = |dir: &Path| MARKS.iter().any(|mark| is_mark(dir.join(mark)));
    let all: Vec<&Path> = dir.ancestors().collect();
    let root = all.iter().position(|dir| is_root(dir)).unwrap_or(0);
    all[..=root].to_vec()
}

/// A permanent path: links that one shell session created, and links in a cache, are resolved.
pub fn permanent(path: &Path) -> PathBuf {
    let lasts = |path: &Path| !paths::is_temporary(path) && !paths::is_cache(path);
    if lasts(path) || environment_of(path).is_some() {
        return path.to_owned();
    }
    // Tools depend on their own name, so it is kept if the directory suffices.
    let by_dir = path.parent().and_then(|dir| tree::canonicalize(dir).ok());
    let by_dir = by_dir.zip(path.file_name()).map(|(dir, name)| dir.join(name));
    let itself = || tree::canonicalize(path).ok();
    by_dir.filter(|path| lasts(path)).or_else(|| itself().filter(|path| lasts(path))).unwrap_or_else(|| path.to_owned())
}
