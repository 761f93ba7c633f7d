//! What is known about the programs that run other programs, as one table: where they expect their
//! script, and what they need under systemd.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::host::lookup::Program;

/// One kind of interpreter.
struct Runtime {
    /// Names of its program; versions behind them (`python3.11`) count as the same.
    programs: &'static [&'static str],
    /// Endings of its scripts.
    endings: &'static [&'static str],
    /// Options of the interpreter that have the next word as their value.
    with_value: &'static [&'static str],
    /// Options whose next word names what is run: a module, a jar.
    names_program: &'static [&'static str],
    /// Options that bring the program's text with them, so that there is no script.
    inline: &'static [&'static str],
    /// Words that stand in front of the script (`deno run x.ts`).
    verbs: &'static [&'static str],
    /// Variables it needs: name, value, reason.
    environment: &'static [(&'static str, &'static str, &'static str)],
}

const PLAIN: Runtime = Runtime {
    programs: &[],
    endings: &[],
    with_value: &[],
    names_program: &[],
    inline: &["-c", "-e"],
    verbs: &[],
    environment: &[],
};

const RUNTIMES: [Runtime; 12] = [
    Runtime {
        programs: &["python", "pypy"],
        endings: &["py", "pyz", "pyw"],
        with_value: &["-W", "-X", "--check-hash-based-pycs"],
        names_program: &["-m"],
        inline: &["-c"],
        environment: &[(
            "PYTHONUNBUFFERED",
            "1",
            "Python would keep its output back for minutes before the journal sees it",
        )],
        ..PLAIN
    },
    Runtime {
        programs: &["node", "nodejs"],
        endings: &["js", "mjs", "cjs"],
        with_value: &["-r", "--require", "--import", "--loader", "--env-file", "-C", "--conditions"],
        inline: &["-e", "--eval", "-p", "--print"],
        ..PLAIN
    },
    Runtime { programs: &["deno"], endings: &["ts", "tsx"], verbs: &["run", "serve"], inline: &["eval"], ..PLAIN },
    Runtime { programs: &["bun"], verbs: &["run"], ..PLAIN },
    Runtime { programs: &["ruby", "jruby"], endings: &["rb"], with_value: &["-I", "-r", "-C"], ..PLAIN },
    Runtime { programs: &["perl"], endings: &["pl"], with_value: &["-I"], inline: &["-e", "-E"], ..PLAIN },
    Runtime { programs: &["php"], endings: &["php"], with_value: &["-d", "-c", "-S", "-t"], inline: &["-r"], ..PLAIN },
    Runtime {
        programs: &["java"],
        endings: &["jar"],
        with_value: &["-cp", "-classpath", "--class-path", "-p", "--module-path", "--add-opens", "--add-modules"],
        names_program: &["-jar", "-m", "--module"],
        inline: &[],
        ..PLAIN
    },
    Runtime {
        programs: &["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish"],
        endings: &["sh", "bash", "zsh", "fish"],
        with_value: &["-o", "+o", "-O", "--rcfile", "--init-file"],
        inline: &["-c"],
        ..PLAIN
    },
    Runtime { programs: &["lua", "luajit"], endings: &["lua"], with_value: &["-l"], ..PLAIN },
    Runtime { programs: &["Rscript"], endings: &["R", "r"], ..PLAIN },
    Runtime { programs: &["tclsh", "wish"], endings: &["tcl"], inline: &[], ..PLAIN },
];

/// The script that an interpreter in front of it is certain to open: a file by its ending. A word
/// without one may be a module, a verb or anything else that the interpreter knows.
pub fn script(command: &[OsString]) -> Option<&OsStr> {
    match runs(command)? {
        Runs::Script(script) if command.first().is_some_and(|program| program != script) => {
            Some(script).filter(|script| has_script_ending(script))
        }
        _ => None,
    }
}

/// The program of a path or word without folder and version: `/usr/bin/python3.11` is `python`.
fn runtime(program: &OsStr) -> Option<&'static Runtime> {
    let file = program.as_bytes().rsplit(|byte| *byte == b'/').next()?;
    let name = std::str::from_utf8(file).ok()?;
    RUNTIMES.iter().find(|runtime| {
        runtime.programs.iter().any(|known| {
            name.strip_prefix(known)
                .is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-'))
        })
    })
}

fn has_script_ending(word: &OsStr) -> bool {
    RUNTIMES.iter().any(|runtime| ends_in(word, runtime.endings))
}

fn ends_in(word: &OsStr, endings: &[&str]) -> bool {
    let ending = std::path::Path::new(word).extension().and_then(OsStr::to_str);
    ending.is_some_and(|ending| endings.contains(&ending))
}

/// The usual program for a script's ending: `python3` for `app.py`.
pub fn interpreter_of(script: &OsStr) -> Option<&'static str> {
    let runtime = RUNTIMES.iter().find(|runtime| ends_in(script, runtime.endings))?;
    match runtime.programs[0] {
        "python" => Some("python3"),
        // A jar and a TypeScript file need more words than one in front of them.
        "java" | "deno" => None,
        program => Some(program),
    }
}

/// What a command line runs, as far as a name can be taken from it.
#[derive(Debug, PartialEq, Eq)]
pub enum Runs<'a> {
    /// A script: its file.
    Script(&'a OsStr),
    /// A module or another thing that the interpreter knows by name.
    Named(&'a OsStr),
    /// A program of its own.
    Program(&'a OsStr),
    /// An interpreter without anything to name it after.
    Bare(&'a OsStr),
}

/// Tells what a command line runs.
pub fn runs(command: &[OsString]) -> Option<Runs<'_>> {
    let program = command.first()?;
    let Some(runtime) = runtime(program) else {
        return Some(if has_script_ending(program) { Runs::Script(program) } else { Runs::Program(program) });
    };
    let is = |word: &OsStr, list: &[&str]| list.iter().any(|known| word == *known);
    let mut words = command[1..].iter().map(OsString::as_os_str);
    while let Some(word) = words.next() {
        if is(word, runtime.inline) {
            break;
        } else if is(word, runtime.names_program) {
            return words
                .next()
                .map(|named| if has_script_ending(named) { Runs::Script(named) } else { Runs::Named(named) });
        } else if is(word, runtime.with_value) {
            words.next();
        } else if word.as_bytes().starts_with(b"-") || is(word, runtime.verbs) || word.is_empty() {
            continue;
        } else {
            return Some(Runs::Script(word));
        }
    }
    Some(Runs::Bare(program))
}

/// The variables that a program needs under systemd: those of the runtime it is, or that its `#!`
/// line names.
pub fn environment(word: &OsStr, program: &Program) -> &'static [(&'static str, &'static str, &'static str)] {
    let Program::Found { path, interpreter } = program else { return &[] };
    // `#!/usr/bin/env -S python3 -u`: env's own words come first.
    let behind_env = interpreter
        .get(1)
        .filter(|_| interpreter[0].as_bytes().ends_with(b"/env"))
        .into_iter()
        .flat_map(|words| words.as_bytes().split(u8::is_ascii_whitespace))
        .map(OsStr::from_bytes)
        .find(|word| !word.as_bytes().starts_with(b"-") && !word.as_bytes().contains(&b'='));
    let found = runtime(word)
        .or_else(|| runtime(path.as_os_str()))
        .or_else(|| interpreter.first().and_then(|interpreter| runtime(interpreter)))
        .or_else(|| behind_env.and_then(runtime));
    found.map_or(&[], |runtime| runtime.environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn scripts_are_found_behind_their_interpreters() {
        use Runs::*;
        for (line, expected) in [
            ("python myscript.py", Script(OsStr::new("myscript.py"))),
            ("/usr/bin/python3.11 -u -W ignore app.py x.py", Script(OsStr::new("app.py"))),
            ("python -m http.server 8000", Named(OsStr::new("http.server"))),
            ("python -c print(1)", Bare(OsStr::new("python"))),
            ("python", Bare(OsStr::new("python"))),
            ("node --require x server.js", Script(OsStr::new("server.js"))),
            ("deno run -A main.ts", Script(OsStr::new("main.ts"))),
            ("java -Xmx1g -jar App.jar", Script(OsStr::new("App.jar"))),
            ("bash -c true", Bare(OsStr::new("bash"))),
            ("./run.sh", Script(OsStr::new("./run.sh"))),
            ("gunicorn app:app", Program(OsStr::new("gunicorn"))),
            ("pythonista x.py", Program(OsStr::new("pythonista"))),
        ] {
            assert_eq!(runs(&words(line)), Some(expected), "{line}");
        }
    }

    #[test]
    fn python_is_known_by_name_path_and_first_line() {
        let found = |path: &str, first: &[&str]| Program::Found {
            path: path.into(),
            interpreter: first.iter().map(OsString::from).collect(),
        };
        let set = |word: &str, program: &Program| environment(OsStr::new(word), program).len();
        assert_eq!(set("python", &found("/usr/bin/python", &[])), 1);
        assert_eq!(set("/v/bin/python3.12", &found("/v/bin/python3.12", &[])), 1);
        assert_eq!(set("gunicorn", &found("/v/bin/gunicorn", &["/v/bin/python3"])), 1);
        assert_eq!(set("./x", &found("/x", &["/usr/bin/env", "python3"])), 1);
        assert_eq!(set("./x", &found("/x", &["/usr/bin/env", "-S A=1 python3 -u"])), 1);
        assert_eq!(set("./x", &found("/x", &["/bin/sh"])), 0);
    }
}
