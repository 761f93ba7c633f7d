//! Interpreters and launchers as data, and reading command lines and paths with it. Pure.

pub mod command;
pub mod container;
pub mod jit;
pub mod launcher;
pub mod loads;
pub mod paths;
pub mod table;
pub mod target;
pub mod tasks;
pub mod variables;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use table::{KINDS, RUNTIMES, Runtime};

/// The runtime of a program, by its name without the version: `/usr/bin/python3.11` is Python.
pub fn of_program(program: &OsStr) -> Option<&'static Runtime> {
    let file = program.as_bytes().rsplit(|byte| *byte == b'/').next()?;
    let name = std::str::from_utf8(file).ok()?;
    RUNTIMES.iter().find(|runtime| {
        runtime.programs.iter().any(|known| {
            name.strip_prefix(known)
                .is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-'))
        })
    })
}

/// The runtime of a `#!` line, which has an interpreter and at most one argument.
pub fn of_shebang(words: &[OsString]) -> Option<&'static Runtime> {
    words.first().and_then(|interpreter| of_program(interpreter)).or_else(|| env_program(words).and_then(of_program))
}

/// The program that `#!/usr/bin/env` starts, which can follow options: `#!/usr/bin/env -S python3 -u`.
pub fn env_program(words: &[OsString]) -> Option<&OsStr> {
    let argument = words.get(1).filter(|_| words[0].as_bytes().ends_with(b"/env"))?;
    split(argument).find(|word| !is_env_argument(word))
}

/// The same with its arguments; empty without `env`.
pub fn env_command(words: &[OsString]) -> impl Iterator<Item = OsString> {
    let argument = words.get(1).filter(|_| words[0].as_bytes().ends_with(b"/env"));
    argument
        .into_iter()
        .flat_map(|argument| split(argument).skip_while(|word| is_env_argument(word)))
        .map(OsStr::to_owned)
}

fn split(argument: &OsStr) -> impl Iterator<Item = &OsStr> {
    argument.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).map(OsStr::from_bytes)
}

/// An option of `env` or a variable.
fn is_env_argument(word: &OsStr) -> bool {
    word.as_bytes().starts_with(b"-") || word.as_bytes().contains(&b'=')
}

/// Whether a word has the extension of a script.
pub fn has_script_extension(word: &OsStr) -> bool {
    !interpreters_for(word).is_empty()
}

/// Whether a file has the extension of a script, a library, or compiled code.
pub fn is_code(path: &std::path::Path) -> bool {
    const OTHERS: [&str; 24] = [
        "awk", "beam", "class", "dll", "ear", "el", "erl", "ex", "exp", "exs", "go", "gradle", "groovy", "hs", "jl",
        "kts", "mk", "ps1", "rs", "ru", "scm", "so", "vim", "war",
    ];
    let extension = path.extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| OTHERS.contains(&extension)) || has_script_extension(path.as_os_str())
}

/// The commands that can run a script, by its extension and in order of preference.
pub fn interpreters_for(script: &OsStr) -> &'static [&'static [&'static str]] {
    let extension = std::path::Path::new(script).extension().and_then(OsStr::to_str);
    let kind = KINDS.iter().find(|kind| extension.is_some_and(|extension| kind.extensions.contains(&extension)));
    kind.map_or(&[], |kind| kind.interpreters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_are_known_by_name_path_and_shebang() {
        let named = |word: &str| of_program(OsStr::new(word)).map(|runtime| runtime.name);
        assert_eq!(named("/v/bin/python3.12"), Some("Python"));
        assert_eq!(named("nodejs"), Some("Node.js"));
        assert_eq!(named("pythonista"), None);
        let first = |line: &[&str]| {
            of_shebang(&line.iter().map(OsString::from).collect::<Vec<_>>()).map(|runtime| runtime.name)
        };
        assert_eq!(first(&["/v/bin/python3"]), Some("Python"));
        assert_eq!(first(&["/usr/bin/env", "python3"]), Some("Python"));
        assert_eq!(first(&["/usr/bin/env", "-S A=1 python3 -u"]), Some("Python"));
        assert_eq!(first(&["/bin/cat", "python3"]), None);
    }

    #[test]
    fn every_interpreter_is_a_program() {
        for kind in KINDS {
            assert!(kind.interpreters.iter().all(|words| words.first().is_some_and(|word| !word.is_empty())));
        }
    }
}
