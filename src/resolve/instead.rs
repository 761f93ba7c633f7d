//! What may have been meant where there is no program of a name: lines to paste.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use crate::cli::{Add, Verb};
use crate::{runtime, shell};

/// The line for somebody who mistyped a verb, which is then taken for a command.
pub fn verb_line(word: &OsStr, words: &[OsString]) -> Option<String> {
    // Below this the words have little in common but letters.
    const ALIKE: f64 = 0.85;
    let typed = word.to_str().filter(|word| words.first().is_some_and(|first| first == word))?;
    let likeness = |verb: &&'static str| strsim::jaro_winkler(verb, typed);
    let nearest = Verb::NAMES.into_iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    let corrected: Vec<OsString> = std::iter::once(nearest.into()).chain(words[1..].iter().cloned()).collect();
    (likeness(&nearest) >= ALIKE).then(|| format!("did you mean: {}", shell::own_line(&corrected)))
}

/// What only a shell knows, as the first word of a command: keywords and builtins for which there are no programs, or
/// only ones that can do nothing for anybody else (POSIX.1-2017, XCU 2.4 and 2.14; bash(1)).
const OF_SHELLS: [&str; 38] = [
    "!", ".", "[[", "alias", "bg", "break", "builtin", "case", "cd", "continue", "declare", "do", "eval", "exec",
    "exit", "export", "fg", "for", "function", "if", "let", "local", "popd", "pushd", "readonly", "return", "select",
    "set", "shift", "shopt", "source", "trap", "ulimit", "umask", "unset", "until", "while", "{",
];

/// The line for somebody who began a command with a word that only shells know.
pub fn shell_line(typed: &Add) -> Option<String> {
    let (first, rest) = typed.command.split_first()?;
    let first = first.to_str().filter(|first| OF_SHELLS.contains(first))?;
    let script = std::iter::once(first.to_owned()).chain((!rest.is_empty()).then(|| shell::join(rest)));
    let script: Vec<String> = script.collect();
    Some(format!("only a shell knows `{first}`: sh -c {}", shell::quote(script.join(" "))))
}

/// The line for somebody who put a whole command into quotes.
pub fn unquoted_line(typed: &Add, words: &[OsString]) -> Option<String> {
    let [line] = typed.command.as_slice() else { return None };
    let parts = shlex::split(line.to_str()?).filter(|parts| parts.len() > 1)?;
    let place = words.iter().position(|word| word == line)?;
    let mut words = words.to_vec();
    words.splice(place..=place, parts.into_iter().map(OsString::from));
    Some(format!("without the quotes: {}", shell::own_line(&words)))
}

/// The line for somebody who typed the name of a script that lies in the working directory.
pub fn script_line(typed: &Add, words: &[OsString]) -> String {
    let script = &typed.command[0];
    let path = OsString::from_vec([b"./", script.as_bytes()].concat());
    let replaced = |with: &[OsString]| {
        let place = words.iter().position(|word| word == script).unwrap_or(0);
        let mut words = words.to_vec();
        words.splice(place..=place, with.iter().cloned());
        shell::own_line(&words)
    };
    match runtime::starters(script).first() {
        Some(words) => {
            let words: Vec<OsString> = words.iter().map(OsString::from).chain([script.clone()]).collect();
            replaced(&words)
        }
        None => replaced(&[path]),
    }
}
