//! Suggestions for a program that was not found: commands to paste.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::host_facts::HostFacts;
use crate::cli::{Add, Invocation, first_word};
use crate::model::command::mkservice;
use crate::model::message::{Message, message, quoted};
use crate::runtime;

/// For a whole command in quotes.
pub fn unquoted_line(typed: &Add, invocation: &Invocation) -> Option<Message> {
    let [line] = typed.command.as_slice() else { return None };
    let parts = shlex::split(line.to_str()?).filter(|parts| parts.len() > 1)?;
    let parts: Vec<OsString> = parts.into_iter().map(OsString::from).collect();
    Some(message!("remove the quotes: {}", mkservice(invocation.with_program(&parts).arguments())))
}

/// For a slip in the name of a program. It is no line to paste: only the spelling says what was meant.
pub fn similar_program(found: &HostFacts, invocation: &Invocation) -> Option<Message> {
    let program = found.similar_program.as_ref()?;
    let is_program = first_word::refuse_program(&invocation.with_program(std::slice::from_ref(program))).is_ok();
    is_program.then(|| message!("did you mean {}?", quoted(program)))
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
