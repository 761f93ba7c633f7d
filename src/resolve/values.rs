//! The values of single options: each read by its own type, or refused with the option's name.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

use super::host_facts::HostFacts;
use super::instances::untyped;
use crate::cli::Add;
use crate::error::{Error, Result, shown};
use crate::host::Host;
use crate::manager::security::Exposure;
use crate::runtime::paths;
use crate::shell;
use crate::spec::{Description, Restart, RestartPolicy, Variable, WorkingDirectory};
use crate::systemd::timespan::TimeSpan;

pub fn description(typed: &Add, found: &HostFacts) -> Result<Description> {
    let text = match &typed.description {
        Some(text) => text.clone(),
        // Long command lines are told in full by ExecStart=; here people want a name.
        None if found.meant.by_shell => shorten(&shell::printable(&typed.command[0].to_string_lossy()), 120).into(),
        None => shorten(&shell::join(&typed.command), 120).into(),
    };
    let text = std::str::from_utf8(text.as_bytes());
    let parsed = text.map_err(|_| crate::systemd::text::Unwritable::NotUtf8).and_then(Description::parse);
    parsed.map_err(|why| Error::Value { what: "--description".into(), why: why.to_string(), hint: None })
}

fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}

pub fn working_directory(typed: &Add, found: &HostFacts) -> Result<WorkingDirectory> {
    let Some(folder) = &found.folder else {
        return Err(Error::NoFolder {
            path: ".".into(),
            why: "it is gone".into(),
            hint: Some("name another one: --working-directory /".into()),
        });
    };
    let refuse = |why: String| Error::NoFolder {
        path: shown(&folder.path),
        why,
        // `--working-directory=~/x` reaches us as it stands: shells expand `~` only in front.
        hint: typed
            .working_directory
            .as_deref()
            .and_then(|typed| typed.to_str()?.strip_prefix("~/"))
            .map(|rest| format!("the shell did not expand `~`: --working-directory ~/{}", shell::quote(rest))),
    };
    match &folder.trouble {
        Some(trouble) => Err(refuse(trouble.clone())),
        None => WorkingDirectory::parse(&folder.path).map_err(|why| refuse(format!("its path {why}"))),
    }
}

pub fn environment(typed: &Add, host: &Host, found: &HostFacts, reasons: &mut Vec<String>) -> Result<Vec<Variable>> {
    let mut variables = Vec::new();
    for word in &typed.setenv {
        let mut parts = word.as_bytes().splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default();
        let shown_name = shell::printable(&String::from_utf8_lossy(name));
        let refuse = |why: String, hint| Error::Value { what: format!("--setenv: `{shown_name}`"), why, hint };
        let variable = match parts.next() {
            Some(value) => Variable::parse(name, value),
            None => match host.environment.get(OsStr::from_bytes(name)) {
                Some(value) => Variable::parse(name, untyped(value, typed).as_bytes()),
                // The name is looked at first: a bad one is the better reason.
                _ => match Variable::parse(name, b"") {
                    Ok(_) => {
                        let hint = format!("--setenv {shown_name}=VALUE");
                        return Err(refuse("has no value here that could be passed on".into(), Some(hint)));
                    }
                    Err(error) => Err(error),
                },
            },
        };
        variables.push(variable.map_err(|why| refuse(why.to_string(), None))?);
    }
    let mut unless_typed = |name: &str, value: &OsStr, reason: &str| {
        if !variables.iter().any(|variable: &Variable| variable.name() == name) {
            reasons.push(format!("{name}={}, because {reason}", value.to_string_lossy()));
            variables.extend(Variable::parse(name.as_bytes(), untyped(value, typed).as_bytes()));
        }
    };
    for (name, value, reason) in found.meant.runtime.iter().flat_map(|runtime| runtime.environment) {
        unless_typed(name, OsStr::new(value), reason);
    }
    if let Some((path, reason)) = path(typed, host, found) {
        unless_typed("PATH", &path, reason);
    }
    Ok(variables)
}

/// The PATH of a service that the default one does not do for: it leads to the interpreter first.
fn path(typed: &Add, host: &Host, found: &HostFacts) -> Option<(OsString, &'static str)> {
    let folder = found.meant.interpreter.as_ref().and_then(|interpreter| interpreter.path.parent());
    let folders = folder.map(PathBuf::from).into_iter().chain(found.meant.by_name.iter().cloned());
    let first: Vec<PathBuf> = folders.collect();
    match typed.inherit_path {
        true => Some((paths::inherited_path(&first, &host.path), "--inherit-path takes yours along")),
        false => Some((paths::path_with(&first)?, "what the program starts by name is looked for there first")),
    }
}

/// How long a service must be up before it counts as started: a second, as supervisord has it.
pub fn settle(typed: Option<&str>) -> Result<Duration> {
    let Some(text) = typed else { return Ok(Duration::from_secs(1)) };
    let refuse = |why: String| Error::Value { what: "--settle:".into(), why: shell::printable(&why), hint: None };
    let span = TimeSpan::parse(text).map_err(|error| refuse(error.to_string()))?;
    span.length().ok_or_else(|| refuse("`infinity` would never end".into()))
}

/// How exposed a service may be at most.
pub fn max_exposure(typed: Option<&str>) -> Result<Option<Exposure>> {
    let Some(text) = typed else { return Ok(None) };
    let refuse = || Error::Value {
        what: format!("--max-exposure: `{}`", shell::printable(text)),
        why: "is not a number from 0 to 10 with at most one decimal".into(),
        hint: Some("--max-exposure 6.2".into()),
    };
    Exposure::parse(text).map(Some).ok_or_else(refuse)
}

/// How it is started again. What something starts is started when that happens the next time, unless it is said how.
pub fn restart(typed: &Add, is_started: bool) -> Result<Restart> {
    let delay = match &typed.restart_sec {
        None => Restart::default_delay(),
        Some(text) => TimeSpan::parse(text).map_err(|error| Error::Value {
            what: "--restart-sec:".into(),
            why: shell::printable(&error.to_string()),
            hint: None,
        })?,
    };
    let never = is_started && typed.restart_sec.is_none();
    let usual = if never { RestartPolicy::No } else { RestartPolicy::OnFailure };
    Ok(Restart { policy: typed.restart.unwrap_or(usual), delay })
}
