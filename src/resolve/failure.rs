//! `--notify-failure`: units to start, or a command to run, after the service has failed.

use super::host_facts::{FailureCommand, HostFacts};
use crate::cli::Add;
use crate::host::lookup::Program;
use crate::model::diagnostic::{Error, Note, Result};
use crate::model::message::{Message, message, opt, quoted, set};
use crate::shell;
use crate::spec::{CommandLine, OtherUnit, RestartPolicy, ServiceSpec, names_unit};

use super::dependencies::unit;

const OPTION: &str = "notify-failure";

/// The given units.
pub fn units(typed: &[String]) -> Result<Vec<OtherUnit>> {
    let named = typed.iter().filter(|text| names_unit(text));
    let mut units: Vec<OtherUnit> = Vec::new();
    for text in named {
        let unit = unit(OPTION, "OnFailure", text).map_err(|error| error.about_option(OPTION))?;
        if !units.contains(&unit) {
            units.push(unit);
        }
    }
    Ok(units)
}

/// The given command.
pub fn command(typed: &Add, found: &HostFacts) -> Result<Option<CommandLine>> {
    if typed.needs.notify_failure.iter().filter(|text| !names_unit(text)).count() > 1 {
        let error = Error::invalid(message!("{} accepts only one command", opt(OPTION))).about_option(OPTION);
        return Err(error.hint(message!("put both into a script, or name services: {}", set(OPTION, "NAME.service"))));
    }
    let Some(FailureCommand { text, command }) = &found.failure else { return Ok(None) };
    let refuse =
        |why: Message| Error::invalid(message!("{}: {} {}", opt(OPTION), quoted(text), why)).about_option(OPTION);
    let Some(command) = command else {
        return Err(refuse(message!("is empty, or has an unclosed quote")));
    };
    if let Some(operator) = shell::operator(text) {
        let line = format!("sh -c {}", shell::quote(text));
        let error = refuse(message!("contains `{}`, which only a shell understands", operator));
        return Err(error.hint(message!("run it with a shell: {}", set(OPTION, line))));
    }
    let path = match &command.program {
        Program::Found { path, .. } => path.clone(),
        other => {
            let why = match other {
                Program::NotExecutable(_) => message!("is not executable"),
                Program::OnNoexec(_) => message!("is on a file system that is mounted noexec"),
                Program::Dir(_) => message!("is a directory, not a program"),
                _ => message!("is not the name of a program or unit that exists"),
            };
            return Err(refuse(why).hint(message!("name a unit with its suffix: {}", set(OPTION, "NAME.service"))));
        }
    };
    CommandLine::new(path, command.argv[1..].to_vec()).map(Some).map_err(|error| refuse(error.why.into()))
}

/// When it happens, if that is later than users expect.
pub fn note(spec: &ServiceSpec) -> Option<Note> {
    let names_any = spec.failure.is_some() || !spec.dependencies.on_failure.is_empty();
    let (burst, _) = spec.restart.start_limit(spec.release).filter(|_| spec.restart.policy != RestartPolicy::No)?;
    let typed = spec.typed_property("StartLimitBurst").map_or_else(|| burst.to_string(), str::to_owned);
    names_any.then(|| {
        let at_once = set("restart", "no");
        message!(
            "a failure is reported once the service reaches its limit of {} starts in a row; with {}, at once",
            typed,
            at_once
        )
        .into()
    })
}
