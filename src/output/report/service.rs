//! A service in `status` and in the JSON document.

use std::time::SystemTime;

use super::{Block, group, own, own_with, triggers, units};
use crate::host::Host;
use crate::host::clock::Clock;
use crate::manager::exit;
use crate::manager::history::{Exit, History};
use crate::manager::security::Exposure;
use crate::manager::state::{LastRun, UnitState};
use crate::model::Verb;
use crate::model::command::systemctl;
use crate::model::diagnostic::{Explanation, Retry};
use crate::model::log_line::LogLine;
use crate::output::json;
use crate::output::ui::text::{Text, Tone};
use crate::output::wording::Wording;
use crate::shell::shown;
use crate::spec::Scope;
use crate::state::service::{Health, Service};
use crate::unit::stamp::{self, Origin};
use crate::unit::{drop_in, edited};
use crate::{shell, state};

pub(super) fn tone(health: Health) -> Tone {
    match health {
        Health::Running | Health::Waiting | Health::Done => Tone::Good,
        Health::Failed | Health::Broken => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// Seconds since a moment; `None` for one that never was, or lies ahead.
pub(super) fn age(microseconds: u64) -> Option<u64> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
    let age = now.checked_sub(u128::from(microseconds)).filter(|_| microseconds > 0)?;
    u64::try_from(age / 1_000_000).ok()
}

/// What `status` shows besides the state.
#[derive(Debug)]
pub struct StatusDetails {
    /// Why it is not well, with its log.
    pub explanation: Option<Explanation>,
    pub exposure: Option<Exposure>,
    pub history: History,
    /// Of a service that is well.
    pub log: Vec<LogLine>,
}

pub fn status(service: &Service, details: &StatusDetails, host: &Host) -> Text {
    let StatusDetails { explanation, exposure, history, log } = details;
    let explanation = explanation.as_ref();
    let (wording, clock) = (Wording::of(host), Clock::of(host));
    let mut block = Block::new(head(service, explanation, &wording));
    if let Some(run) = &service.run {
        let command = if run.command.is_empty() { service.command() } else { run.command.clone() };
        block.row("command", (!command.is_empty()).then(|| shell::join(&command)));
        block.row("directory", (!run.dir.is_empty()).then(|| shell::printable(&run.dir)));
        block.row("process", process(service, run));
        block.row("last exit", last_exit_row(run, history, &clock).filter(|_| !service.is_group()));
        block.row("restarts", restarts_row(run, history, &clock).filter(|_| !service.is_group()));
        block.row("instances", group::rows(service));
    }
    let companions = service.present.own_companions();
    let started_by = companions.filter(|unit| unit.kind.is_trigger() || service.is_group());
    let units = started_by.map(|there| shown(&there.path));
    block.row("unit", std::iter::once(format!("{}{}", shown(service.file()), origin_remark(service))).chain(units));
    block.row("declared by", declared_by(&service.text()));
    let on = triggers::on(service.triggers.iter().map(|(_, trigger)| trigger));
    on.into_iter().for_each(|(label, lines)| block.row(label, lines));
    let (next, last) = triggers::times(service);
    block.row("next", next);
    block.row("last", last);
    block.row("drop-ins", drop_ins(service));
    block.row("at boot", (!service.is_masked()).then(|| at_boot(service, host)));
    block.row("exposure", exposure.map(|exposure| format!("{exposure} of 10 ({})", exposure.word())));
    let log = explanation.map_or(log, |explanation| &explanation.log);
    block.row("log", log.iter().map(|line| log_row(line, &clock)));
    if let Some(explanation) = explanation {
        block.lines(explanation.why.iter().map(|why| Text::labeled("why", wording.text(why))));
        block.lines(explanation.hints.iter().map(|hint| Text::labeled("hint", wording.text(hint))));
        let start = (explanation.retry == Some(Retry::LimitReached)).then(|| {
            format!("reset its start limit and start it: {}", own(Verb::Start, &service.name, service.scope, host))
        });
        block.lines(start.iter().map(|start| Text::labeled("hint", start)));
    }
    block.lines(remarks(service, host).iter().map(|remark| Text::labeled("note", remark)));
    block.text()
}

fn head(service: &Service, explanation: Option<&Explanation>, wording: &Wording) -> Text {
    let health = service.health();
    let has_run = service.run.as_ref().is_some_and(LastRun::has_done_its_work);
    let state = match (service.count(), health) {
        (Some((well, all)), health) => group::state(well, all, health),
        (None, Health::Stopped) if has_run && !service.is_triggered() => state(Health::Done).into(),
        (None, Health::Waiting) => triggers::service_waits(service).into(),
        (None, health) => state(health).into(),
    };
    // A service waits since its trigger became active, and is stopped since that was stopped.
    let mut entries = service.entries().into_iter().filter_map(|entry| service.state_of(&entry.unit));
    let unit = match health {
        Health::Waiting | Health::Done | Health::Stopped => entries.next(),
        _ => service.state.as_ref(),
    };
    let age = unit.and_then(|unit| age(unit.since)).map(units::duration);
    let since = match health {
        Health::Unknown | Health::Masked | Health::Broken => None,
        // The time since the last restart says nothing about a loop.
        Health::Restarting => service.run.as_ref().and_then(|run| restarted(run.restarts)),
        Health::Failed | Health::Stopped => age.map(|age| format!(", {age} ago")),
        _ => age.map(|age| format!(", for {age}")),
    };
    let user = service.run.as_ref().map(|run| run.account.as_str()).filter(|user| !user.is_empty());
    let kind = match service.scope {
        Scope::User => "user service".into(),
        Scope::System => format!("system service as {}", user.unwrap_or("root")),
    };
    let why = explanation.map(|explanation| format!(": {}", wording.text(&explanation.whole()))).unwrap_or_default();
    let name = Text::colored(format!("{} ", service.name), Tone::Name);
    name.with(Text::colored(state, tone(health))).with(format!(" ({kind}{}){why}", since.unwrap_or_default()))
}

fn state(health: Health) -> &'static str {
    match health {
        Health::Running => "is running",
        Health::Waiting => "waits to be started",
        Health::Done => "has finished",
        Health::Changing => "is starting or stopping",
        Health::Failed => "has failed",
        Health::Restarting => "is restarting",
        Health::Degraded => "is partly running",
        Health::Stopped => "is not running",
        Health::Broken => "cannot be loaded",
        Health::Masked => "is masked and cannot be started",
        Health::Unknown => "is installed, state unknown",
    }
}

fn process(service: &Service, run: &LastRun) -> Option<String> {
    let is_there = service.state.as_ref().is_some_and(UnitState::is_up) && run.main_pid != 0;
    let memory = run.memory.map(|memory| format!(", {} memory", units::size(memory))).unwrap_or_default();
    is_there.then(|| format!("{}{memory}", run.main_pid))
}

fn restarted(times: u32) -> Option<String> {
    match times {
        0 => None,
        1 => Some(", restarted once".into()),
        many => Some(format!(", restarted {many} times")),
    }
}

/// By systemd, or by its messages about a run before the current one.
fn last_exit_row(run: &LastRun, history: &History, clock: &Clock) -> Option<String> {
    let (how, time) = match &history.exit {
        _ if run.code > 0 && run.exited > 0 => (exit::brief(run.code, run.status), run.exited),
        Some(Exit { how: Some((code, status)), time, .. }) => (exit::brief(*code, *status), *time),
        Some(Exit { how: None, time, .. }) => ("success".into(), *time),
        None => return None,
    };
    let ago = age(time).map(|age| format!(", {} ago", units::duration(age))).unwrap_or_default();
    Some(format!("{how} at {}{ago}", clock.short(time)))
}

/// `7, the last at 21:25:37, 21:25:43 and 21:25:49`
fn restarts_row(run: &LastRun, history: &History, clock: &Clock) -> Option<String> {
    const SHOWN: usize = 5;
    let all = &history.restarts;
    let last: Vec<String> = all[all.len().saturating_sub(SHOWN)..].iter().map(|time| clock.short(*time)).collect();
    let times = match last.split_last() {
        None => String::new(),
        Some((one, [])) if run.restarts == 1 => format!(", at {one}"),
        Some((one, [])) => format!(", the last at {one}"),
        Some((one, others)) if run.restarts as usize == last.len() => format!(", at {} and {one}", others.join(", ")),
        Some((one, others)) => format!(", the last at {} and {one}", others.join(", ")),
    };
    (run.restarts > 0).then(|| format!("{}{times}", run.restarts))
}

pub(super) fn log_row(line: &LogLine, clock: &Clock) -> String {
    if line.time == 0 { line.text.clone() } else { format!("{} {}", clock.full(line.time), line.text) }
}

fn origin_remark(service: &Service) -> &'static str {
    match service.origin() {
        Some(Origin::Managed) if edited::is_edited(&service.text()) => " (edited with mkservice)",
        Some(Origin::Managed) => "",
        Some(Origin::Edited) => " (edited by hand)",
        _ if service.is_managed() => " (deleted; mkservice created what is running)",
        _ => " (not managed by mkservice)",
    }
}

/// Whether a drop-in of `harden --try` is in effect.
pub fn is_hardened(state: &UnitState) -> bool {
    state.drop_ins.iter().any(|path| path.ends_with(&format!("/{}", drop_in::HARDEN)))
}

fn written_by(drop_in: &str) -> &'static str {
    match drop_in.rsplit('/').next() {
        Some(drop_in::HARDEN) => " (by mkservice harden)",
        Some(drop_in::EDIT) => " (by mkservice edit)",
        _ => "",
    }
}

fn drop_ins(service: &Service) -> Vec<String> {
    match &service.state {
        Some(state) if !service.is_group() => {
            state.drop_ins.iter().map(|path| format!("{}{}", shell::printable(path), written_by(path))).collect()
        }
        _ => service.present.main.drop_ins.iter().map(|it| shown(&it.path)).collect(),
    }
}

/// Whether it starts at boot, and keeps running after logout.
fn at_boot(service: &Service, host: &Host) -> String {
    if !service.is_managed() {
        let enabled = service.state.as_ref().map_or("", |state| state.enabled.as_str());
        return if enabled.is_empty() { "-".into() } else { enabled.into() };
    }
    let stays = service.scope == Scope::System || state::lingers(&host.asked_by.name);
    match (service.is_enabled(), stays) {
        (true, true) if service.is_triggered() => triggers::service_waits(service).into(),
        (true, true) if service.scope == Scope::User => "starts, and keeps running after logout".into(),
        (true, true) => "starts".into(),
        (true, false) => "starts only at login, and stops at logout; to change that: loginctl enable-linger".into(),
        (false, _) => {
            let stops = if stays { "" } else { ", and stops at logout" };
            let group = service.name.group().unwrap_or_else(|| service.name.clone());
            format!("does not start{stops}; to change that: {}", own(Verb::Enable, &group, service.scope, host))
        }
    }
}

fn remarks(service: &Service, host: &Host) -> Vec<String> {
    let mut remarks = Vec::new();
    if service.present.is_tried {
        let undo = own_with(Verb::Harden, Some("undo"), &[&service.name], service.scope, host);
        remarks.push(format!(
            "a sandbox is being tried, or was by a process that was killed; a reboot ends that, and so does: {undo}"
        ));
    }
    if service.is_masked() && service.health() != Health::Masked {
        remarks.push("it is masked: it cannot be started again after it stops".into());
    }
    if let Some(path) = service.shadowed_by() {
        remarks.push(format!("{} overrides {}", shown(&path), shown(&service.present.main.path)));
    }
    if service.states().any(|(_, state)| state.needs_reload) {
        let reload = Wording::of(host).command(&systemctl(service.scope).arg("daemon-reload"));
        remarks.push(format!("its files have changed since systemd loaded them: {reload}"));
    }
    remarks
}

pub fn status_json(service: &Service, details: StatusDetails, host: &Host) -> json::Service {
    let StatusDetails { explanation, exposure, history, log } = details;
    let shown = service_json(service, exposure, host);
    let explained = explanation.as_ref().map(|it| explanation_json(it, &Wording::of(host)));
    let log = explanation.map_or(log, |explanation| explanation.log);
    json::Service {
        explanation: explained,
        last_exit: shown.last_exit.or_else(|| history.exit.map(exit_json)),
        restart_times: Some(history.restarts.iter().map(|time| time / 1_000_000).collect()),
        log: Some(log.into_iter().map(|line| line.text).collect()),
        ..shown
    }
}

pub fn exit_json(exit: Exit) -> json::Exit {
    let how = |is: fn(i32) -> bool| exit.how.filter(|(code, _)| is(*code)).map(|(_, status)| status);
    json::Exit {
        code: how(|code| code == exit::CLD_EXITED),
        signal: how(|code| code != exit::CLD_EXITED),
        time: exit.time / 1_000_000,
    }
}

fn explanation_json(explanation: &Explanation, wording: &Wording) -> json::Explanation {
    json::Explanation {
        message: wording.text(&explanation.whole()),
        reason: explanation.why.as_ref().map(|why| wording.text(why)),
        hints: explanation.hints.iter().map(|hint| wording.text(hint)).collect(),
    }
}

/// The file of services, from the text of a unit file.
pub fn declared_by(text: &str) -> Option<String> {
    stamp::manifest(text).map(|id| shown(id.as_path()))
}

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
        declared_by: declared_by(&service.text()),
        origin: Some(match service.origin() {
            Some(Origin::Edited) => "edited",
            _ if service.is_managed() => "managed",
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
        cpu: run.cpu.map(|time| time as f64 / 1e9),
        command: run.command.clone(),
        working_directory: text(&run.dir),
        user: text(&run.account),
        needs_reload: state.needs_reload,
        invocation_id: text(&state.invocation),
        ..json::Service::default()
    }
}

fn last_exit(run: &LastRun) -> Option<json::Exit> {
    let exit = Exit { time: run.exited, how: Some((run.code, run.status)), invocation: String::new() };
    (run.code > 0 && run.exited > 0).then(|| exit_json(exit))
}

/// The name of a service that mkservice need not accept.
pub fn without_suffix(unit: &str) -> &str {
    unit.strip_suffix(".service").unwrap_or(unit)
}
