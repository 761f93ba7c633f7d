//! The results of `start`, `stop`, `run`, `enable`, `disable`, `rename`, `edit` and `doctor`.

use std::path::Path;

use super::{Block, Outcome, UNREADABLE_LOG, own, triggers, units};
use crate::host::Host;
use crate::manager::state::UnitState;
use crate::model::Verb;
use crate::output::ui::text::{Text, Tone};
use crate::shell;
use crate::spec::UnitName;
use crate::state::service::Service;

pub fn started(service: &Service, outcome: Outcome, restart: bool, was_up: bool) -> String {
    let name = &service.name;
    match (outcome, was_up) {
        (Outcome::Waiting, true) => format!("{name} already {}", triggers::service_waits(service)),
        (Outcome::Waiting, false) => format!("{name} {}", triggers::service_waits(service)),
        (Outcome::HasRun, true) => format!("{name} has already run"),
        (Outcome::HasRun, false) => format!("{name} has run"),
        (_, true) => format!("{name} is already running"),
        (_, false) if restart => format!("{name} was restarted and is running"),
        (_, false) => format!("{name} is running"),
    }
}

pub fn stopped(service: &Service, was_up: bool, host: &Host) -> String {
    let name = &service.name;
    let disable = own(Verb::Disable, name, service.scope, host);
    match (was_up, service.is_enabled()) {
        (true, true) if service.is_instance() => {
            format!("{name} is stopped; it starts again at boot with the other instances")
        }
        (true, true) if service.is_triggered() => {
            format!("{name} is stopped; nothing starts it until the next boot (to disable it: {disable})")
        }
        (true, true) => format!("{name} is stopped; it starts again at boot (to disable it: {disable})"),
        (true, false) => format!("{name} is stopped"),
        (false, _) => format!("{name} was not running"),
    }
}

/// After so many microseconds.
pub fn has_run(service: &Service, took: u64, log: &[String], unreadable: bool) -> Text {
    let mut block = Block::new(format!("{} has finished after {}", service.name, units::duration(took / 1_000_000)));
    block.row("log", log.iter().map(String::as_str).chain(unreadable.then_some(UNREADABLE_LOG)));
    block.text()
}

pub fn enabled(service: &Service, was_enabled: bool, host: &Host) -> String {
    let name = &service.name;
    let already = if was_enabled { "already " } else { "" };
    let starts = match (service.is_enabled(), service.is_triggered()) {
        (false, _) => return format!("{name} cannot be enabled: its [Install] section is empty"),
        (true, true) => format!("{} after each boot", triggers::service_waits(service)),
        (true, false) => "starts at boot".into(),
    };
    let entries = service.entries();
    let runs = entries.iter().all(|entry| service.state_of(&entry.unit).is_some_and(UnitState::is_up));
    let start = match runs || service.state.is_none() {
        true => String::new(),
        false => format!("; to start it now: {}", own(Verb::Start, name, service.scope, host)),
    };
    format!("{name} is {already}enabled: it {starts}{start}")
}

pub fn disabled(service: &Service, host: &Host) -> String {
    let name = &service.name;
    let already = if service.is_enabled() { "" } else { "already " };
    let stop = match service.states().any(|(_, state)| state.is_up()) {
        true => format!("; to stop it now: {}", own(Verb::Stop, name, service.scope, host)),
        false => String::new(),
    };
    format!("{name} is {already}disabled: it does not start at boot{stop}")
}

pub fn renamed(service: &Service, new: &UnitName, runs: bool) -> String {
    let runs = if runs { " and is running" } else { "" };
    format!("{} was renamed to {new}{runs}", service.name)
}

/// What still has the old name.
pub fn rename_notes(service: &Service) -> Vec<String> {
    let dir = service.present.main.path.with_file_name(format!("{}.d", service.name.unit()));
    let drop_ins = service.state.iter().flat_map(|state| &state.drop_ins);
    let elsewhere = drop_ins.filter(|path| !Path::new(path).starts_with(&dir));
    let of_name = elsewhere.filter(|path| path.contains(&format!("/{}.d/", service.name.unit())));
    of_name.map(|path| format!("{} applies to the old name only", shell::printable(path))).collect()
}

pub fn edited(service: &Service, restarted: bool) -> String {
    let name = &service.name;
    match (restarted, &service.state) {
        (true, _) => format!("{name} was edited and restarted, and is running"),
        (false, Some(_)) => format!("{name} was edited; it is not running"),
        (false, None) => format!("{name} was edited; changes take effect at the next boot"),
    }
}

/// A check of `doctor`; `None` if there is nothing to fix.
pub fn check(words: &str, hint: Option<&str>) -> Text {
    let state = match hint {
        None => Text::colored("ok     ", Tone::Good),
        Some(_) => Text::colored("problem", Tone::Bad),
    };
    let hints = hint.into_iter().flat_map(str::lines);
    hints
        .fold(state.with(format!("  {words}")), |text, hint| text.with("\n         ").with(Text::labeled("hint", hint)))
}

pub fn checked(problems: usize) -> String {
    match problems {
        0 => "no problems found".into(),
        1 => "1 problem found".into(),
        many => format!("{many} problems found"),
    }
}
