//! Which interpreter a command really starts: behind `uv run`, in a virtual environment, for a script that
//! was typed alone. [`crate::checks::trial`] then sees whether it works where the service will run.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::lookup::{self, Program};
use super::probe::{self, Environment, Ran, Setting};
use super::script::{brings_its_own_modules, lone_script, shell_line, starters_here};
use super::virtual_environment::{InEnvironment, environment_of, in_environment, settled};
use super::{Account, Host};
use crate::error::shown;
use crate::runtime::launcher::{self, Launched, Launcher};
use crate::runtime::table::Runtime;
use crate::runtime::{self, line, places};
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
    /// The launcher that stays in front of the command.
    pub launcher: Option<&'static Launcher>,
    /// Folders of other programs that are started by name: what a first line with `env` names.
    pub by_name: Vec<PathBuf>,
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
    /// Worth a line in any case.
    Note(String),
    /// The same, unless this option is typed.
    Unless(&'static str, String),
    /// To be known before anybody relies on it.
    Warning(String),
}

/// Where a command is typed, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Where the service will run.
    pub folder: &'a Path,
    /// Who asks, or whom the service is for, where that is not who runs us.
    pub who: Option<&'a Account>,
    /// What that account has here.
    pub environment: &'a Environment,
    /// Besides root, those whose environments and projects count: who asks, and whom the service runs as.
    pub trusted: [u32; 2],
    /// The machine.
    pub host: &'a Host,
}

/// Finds out what a command means.
pub fn meant(typed: &[OsString], place: &Place<'_>) -> Meant {
    let mut meant = Meant {
        command: typed.to_vec(),
        program: Program::Missing { in_path: false, script: false },
        runtime: None,
        interpreter: None,
        launcher: None,
        by_name: Vec::new(),
        by_shell: false,
        told: Vec::new(),
    };
    let at = line::unwrapped(typed);
    if let Some(line) = shell_line(typed, place.host) {
        meant.command = ["/bin/sh".into(), "-c".into(), line.clone()].into();
        meant.by_shell = true;
        meant.told.push(Told::Note("the line holds characters of a shell, so `/bin/sh -c` runs it".into()));
    } else if let Some(launched) = launcher::of(&typed[at..]) {
        meant.through_launcher(&launched, at, place);
    } else {
        meant.script_alone(at, place);
    }
    meant.program = meant.command.first().map_or(meant.program, |word| lookup::program(word, place.host));
    // Of a line for a shell, the first command that is one of a runtime counts.
    let in_line = if meant.by_shell { line::commands(&typed[0]) } else { Vec::new() };
    match in_line.into_iter().find(|words| line::runtime(words).is_some()) {
        Some(words) => meant.look_for_interpreter(&words, Started::ThroughPath, place),
        None => {
            let words = meant.command.clone();
            meant.look_for_interpreter(&words, Started::Itself, place);
        }
    }
    meant.note_what_a_shell_misses(place);
    meant
}

impl Meant {
    /// Takes the launcher away, if what it starts can be started without it.
    fn through_launcher(&mut self, launched: &Launched, at: usize, place: &Place<'_>) {
        let tool = launched.launcher.program;
        let path = match launched.passing || brings_its_own_modules(&launched.command, place.folder) {
            true => Err("it makes the environment for each run".to_owned()),
            false => asked(launched, place),
        };
        match path {
            Ok(path) => {
                let word = shell::printable(&launched.command[0].to_string_lossy());
                self.told.push(Told::Note(format!("`{word}` is {} by way of {tool}", shown(&path))));
                let rest = launched.command[1..].iter().cloned();
                self.command.splice(at.., std::iter::once(path.into_os_string()).chain(rest));
            }
            Err(why) => {
                let verb = launched.launcher.verbs[0];
                self.told.push(Told::Note(format!("`{tool} {verb}` stays in front of the command: {why}")));
                self.launcher = Some(launched.launcher);
            }
        }
    }

    /// Puts the interpreter in front of a script that was typed alone and cannot be executed.
    fn script_alone(&mut self, at: usize, place: &Place<'_>) {
        let Some(word) = self.command.get(at) else { return };
        let Some(path) = lone_script(word, place.host) else { return };
        let first_line = lookup::interpreter(&path);
        let executable = rustix::fs::access(&path, rustix::fs::Access::EXEC_OK).is_ok();
        if executable && !first_line.is_empty() {
            self.command[at] = path.into_os_string();
            return;
        }
        let starters = runtime::starters(word);
        // A `#!` line of the same kind says it more closely: bash, and not sh.
        let named = runtime::behind_env(&first_line).or(first_line.first().map(OsString::as_os_str));
        let by_line = named.filter(|named| runtime::of_program(named).is_some() && !starters.is_empty());
        let found = |word: &OsStr| {
            matches!(lookup::program(word, place.host), Program::Found { .. })
                || in_environment(word, &path, place).found.is_some()
        };
        let words: Vec<OsString> = match by_line.filter(|named| found(named)) {
            Some(named) => vec![named.to_owned()],
            None => match starters_here(&path, starters).into_iter().find(|words| found(OsStr::new(words[0]))) {
                Some(words) => words.iter().map(OsString::from).collect(),
                None => return,
            },
        };
        let (line, word) = (shell::join(&words), shell::printable(&word.to_string_lossy()));
        self.told.push(Told::Note(format!("{word} is a script: `{line}` runs it")));
        // Relative words count from the service's folder, and this one was meant from here.
        if place.host.folder.as_deref() != Some(place.folder) {
            self.command[at] = path.into_os_string();
        }
        self.command.splice(at..at, words);
    }

    /// Finds the interpreter of a command, in the virtual environment that belongs to it.
    fn look_for_interpreter(&mut self, command: &[OsString], started: Started, place: &Place<'_>) {
        let at = line::unwrapped(command);
        let Some(word) = command.get(at) else { return };
        let started = if at == 0 { started } else { Started::ThroughPath };
        let script = line::script(command).map(|script| place.folder.join(script));
        let near = script.as_deref().unwrap_or(place.folder);
        let program = if started == Started::Itself { self.program.clone() } else { lookup::program(word, place.host) };
        // Behind a launcher the words tell more than the launcher's own first line.
        self.runtime = line::runtime(command);
        let Program::Found { path, interpreter } = program else {
            self.take_from_environment(word, near, started, place);
            return;
        };
        let path = settled(&path);
        let by_name = runtime::of_program(word).or_else(|| runtime::of_program(path.as_os_str()));
        if by_name.is_none() || !interpreter.is_empty() {
            self.first_line(&interpreter, &path, by_name.is_none(), place);
        }
        match by_name {
            Some(runtime) => {
                let is_bare = !word.as_bytes().contains(&b'/') && runtime.has_environments;
                let inside = if is_bare { self.inside(word, &path, near, place) } else { None };
                self.starts(runtime, inside.unwrap_or(path), started);
            }
            None => self.settle_program(path, started),
        }
    }

    /// What the first line of a script starts. `whole` tells that it is all there is to know of the program.
    fn first_line(&mut self, line: &[OsString], script: &Path, whole: bool, place: &Place<'_>) {
        let Some(named) = runtime::behind_env(line) else {
            if let Some(runtime) = runtime::of_first_line(line).filter(|_| whole) {
                self.starts(runtime, PathBuf::from(&line[0]), Started::ByPath);
            }
            return;
        };
        let Program::Found { path: found, .. } = lookup::program(named, place.host) else { return };
        let found = settled(&found);
        match runtime::of_program(named) {
            Some(runtime) if whole => {
                let inside = if runtime.has_environments { self.inside(named, &found, script, place) } else { None };
                self.starts(runtime, inside.unwrap_or(found), Started::ThroughPath);
            }
            _ => {
                let words: Vec<OsString> = runtime::words_behind_env(line).chain([script.into()]).collect();
                if let Some(launched) = launcher::of(&words).filter(|_| whole) {
                    self.runtime = self.runtime.or_else(|| line::runtime(&launched.command));
                    self.launcher = Some(launched.launcher);
                }
                self.by_name.extend(found.parent().map(Path::to_owned));
            }
        }
    }

    fn starts(&mut self, runtime: &'static Runtime, path: PathBuf, started: Started) {
        if started == Started::Itself {
            self.settle_program(path.clone(), started);
        }
        self.runtime = self.runtime.or(Some(runtime));
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
    fn take_from_environment(&mut self, word: &OsStr, near: &Path, started: Started, place: &Place<'_>) {
        let Some((environment, path)) = self.own_environment(word, near, place) else { return };
        let word_shown = shell::printable(&word.to_string_lossy());
        self.told
            .push(Told::Note(format!("`{word_shown}` is that of the virtual environment {}", shown(&environment))));
        let interpreter = lookup::interpreter(&path);
        if started == Started::Itself {
            self.program = Program::Found { path: path.clone(), interpreter: interpreter.clone() };
        }
        match runtime::of_program(word) {
            Some(runtime) => self.starts(runtime, path, started),
            None => self.first_line(&interpreter, &path, true, place),
        }
    }

    /// The same program in the virtual environment that belongs to the command; `None` when it is in one already.
    fn inside(&mut self, word: &OsStr, found: &Path, near: &Path, place: &Place<'_>) -> Option<PathBuf> {
        if environment_of(found).is_some() {
            return None;
        }
        let (environment, path) = self.own_environment(word, near, place)?;
        self.told.push(Told::Note(format!(
            "`{}` is that of the virtual environment {}, and not {}",
            shell::printable(&word.to_string_lossy()),
            shown(&environment),
            shown(found)
        )));
        Some(path)
    }

    /// A program in the virtual environment that belongs to the command, and a note on each that does not count.
    fn own_environment(&mut self, word: &OsStr, near: &Path, place: &Place<'_>) -> Option<(PathBuf, PathBuf)> {
        let InEnvironment { found, ignored } = in_environment(word, near, place);
        for (environment, stranger) in ignored {
            let note = Told::Note(format!("the virtual environment {} is ignored: {stranger}", shown(&environment)));
            if !self.told.contains(&note) {
                self.told.push(note);
            }
        }
        found
    }

    /// What a shell starts is found by PATH; an environment that is active here is only there.
    fn note_what_a_shell_misses(&mut self, place: &Place<'_>) {
        const ACTIVE: [&str; 2] = ["VIRTUAL_ENV", "CONDA_PREFIX"];
        let is_shell = self.interpreter.as_ref().is_some_and(|interpreter| interpreter.runtime.is_shell);
        let mut active = ACTIVE.iter().filter_map(|name| place.environment.get(OsStr::new(name)));
        if let Some(environment) = active.next().filter(|_| is_shell) {
            self.told.push(Told::Unless(
                "--inherit-path",
                format!(
                    "what the shell starts does not find the environment {} that is active here: --inherit-path takes \
                     your PATH along",
                    shown(Path::new(environment))
                ),
            ));
        }
    }
}

/// What a launcher starts, if that lasts.
fn asked(launched: &Launched, place: &Place<'_>) -> Result<PathBuf, String> {
    let no_answer = || "it did not say what it starts".to_owned();
    if place.host.image.is_some() {
        return Err("nothing of an image is run to ask it".into());
    }
    let asked = launcher::asked(launched, &launched.command[0]);
    let Program::Found { path, .. } = lookup::program(&asked[0], place.host) else { return Err(no_answer()) };
    let words: Vec<OsString> = std::iter::once(path.into_os_string()).chain(asked[1..].iter().cloned()).collect();
    let setting = Setting {
        folder: place.folder,
        environment: place.environment,
        account: place.who.map(|account| (account, None)),
        deadline: probe::OF_LAUNCHERS,
        host: place.host,
    };
    let stdout = match probe::run(&words, &setting) {
        Ran::Ended { well: true, stdout, .. } => stdout,
        Ran::Untrusted(stranger) => return Err(format!("it is not run to ask it, because {stranger}")),
        _ => return Err(no_answer()),
    };
    let path = stdout.lines().last().map(PathBuf::from).filter(|path| path.is_absolute()).ok_or_else(no_answer)?;
    match places::is_passing(&path) || (places::is_cache(&path) && environment_of(&path).is_some()) {
        true => Err("what it starts lies in a cache".into()),
        false => Ok(path),
    }
}
