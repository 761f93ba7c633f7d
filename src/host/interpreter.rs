//! Which interpreter a command starts: through `uv run`, in a virtual environment, or for a script given alone.
//! [`crate::checks::trial`] then checks whether it works for the service.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::lookup::{self, Program};
use super::probe::{self, Environment, ProbeOutcome, Setting};
use super::script::{brings_its_own_modules, lone_script, shell_line, starters_here};
use super::virtual_environment::{VenvProgram, environment_of, in_environment, permanent};
use super::{Account, Host};
use crate::model::message::{Message, message, opt, quoted};
use crate::runtime::launcher::{self, Launcher, LauncherCommand};
use crate::runtime::table::Runtime;
use crate::runtime::{self, command, paths};
use crate::shell;

/// A command as it is on this machine.
#[derive(Debug)]
pub struct ResolvedCommand {
    /// The program is looked up by the first word.
    pub argv: Vec<OsString>,
    pub program: Program,
    /// The known runtime that it starts.
    pub runtime: Option<&'static Runtime>,
    /// `None` if it was not found.
    pub interpreter: Option<Interpreter>,
    /// The launcher that the command keeps.
    pub launcher: Option<&'static Launcher>,
    /// Directories of other programs that are started by name, as by a `#!` line with `env`.
    pub by_name: Vec<PathBuf>,
    /// The whole command is a shell's.
    pub by_shell: bool,
    /// Decisions that were not given as options.
    pub notes: Vec<Decision>,
}

/// The interpreter that a service starts.
#[derive(Debug, Clone)]
pub struct Interpreter {
    pub runtime: &'static Runtime,
    /// Absolute. Links are kept: they identify a virtual environment.
    pub path: PathBuf,
    pub started: Started,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    Itself,
    /// By its path, in the `#!` line of a script.
    ByPath,
    /// Through PATH, by `env` or another program.
    ThroughPath,
}

/// A message about a decision that was not given as an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Always printed.
    Note(Message),
    /// Printed unless this option is given.
    Unless(&'static str, Message),
    /// The user should know it before relying on the service.
    Warning(Message),
}

/// Where a command is given, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The service's working directory.
    pub dir: &'a Path,
    /// The user behind the caller, or the user of the service, if it is not the caller.
    pub who: Option<&'a Account>,
    /// That user's environment.
    pub environment: &'a Environment,
    /// Users besides root whose virtual environments and projects are used: the caller and the user of the service.
    pub trusted: [u32; 2],
    pub host: &'a Host,
}

/// Resolves a command.
pub fn resolve(typed: &[OsString], context: &Context<'_>) -> ResolvedCommand {
    let of_service = command::of_service(typed);
    let typed = of_service.words.as_slice();
    let left_out = of_service.left_out.iter().map(|(program, why)| message!("`{}` is left out: {}", program, why));
    let kept = of_service.kept.iter().map(|(program, option)| {
        message!("the command keeps `{}`; {} before the command does the same", program, option)
    });
    let mut resolved = ResolvedCommand {
        argv: typed.to_vec(),
        program: Program::Missing { in_path: false, script: false },
        runtime: None,
        interpreter: None,
        launcher: None,
        by_name: Vec::new(),
        by_shell: false,
        notes: left_out.chain(kept).map(Decision::Note).collect(),
    };
    let at = command::unwrapped(typed);
    if let Some(line) = shell_line(typed, context.host) {
        resolved.argv = ["/bin/sh".into(), "-c".into(), line.clone()].into();
        resolved.by_shell = true;
        resolved.notes.push(Decision::Note(message!("the command contains shell syntax, so `/bin/sh -c` runs it")));
    } else if let Some(launched) = launcher::of(&typed[at..]) {
        resolved.through_launcher(&launched, at, context);
    } else {
        resolved.script_alone(at, context);
    }
    resolved.program = resolved.argv.first().map_or(resolved.program, |word| lookup::program(word, context.host));
    // In a shell's command, the first one of a known runtime counts.
    let in_line = if resolved.by_shell { command::commands(&typed[0]) } else { Vec::new() };
    match in_line.into_iter().find(|words| command::runtime(words).is_some()) {
        Some(words) => resolved.look_for_interpreter(&words, Started::ThroughPath, context),
        None => {
            let words = resolved.argv.clone();
            resolved.look_for_interpreter(&words, Started::Itself, context);
        }
    }
    resolved.note_what_a_shell_misses(context);
    resolved
}

impl ResolvedCommand {
    /// Removes the launcher if the command works without it.
    fn through_launcher(&mut self, launched: &LauncherCommand, at: usize, context: &Context<'_>) {
        let tool = launched.launcher.program;
        let path = match launched.temporary || brings_its_own_modules(&launched.command, context.dir) {
            true => Err("it creates the environment for each run".to_owned()),
            false => asked(launched, context),
        };
        match path {
            Ok(path) => {
                let word = quoted(&launched.command[0]);
                self.notes.push(Decision::Note(message!("{} resolves to {} through {}", word, quoted(&path), tool)));
                let rest = launched.command[1..].iter().cloned();
                self.argv.splice(at.., std::iter::once(path.into_os_string()).chain(rest));
            }
            Err(why) => {
                let verb = launched.launcher.verbs[0];
                self.notes.push(Decision::Note(message!("the command keeps `{} {}`: {}", tool, verb, why)));
                self.launcher = Some(launched.launcher);
            }
        }
    }

    /// Puts the interpreter before a script that cannot be executed.
    fn script_alone(&mut self, at: usize, context: &Context<'_>) {
        let Some(word) = self.argv.get(at) else { return };
        let Some(path) = lone_script(word, context.host) else { return };
        let first_line = lookup::interpreter(&path);
        let executable = rustix::fs::access(&path, rustix::fs::Access::EXEC_OK).is_ok();
        if executable && !first_line.is_empty() {
            self.argv[at] = path.into_os_string();
            return;
        }
        let interpreters = runtime::interpreters_for(word);
        // A `#!` line of the same runtime is more precise, such as bash instead of sh.
        let named = runtime::env_program(&first_line).or(first_line.first().map(OsString::as_os_str));
        let by_line = named.filter(|named| runtime::of_program(named).is_some() && !interpreters.is_empty());
        let found = |word: &OsStr| {
            matches!(lookup::program(word, context.host), Program::Found { .. })
                || in_environment(word, &path, context).found.is_some()
        };
        let words: Vec<OsString> = match by_line.filter(|named| found(named)) {
            Some(named) => vec![named.to_owned()],
            None => match starters_here(&path, interpreters).into_iter().find(|words| found(OsStr::new(words[0]))) {
                Some(words) => words.iter().map(OsString::from).collect(),
                None => return,
            },
        };
        self.notes.push(Decision::Note(message!("{} is a script: `{}` runs it", quoted(word), shell::join(&words))));
        // Relative paths are resolved in the service's directory, but this one was given here.
        if context.host.dir.as_deref() != Some(context.dir) {
            self.argv[at] = path.into_os_string();
        }
        self.argv.splice(at..at, words);
    }

    /// Finds the interpreter of a command, in its virtual environment if it has one.
    fn look_for_interpreter(&mut self, command: &[OsString], started: Started, context: &Context<'_>) {
        let at = command::unwrapped(command);
        let Some(word) = command.get(at) else { return };
        let started = if at == 0 { started } else { Started::ThroughPath };
        let script = command::script(command).map(|script| context.dir.join(script));
        let near = script.as_deref().unwrap_or(context.dir);
        let program =
            if started == Started::Itself { self.program.clone() } else { lookup::program(word, context.host) };
        // After a launcher, the arguments say more than its own `#!` line.
        self.runtime = command::runtime(command);
        let Program::Found { path, interpreter } = program else {
            self.take_from_environment(word, near, started, context);
            return;
        };
        let path = permanent(&path);
        let by_name = runtime::of_program(word).or_else(|| runtime::of_program(path.as_os_str()));
        if by_name.is_none() || !interpreter.is_empty() {
            self.first_line(&interpreter, &path, by_name.is_none(), context);
        }
        match by_name {
            Some(runtime) => {
                let is_bare = !word.as_bytes().contains(&b'/') && runtime.has_environments;
                let inside = if is_bare { self.inside(word, &path, near, context) } else { None };
                self.starts(runtime, inside.unwrap_or(path), started);
            }
            None => self.settle_program(path, started),
        }
    }

    /// Follows a script's `#!` line. `whole` says that it is the program itself.
    fn first_line(&mut self, line: &[OsString], script: &Path, whole: bool, context: &Context<'_>) {
        let Some(named) = runtime::env_program(line) else {
            if let Some(runtime) = runtime::of_shebang(line).filter(|_| whole) {
                self.starts(runtime, PathBuf::from(&line[0]), Started::ByPath);
            }
            return;
        };
        let Program::Found { path: found, .. } = lookup::program(named, context.host) else { return };
        let found = permanent(&found);
        match runtime::of_program(named) {
            Some(runtime) if whole => {
                let inside = if runtime.has_environments { self.inside(named, &found, script, context) } else { None };
                self.starts(runtime, inside.unwrap_or(found), Started::ThroughPath);
            }
            _ => {
                let words: Vec<OsString> = runtime::env_command(line).chain([script.into()]).collect();
                if let Some(launched) = launcher::of(&words).filter(|_| whole) {
                    self.runtime = self.runtime.or_else(|| command::runtime(&launched.command));
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

    fn settle_program(&mut self, path: PathBuf, started: Started) {
        if started != Started::ThroughPath
            && let Program::Found { path: program, .. } = &mut self.program
        {
            *program = path;
        }
    }

    /// A program that only exists in a virtual environment, such as `gunicorn` without activating it.
    fn take_from_environment(&mut self, word: &OsStr, near: &Path, started: Started, context: &Context<'_>) {
        let Some((environment, path)) = self.own_environment(word, near, context) else { return };
        let note = message!("{} is from the virtual environment {}", quoted(word), quoted(&environment));
        self.notes.push(Decision::Note(note));
        let interpreter = lookup::interpreter(&path);
        if started == Started::Itself {
            self.program = Program::Found { path: path.clone(), interpreter: interpreter.clone() };
        }
        match runtime::of_program(word) {
            Some(runtime) => self.starts(runtime, path, started),
            None => self.first_line(&interpreter, &path, true, context),
        }
    }

    /// The same program in the command's virtual environment; `None` if it is in one.
    fn inside(&mut self, word: &OsStr, found: &Path, near: &Path, context: &Context<'_>) -> Option<PathBuf> {
        if environment_of(found).is_some() {
            return None;
        }
        let (environment, path) = self.own_environment(word, near, context)?;
        self.notes.push(Decision::Note(message!(
            "{} is from the virtual environment {}, not {}",
            quoted(word),
            quoted(&environment),
            quoted(found)
        )));
        Some(path)
    }

    /// A program in the command's virtual environment, with a note on each one that is not used.
    fn own_environment(&mut self, word: &OsStr, near: &Path, context: &Context<'_>) -> Option<(PathBuf, PathBuf)> {
        let VenvProgram { found, ignored } = in_environment(word, near, context);
        for (environment, writer) in ignored {
            let text = message!("the virtual environment {} is ignored: {}", quoted(environment), writer);
            let note = Decision::Note(text);
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        found
    }

    /// A shell finds programs by PATH, and an active virtual environment is only active here.
    fn note_what_a_shell_misses(&mut self, context: &Context<'_>) {
        const ACTIVE: [&str; 2] = ["VIRTUAL_ENV", "CONDA_PREFIX"];
        let is_shell = self.interpreter.as_ref().is_some_and(|interpreter| interpreter.runtime.is_shell);
        let mut active = ACTIVE.iter().filter_map(|name| context.environment.get(OsStr::new(name)));
        if let Some(environment) = active.next().filter(|_| is_shell) {
            self.notes.push(Decision::Unless(
                "--inherit-path",
                message!(
                    "programs that the shell starts do not see the active environment {}; use {} to pass on your PATH",
                    quoted(environment),
                    opt("inherit-path")
                ),
            ));
        }
    }
}

/// The program that a launcher starts, if its path is permanent.
fn asked(launched: &LauncherCommand, context: &Context<'_>) -> Result<PathBuf, String> {
    let no_answer = || "it did not report which program it starts".to_owned();
    if context.host.image().is_some() {
        return Err("programs of an image are not run".into());
    }
    let asked = launcher::query(launched, &launched.command[0]);
    let Program::Found { path, .. } = lookup::program(&asked[0], context.host) else { return Err(no_answer()) };
    let words: Vec<OsString> = std::iter::once(path.into_os_string()).chain(asked[1..].iter().cloned()).collect();
    let setting = Setting {
        dir: context.dir,
        environment: context.environment,
        account: context.who.map(|account| (account, None)),
        deadline: probe::OF_LAUNCHERS,
        host: context.host,
    };
    let stdout = match probe::run(&words, &setting) {
        ProbeOutcome::Exited { success: true, stdout, .. } => stdout,
        ProbeOutcome::Untrusted(writer) => return Err(format!("it was not run, because {writer}")),
        _ => return Err(no_answer()),
    };
    let path = stdout.lines().last().map(PathBuf::from).filter(|path| path.is_absolute()).ok_or_else(no_answer)?;
    match paths::is_temporary(&path) || (paths::is_cache(&path) && environment_of(&path).is_some()) {
        true => Err("the program it starts is in a cache".into()),
        false => Ok(path),
    }
}
