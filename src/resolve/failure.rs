//! `--notify-failure`: the units, or the command, that are started when the service has failed.

use super::host_facts::{FailureCommand, HostFacts};
use crate::cli::Add;
use crate::error::{Error, Result};
use crate::host::lookup::Program;
use crate::shell;
use crate::spec::{CommandLine, OtherUnit, RestartPolicy, ServiceSpec, names_unit};

use super::dependencies::unit;

const OPTION: &str = "--notify-failure";

/// The units that were named.
pub fn units(typed: &[String]) -> Result<Vec<OtherUnit>> {
    let named = typed.iter().filter(|text| names_unit(text));
    let mut units: Vec<OtherUnit> = Vec::new();
    for text in named {
        let unit = unit(OPTION, "OnFailure", text)?;
        if !units.contains(&unit) {
            units.push(unit);
        }
    }
    Ok(units)
}

/// The command that was typed.
pub fn command(typed: &Add, found: &HostFacts) -> Result<Option<CommandLine>> {
    if typed.needs.notify_failure.iter().filter(|text| !names_unit(text)).count() > 1 {
        let hint = "put them into a script, or make services of them and name those: --notify-failure NAME.service";
        let why = "was given two commands, and there is room for one".into();
        return Err(Error::Value { what: OPTION.into(), why, hint: Some(hint.into()) });
    }
    let Some(FailureCommand { text, meant }) = &found.failure else { return Ok(None) };
    let what = || format!("{OPTION}: `{}`", shell::printable(text));
    let Some(meant) = meant else {
        let why = "is empty, or has a quote that does not end".to_owned();
        return Err(Error::Value { what: what(), why, hint: None });
    };
    if let Some(operator) = shell::operator(text) {
        let line = format!("sh -c {}", shell::quote(text));
        let why = format!("holds `{operator}`, which is for a shell, and none runs it");
        let hint = format!("have a shell run it: {OPTION} {}", shell::quote(line));
        return Err(Error::Value { what: what(), why, hint: Some(hint) });
    }
    let path = match &meant.program {
        Program::Found { path, .. } => path.clone(),
        other => {
            let why = match other {
                Program::NotExecutable(_) => "is not executable",
                Program::Folder(_) => "is a folder, not a program",
                _ => "names no program that is there",
            };
            let hint = format!("a unit is named with its suffix: {OPTION} NAME.service");
            return Err(Error::Value { what: what(), why: why.into(), hint: Some(hint) });
        }
    };
    let refused = |why: crate::spec::WordError| Error::Value { what: what(), why: why.why.to_string(), hint: None };
    CommandLine::new(path, meant.command[1..].to_vec()).map(Some).map_err(refused)
}

/// When it happens, where that is later than people may think.
pub fn note(spec: &ServiceSpec) -> Option<String> {
    let names_any = spec.failure.is_some() || !spec.dependencies.on_failure.is_empty();
    let (burst, _) = spec.restart.start_limit(spec.release).filter(|_| spec.restart.policy != RestartPolicy::No)?;
    let typed = spec.typed_property("StartLimitBurst").map_or_else(|| burst.to_string(), shell::printable);
    names_any.then(|| {
        format!(
            "a failure is told once systemd gives the service up, after {typed} starts in a row; \
             with --restart no it is told at once"
        )
    })
}
