//! Tools that run a command in an environment: `uv run`, `poetry run`, `conda run`.
//!
//! A new one is a row of [`LAUNCHERS`].

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::has_script_extension;

#[derive(Debug)]
pub struct Launcher {
    pub program: &'static str,
    /// Its subcommands that run a command.
    pub verbs: &'static [&'static str],
    /// Options whose value is the next word.
    with_value: &'static [&'static str],
    /// Options that create an environment for a single run, so that the launcher must stay in the command.
    temporary: &'static [&'static str],
    /// Options before a Python module.
    module: &'static [&'static str],
    /// It runs scripts with `python`.
    runs_scripts: bool,
    /// It has operands before `--` (`mise exec node@22 -- node x.js`).
    has_operands: bool,
    /// Options for scripts with any name.
    script: &'static [&'static str],
    /// Options with which a query changes nothing.
    query_options: &'static [&'static str],
    /// It has a subcommand `which`.
    has_which: bool,
    /// Directives of `[Service]` if it stays in the command: name, value, reason.
    pub directives: &'static [(&'static str, &'static str, &'static str)],
}

const PLAIN: Launcher = Launcher {
    program: "",
    verbs: &["run"],
    with_value: &[],
    temporary: &[],
    module: &[],
    runs_scripts: false,
    has_operands: false,
    script: &[],
    query_options: &[],
    has_which: false,
    directives: &[],
};

pub static LAUNCHERS: [Launcher; 18] = [
    Launcher {
        program: "uv",
        with_value: &[
            "-p",
            "--python",
            "--extra",
            "--no-extra",
            "--group",
            "--no-group",
            "--only-group",
            "--package",
            "--directory",
            "--project",
            "--env-file",
            "--index",
            "--default-index",
            "--index-url",
            "--extra-index-url",
            "--config-file",
            "--cache-dir",
            "--color",
            "--with",
            "-w",
            "--with-editable",
            "--with-requirements",
        ],
        temporary: &[
            "--with",
            "-w",
            "--with-editable",
            "--with-requirements",
            "--isolated",
            "--script",
            "-s",
            "--gui-script",
        ],
        module: &["-m", "--module"],
        runs_scripts: true,
        script: &["--script", "-s", "--gui-script"],
        query_options: &["--no-sync"],
        directives: &[("SuccessExitStatus", "143", "uv exits with 143 when it is stopped, which is not a failure")],
        ..PLAIN
    },
    Launcher { program: "poetry", with_value: &["-C", "--directory", "-P", "--project"], ..PLAIN },
    Launcher { program: "pipenv", with_value: &["--python"], ..PLAIN },
    Launcher { program: "hatch", with_value: &["-e", "--env", "-p", "--project"], ..PLAIN },
    Launcher { program: "pdm", with_value: &["-p", "--project", "--venv"], runs_scripts: true, ..PLAIN },
    Launcher { program: "rye", ..PLAIN },
    Launcher { program: "pixi", with_value: &["-e", "--environment", "--manifest-path"], ..PLAIN },
    Launcher { program: "conda", with_value: CONDA, ..PLAIN },
    Launcher { program: "mamba", with_value: CONDA, ..PLAIN },
    Launcher { program: "micromamba", with_value: CONDA, ..PLAIN },
    Launcher { program: "mise", verbs: &["exec", "x"], has_operands: true, ..PLAIN },
    Launcher { program: "asdf", verbs: &["exec"], has_which: true, ..PLAIN },
    Launcher { program: "pyenv", verbs: &["exec"], has_which: true, ..PLAIN },
    Launcher { program: "rbenv", verbs: &["exec"], has_which: true, ..PLAIN },
    Launcher { program: "plenv", verbs: &["exec"], has_which: true, ..PLAIN },
    Launcher { program: "nodenv", verbs: &["exec"], has_which: true, ..PLAIN },
    Launcher { program: "fnm", verbs: &["exec"], with_value: &["--using", "--fnm-dir"], ..PLAIN },
    Launcher { program: "volta", with_value: &["--node", "--npm", "--yarn", "--pnpm"], ..PLAIN },
];

const CONDA: &[&str] = &["-n", "--name", "-p", "--prefix", "--cwd", "-r", "--root-prefix"];

/// The parts of a launcher command line.
#[derive(Debug)]
pub struct LauncherCommand {
    pub launcher: &'static Launcher,
    /// The launcher, its subcommand and its options.
    pub prefix: Vec<OsString>,
    pub command: Vec<OsString>,
    /// The environment is only for this run.
    pub temporary: bool,
}

/// `None` if the command does not begin with a launcher.
pub fn of(command: &[OsString]) -> Option<LauncherCommand> {
    let program = Path::new(command.first()?).file_name()?;
    let launcher = LAUNCHERS.iter().find(|launcher| program == launcher.program)?;
    let verb = command.get(1).filter(|word| launcher.verbs.iter().any(|verb| *word == verb))?;
    let is = |word: &OsStr, list: &[&str]| list.iter().any(|known| word == *known);
    let mut prefix = vec![command[0].clone(), verb.clone()];
    let mut temporary = false;
    let mut rest = command[2..].iter();
    let mut module = false;
    let mut script = false;
    if launcher.has_operands {
        let dashes = rest.as_slice().iter().position(|word| word == "--")?;
        prefix.extend(rest.by_ref().take(dashes).cloned());
    }
    while let Some(word) = rest.as_slice().first() {
        let name = word.to_str().and_then(|word| word.split('=').next()).unwrap_or_default();
        temporary |= is(OsStr::new(name), launcher.temporary);
        script |= is(OsStr::new(name), launcher.script);
        module = is(word, launcher.module);
        if word == "--" || module {
            rest.next();
            break;
        } else if is(word, launcher.with_value) {
            prefix.extend(rest.by_ref().take(2).cloned());
        } else if word.as_encoded_bytes().starts_with(b"-") {
            prefix.extend(rest.next().cloned());
        } else {
            break;
        }
    }
    let mut command: Vec<OsString> = rest.cloned().collect();
    let first = command.first()?;
    if module {
        command.splice(..0, ["python".into(), "-m".into()]);
    } else if script || (launcher.runs_scripts && has_script_extension(first)) {
        command.insert(0, "python".into());
    }
    Some(LauncherCommand { launcher, prefix, command, temporary })
}

/// Whether a variable is one of a launcher, such as `PYENV_VERSION`.
pub fn has_variable(name: &str) -> bool {
    let tool = name.split_once('_').map(|(tool, _)| tool);
    tool.is_some_and(|tool| LAUNCHERS.iter().any(|launcher| launcher.program.to_ascii_uppercase() == tool))
}

/// The command that prints the path of a program in the environment.
pub fn query(launched: &LauncherCommand, word: &OsStr) -> Vec<OsString> {
    let options = launched.launcher.query_options.iter().map(OsString::from);
    let question = ["sh", "-c", "command -v -- \"$0\""].map(OsString::from);
    let (tool, given) = launched.prefix.split_at(2);
    if launched.launcher.has_which {
        return vec![tool[0].clone(), "which".into(), word.to_owned()];
    }
    let words = tool.iter().cloned().chain(options).chain(given.iter().cloned());
    let dashes = launched.launcher.has_operands.then(|| OsString::from("--"));
    words.chain(dashes).chain(question).chain([word.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> Option<(String, String, bool)> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let launched = of(&words)?;
        Some((crate::shell::join(&launched.prefix), crate::shell::join(&launched.command), launched.temporary))
    }

    #[test]
    fn launcher_commands_are_split() {
        for (line, prefix, command, temporary) in [
            ("uv run x.py -v", "uv run", "python x.py -v", false),
            (
                "/home/me/.local/bin/uv run -p 3.12 -- python x.py",
                "/home/me/.local/bin/uv run -p 3.12",
                "python x.py",
                false,
            ),
            ("uv run --with requests x.py", "uv run --with requests", "python x.py", true),
            ("uv run -m http.server 80", "uv run", "python -m http.server 80", false),
            ("poetry run gunicorn a:b --bind :1", "poetry run", "gunicorn a:b --bind :1", false),
            (
                "conda run -n ml --no-capture-output python x.py",
                "conda run -n ml --no-capture-output",
                "python x.py",
                false,
            ),
            ("mise x node@22 -- node s.js", "mise x node@22", "node s.js", false),
            ("pdm run x.py", "pdm run", "python x.py", false),
            ("plenv exec perl -T x.pl", "plenv exec", "perl -T x.pl", false),
        ] {
            assert_eq!(split(line), Some((prefix.into(), command.into(), temporary)), "{line}");
        }
        for line in [
            "uv sync",
            "uv",
            "plenv local 5.40.1",
            "poetry",
            "poetry run",
            "npm run x",
            "conda run -n",
            "mise x node s.js",
        ] {
            assert_eq!(split(line), None, "{line}");
        }
    }

    #[test]
    fn a_script_option_means_python() {
        assert_eq!(split("uv run --script ./app"), Some(("uv run --script".into(), "python ./app".into(), true)));
    }

    #[test]
    fn queries_change_nothing() {
        let words: Vec<OsString> = "uv run -p 3.12 x.py".split(' ').map(OsString::from).collect();
        let asked = query(&of(&words).unwrap(), OsStr::new("python"));
        assert_eq!(crate::shell::join(asked), "uv run --no-sync -p 3.12 sh -c 'command -v -- \"$0\"' python");
        let words: Vec<OsString> = "rbenv exec ruby x.rb".split(' ').map(OsString::from).collect();
        assert_eq!(crate::shell::join(super::query(&of(&words).unwrap(), OsStr::new("ruby"))), "rbenv which ruby");
    }
}
