//! Suggestions for a program that was not found: commands to paste.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use crate::cli::{Add, Invocation};
use crate::model::Verb;
use crate::model::command::{mkservice, run};
use crate::model::message::{Message, message};
use crate::{runtime, shell};

/// For a mistyped verb, which was taken for a command.
pub fn verb_line(program: &OsStr, invocation: &Invocation) -> Option<Message> {
    // Below this, words have little in common.
    const ALIKE: f64 = 0.85;
    let is_first = invocation.arguments().first().is_some_and(|first| first == program);
    let given = program.to_str().filter(|_| is_first)?;
    let likeness = |verb: &Verb| strsim::jaro_winkler(verb.name(), given);
    let nearest = Verb::all().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    let corrected = invocation.with_verb_for_program(nearest);
    (likeness(&nearest) >= ALIKE).then(|| message!("did you mean: {}", mkservice(corrected.arguments())))
}

/// Shell keywords and builtins that are not programs, or are useless as programs (POSIX.1-2017, XCU 2.4 and 2.14;
/// bash(1)).
const OF_SHELLS: [&str; 38] = [
    "!", ".", "[[", "alias", "bg", "break", "builtin", "case", "cd", "continue", "declare", "do", "eval", "exec",
    "exit", "export", "fg", "for", "function", "if", "let", "local", "popd", "pushd", "readonly", "return", "select",
    "set", "shift", "shopt", "source", "trap", "ulimit", "umask", "unset", "until", "while", "{",
];

/// For a command that begins with a word that only shells know.
pub fn shell_line(typed: &Add) -> Option<Message> {
    let (first, rest) = typed.command.split_first()?;
    let first = first.to_str().filter(|first| OF_SHELLS.contains(first))?;
    let script = std::iter::once(first.to_owned()).chain((!rest.is_empty()).then(|| shell::join(rest)));
    let script: Vec<String> = script.collect();
    Some(message!("run it with a shell: {}", run("sh").arg("-c").arg(script.join(" "))))
}

/// For a whole command in quotes.
pub fn unquoted_line(typed: &Add, invocation: &Invocation) -> Option<Message> {
    let [line] = typed.command.as_slice() else { return None };
    let parts = shlex::split(line.to_str()?).filter(|parts| parts.len() > 1)?;
    let parts: Vec<OsString> = parts.into_iter().map(OsString::from).collect();
    Some(message!("remove the quotes: {}", mkservice(invocation.with_program(&parts).arguments())))
}

/// For the name of a script in the working directory.
pub fn script_line(typed: &Add, invocation: &Invocation) -> Message {
    let script = &typed.command[0];
    let program = match runtime::interpreters_for(script).first() {
        Some(words) => words.iter().map(OsString::from).chain([script.clone()]).collect(),
        None => vec![OsString::from_vec([b"./", script.as_bytes()].concat())],
    };
    mkservice(invocation.with_program(&program).arguments()).into()
}
