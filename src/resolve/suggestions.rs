//! Suggestions for a program that was not found: commands to paste.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use crate::cli::{Add, Invocation};
use crate::model::command::mkservice;
use crate::model::message::{Message, message};
use crate::runtime;

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
