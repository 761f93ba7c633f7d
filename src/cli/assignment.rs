//! Variables before a command, as in shells: `A=1 python3 hello.py`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::Invocation;
use super::invocation::GivenOption;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, quoted};

/// Refuses them with the command line on which they are variables. Only a command that follows `--` is certainly meant.
pub(super) fn refuse(invocation: &Invocation) -> Result<()> {
    let command = invocation.command();
    let count = command.iter().take_while(|word| is_assignment(word)).count();
    if count == 0 || invocation.is_literal() {
        return Ok(());
    }
    let (variables, command) = command.split_at(count);
    let name = variables[0].as_bytes().split(|byte| *byte == b'=').next().map(OsStr::from_bytes).unwrap_or_default();
    let error = Error::new(Code::Usage, message!("{} is a variable, not a program", quoted(name)));
    Err(if command.is_empty() {
        error.hint(message!("give the command after it"))
    } else {
        let variable = |word: &OsString| {
            let mut given = GivenOption::new(Verb::Add, "setenv", Some(word));
            given.arguments[0] = "-E".into();
            given
        };
        let line = invocation.with_options(variables.iter().map(variable)).with_command(command);
        error.hint(mkservice(line.arguments()))
    })
}

fn is_assignment(word: &OsString) -> bool {
    let bytes = word.as_bytes();
    let name = bytes.iter().position(|byte| *byte == b'=').map_or(&b""[..], |at| &bytes[..at]);
    let is_start = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.first().copied().is_some_and(is_start) && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}
