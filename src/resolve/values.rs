//! The values of options: each is parsed by its own type, or refused with the name of the option.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

use super::host_facts::HostFacts;
use super::instances::untyped;
use crate::cli::Add;
use crate::host::Host;
use crate::manager::security::Exposure;
use crate::model::diagnostic::{Code, Error, Result, Subject};
use crate::model::message::{Message, message, opt, quoted, set, shell_word};
use crate::runtime::{command, paths};
use crate::shell;
use crate::spec::{Description, ExecOptions, Restart, RestartPolicy, Variable, WorkingDirectory};
use crate::systemd::directives::value::boolean;
use crate::systemd::timespan::TimeSpan;

pub fn exec_options(typed: &Add) -> ExecOptions {
    ExecOptions {
        expand_environment: typed.expand_environment.as_deref().and_then(boolean) == Some(true),
        ignore_failure: typed.ignore_failure,
    }
}

pub fn description(typed: &Add, found: &HostFacts) -> Result<Description> {
    let text = match &typed.description {
        Some(text) => text.clone(),
        // ExecStart= has the full command line; the description is a title.
        None if found.command.by_shell => shorten(&shell::printable(&typed.command[0].to_string_lossy()), 120).into(),
        None => shorten(&shell::join(command::of_service(&typed.command).words), 120).into(),
    };
    let text = std::str::from_utf8(text.as_bytes());
    let parsed = text.map_err(|_| crate::systemd::text::Unwritable::NotUtf8).and_then(Description::parse);
    parsed.map_err(|why| invalid("description", message!("{} {}", opt("description"), why)))
}

fn invalid(option: &'static str, message: Message) -> Error {
    Error::invalid(message).about_option(option)
}

fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}

pub fn working_directory(typed: &Add, found: &HostFacts) -> Result<WorkingDirectory> {
    let Some(dir) = &found.dir else {
        let error = Error::new(Code::WorkingDirectory, "the current directory has been deleted");
        return Err(error.hint(message!("choose another one: {}", set("working-directory", "/"))));
    };
    let refuse = |why: Message| {
        let message = message!("cannot use the working directory {}: {}", quoted(&dir.path), why);
        // `--working-directory=~/x` arrives unexpanded: shells expand `~` only at the start of a word.
        let in_home = typed.working_directory.as_deref().and_then(|typed| typed.to_str()?.strip_prefix("~/"));
        let hint = in_home
            .map(|rest| message!("the shell did not expand `~`: {} ~/{}", opt("working-directory"), shell_word(rest)));
        Error::new(Code::WorkingDirectory, message).about_option("working-directory").hints(hint)
    };
    match &dir.trouble {
        Some(trouble) => Err(refuse(trouble.into())),
        None => WorkingDirectory::parse(&dir.path).map_err(|why| refuse(message!("its path {}", why))),
    }
}

pub fn environment(typed: &Add, host: &Host, found: &HostFacts, reasons: &mut Vec<Message>) -> Result<Vec<Variable>> {
    let mut variables = Vec::new();
    for (index, word) in typed.setenv.iter().enumerate() {
        let mut parts = word.as_bytes().splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default();
        let refuse = |why: Message| {
            let message = message!("{}: {} {}", opt("setenv"), quoted(OsStr::from_bytes(name)), why);
            Error::invalid(message).about(Subject::value("setenv", index))
        };
        let variable = match parts.next() {
            Some(value) => Variable::parse(name, value),
            None => match host.environment.get(OsStr::from_bytes(name)) {
                Some(value) => Variable::parse(name, untyped(value, typed).as_bytes()),
                // The name is checked first: an invalid one is the better reason.
                _ => match Variable::parse(name, b"") {
                    Ok(_) => {
                        let hint = set("setenv", OsStr::from_bytes(&[name, b"=VALUE"].concat()));
                        return Err(refuse(message!("is not set here, so it has no value to pass on")).hint(hint));
                    }
                    Err(error) => Err(error),
                },
            },
        };
        variables.push(variable.map_err(|why| refuse(why.into()))?);
    }
    let mut unless_typed = |name: &str, value: &OsStr, reason: Message| {
        if !variables.iter().any(|variable: &Variable| variable.name() == name) {
            reasons.push(message!("{}={}, because {}", name, value.to_string_lossy(), reason));
            variables.extend(Variable::parse(name.as_bytes(), untyped(value, typed).as_bytes()));
        }
    };
    for (name, value, reason) in found.command.runtime.iter().flat_map(|runtime| runtime.environment) {
        unless_typed(name, OsStr::new(value), reason.into());
    }
    if let Some((path, reason)) = path(typed, host, found) {
        unless_typed("PATH", &path, reason);
    }
    Ok(variables)
}

/// A PATH with the directory of the interpreter first, if the default does not find it.
fn path(typed: &Add, host: &Host, found: &HostFacts) -> Option<(OsString, Message)> {
    let dir = found.command.interpreter.as_ref().and_then(|interpreter| interpreter.path.parent());
    let dirs = dir.map(PathBuf::from).into_iter().chain(found.command.by_name.iter().cloned());
    let first: Vec<PathBuf> = dirs.collect();
    match typed.inherit_path {
        true => Some((paths::inherited_path(&first, &host.path), message!("{} passes yours on", opt("inherit-path")))),
        false => {
            Some((paths::path_with(&first)?, message!("programs that it starts by name are searched there first")))
        }
    }
}

/// How long a service must keep running to count as started: one second, as in supervisord.
pub fn settle(typed: Option<&str>) -> Result<Duration> {
    let Some(text) = typed else { return Ok(Duration::from_secs(1)) };
    let refuse = |why: Message| invalid("settle", message!("{}: {}", opt("settle"), why));
    let span = TimeSpan::parse(text).map_err(|error| refuse(shell::printable(&error.to_string()).into()))?;
    span.length().ok_or_else(|| refuse(message!("`infinity` never elapses")))
}

/// The maximum exposure.
pub fn max_exposure(typed: Option<&str>) -> Result<Option<Exposure>> {
    let Some(text) = typed else { return Ok(None) };
    let refuse = || {
        let message = message!(
            "{}: {} is not a number from 0 to 10 with at most one decimal place",
            opt("max-exposure"),
            quoted(text)
        );
        invalid("max-exposure", message).hint(set("max-exposure", "6.2"))
    };
    Exposure::parse(text).map(Some).ok_or_else(refuse)
}

/// The restart policy. A triggered service is not restarted by default, since its trigger starts it the next time.
pub fn restart(typed: &Add, is_started: bool) -> Result<Restart> {
    let delay = match &typed.restart_sec {
        None => Restart::default_delay(),
        Some(text) => TimeSpan::parse(text).map_err(|error| {
            let why = shell::printable(&error.to_string());
            invalid("restart-sec", message!("{}: {}", opt("restart-sec"), why))
        })?,
    };
    let never = is_started && typed.restart_sec.is_none();
    let usual = if never { RestartPolicy::No } else { RestartPolicy::OnFailure };
    Ok(Restart { policy: typed.restart.unwrap_or(usual), delay })
}
