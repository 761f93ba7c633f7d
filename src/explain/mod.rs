//! Why a service is not up, in plain words: what happened, what it said last, the likely reason and
//! the line to type next. Pure: from evidence to words.

mod reasons;

use crate::shell;
use crate::spec::{Scope, ServiceSpec};
use crate::systemd::exit;
use crate::systemd::journal::Log;
use crate::verify::Down;

/// Everything that tells of the failure.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What the service is meant to be.
    pub spec: &'a ServiceSpec,
    /// What the manager knows.
    pub down: &'a Down,
    /// What was logged.
    pub log: &'a Log,
    /// How the start job ended, when it did not end well: `dependency`, `assert`, or why the manager
    /// refused it.
    pub job: Option<&'a str>,
    /// The words behind `#!` when the program is a script.
    pub interpreter: &'a [std::ffi::OsString],
}

/// The failure in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// What happened.
    pub what: String,
    /// The last lines of the program, or of systemd where the program never ran; harmless for a
    /// terminal.
    pub log: Vec<String>,
    /// Why, as far as that can be told.
    pub why: Option<String>,
    /// Lines that help.
    pub hints: Vec<String>,
}

/// How many of the last lines are shown.
const LINES: usize = 10;

/// Explains why a service is not up.
pub fn explain(evidence: &Evidence<'_>) -> Explanation {
    let Evidence { spec, log, .. } = evidence;
    let reason = reasons::find(evidence);
    let said = if log.program.is_empty() { &log.manager } else { &log.program };
    let (why, mut hints) = reason.map_or((None, Vec::new()), |reason| (Some(reason.why), reason.hints));
    if log.unreadable {
        let name = match spec.scope {
            Scope::User => "$USER",
            Scope::System => spec.account.as_deref().unwrap_or("$USER"),
        };
        hints.push(format!(
            "its log may only be read by the group systemd-journal: sudo usermod -aG systemd-journal {name}"
        ));
    }
    hints.push(format!("{} -u {} -n 50", crate::error::journalctl(spec.scope), shell::quote(spec.name.as_str())));
    Explanation {
        what: what_happened(evidence),
        log: said[said.len().saturating_sub(LINES)..].iter().map(|line| shell::printable(line)).collect(),
        why,
        hints,
    }
}

fn what_happened(evidence: &Evidence<'_>) -> String {
    let Down { state, run, .. } = evidence.down;
    if state.load != "loaded" {
        return format!("systemd cannot load it: {}", shell::printable(&state.load_error));
    }
    if !state.condition_met {
        return "a condition of its unit is not met, so systemd did not start it".into();
    }
    match evidence.job {
        Some("dependency") => return "a unit that it requires could not be started".into(),
        Some("assert") => return "an assertion of its unit does not hold, so systemd did not start it".into(),
        Some(refusal) if state.active == "inactive" && refusal.contains(' ') => return shell::printable(refusal),
        _ => {}
    }
    let by_systemd = reasons::failed_step(evidence).is_some() || evidence.log.unreadable;
    let end = exit::describe(run, by_systemd).unwrap_or_else(|| format!("it is {} ({})", state.active, state.sub));
    match state.sub.as_str() {
        "auto-restart" => format!("{end}, and systemd is about to start it again"),
        _ if run.restarts > 0 => format!("{end}, and systemd has started it again"),
        _ => end,
    }
}
