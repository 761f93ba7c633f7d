//! The options for timers: `--on-calendar`, `--every`, and others.

mod crontab;

use std::time::Duration;

use super::properties;
use crate::cli::TimerOptions;
use crate::model::diagnostic::{Error, Note, Result, Subject};
use crate::model::message::{Message, flag, message, opt, quoted, set, set_all};
use crate::spec::{Scope, ServiceSpec, Timer, TimerEvent};
use crate::systemd::calendar;
use crate::systemd::timespan::TimeSpan;

/// The requested timer; `None` for a service that runs permanently.
pub fn timer(
    typed: &TimerOptions,
    scope: Scope,
    reasons: &mut Vec<Message>,
    notes: &mut Vec<Note>,
) -> Result<Option<Timer>> {
    if !typed.is_given() {
        return Ok(None);
    }
    let mut events = calendar_events(typed, scope, reasons, notes)?;
    if let Some(text) = &typed.on_boot {
        events.push(boot(span("on-boot", text)?, scope, reasons));
    }
    if let Some(text) = &typed.on_startup {
        events.push(TimerEvent::Startup(span("on-startup", text)?));
    }
    if let Some(text) = &typed.on_active {
        events.push(TimerEvent::Active(span("on-active", text)?));
        notes.push(message!("{} restarts its countdown at each daemon-reload", opt("on-active")).into());
    }
    repeat(typed, &mut events, reasons)?;
    events.extend(typed.on_clock_change.then_some(TimerEvent::ClockChange));
    events.extend(typed.on_timezone_change.then_some(TimerEvent::TimezoneChange));
    let randomized_delay = typed.randomized_delay.as_ref().map(|text| span("randomized-delay", text)).transpose()?;
    if events.is_empty() {
        let name = if typed.persistent { "persistent" } else { "randomized-delay" };
        let message = message!("{} requires a time at which the service runs", opt(name));
        return Err(Error::invalid(message).about_option(name).hint(set("on-calendar", "daily")));
    }
    if typed.persistent && !events.iter().any(|event| matches!(event, TimerEvent::Calendar(_))) {
        let message = message!("{} only applies to {}", opt("persistent"), opt("on-calendar"));
        let hint = message!("{} {}", set("on-calendar", "daily"), flag("persistent"));
        return Err(Error::invalid(message).about_option("persistent").hint(hint));
    }
    Ok(Some(Timer { events, randomized_delay, persistent: typed.persistent, at_once: typed.every.is_some() }))
}

/// `--on-calendar` and `--cron`.
fn calendar_events(
    typed: &TimerOptions,
    scope: Scope,
    reasons: &mut Vec<Message>,
    notes: &mut Vec<Note>,
) -> Result<Vec<TimerEvent>> {
    let mut events = Vec::new();
    for (index, text) in typed.on_calendar.iter().enumerate() {
        events.push(TimerEvent::Calendar(calendar_event(index, text)?));
    }
    for (index, text) in typed.cron.iter().enumerate() {
        match crontab::When::parse(text).map_err(|error| error.about(Subject::value("cron", index)))? {
            crontab::When::Boot => events.push(boot(TimeSpan::seconds(0), scope, reasons)),
            crontab::When::At(schedule) => {
                reasons.push(message!("{} for {}", set_all("on-calendar", schedule.events()), set("cron", text)));
                events.extend(schedule.events().into_iter().map(TimerEvent::Calendar));
                notes.extend(crontab::notes(text, &schedule));
            }
        }
    }
    let mut different: Vec<TimerEvent> = Vec::new();
    for event in events {
        if !different.contains(&event) {
            different.push(event);
        }
    }
    Ok(different)
}

/// `--every`, `--on-unit-active` and `--on-unit-inactive`.
fn repeat(typed: &TimerOptions, events: &mut Vec<TimerEvent>, reasons: &mut Vec<Message>) -> Result<()> {
    if let (Some(_), Some(_)) = (&typed.every, &typed.on_unit_active) {
        let message = message!("{} cannot be combined with {}, which implies it", opt("on-unit-active"), opt("every"));
        return Err(Error::invalid(message).about_option("on-unit-active"));
    }
    if let Some(text) = &typed.every {
        let interval = interval("every", text)?;
        reasons.push(message!("OnActiveSec={} too, because after boot there is no run to count from", &interval));
        events.extend([TimerEvent::Active(interval.clone()), TimerEvent::UnitActive(interval)]);
    }
    let mut after_run = |name: &'static str, directive: &'static str, text: &str| {
        let interval = interval(name, text)?;
        if events.is_empty() {
            reasons.push(message!(
                "OnActiveSec={} too, because {}= counts from the last run, and would never start a first one",
                &interval,
                directive
            ));
            events.push(TimerEvent::Active(interval.clone()));
        }
        Result::Ok(interval)
    };
    let active = typed.on_unit_active.as_ref().map(|text| after_run("on-unit-active", "OnUnitActiveSec", text));
    let active = active.transpose()?;
    let inactive = typed.on_unit_inactive.as_ref().map(|text| after_run("on-unit-inactive", "OnUnitInactiveSec", text));
    let inactive = inactive.transpose()?;
    events.extend(active.map(TimerEvent::UnitActive));
    events.extend(inactive.map(TimerEvent::UnitInactive));
    Ok(())
}

/// Refuses settings with which a timer would start its service only once, or would keep it running.
pub fn refuse_what_goes_on(spec: &ServiceSpec) -> Result<()> {
    if spec.property_is_on("RemainAfterExit") && !spec.timer.as_ref().is_some_and(Timer::is_once) {
        let why = message!("would keep it active after its first run, so that the timer never starts it again");
        return Err(properties::refused(spec, "RemainAfterExit", why));
    }
    let typed = spec.typed_property("Restart").filter(|policy| !policy.is_empty());
    let policy = typed.unwrap_or(spec.restart.policy.as_str());
    if matches!(policy, "always" | "on-success") {
        let why = message!("would restart it as soon as it exits, although it has a timer");
        let error = match typed {
            Some(_) => properties::refused(spec, "Restart", why),
            None => Error::invalid(message!("{} {}", set("restart", policy), why)).about_option("restart"),
        };
        return Err(error.hint(message!("leave it out, or use {}", set("restart", "on-failure"))));
    }
    Ok(())
}

/// A user manager starts later than the machine, and counts from its own start.
fn boot(span: TimeSpan, scope: Scope, reasons: &mut Vec<Message>) -> TimerEvent {
    match scope {
        Scope::System => TimerEvent::Boot(span),
        Scope::User => {
            reasons.push(message!(
                "OnStartupSec= for {}, because the user manager starts at boot if lingering is enabled, else at the \
                 first login",
                opt("on-boot")
            ));
            TimerEvent::Startup(span)
        }
    }
}

/// A calendar event as it is written to the unit.
fn calendar_event(index: usize, text: &str) -> Result<String> {
    let event = text.trim();
    if calendar::is_event(event) {
        return Ok(event.to_owned());
    }
    let refuse = |why: &str| {
        let message = message!("{}: {}", set("on-calendar", text), why);
        Error::invalid(message).about(Subject::value("on-calendar", index))
    };
    if let Some(options) = crontab::translated(event) {
        return Err(refuse("crontab syntax, which systemd does not accept").hint(options));
    }
    if TimeSpan::parse(event).is_ok_and(|span| span.length().is_some_and(|length| !length.is_zero())) {
        return Err(refuse("a duration, not a time").hint(set("every", event)));
    }
    let hint = "use a calendar event such as daily, 08:30, 'Mon..Fri 18:00' or '*-*-01 04:00' (man systemd.time)";
    Err(refuse("not a calendar event").hint(hint))
}

/// An interval between two runs.
fn interval(option: &'static str, text: &str) -> Result<TimeSpan> {
    let refuse = |why: Message| Error::invalid(message!("{}: {}", opt(option), why)).about_option(option);
    let word = text.trim().to_ascii_lowercase();
    let often = ["minutely", "hourly", "daily", "weekly", "monthly", "yearly"].into_iter();
    // `--every day` is a natural mistake.
    let calendar = often.zip(["minute", "hour", "day", "week", "month", "year"]);
    if let Some((word, _)) = { calendar }.find(|(adverb, noun)| word == *adverb || word == *noun) {
        return Err(refuse(message!("invalid duration {}", quoted(text))).hint(set("on-calendar", word)));
    }
    if calendar::is_event(text.trim()) && TimeSpan::parse(text).is_err() {
        return Err(refuse(message!("{} is a time, not a duration", quoted(text))).hint(set("on-calendar", text)));
    }
    let span = span(option, text)?;
    if span.length().is_some_and(|length| length < Duration::from_secs(1)) {
        let error = refuse(message!("{} would start it more than once a second", quoted(text)));
        return Err(error.hint("leave the option out to keep the program running"));
    }
    Ok(span)
}

fn span(option: &'static str, text: &str) -> Result<TimeSpan> {
    let refuse = |why: Message| Error::invalid(message!("{}: {}", opt(option), why)).about_option(option);
    match TimeSpan::parse(text) {
        Ok(span) if span.length().is_none() => Err(refuse(message!("{} never elapses", quoted(text)))),
        Ok(span) => Ok(span),
        Err(why) => Err(refuse(why.into()).hint(set(option, "5min"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::wording::Wording;

    fn when(change: impl FnOnce(&mut TimerOptions)) -> Result<Option<Timer>> {
        let mut typed = TimerOptions::default();
        change(&mut typed);
        timer(&typed, Scope::System, &mut Vec::new(), &mut Vec::new())
    }

    fn written(timer: &Timer) -> String {
        let events = timer.events.iter().map(TimerEvent::written).map(|(name, value)| format!("{name}={value}"));
        events.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn spans_begin_by_themselves() {
        let of = |change: fn(&mut TimerOptions)| written(&when(change).unwrap().unwrap());
        assert_eq!(of(|typed| typed.every = Some("5m".into())), "OnActiveSec=5m OnUnitActiveSec=5m");
        assert_eq!(of(|typed| typed.on_unit_active = Some("1h".into())), "OnActiveSec=1h OnUnitActiveSec=1h");
        let both = |typed: &mut TimerOptions| {
            typed.on_unit_active = Some("1h".into());
            typed.on_calendar = vec!["daily".into(), "daily".into()];
        };
        assert_eq!(of(both), "OnCalendar=daily OnUnitActiveSec=1h");
        assert_eq!(of(|typed| typed.on_boot = Some("0".into())), "OnBootSec=0");
        assert!(when(|_| ()).unwrap().is_none());
    }

    #[test]
    fn the_managers_own_start_counts_in_user_scope() {
        let (typed, mut reasons) =
            (TimerOptions { on_boot: Some("5min".into()), ..TimerOptions::default() }, Vec::new());
        let timer = timer(&typed, Scope::User, &mut reasons, &mut Vec::new()).unwrap().unwrap();
        assert_eq!(written(&timer), "OnStartupSec=5min");
        assert!(reasons.iter().any(|reason| Wording::default().text(reason).contains("OnStartupSec=")), "{reasons:?}");
    }
}
