//! Suggestions for a program that was not found: commands to paste.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::host_facts::HostFacts;
use crate::cli::{Add, Invocation, first_word};
use crate::host::lookup::{self, Program};
use crate::host::{Host, account};
use crate::model::command::mkservice;
use crate::model::message::{Message, message, opt, quoted};
use crate::runtime;
use crate::spec::UnitName;
use crate::systemd::calendar;
use crate::systemd::timespan::TimeSpan;

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

/// For an option's value that a shell has split at a space: `--every 5 min`, and `--cron * * * * *` without quotes.
pub fn split_value(typed: &Add, invocation: &Invocation) -> Option<Message> {
    let (name, value) = invocation.options().filter_map(|(name, value)| Some((name, value?.to_str()?))).last()?;
    let word = typed.command.first()?.to_str().unwrap_or_default();
    let is_part = match name {
        "cron" => !value.starts_with('@') && value.split_whitespace().count() < 5,
        "on-calendar" => calendar::is_event(&format!("{value} {word}")),
        "every" | "restart-sec" | "settle" | "randomized-delay" => TimeSpan::parse(&format!("{value} {word}")).is_ok(),
        _ if name.starts_with("on-") => TimeSpan::parse(&format!("{value} {word}")).is_ok(),
        _ => false,
    };
    is_part.then(|| message!("quote a value with spaces: {} 'VALUE'", opt(name)))
}

/// For `--user NAME COMMAND`, as other tools have it.
pub fn as_user(typed: &Add, invocation: &Invocation) -> Option<Message> {
    let (user, rest) = typed.command.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let is_meant = invocation.options().last().is_some_and(|(name, _)| name == "user");
    account::by_name(user.to_str()?).filter(|_| is_meant)?;
    let line = invocation.with_command(rest).without(&["user"]).in_system_scope().with_only("uid", user);
    Some(message!("run the command as {}: {}", quoted(user), mkservice(line.arguments())))
}

/// For the name of the service before its command, as other tools have it.
pub fn name_first(typed: &Add, invocation: &Invocation, host: &Host) -> Option<Message> {
    let (name, rest) = typed.command.split_first()?;
    let name = UnitName::parse(name.to_str()?).ok().filter(|_| typed.name.is_none())?;
    let is_program = matches!(lookup::program(rest.first()?, host), Program::Found { .. });
    let line = || mkservice(invocation.with_command(rest).with_only("name", name.as_str().as_ref()).arguments());
    is_program.then(|| message!("name the service with an option: {}", line()))
}
