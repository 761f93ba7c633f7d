//! Tools that start a command in an environment of their own: `uv run`, `poetry run`, `conda run`.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::has_script_ending;

/// One such tool.
#[derive(Debug)]
pub struct Launcher {
    /// Its program.
    pub program: &'static str,
    /// The words that have it start a command; one of them follows the program.
    pub verbs: &'static [&'static str],
    /// Options that have the next word as their value.
    with_value: &'static [&'static str],
    /// Options that make an environment for this one run, so that the tool has to stay.
    passing: &'static [&'static str],
    /// Options that name a Python module to run, instead of a command.
    module: &'static [&'static str],
    /// It puts `python` in front of a script.
    starts_scripts: bool,
    /// Words of its own stand in front of `--` (`mise exec node@22 -- node x.js`).
    has_operands: bool,
    /// Options that have it run a script, whatever its name.
    script: &'static [&'static str],
    /// Options to add when it is only asked, so that it changes nothing.
    when_asked: &'static [&'static str],
    /// It tells where a program is by a word of its own, and starts nothing else.
    has_which: bool,
    /// Directives of `[Service]` that it needs where it stays: name, value, reason.
    pub directives: &'static [(&'static str, &'static str, &'static str)],
}

const PLAIN: Launcher = Launcher {
    program: "",
    verbs: &["run"],
    with_value: &[],
    passing: &[],
    module: &[],
    starts_scripts: false,
    has_operands: false,
    script: &[],
    when_asked: &[],
    has_which: false,
    directives: &[],
};

/// All launchers.
pub static LAUNCHERS: [Launcher; 17] = [
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
        passing: &[
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
        starts_scripts: true,
        script: &["--script", "-s", "--gui-script"],
        when_asked: &["--no-sync"],
        directives: &[(
            "SuccessExitStatus",
            "143",
            "uv ends with this code when it is stopped, and that is no failure",
        )],
        ..PLAIN
    },
    Launcher { program: "poetry", with_value: &["-C", "--directory", "-P", "--project"], ..PLAIN },
    Launcher { program: "pipenv", with_value: &["--python"], ..PLAIN },
    Launcher { program: "hatch", with_value: &["-e", "--env", "-p", "--project"], ..PLAIN },
    Launcher { program: "pdm", with_value: &["-p", "--project", "--venv"], starts_scripts: true, ..PLAIN },
    Launcher { program: "rye", ..PLAIN },
    Launcher { program: "pixi", with_value: &["-e", "--environment", "--manifest-path"], ..PLAIN },
    Launcher { program: "conda", with_value: CONDA, ..PLAIN },
    Launcher { program: "mamba", with_value: CONDA, ..PLAIN },
    Launcher { program: "micromamba", with_value: CONDA, ..PLAIN },
    Launcher { program: "mise", verbs: &["exec", "x"], has_operands: true, ..PLAIN },
    Launcher { program: "asdf", verbs: &["exec"], has_which: true, ..PLAIN },
    Launcher { program: "pyenv", verbs: &["exec"], has_which: true, ..PLAIN },
    Launcher { program: "rbenv", verbs: &["exec"], has_which: true, ..PLAIN },
    Launcher { program: "nodenv", verbs: &["exec"], has_which: true, ..PLAIN },
    Launcher { program: "fnm", verbs: &["exec"], with_value: &["--using", "--fnm-dir"], ..PLAIN },
    Launcher { program: "volta", with_value: &["--node", "--npm", "--yarn", "--pnpm"], ..PLAIN },
];

const CONDA: &[&str] = &["-n", "--name", "-p", "--prefix", "--cwd", "-r", "--root-prefix"];

/// A command line of a launcher, taken apart.
#[derive(Debug)]
pub struct Launched {
    /// The tool.
    pub launcher: &'static Launcher,
    /// The words up to the command: the tool, its verb and its options.
    pub front: Vec<OsString>,
    /// What it starts.
    pub command: Vec<OsString>,
    /// The environment is made for one run, or the tool was told to do more than start a command.
    pub passing: bool,
}

/// Takes a command line apart that begins with a launcher; `None` for all others.
pub fn of(command: &[OsString]) -> Option<Launched> {
    let program = Path::new(command.first()?).file_name()?;
    let launcher = LAUNCHERS.iter().find(|launcher| program == launcher.program)?;
    let verb = command.get(1).filter(|word| launcher.verbs.iter().any(|verb| *word == verb))?;
    let is = |word: &OsStr, list: &[&str]| list.iter().any(|known| word == *known);
    let mut front = vec![command[0].clone(), verb.clone()];
    let mut passing = false;
    let mut rest = command[2..].iter();
    let mut module = false;
    let mut script = false;
    if launcher.has_operands {
        let dashes = rest.as_slice().iter().position(|word| word == "--")?;
        front.extend(rest.by_ref().take(dashes).cloned());
    }
    while let Some(word) = rest.as_slice().first() {
        let name = word.to_str().and_then(|word| word.split('=').next()).unwrap_or_default();
        passing |= is(OsStr::new(name), launcher.passing);
        script |= is(OsStr::new(name), launcher.script);
        module = is(word, launcher.module);
        if word == "--" || module {
            rest.next();
            break;
        } else if is(word, launcher.with_value) {
            front.extend(rest.by_ref().take(2).cloned());
        } else if word.as_encoded_bytes().starts_with(b"-") {
            front.extend(rest.next().cloned());
        } else {
            break;
        }
    }
    let mut command: Vec<OsString> = rest.cloned().collect();
    let first = command.first()?;
    if module {
        command.splice(..0, ["python".into(), "-m".into()]);
    } else if script || (launcher.starts_scripts && has_script_ending(first)) {
        command.insert(0, "python".into());
    }
    Some(Launched { launcher, front, command, passing })
}

/// The words that ask a launcher where a program is in its environment; the answer is one line.
pub fn asked(launched: &Launched, word: &OsStr) -> Vec<OsString> {
    let options = launched.launcher.when_asked.iter().map(OsString::from);
    let question = ["sh", "-c", "command -v -- \"$0\""].map(OsString::from);
    let (tool, given) = launched.front.split_at(2);
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

    fn taken_apart(line: &str) -> Option<(String, String, bool)> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let launched = of(&words)?;
        Some((crate::shell::join(&launched.front), crate::shell::join(&launched.command), launched.passing))
    }

    #[test]
    fn launchers_are_taken_apart() {
        for (line, front, command, passing) in [
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
        ] {
            assert_eq!(taken_apart(line), Some((front.into(), command.into(), passing)), "{line}");
        }
        for line in ["uv sync", "uv", "poetry", "poetry run", "npm run x", "conda run -n", "mise x node s.js"] {
            assert_eq!(taken_apart(line), None, "{line}");
        }
    }

    #[test]
    fn a_script_by_option_is_python_whatever_its_name() {
        assert_eq!(taken_apart("uv run --script ./app"), Some(("uv run --script".into(), "python ./app".into(), true)));
    }

    #[test]
    fn a_launcher_is_asked_without_changing_anything() {
        let words: Vec<OsString> = "uv run -p 3.12 x.py".split(' ').map(OsString::from).collect();
        let asked = asked(&of(&words).unwrap(), OsStr::new("python"));
        assert_eq!(crate::shell::join(asked), "uv run --no-sync -p 3.12 sh -c 'command -v -- \"$0\"' python");
        let words: Vec<OsString> = "rbenv exec ruby x.rb".split(' ').map(OsString::from).collect();
        assert_eq!(crate::shell::join(super::asked(&of(&words).unwrap(), OsStr::new("ruby"))), "rbenv which ruby");
    }
}
