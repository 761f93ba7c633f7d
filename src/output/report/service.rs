//! A service as it is told: in a table, in a block of its own, and in the `--json` document.

use std::time::SystemTime;

use super::group;
use super::labelled;
use super::own;
use super::span;
use super::triggers;
use crate::diagnosis::Explanation;
use crate::error::{shown, sudo, systemctl};
use crate::host::Host;
use crate::manager::exit;
use crate::manager::security::Exposure;
use crate::manager::state::{LastRun, UnitState};
use crate::model::Verb;
use crate::output::json;
use crate::output::ui::table::{Mood, coloured};
use crate::spec::Scope;
use crate::state::service::{Health, Service};
use crate::unit::hardening_drop_in;
use crate::unit::stamp::Origin;
use crate::{shell, state};

pub(super) fn mood(health: Health) -> Mood {
    match health {
        Health::Running | Health::Waiting | Health::Done => Mood::Good,
        Health::Failed | Health::Broken => Mood::Bad,
        _ => Mood::Plain,
    }
}

/// How long ago a moment was, in seconds; `None` for one that never was, or lies ahead.
pub(super) fn age(microseconds: u64) -> Option<u64> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
    let age = now.checked_sub(u128::from(microseconds)).filter(|_| microseconds > 0)?;
    u64::try_from(age / 1_000_000).ok()
}

/// The block that `status` shows. `explanation` is there when it is not well, `log` when it is.
pub fn status(
    service: &Service,
    explanation: Option<&Explanation>,
    exposure: Option<Exposure>,
    log: &[String],
    host: &Host,
) -> String {
    let health = service.health();
    let has_run = service.run.as_ref().is_some_and(LastRun::has_done_its_work);
    let is = match health {
        Health::Stopped if has_run && !service.is_triggered() => is(Health::Done),
        Health::Waiting => triggers::service_waits(service),
        health => is(health),
    };
    let of_group = service.count().map(|(well, all)| group::is(well, all, health));
    let is = of_group.as_deref().unwrap_or(is);
    let head = coloured(&format!("{} {is}", service.name), mood(health));
    // What waits does so since what starts it is active, and what is stopped since that is not.
    let mut entries = service.entries().into_iter().filter_map(|entry| service.state_of(&entry.unit));
    let state = match health {
        Health::Waiting | Health::Done | Health::Stopped => entries.next(),
        _ => service.state.as_ref(),
    };
    let ago = state.and_then(|state| age(state.since)).map(span::seconds);
    let since = match health {
        Health::Unknown | Health::Masked | Health::Broken => None,
        Health::Running | Health::Waiting | Health::Done | Health::Changing | Health::Degraded => {
            ago.map(|ago| format!("for {ago}"))
        }
        Health::Failed | Health::Stopped => ago.map(|ago| format!("{ago} ago")),
    };
    let account = service.run.as_ref().map(|run| run.account.as_str()).filter(|account| !account.is_empty());
    let kind = match (service.scope, account) {
        (Scope::User, _) => "user service".into(),
        (Scope::System, Some(account)) => format!("system service as {account}"),
        (Scope::System, None) => "system service as root".into(),
    };
    let about: Vec<String> = std::iter::once(kind).chain(since).collect();
    let mut rows = vec![match explanation {
        Some(explanation) => format!("{head} ({}): {}", about.join(", "), explanation.what),
        None => format!("{head} ({})", about.join(", ")),
    }];
    if let Some(run) = &service.run {
        rows.extend(labelled("command", command(service, run)));
        rows.extend(labelled("folder", (!run.folder.is_empty()).then(|| shell::printable(&run.folder))));
        rows.extend(labelled("process", process(service, run)));
        rows.extend(labelled("runs", group::rows(service)));
    }
    let started_by = service
        .present
        .own_companions()
        .filter(|unit| unit.kind.is_trigger() || service.is_group())
        .map(|there| shown(&there.path));
    let units = std::iter::once(format!("{}{}", shown(service.file()), whose(service))).chain(started_by);
    rows.extend(labelled("unit", units));
    for (label, on) in triggers::on(service.triggers.iter().map(|(_, trigger)| trigger)) {
        rows.extend(labelled(label, on));
    }
    let (next, last) = triggers::times(service);
    rows.extend(labelled("next", next));
    rows.extend(labelled("last", last));
    rows.extend(labelled("drop-ins", drop_ins(service)));
    if !service.is_masked() {
        rows.extend(labelled("at boot", [at_boot(service, host)]));
    }
    rows.extend(labelled("exposure", exposure.map(|exposure| format!("{exposure} of 10 ({})", exposure.word()))));
    let log = explanation.map_or(log, |explanation| explanation.log.as_slice());
    rows.extend(labelled("log", log));
    if let Some(explanation) = explanation {
        rows.extend(explanation.why.iter().map(|why| format!("why: {why}")));
        rows.extend(explanation.hints.iter().map(|hint| format!("hint: {}", host.fit(hint))));
    }
    rows.extend(remarks(service).iter().map(|remark| host.fit(remark)));
    rows.join("\n")
}

/// The words of its command; where they cannot be sent, the line of its file.
fn command(service: &Service, run: &LastRun) -> Option<String> {
    if !run.command.is_empty() {
        return Some(shell::join(&run.command));
    }
    let words = service.command();
    (!words.is_empty()).then(|| shell::join(&words))
}

fn is(health: Health) -> &'static str {
    match health {
        Health::Running => "is running",
        Health::Waiting => "waits to be started",
        Health::Done => "has done its work",
        Health::Changing => "is starting or stopping",
        Health::Failed => "has failed",
        Health::Degraded => "is running in part",
        Health::Stopped => "is not running",
        Health::Broken => "cannot be loaded",
        Health::Masked => "is masked, and cannot be started",
        Health::Unknown => "is installed; no manager runs that could tell more",
    }
}

fn process(service: &Service, run: &LastRun) -> Option<String> {
    let restarts = match run.restarts {
        0 => String::new(),
        1 => ", restarted once by systemd".into(),
        many => format!(", restarted {many} times by systemd"),
    };
    let is_there = service.state.as_ref().is_some_and(UnitState::is_up) && run.main_pid != 0;
    let memory = run.memory.map(|memory| format!(", {} of memory", span::bytes(memory))).unwrap_or_default();
    is_there.then(|| format!("{}{memory}{restarts}", run.main_pid))
}

fn whose(service: &Service) -> &'static str {
    match service.origin() {
        Some(Origin::Ours) => "",
        Some(Origin::Edited) => " (edited by hand)",
        _ if service.is_ours() => " (which is gone; what runs was made by mkservice)",
        _ => " (not made by mkservice)",
    }
}

/// True when a drop-in of `harden --try` counts for it.
pub fn is_hardened(state: &UnitState) -> bool {
    state.drop_ins.iter().any(|path| path.ends_with(&format!("/{}", hardening_drop_in::FILE)))
}

fn drop_ins(service: &Service) -> Vec<String> {
    if service.is_group() {
        return service.present.main.drop_ins.iter().map(|(path, _)| shown(path)).collect();
    }
    match &service.state {
        Some(state) => state.drop_ins.iter().map(|path| shell::printable(path)).map(explained).collect(),
        None => service.present.main.drop_ins.iter().map(|(path, _)| shown(path)).collect(),
    }
}

fn explained(path: String) -> String {
    if path.ends_with(&format!("/{}", hardening_drop_in::FILE)) {
        format!("{path} (by mkservice harden)")
    } else {
        path
    }
}

/// Whether it starts at boot, and survives the end of the session.
fn at_boot(service: &Service, host: &Host) -> String {
    let lingers = state::lingers(&host.asked_by.name);
    if !service.is_ours() {
        let word = service.state.as_ref().map_or("", |state| state.enabled.as_str());
        return if word.is_empty() { "-".into() } else { format!("{word}, as systemd has it") };
    }
    if service.is_triggered() && service.is_enabled() && (service.scope == Scope::System || lingers) {
        return triggers::service_waits(service).into();
    }
    match (service.is_enabled(), service.scope) {
        (true, Scope::System) => "starts".into(),
        (true, Scope::User) if lingers => "starts, and survives your logout".into(),
        (true, Scope::User) => {
            "starts only when you log in, and ends when you log out: loginctl enable-linger changes that".into()
        }
        (false, scope) => {
            let survives = if scope == Scope::User && !lingers { ", and ends when you log out" } else { "" };
            let group = service.name.group().unwrap_or_else(|| service.name.clone());
            let enable = own(Verb::Enable, &group, scope, host);
            format!("does not start{survives}: {enable} changes that")
        }
    }
}

/// What is odd about it, with the line that mends it.
fn remarks(service: &Service) -> Vec<String> {
    let systemctl = systemctl(service.scope);
    let mut remarks = Vec::new();
    if service.present.is_tried {
        let line = format!("{}mkservice harden --undo {}", sudo(service.scope), service.name);
        remarks.push(format!(
            "note: hardening is being tried on it, or was by a run that was killed; {line} puts it back, as does a reboot"
        ));
    }
    if service.is_masked() && service.health() != Health::Masked {
        remarks.push("note: it is masked: once it has ended it cannot be started".into());
    }
    if let Some(path) = service.shadowed_by() {
        remarks.push(format!("note: {} counts instead of {}", shown(&path), shown(&service.present.main.path)));
    }
    if service.states().any(|(_, state)| state.needs_reload) {
        remarks.push(format!("note: its files have changed since systemd read them: {systemctl} daemon-reload"));
    }
    remarks
}

/// Why a service does not work, for the JSON document.
pub fn explanation_json(explanation: &Explanation, host: &Host) -> json::Explanation {
    json::Explanation {
        message: explanation.what.clone(),
        reason: explanation.why.clone(),
        hints: explanation.hints.iter().map(|hint| host.fit(hint)).collect(),
    }
}

/// A service for the JSON document.
pub fn service_json(service: &Service, exposure: Option<Exposure>, host: &Host) -> json::Service {
    let state = service.state.clone().unwrap_or_default();
    let run = service.run.clone().unwrap_or_default();
    let triggers = service.own_triggers().map(|there| {
        let of_it = service.triggers.iter().find(|(unit, _)| *unit == there.unit);
        triggers::trigger_json(&there.unit, service.state_of(&there.unit), of_it.map(|(_, trigger)| trigger))
    });
    json::Service {
        unit: service.unit(),
        enabled: Some(service.is_enabled()),
        linger: (service.scope == Scope::User).then(|| state::lingers(&host.asked_by.name)),
        path: Some(shown(service.file())),
        origin: Some(match service.origin() {
            Some(Origin::Edited) => "edited",
            Some(Origin::Ours) => "managed",
            _ if service.is_ours() => "managed",
            _ => "unmanaged",
        }),
        exposure: exposure.map(Exposure::value),
        drop_ins: service.state.as_ref().map_or_else(|| drop_ins(service), |state| state.drop_ins.clone()),
        hardened: Some(service.state.as_ref().is_some_and(is_hardened)),
        instances: service.is_group().then(|| group::instances_json(&service.instances, service.scope)),
        shadowed_by: service.shadowed_by().map(|path| shown(&path)),
        triggers: triggers.collect(),
        ..state_json(service.name.as_str(), service.scope, service.health(), &state, &run)
    }
}

/// What the manager knows of a service, for the JSON document.
pub fn state_json(name: &str, scope: Scope, health: Health, state: &UnitState, run: &LastRun) -> json::Service {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json::Service {
        name: name.to_owned(),
        unit: format!("{name}.service"),
        scope: scope.to_string(),
        state: health.word().to_owned(),
        load_state: text(&state.load),
        active_state: text(&state.active),
        sub_state: text(&state.sub),
        result: text(&run.result),
        last_exit: last_exit(run),
        since: (state.since > 0).then_some(state.since / 1_000_000),
        pid: (run.main_pid != 0).then_some(run.main_pid),
        restarts: run.restarts,
        memory: run.memory.filter(|_| state.is_up()),
        command: run.command.clone(),
        working_directory: text(&run.folder),
        user: text(&run.account),
        needs_reload: state.needs_reload,
        invocation_id: text(&state.invocation),
        ..json::Service::default()
    }
}

fn last_exit(run: &LastRun) -> Option<json::Exit> {
    let is_killed = run.code > exit::CLD_EXITED;
    (run.code > 0 && run.exited > 0).then(|| json::Exit {
        code: (!is_killed).then_some(run.status),
        signal: is_killed.then_some(run.status),
        time: run.exited / 1_000_000,
    })
}

/// A unit's name without its end, for names that are no service's of ours.
pub fn without_suffix(unit: &str) -> &str {
    unit.strip_suffix(".service").unwrap_or(unit)
}
