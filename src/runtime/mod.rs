//! What the runtimes of programming languages are, and what they need under systemd: [`table`] is data;
//! the rest reads command lines and paths with it. Nothing here looks at the machine.

pub mod compiling;
pub mod launcher;
pub mod line;
pub mod places;
pub mod table;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use table::{KINDS, RUNTIMES, Runtime};

/// The runtime whose program this is, by a word or path without folder and version:
/// `/usr/bin/python3.11` is Python.
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

/// The runtime that one of the words behind `#!` is.
///
/// `words` are an interpreter and at most one argument, as the kernel splits them.
pub fn of_first_line(words: &[OsString]) -> Option<&'static Runtime> {
    words.first().and_then(|interpreter| of_program(interpreter)).or_else(|| behind_env(words).and_then(of_program))
}

/// The program that `#!/usr/bin/env` starts; `#!/usr/bin/env -S python3 -u` has options in front.
pub fn behind_env(words: &[OsString]) -> Option<&OsStr> {
    let argument = words.get(1).filter(|_| words[0].as_bytes().ends_with(b"/env"))?;
    split(argument).find(|word| !is_of_env(word))
}

/// The same with the words behind it; none where there is no `env`.
pub fn words_behind_env(words: &[OsString]) -> impl Iterator<Item = OsString> {
    let argument = words.get(1).filter(|_| words[0].as_bytes().ends_with(b"/env"));
    argument.into_iter().flat_map(|argument| split(argument).skip_while(|word| is_of_env(word))).map(OsStr::to_owned)
}

fn split(argument: &OsStr) -> impl Iterator<Item = &OsStr> {
    argument.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).map(OsStr::from_bytes)
}

/// An option of `env`, or a variable.
fn is_of_env(word: &OsStr) -> bool {
    word.as_bytes().starts_with(b"-") || word.as_bytes().contains(&b'=')
}

/// True when a word ends as the scripts of a runtime do.
pub fn has_script_ending(word: &OsStr) -> bool {
    !starters(word).is_empty()
}

/// What a script is started with when nothing is said, by its ending: the words in front of it, the
/// first choice first. Empty when the ending tells nothing.
pub fn starters(script: &OsStr) -> &'static [&'static [&'static str]] {
    let ending = std::path::Path::new(script).extension().and_then(OsStr::to_str);
    let kind = KINDS.iter().find(|kind| ending.is_some_and(|ending| kind.endings.contains(&ending)));
    kind.map_or(&[], |kind| kind.starters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_are_known_by_name_path_and_first_line() {
        let named = |word: &str| of_program(OsStr::new(word)).map(|runtime| runtime.name);
        assert_eq!(named("/v/bin/python3.12"), Some("Python"));
        assert_eq!(named("nodejs"), Some("Node.js"));
        assert_eq!(named("pythonista"), None);
        let first = |line: &[&str]| {
            of_first_line(&line.iter().map(OsString::from).collect::<Vec<_>>()).map(|runtime| runtime.name)
        };
        assert_eq!(first(&["/v/bin/python3"]), Some("Python"));
        assert_eq!(first(&["/usr/bin/env", "python3"]), Some("Python"));
        assert_eq!(first(&["/usr/bin/env", "-S A=1 python3 -u"]), Some("Python"));
        assert_eq!(first(&["/bin/cat", "python3"]), None);
    }

    #[test]
    fn every_starter_is_a_program() {
        for kind in KINDS {
            assert!(kind.starters.iter().all(|words| words.first().is_some_and(|word| !word.is_empty())));
        }
    }
}
