//! Which interpreter a command really starts: behind `uv run`, in a virtual environment, for a script that
//! was typed alone. [`super::trial`] then sees whether it works where the service will run.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::lookup::{self, Program};
use super::probe::{self, Environment, Ran, Setting};
use super::{Account, Host};
use crate::error::shown;
use crate::runtime::table::Runtime;
use crate::runtime::{self, launcher, line, places};
use crate::shell;

/// What a command stands for on this machine.
#[derive(Debug)]
pub struct Meant {
    /// The words that will be run; the program is looked up by the first.
    pub command: Vec<OsString>,
    /// What the first word is.
    pub program: Program,
    /// The runtime that it starts, if it is one that is known.
    pub runtime: Option<&'static Runtime>,
    /// The interpreter of that, where it could be found.
    pub interpreter: Option<Interpreter>,
    /// The whole line was handed to a shell.
    pub by_shell: bool,
    /// What was decided, for whoever wants to know.
    pub told: Vec<Told>,
}

/// An interpreter that a service will start.
#[derive(Debug, Clone)]
pub struct Interpreter {
    /// What it is.
    pub runtime: &'static Runtime,
    /// Where it is, absolute. Links are left as they are: a virtual environment is known by one.
    pub path: PathBuf,
    /// How it is started.
    pub started: Started,
}

/// How an interpreter is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// It is the program itself.
    Itself,
    /// By its path, from the first line of a script.
    ByPath,
    /// Through PATH, by `env` or another program in front of it.
    ThroughPath,
}

/// Something that was decided without being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A reason, for `--verbose`.
    Reason(String),
    /// Worth a line in any case.
    Note(String),
    /// To be known before anybody relies on it.
    Warning(String),
}

/// Finds out what a command means. `folder` is where the service will run, `account` who asks, or whom the
/// service is for; `environment` what that account has here.
pub fn meant(
    typed: &[OsString],
    folder: &Path,
    who: Option<&Account>,
    environment: &Environment,
    host: &Host,
) -> Meant {
    let mut meant = Meant {
        command: typed.to_vec(),
        program: Program::Missing { in_path: false, script: false },
        runtime: None,
        interpreter: None,
        by_shell: false,
        told: Vec::new(),
    };
    let at = line::unwrapped(typed);
    if let Some(line) = shell_line(typed, host) {
        meant.command = ["/bin/sh".into(), "-c".into(), line.clone()].into();
        meant.by_shell = true;
        meant.told.push(Told::Note("the line holds characters of a shell, so `/bin/sh -c` runs it".into()));
    } else if let Some(launched) = launcher::of(&typed[at..]) {
        meant.through_launcher(&launched, at, folder, who, environment, host);
    } else {
        meant.script_alone(at, folder, host);
    }
    meant.program = meant.command.first().map_or(meant.program, |word| lookup::program(word, host));
    meant.look_for_interpreter(folder, host);
    // Behind a launcher the words tell more than the launcher's own first line.
    let found = meant.interpreter.as_ref().map(|interpreter| interpreter.runtime);
    meant.runtime = line::runtime(&meant.command).or(found);
    meant
}

impl Meant {
    /// Takes the launcher away, if what it starts can be started without it.
    fn through_launcher(
        &mut self,
        launched: &launcher::Launched,
        at: usize,
        folder: &Path,
        who: Option<&Account>,
        environment: &Environment,
        host: &Host,
    ) {
        let tool = launched.launcher.program;
        let stays = |why: &str| {
            Told::Note(format!("`{tool} {}` stays in front of the command: {why}", launched.launcher.verbs[0]))
        };
        let script = line::runs(&launched.command);
        let brings_its_own = matches!(&script, Some(line::Runs::Script(script)) if has_metadata(&folder.join(script)));
        if launched.passing || brings_its_own {
            self.told.push(stays("it makes the environment for each run"));
            return;
        }
        let word = &launched.command[0];
        let asked = launcher::asked(launched, word);
        let account = who.map(|account| (account, None));
        let answer = match lookup::program(&asked[0], host) {
            Program::Found { path, .. } => {
                let words: Vec<OsString> =
                    std::iter::once(path.into_os_string()).chain(asked[1..].iter().cloned()).collect();
                probe::run(&words, &Setting { folder, environment, account })
            }
            // That the tool is not there is said where programs are.
            _ => return,
        };
        let found = match &answer {
            Ran::Ended { well: true, stdout, .. } => {
                stdout.lines().last().map(PathBuf::from).filter(|path| path.is_absolute())
            }
            _ => None,
        };
        let Some(path) = found else {
            self.told.push(stays("it did not say what it starts"));
            return;
        };
        if places::is_passing(&path) || (places::is_cache(&path) && environment_of(&path).is_some()) {
            self.told.push(stays("what it starts lies in a cache"));
            return;
        }
        self.told.push(Told::Note(format!(
            "`{}` is {} by way of {tool}",
            shell::printable(&word.to_string_lossy()),
            shown(&path)
        )));
        let rest = launched.command[1..].iter().cloned();
        self.command.splice(at.., std::iter::once(path.into_os_string()).chain(rest));
    }

    /// Puts the interpreter in front of a script that was typed alone and cannot be executed.
    fn script_alone(&mut self, at: usize, folder: &Path, host: &Host) {
        let Some(word) = self.command.get(at) else { return };
        let starters = runtime::starters(word);
        let path = match lookup::program(word, host) {
            Program::Missing { script: true, .. } => lookup::beside(word, host),
            Program::NotExecutable(path) => path,
            // Without a `#!` line the kernel takes no text for a program.
            Program::Found { path, interpreter }
                if interpreter.is_empty() && !starters.is_empty() && !lookup::is_binary(&path) =>
            {
                path
            }
            _ => return,
        };
        let first_line = lookup::interpreter(&path);
        let executable = rustix::fs::access(&path, rustix::fs::Access::EXEC_OK).is_ok();
        if executable && !first_line.is_empty() {
            self.command[at] = path.into_os_string();
            return;
        }
        // A `#!` line of the same kind says it more closely: bash, and not sh.
        let named = runtime::behind_env(&first_line).or(first_line.first().map(OsString::as_os_str));
        let by_line = named.filter(|named| runtime::of_program(named).is_some() && !starters.is_empty());
        let found = |word: &OsStr| {
            matches!(lookup::program(word, host), Program::Found { .. })
                || in_environment(word, &path, folder, host).is_some()
        };
        let words: Vec<OsString> = match by_line.filter(|named| found(named)) {
            Some(named) => vec![named.to_owned()],
            None => match starters_here(&path, starters).into_iter().find(|words| found(OsStr::new(words[0]))) {
                Some(words) => words.iter().map(OsString::from).collect(),
                None => return,
            },
        };
        let line = shell::join(&words);
        self.told
            .push(Told::Note(format!("{} is a script: `{line}` runs it", shell::printable(&word.to_string_lossy()))));
        // Relative words count from the service's folder, and this one was meant from here.
        if host.folder.as_deref() != Some(folder) {
            self.command[at] = path.into_os_string();
        }
        self.command.splice(at..at, words);
    }

    /// Finds the interpreter of the command, in the virtual environment that belongs to it.
    fn look_for_interpreter(&mut self, folder: &Path, host: &Host) {
        let at = line::unwrapped(&self.command);
        let Some(word) = self.command.get(at).cloned() else { return };
        let itself = if at == 0 { Started::Itself } else { Started::ThroughPath };
        let script = line::script(&self.command).map(|script| folder.join(script));
        let near = script.as_deref().unwrap_or(folder);
        let program = if at == 0 { self.program.clone() } else { lookup::program(&word, host) };
        let is_bare = !word.as_bytes().contains(&b'/');
        let Program::Found { path, interpreter } = program else {
            self.take_from_environment(&word, near, folder, itself, host);
            return;
        };
        let path = settled(&path);
        if let Some(runtime) = runtime::of_program(&word).or_else(|| runtime::of_program(path.as_os_str())) {
            let inside =
                if is_bare && runtime.has_environments { self.inside(&word, &path, near, folder, host) } else { None };
            self.starts(runtime, inside.unwrap_or(path), itself);
        } else if let Some(runtime) = runtime::of_first_line(&interpreter) {
            match runtime::behind_env(&interpreter).map(OsStr::to_owned) {
                Some(named) => {
                    if let Program::Found { path: found, .. } = lookup::program(&named, host) {
                        let found = settled(&found);
                        let inside = if runtime.has_environments {
                            self.inside(&named, &found, &path, folder, host)
                        } else {
                            None
                        };
                        self.starts(runtime, inside.unwrap_or(found), Started::ThroughPath);
                    }
                }
                None => self.starts(runtime, PathBuf::from(&interpreter[0]), Started::ByPath),
            }
            self.settle_program(path, itself);
        } else {
            self.settle_program(path, itself);
        }
    }

    fn starts(&mut self, runtime: &'static Runtime, path: PathBuf, started: Started) {
        if started == Started::Itself {
            self.settle_program(path.clone(), started);
        }
        self.interpreter = Some(Interpreter { runtime, path, started });
    }

    /// The program at another path than the one it was found at.
    fn settle_program(&mut self, path: PathBuf, started: Started) {
        if started != Started::ThroughPath
            && let Program::Found { path: program, .. } = &mut self.program
        {
            *program = path;
        }
    }

    /// A program that is only in the virtual environment beside, as `gunicorn` is where it is not active.
    fn take_from_environment(&mut self, word: &OsStr, near: &Path, folder: &Path, started: Started, host: &Host) {
        let Some((environment, path)) = in_environment(word, near, folder, host) else { return };
        self.told.push(Told::Note(format!(
            "`{}` is that of the virtual environment {}",
            shell::printable(&word.to_string_lossy()),
            shown(&environment)
        )));
        let interpreter = lookup::interpreter(&path);
        if started == Started::Itself {
            self.program = Program::Found { path: path.clone(), interpreter: interpreter.clone() };
        }
        let runtime = runtime::of_program(word).map(|runtime| (runtime, path.clone(), started));
        let by_line = || {
            let runtime = runtime::of_first_line(&interpreter)?;
            Some((runtime, PathBuf::from(interpreter.first()?), Started::ByPath))
        };
        if let Some((runtime, path, started)) = runtime.or_else(by_line) {
            self.interpreter = Some(Interpreter { runtime, path, started });
        }
    }

    /// The same program in the virtual environment that belongs to the command; `None` when it is in one already.
    fn inside(&mut self, word: &OsStr, found: &Path, near: &Path, folder: &Path, host: &Host) -> Option<PathBuf> {
        if environment_of(found).is_some() {
            return None;
        }
        let (environment, path) = in_environment(word, near, folder, host)?;
        self.told.push(Told::Note(format!(
            "`{}` is that of the virtual environment {}, and not {}",
            shell::printable(&word.to_string_lossy()),
            shown(&environment),
            shown(found)
        )));
        Some(path)
    }
}

/// A whole line for a shell, typed as one word: `'a | b > c'`.
fn shell_line<'a>(typed: &'a [OsString], host: &Host) -> Option<&'a OsString> {
    let [line] = typed else { return None };
    let bytes = line.as_bytes();
    let has = |characters: &[u8]| bytes.iter().any(|byte| characters.contains(byte));
    let is_line = has(b"|&;<>\n") || (has(b" \t") && has(b"$`*?()~"));
    let is_program = || !matches!(lookup::program(line, host), Program::Missing { script: false, .. });
    (is_line && !is_program()).then_some(line)
}

/// What starts a script here: a project that names a tool is believed first.
fn starters_here(script: &Path, starters: &'static [&'static [&'static str]]) -> Vec<&'static [&'static str]> {
    let mut here = starters.to_vec();
    let has = |file: &str| script.ancestors().skip(1).take(3).any(|folder| folder.join(file).is_file());
    let named = [("deno", has("deno.json") || has("deno.jsonc")), ("bun", has("bun.lock") || has("bun.lockb"))];
    if let Some((tool, _)) = named.into_iter().find(|(_, named)| *named) {
        here.sort_by_key(|words| words[0] != tool);
    }
    here
}

/// True for a script that names its own dependencies (PEP 723), which `uv run` and its kin install.
fn has_metadata(script: &Path) -> bool {
    lookup::head(script, 64 * 1024).split(|byte| *byte == b'\n').any(|line| line.starts_with(b"# /// script"))
}

/// The virtual environment that a program lies in: `pyvenv.cfg` beside its `bin`, or that of conda.
fn environment_of(program: &Path) -> Option<&Path> {
    let environment = program.parent()?.parent()?;
    let is_one = environment.join("pyvenv.cfg").is_file() || environment.join("conda-meta").is_dir();
    is_one.then_some(environment)
}

/// A program in the virtual environment that belongs to a command: the active one, else `.venv` or `venv` beside
/// the script, or above it up to the root of the project. Gives the environment and the program in it.
fn in_environment(word: &OsStr, near: &Path, folder: &Path, host: &Host) -> Option<(PathBuf, PathBuf)> {
    let active = host.environment.get(OsStr::new("VIRTUAL_ENV")).map(PathBuf::from);
    let beside = if near == folder { folder } else { near.parent()? };
    let above = project_folders(beside).into_iter().chain(project_folders(folder));
    let usual = above.flat_map(|folder| [folder.join(".venv"), folder.join("venv")]);
    let environment = active.into_iter().chain(usual).find(|environment| environment.join("pyvenv.cfg").is_file())?;
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
    let is_root = |folder: &Path| MARKS.iter().any(|mark| folder.join(mark).exists());
    let all: Vec<&Path> = folder.ancestors().collect();
    let root = all.iter().position(|folder| is_root(folder)).unwrap_or(0);
    all[..=root].to_vec()
}

/// A path that outlasts the session: where a folder on the way is a link of one shell session, or a file in a
/// cache is a link, what is behind it.
#[expect(clippy::disallowed_methods, reason = "only the file system knows what is behind a link")]
pub fn settled(path: &Path) -> PathBuf {
    let lasts = |path: &Path| !places::is_passing(path) && !places::is_cache(path);
    if lasts(path) || environment_of(path).is_some() {
        return path.to_owned();
    }
    // Tools look at the name they are called by, so it is kept where the folder can tell.
    let by_folder = path.parent().and_then(|folder| std::fs::canonicalize(folder).ok());
    let by_folder = by_folder.zip(path.file_name()).map(|(folder, name)| folder.join(name));
    let itself = || std::fs::canonicalize(path).ok();
    by_folder
        .filter(|path| lasts(path))
        .or_else(|| itself().filter(|path| lasts(path)))
        .unwrap_or_else(|| path.to_owned())
}
