//! What the verbs tell that change the state of a service, and what `doctor` tells.

use super::Outcome;
use super::labelled;
use super::own;
use super::span;
use super::triggers;
use crate::error::journalctl;
use crate::host::Host;
use crate::manager::state::UnitState;
use crate::model::Verb;
use crate::output::ui::table::{self, Mood};
use crate::shell;
use crate::spec::UnitName;
use crate::state::service::Service;

/// A service that was started, or was up already.
pub fn started(service: &Service, outcome: Outcome, restart: bool, was_up: bool) -> String {
    let name = &service.name;
    match (outcome, was_up) {
        (Outcome::Waiting, was_up) => {
            let already = if was_up { " already" } else { "" };
            format!("{name}{already} {}", triggers::service_waits(service))
        }
        (Outcome::HasRun, true) => format!("{name} has done its work already"),
        (Outcome::HasRun, false) => format!("{name} has run"),
        (_, true) => format!("{name} is running already"),
        (_, false) if restart => format!("{name} was restarted and is running"),
        (_, false) => format!("{name} is running"),
    }
}

/// A service that was stopped, or did not run.
pub fn stopped(service: &Service, was_up: bool, host: &Host) -> String {
    let name = &service.name;
    let disable = own(Verb::Disable, name, service.scope, host);
    match (was_up, service.is_enabled()) {
        (true, true) if service.is_instance() => format!("{name} is stopped; it starts again at boot with the others"),
        (true, true) if service.is_triggered() => {
            format!("{name} is stopped, and nothing starts it until the next boot ({disable} changes that)")
        }
        (true, true) => format!("{name} is stopped; it starts again at boot ({disable} changes that)"),
        (true, false) => format!("{name} is stopped"),
        (false, _) => format!("{name} was not running"),
    }
}

/// A service whose run has ended as it should, after so many microseconds; with what it said.
pub fn has_run(service: &Service, took: u64, log: &[String], unreadable: bool) -> String {
    let mut rows = vec![format!("{} has run, for {}", service.name, span::seconds(took / 1_000_000))];
    rows.extend(labelled("log", log));
    if unreadable {
        rows.extend(labelled("log", ["(it may only be read by the group systemd-journal)"]));
    }
    rows.join("\n")
}

/// A service that was enabled, or was so before.
pub fn enabled(service: &Service, was_enabled: bool, host: &Host) -> String {
    let name = &service.name;
    let entries = service.entries();
    let runs = entries.iter().all(|entry| service.state_of(&entry.unit).is_some_and(UnitState::is_up));
    let start = || own(Verb::Start, name, service.scope, host);
    let start = match service.is_triggered() {
        _ if runs || service.state.is_none() => String::new(),
        true => format!("; nothing starts it now: {}", start()),
        false => format!("; it does not run now: {}", start()),
    };
    match (service.is_enabled(), was_enabled) {
        (true, false) if service.is_triggered() => {
            format!("{name} {} after each boot from now on{start}", triggers::service_waits(service))
        }
        (true, true) if service.is_triggered() => {
            format!("{name} {} after each boot already{start}", triggers::service_waits(service))
        }
        (true, false) => format!("{name} starts at boot from now on{start}"),
        (true, true) => format!("{name} starts at boot already{start}"),
        (false, _) => format!("{name} says of itself that nothing wants it at boot: its [Install] section is empty"),
    }
}

/// A service that was disabled, or was so before.
pub fn disabled(service: &Service, host: &Host) -> String {
    let name = &service.name;
    let runs = service.states().any(|(_, state)| state.is_up());
    let stop = || own(Verb::Stop, name, service.scope, host);
    let stop = match service.is_triggered() {
        _ if !runs => String::new(),
        true => format!("; it is started for now as before: {}", stop()),
        false => format!("; it runs on for now: {}", stop()),
    };
    match service.is_enabled() {
        true if service.is_triggered() => format!("{name} is not started any more after the next boot{stop}"),
        true => format!("{name} does not start at boot any more{stop}"),
        false => format!("{name} did not start at boot anyway{stop}"),
    }
}

/// A service that has another name.
pub fn renamed(service: &Service, new: &UnitName, runs: bool) -> String {
    let runs = if runs { " and is running" } else { "" };
    format!("{} is {new} now{runs}", service.name)
}

/// What a rename leaves under the old name.
pub fn rename_notes(service: &Service) -> Vec<String> {
    let name = shell::quote(service.name.as_str());
    let log = format!("what it logged so far stays under its old name: {} -u {name}", journalctl(service.scope));
    let beside = service.state.iter().flat_map(|state| &state.drop_ins);
    let folder = service.present.main.path.with_file_name(format!("{}.d", service.name.unit()));
    let elsewhere = beside.filter(|path| !std::path::Path::new(path).starts_with(&folder));
    let of_name = elsewhere.filter(|path| path.contains(&format!("/{}.d/", service.name.unit())));
    of_name.map(|path| format!("{} counts for the old name only", shell::printable(path))).chain([log]).collect()
}

/// A service whose file was edited.
pub fn edited(service: &Service, restarted: bool) -> String {
    let name = &service.name;
    match (restarted, &service.state) {
        (true, _) => format!("{name} was restarted with it and is running"),
        (false, Some(_)) => format!("{name} was not running, and is not started"),
        (false, None) => format!("{name} was changed; it counts from the next boot on"),
    }
}

/// One thing that `doctor` looked at, with its remedy where there is something to mend.
pub fn finding(words: &str, remedy: Option<&str>) -> String {
    match remedy {
        None => format!("{}  {words}", table::coloured("ok     ", Mood::Good)),
        Some(remedy) => {
            let lines = remedy.lines().map(|line| format!("\n         remedy: {line}"));
            format!("{}  {words}{}", table::coloured("problem", Mood::Bad), lines.collect::<String>())
        }
    }
}

/// What `doctor` says in the end.
pub fn found(count: usize) -> String {
    match count {
        0 => "all is well".into(),
        1 => "one thing was found".into(),
        many => format!("{many} things were found"),
    }
}
