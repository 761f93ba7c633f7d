//! `--instances`: how many instances of a service run, and the meaning of `%i`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use crate::cli::Add;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Error, Note, Result, Subject};
use crate::model::message::{Message, message, opt, set};
use crate::spec::{CommandLine, Instances, InstancesError, ServiceSpec, UnitName};
use crate::systemd::specifier::{literal, names_instance};

/// The given instances.
pub fn instances(typed: &Add, name: &UnitName) -> Result<Option<Instances>> {
    let Some(text) = &typed.instances else { return Ok(None) };
    let instances = Instances::parse(text).and_then(|instances| instances.fit(name).map(|()| instances));
    instances.map(Some).map_err(|why| {
        let hint = match &why {
            InstancesError::None => Some(message!("remove the service: {}", mkservice(["remove", name.as_str()]))),
            InstancesError::Empty | InstancesError::Character(_) => Some(message!(
                "give a number or names: {} or {}",
                set("instances", "3"),
                set("instances", "blue,green")
            )),
            _ => None,
        };
        Error::invalid(message!("{} {}", set("instances", text), why)).about_option("instances").hints(hint)
    })
}

/// Refuses options that cannot be combined with instances.
pub fn refuse_triggers(spec: &ServiceSpec) -> Result<()> {
    if spec.instances.is_none() {
        return Ok(());
    }
    let refuse = |why: Message| Error::invalid(message!("{} {}", opt("instances"), why)).about_option("instances");
    let separate = message!("create a service for each: {} and {}", set("name", "NAME-1"), set("name", "NAME-2"));
    if spec.timer.is_some() {
        return Err(refuse(message!("cannot be combined with a timer, which starts only one service")).hint(separate));
    }
    if spec.failure.is_some() {
        let error = refuse(message!("cannot be combined with a failure command, which does not get the instance"));
        return Err(error.hint(message!("name a unit instead: {}", set("notify-failure", "UNIT"))));
    }
    if spec.log_file.is_some() {
        let why = message!("cannot be combined with {}: all instances would write to one file", opt("log-file"));
        return Err(refuse(why).hint(separate));
    }
    Ok(())
}

/// The command in instance notation: given arguments can contain `%i`; a path that was found does not.
pub fn command(command: CommandLine, typed: &Add) -> Result<CommandLine> {
    let in_notation = |word: &OsString| match typed.command.contains(word) {
        true => word.clone(),
        false => OsString::from_vec(literal(word.as_bytes())),
    };
    let arguments = command.arguments().iter().map(in_notation).collect();
    CommandLine::new(command.program().to_owned(), arguments)
        .map_err(|error| Error::invalid(message!("argument {} {}", error.index, error.why)).about(Subject::Command))
}

/// A value that was not given, in instance notation.
pub fn untyped(value: &OsStr, typed: &Add) -> OsString {
    match typed.instances {
        Some(_) => OsString::from_vec(literal(value.as_bytes())),
        None => value.to_owned(),
    }
}

/// The note about `%i`.
pub fn notes(typed: &Add, spec: &ServiceSpec) -> Option<Note> {
    let typed_so = || {
        let words = typed.command.iter().chain(&typed.setenv).map(|word| word.as_bytes());
        words.into_iter().any(names_instance)
    };
    match &spec.instances {
        Some(instances) if spec.names_instance() => {
            let names: Vec<&str> = instances.names().iter().take(3).map(|name| name.as_str()).collect();
            let more = if instances.names().len() > 3 { ", …" } else { "" };
            let names = format!("{}{more}", names.join(", "));
            Some(message!("%i is replaced by the instance name ({}); %%i is a literal %i", names).into())
        }
        None if typed_so() => {
            Some(message!("%i is taken literally: it is the instance name only with {}", opt("instances")).into())
        }
        _ => None,
    }
}
