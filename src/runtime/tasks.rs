//! Tools that run something of a project: `npm start`, `make serve`, `cargo run`. Services are named after the project
//! or the task, not the tool.
//!
//! A new one is a row of `TOOLS`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::has_script_extension;

struct Tool {
    programs: &'static [&'static str],
    /// Options whose value is the next word.
    with_value: &'static [&'static str],
    /// Options whose value is the project's directory.
    dir: &'static [&'static str],
    /// Options whose value is a file in it.
    file: &'static [&'static str],
    /// Options whose value names what runs.
    task: &'static [&'static str],
    /// Subcommands, and what the operand after each is.
    verbs: &'static [(&'static str, Operand)],
    /// What the first operand is if it is not one of these subcommands; `None` for a tool that runs nothing then.
    other: Option<Operand>,
    /// It is a script of the project.
    is_script: bool,
    /// It also runs scripts, which have better names.
    runs_scripts: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operand {
    /// A task of the project.
    Task,
    /// A file, or a directory with the program: `go run ./cmd/api`.
    File,
    /// A program with its arguments.
    Command,
    /// It says nothing about the project.
    Detail,
}

use Operand::{Command, Detail, File, Task};

const PLAIN: Tool = Tool {
    programs: &[],
    with_value: &[],
    dir: &[],
    file: &[],
    task: &[],
    verbs: &[],
    other: Some(Task),
    is_script: false,
    runs_scripts: false,
};

const TOOLS: &[Tool] = &[
    Tool {
        programs: &["npm"],
        with_value: &["--loglevel"],
        dir: &["--prefix", "-C"],
        task: &["-w", "--workspace"],
        verbs: &[("run", Task), ("run-script", Task), ("exec", Command), ("x", Command)],
        ..PLAIN
    },
    Tool {
        programs: &["yarn"],
        dir: &["--cwd"],
        verbs: &[("run", Task), ("exec", Command), ("dlx", Command)],
        ..PLAIN
    },
    Tool {
        programs: &["pnpm"],
        task: &["-F", "--filter"],
        dir: &["-C", "--dir"],
        verbs: &[("run", Task), ("exec", Command), ("dlx", Command)],
        ..PLAIN
    },
    Tool { programs: &["bun"], dir: &["--cwd"], verbs: &[("run", Task), ("x", Command)], runs_scripts: true, ..PLAIN },
    Tool { programs: &["npx", "bunx"], with_value: &["-p", "--package"], other: Some(Command), ..PLAIN },
    Tool { programs: &["uvx"], with_value: &["--from", "--with", "-p", "--python"], other: Some(Command), ..PLAIN },
    Tool { programs: &["pipx"], with_value: &["--spec", "--python"], verbs: &[("run", Command)], other: None, ..PLAIN },
    Tool { programs: &["deno"], dir: &["--cwd"], verbs: &[("task", Task)], other: None, ..PLAIN },
    Tool {
        programs: &["cargo"],
        with_value: &[
            "--features",
            "-F",
            "--target",
            "--target-dir",
            "--profile",
            "-j",
            "--jobs",
            "--color",
            "--config",
        ],
        dir: &["-C"],
        file: &["--manifest-path"],
        task: &["--bin", "--example", "-p", "--package"],
        other: Some(Detail),
        ..PLAIN
    },
    Tool {
        programs: &["go"],
        with_value: &["-exec", "-ldflags", "-gcflags", "-mod", "-modfile", "-tags", "-p"],
        dir: &["-C"],
        verbs: &[("run", File)],
        other: None,
        ..PLAIN
    },
    Tool {
        programs: &["make", "gmake"],
        with_value: &["-j", "--jobs", "-l", "--load-average", "-I", "--include-dir", "-o", "-W"],
        dir: &["-C", "--directory"],
        file: &["-f", "--file", "--makefile"],
        ..PLAIN
    },
    Tool {
        programs: &["just"],
        with_value: &["--shell", "--color", "--dotenv-path", "-E"],
        dir: &["-d", "--working-directory"],
        file: &["-f", "--justfile"],
        ..PLAIN
    },
    Tool { programs: &["task", "go-task"], dir: &["-d", "--dir"], file: &["-t", "--taskfile"], ..PLAIN },
    Tool { programs: &["rake"], dir: &["-C", "--directory"], file: &["-f", "--rakefile"], ..PLAIN },
    Tool {
        programs: &["foreman", "honcho", "overmind"],
        with_value: &["-e", "--env", "-p", "--port", "-m", "-c"],
        dir: &["-d", "--root"],
        file: &["-f", "--procfile"],
        verbs: &[("start", Task)],
        ..PLAIN
    },
    Tool { programs: &["bundle", "bundler"], verbs: &[("exec", Command)], other: None, ..PLAIN },
    Tool { programs: &["gradle", "gradlew"], dir: &["-p", "--project-dir"], other: Some(Detail), ..PLAIN },
    Tool { programs: &["mvn", "mvnw"], file: &["-f", "--file"], other: Some(Detail), ..PLAIN },
    Tool { programs: &["mix", "sbt", "lein", "stack", "cabal"], other: Some(Detail), ..PLAIN },
    Tool {
        programs: &["dotnet"],
        with_value: &["-c", "--configuration", "-f", "--framework", "--launch-profile", "--runtime", "--depsfile"],
        task: &["--project"],
        verbs: &[("run", Detail), ("watch", Detail), ("exec", File)],
        other: Some(File),
        ..PLAIN
    },
    Tool { programs: &["mono"], other: Some(File), ..PLAIN },
    Tool { programs: &["artisan", "manage.py", "bin/console", "bin/rails"], is_script: true, ..PLAIN },
];

/// What a tool runs.
#[derive(Debug, PartialEq, Eq)]
pub enum Run {
    /// Something of a project.
    Task {
        /// The project's directory if it is not the working directory.
        dir: Option<OsString>,
        /// `None` for the project itself.
        task: Option<OsString>,
    },
    /// A path that names the program.
    File(OsString),
    /// The place of a program in the command.
    Command(usize),
}

/// `None` for a command that no known tool runs.
pub fn of(command: &[OsString]) -> Option<Run> {
    let program = Path::new(command.first()?);
    // The last row has paths.
    let tool = TOOLS.iter().rev().find(|tool| tool.programs.iter().any(|known| program.ends_with(known)))?;
    let (mut dir, mut task) = (tool.is_script.then(|| project_of(program)).flatten(), None);
    let mut operand = tool.other;
    let mut is_first = true;
    let mut rest = command.iter().enumerate().skip(1);
    while let Some((at, word)) = rest.next() {
        let (name, attached) = split(word);
        let is = |list: &[&str]| list.iter().any(|known| known.as_bytes() == name);
        if word == "--" && operand != Some(Command) {
            break;
        } else if [tool.dir, tool.file, tool.task, tool.with_value].into_iter().any(is) {
            let value = attached.or_else(|| Some(rest.next()?.1)).map(Path::new);
            match () {
                () if is(tool.dir) => dir = value.map(OsString::from),
                () if is(tool.file) => dir = value.and_then(Path::parent).map(OsString::from),
                () if is(tool.task) => task = value.and_then(Path::file_name).map(OsString::from),
                () => {}
            }
        } else if word.as_bytes().starts_with(b"-") || attached.is_some() {
            // Neither do variables name it, as in `make PORT=80`.
        } else if let Some((_, after)) = tool.verbs.iter().find(|(verb, _)| is_first && word == verb) {
            operand = Some(*after);
            is_first = false;
        } else {
            match operand? {
                Command => return Some(Run::Command(at)),
                File => return Some(file(word)),
                Task if tool.runs_scripts && has_script_extension(word) => return None,
                Task => task = task.or_else(|| Some(word.clone())),
                Detail => {}
            }
            is_first = false;
            if operand == Some(Task) {
                break;
            }
        }
    }
    let dir = dir.filter(|dir| !dir.is_empty());
    operand.filter(|it| *it != Command).map(|_| Run::Task { dir, task: task.filter(|task| task != "start") })
}

/// An option and the value attached to it.
fn split(word: &OsStr) -> (&[u8], Option<&OsStr>) {
    let bytes = word.as_bytes();
    match bytes.iter().position(|byte| *byte == b'=') {
        Some(equals) => (&bytes[..equals], Some(OsStr::from_bytes(&bytes[equals + 1..]))),
        None => (bytes, None),
    }
}

/// The directory above a script, or above the `bin` that it is in.
fn project_of(script: &Path) -> Option<OsString> {
    let dir = script.parent()?;
    Some(if dir.ends_with("bin") { dir.parent()? } else { dir }.into())
}

/// A directory, or a file in it whose name says nothing (`main.go`), is a project.
fn file(word: &OsStr) -> Run {
    let path = Path::new(word);
    let dir = match path.extension() {
        Some(_) if path.file_stem().is_some_and(|stem| stem == "main") => path.parent(),
        None => Some(path),
        Some(_) => None,
    };
    match dir {
        Some(dir) => Run::Task { dir: Some(dir.into()).filter(|dir: &OsString| !dir.is_empty()), task: None },
        None => Run::File(word.to_owned()),
    }
}
