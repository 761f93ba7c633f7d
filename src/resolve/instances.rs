//! `--instances`: how often a service runs side by side, and what `%i` stands for then.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::refuse;
use crate::cli::Add;
use crate::error::{Error, Result};
use crate::shell;
use crate::spec::{CommandLine, Instances, InstancesError, ServiceSpec, UnitName};
use crate::systemd::specifier::{literal, names_instance};

/// The typed instances.
pub fn instances(typed: &Add, name: &UnitName) -> Result<Option<Instances>> {
    let Some(text) = &typed.instances else { return Ok(None) };
    let instances = Instances::parse(text).and_then(|instances| instances.fit(name).map(|()| instances));
    instances.map(Some).map_err(|why| {
        let hint = match &why {
            InstancesError::None => Some(format!("to take the service away: mkservice remove {name}")),
            InstancesError::Empty | InstancesError::Character(_) => {
                Some("a number, as in --instances 3, or names, as in --instances blue,green".into())
            }
            _ => None,
        };
        Error::Value { what: format!("--instances {}", shell::quote(text)), why: why.to_string(), hint }
    })
}

/// Refuses what does not go with instances yet.
pub fn refuse_triggers(spec: &ServiceSpec) -> Result<()> {
    if spec.instances.is_none() {
        return Ok(());
    }
    let own_variables = Some("a service of its own for each: --name NAME-1, --name NAME-2");
    if spec.timer.is_some() {
        let why = "does not go with a service that something else starts: it would have to start each of them";
        return refuse("--instances", why, own_variables);
    }
    if spec.failure.is_some() {
        let why = "does not go with a command for a failure, which could not be told whose it was";
        return refuse("--instances", why, Some("a unit can be told of it: --notify-failure UNIT"));
    }
    if spec.log_file.is_some() {
        let why = "does not go with --log-file yet: all of them would write to one file";
        return refuse("--instances", why, own_variables);
    }
    Ok(())
}

/// The command in the notation of instances: what was typed may name them, what was found in its place does not.
pub fn command(command: CommandLine, typed: &Add) -> Result<CommandLine> {
    let in_notation = |word: &OsString| match typed.command.contains(word) {
        true => word.clone(),
        false => OsString::from_vec(literal(word.as_bytes())),
    };
    let arguments = command.arguments().iter().map(in_notation).collect();
    CommandLine::new(command.program().to_owned(), arguments).map_err(|error| Error::Value {
        what: format!("argument {}", error.index),
        why: error.why.to_string(),
        hint: None,
    })
}

/// A value that was not typed, in the notation of instances.
pub fn untyped(value: &OsStr, typed: &Add) -> OsString {
    match typed.instances {
        Some(_) => OsString::from_vec(literal(value.as_bytes())),
        None => value.to_owned(),
    }
}

/// What to know of `%i`.
pub fn notes(typed: &Add, spec: &ServiceSpec) -> Option<String> {
    let typed_so = || {
        let words = typed.command.iter().chain(&typed.setenv).map(|word| word.as_bytes());
        words.into_iter().any(names_instance)
    };
    match &spec.instances {
        Some(instances) if spec.names_instance() => {
            let names: Vec<&str> = instances.names().iter().take(3).map(|name| name.as_str()).collect();
            let more = if instances.names().len() > 3 { ", …" } else { "" };
            Some(format!(
                "%i stands for the name of the instance ({}{more}); %%i would be the letters %i",
                names.join(", ")
            ))
        }
        None if typed_so() => {
            Some("%i is taken as it stands: it is the name of an instance only with --instances".into())
        }
        _ => None,
    }
}
