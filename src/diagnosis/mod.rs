//! Explains why a service is not running: what happened, its last log lines, the likely reason and what helps. Pure.

mod hidden;
mod patterns;
mod ports;
mod reasons;
mod steps;
mod trigger;
pub mod verify;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::diagnosis::verify::Down;
use crate::host::executable::Executable;
use crate::host::lookup;
use crate::host::sockets::Holder;
use crate::manager::exit;
use crate::manager::journal::Log;
use crate::manager::state::{LastRun, TriggerState};
use crate::model::command::{journalctl, run};
use crate::model::diagnostic::{Explanation, Retry};
use crate::model::log_line::LogLine;
use crate::model::message::{Message, message};
use crate::spec::{Address, Scope, Secret, ServiceSpec, UnitName, Watch};
use crate::systemd::unit_file;
use crate::{shell, unit};

/// What is known about the service.
#[derive(Debug, Clone)]
pub struct Subject {
    pub name: UnitName,
    /// The unit that failed: the one that runs the program, or a trigger.
    pub unit: String,
    pub scope: Scope,
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The working directory.
    pub dir: String,
    /// Its user in system scope; `None` is root.
    pub account: Option<String>,
    /// `Type=`.
    pub service_type: String,
    /// Names and values of settings that could be left out.
    pub settings: Vec<(String, String)>,
    /// The file that its output goes to, if not to the journal.
    pub log_file: Option<PathBuf>,
    /// The words after `#!` of a script.
    pub interpreter: Vec<OsString>,
    pub listens: Vec<Address>,
    /// The paths of `PathExists=`.
    pub exists: Vec<String>,
}

impl Subject {
    /// A service that is being installed.
    pub fn of_spec(spec: &ServiceSpec, interpreter: &[OsString]) -> Subject {
        let properties = spec.properties.iter().map(|property| (property.name().into(), property.value().into()));
        let files = spec.environment_files.iter().map(|file| ("EnvironmentFile".into(), file.written().into()));
        let directives = spec.secrets.iter().map(Secret::directive);
        let secrets =
            directives.filter_map(|it| it.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())));
        Subject {
            name: spec.name.clone(),
            unit: spec.name.unit(),
            scope: spec.scope,
            program: spec.command.program().to_owned(),
            arguments: spec.command.arguments().iter().map(|word| word.to_string_lossy().into_owned()).collect(),
            dir: spec.working_directory.path().to_string_lossy().into_owned(),
            account: spec.effective_account().map(str::to_owned),
            service_type: spec.effective_type().to_owned(),
            log_file: spec.log_file.as_ref().map(|file| file.path().to_owned()),
            settings: properties.chain(files).chain(secrets).collect(),
            interpreter: interpreter.to_vec(),
            listens: spec.socket.iter().flat_map(|socket| socket.addresses.clone()).collect(),
            exists: spec
                .watch
                .iter()
                .flat_map(Watch::existing)
                .map(|path| path.to_string_lossy().into_owned())
                .collect(),
        }
    }

    /// An installed service; `text` is its unit file.
    pub fn of_run(name: &UnitName, scope: Scope, run: &LastRun, text: &str) -> Subject {
        let words = if run.command.is_empty() { unit_file::command(text, false) } else { run.command.clone() };
        let program = PathBuf::from(words.first().map_or("", String::as_str));
        let settings = unit_file::settings(text).into_iter();
        Subject {
            name: name.clone(),
            unit: name.unit(),
            scope,
            dir: run.dir.clone(),
            account: Some(run.account.clone()).filter(|account| !account.is_empty()),
            service_type: run.service_type.clone(),
            log_file: unit::log_file(text),
            settings: settings.map(|setting| (setting.name.into(), setting.value)).collect(),
            interpreter: lookup::interpreter(&program),
            program,
            arguments: words.get(1..).unwrap_or_default().to_vec(),
            listens: Vec::new(),
            exists: Vec::new(),
        }
    }

    /// Adds the state of its triggers.
    pub fn started_by(self, triggers: &[(String, TriggerState)]) -> Subject {
        let on: Vec<(String, String)> = triggers.iter().flat_map(|(_, trigger)| trigger.on.clone()).collect();
        let (listens, exists) = trigger::of_manager(&on);
        Subject { listens, exists, ..self }
    }
}

#[derive(Debug)]
pub struct Evidence<'a> {
    pub subject: &'a Subject,
    pub down: &'a Down,
    pub log: &'a Log,
    /// The result of a failed start job: `dependency`, `assert`, or why systemd refused it.
    pub job: Option<&'a str>,
    /// The address that its socket cannot listen on, and who does.
    pub holder: Option<(String, Holder)>,
    /// The program as the caller finds it.
    pub file: Executable,
}

/// The number of log lines to print.
const LINES: usize = 10;

pub fn explain(evidence: &Evidence<'_>) -> Explanation {
    let Evidence { subject, log, .. } = evidence;
    let reason = reasons::find(evidence);
    let said = if log.program.is_empty() { &log.manager } else { &log.program };
    let (why, mut hints) = reason.map_or((None, Vec::new()), |reason| (Some(reason.why), reason.hints));
    if log.unreadable {
        let name = match (subject.scope, subject.account.as_deref()) {
            (Scope::System, Some(account)) => run("usermod").args(["-aG", "systemd-journal", account]),
            _ => run("usermod").args(["-aG", "systemd-journal"]).plain("$USER"),
        };
        hints.push(message!("join the group systemd-journal, which can read its log: {}", name.as_root()));
    }
    if let Some(path) = &subject.log_file {
        hints.push(run("tail").args(["-n", "50"]).arg(path).for_scope(subject.scope).into());
    }
    let unit = subject.unit.strip_suffix(".service").unwrap_or(&subject.unit);
    hints.push(journalctl(subject.scope).args(["-u", unit, "-n", "50"]).into());
    let (what, retry) = what_happened(evidence);
    Explanation {
        what,
        retry,
        log: said[said.len().saturating_sub(LINES)..]
            .iter()
            .map(|line| LogLine { time: line.time, text: shell::printable(line) })
            .collect(),
        why,
        hints,
    }
}

/// What happened, and what systemd does about it.
fn what_happened(evidence: &Evidence<'_>) -> (Message, Option<Retry>) {
    let (subject, Down { state, run, .. }) = (evidence.subject, evidence.down);
    let only = |what: Message| (what, None);
    if state.load != "loaded" {
        return only(message!("systemd cannot load it: {}", shell::printable(&state.load_error)));
    }
    if !state.condition_met {
        return only("a condition of its unit is not met, so systemd did not start it".into());
    }
    match evidence.job {
        Some("dependency") => return only("a unit that it requires could not be started".into()),
        Some("assert") => return only("an assertion of its unit does not hold, so systemd did not start it".into()),
        Some(refusal) if refusal.contains(' ') => return only(shell::printable(refusal).into()),
        _ => {}
    }
    if !subject.unit.ends_with(".service") {
        return only(trigger::describe(&subject.unit, &run.result).into());
    }
    let by_systemd = reasons::failed_step(evidence).is_some() || evidence.log.unreadable;
    let end = exit::describe(run, by_systemd).unwrap_or_else(|| format!("it is {} ({})", state.active, state.sub));
    (end.into(), retry(evidence))
}

fn retry(evidence: &Evidence<'_>) -> Option<Retry> {
    let Down { state, run, .. } = evidence.down;
    match state.active.as_str() {
        // After that it is not started again, whatever was seen a moment before. Up to systemd 261, the result is that of
        // the last run if that failed.
        _ if run.result == "start-limit-hit" => Some(Retry::LimitReached),
        _ if state.waits_for_its_next_try() => Some(Retry::Due),
        "failed" | "inactive" => reasons::has_reached_limit(evidence.log).then_some(Retry::LimitReached),
        _ => (run.restarts > 0).then_some(Retry::Done),
    }
}
