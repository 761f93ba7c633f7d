//! The options that have a timer start the service: `--on-calendar`, `--every` and the like.

mod crontab;

use std::time::Duration;

use crate::cli::When;
use crate::error::{Error, Result};
use crate::shell;
use crate::spec::{Scope, ServiceSpec, Timer, TimerEvent};
use crate::systemd::calendar;
use crate::systemd::timespan::TimeSpan;

/// The timer that was asked for; `None` for a service that runs all the time.
pub fn timer(typed: &When, scope: Scope, reasons: &mut Vec<String>, notes: &mut Vec<String>) -> Result<Option<Timer>> {
    if !typed.is_typed() {
        return Ok(None);
    }
    let mut events = Vec::new();
    for text in &typed.on_calendar {
        let event = TimerEvent::Calendar(calendar_event(text)?);
        if !events.contains(&event) {
            events.push(event);
        }
    }
    if let Some(text) = &typed.on_boot {
        events.push(boot(span("--on-boot", text)?, scope, reasons));
    }
    if let Some(text) = &typed.on_active {
        events.push(TimerEvent::Active(span("--on-active", text)?));
        notes.push(
            "--on-active counts from the start again whenever systemd reads its units anew (daemon-reload)".into(),
        );
    }
    match (&typed.every, &typed.on_unit_active) {
        (Some(_), Some(_)) => {
            return refuse("--on-unit-active", "says the same as --every, which runs it now as well", None);
        }
        (Some(text), None) => {
            let interval = interval("--every", text)?;
            reasons
                .push(format!("OnActiveSec={interval} as well, because after a boot there was no run to count from"));
            events.extend([TimerEvent::Active(interval.clone()), TimerEvent::UnitActive(interval)]);
        }
        (None, Some(text)) => {
            let interval = interval("--on-unit-active", text)?;
            if events.is_empty() {
                reasons.push(format!(
                    "OnActiveSec={interval} as well, because OnUnitActiveSec= counts from the last run, and without a \
                     first one it would never begin"
                ));
                events.push(TimerEvent::Active(interval.clone()));
            }
            events.push(TimerEvent::UnitActive(interval));
        }
        (None, None) => {}
    }
    let randomized_delay = typed.randomized_delay.as_ref().map(|text| span("--randomized-delay", text)).transpose()?;
    if events.is_empty() {
        let option = if typed.persistent { "--persistent" } else { "--randomized-delay" };
        return refuse(option, "says nothing without a time at which it runs", Some("--on-calendar daily".into()));
    }
    if typed.persistent && typed.on_calendar.is_empty() {
        let why = "makes up for times of --on-calendar only; spans count from now, from the boot or from the last run";
        return refuse("--persistent", why, Some("--on-calendar daily --persistent".into()));
    }
    Ok(Some(Timer { events, randomized_delay, persistent: typed.persistent, at_once: typed.every.is_some() }))
}

/// Refuses what would keep a timer from starting its service a second time, or have it run all the time.
pub fn refuse_what_goes_on(spec: &ServiceSpec) -> Result<()> {
    if spec.property_is_on("RemainAfterExit") {
        let why = "would have it count as running for ever after its first run, and its timer never start it again";
        return refuse("--property: `RemainAfterExit`", why, None);
    }
    let typed = spec.typed_property("Restart").filter(|policy| !policy.is_empty());
    let policy = typed.unwrap_or(spec.restart.policy.as_str());
    if matches!(policy, "always" | "on-success") {
        let what = if typed.is_some() { "--property: `Restart`".into() } else { format!("--restart {policy}") };
        let why = "would start it again as soon as it has ended; its timer says when it runs";
        return refuse(&what, why, Some("leave it out, or: --restart on-failure".into()));
    }
    Ok(())
}

/// A user's manager starts later than the machine, and counts from its own start.
fn boot(span: TimeSpan, scope: Scope, reasons: &mut Vec<String>) -> TimerEvent {
    match scope {
        Scope::System => TimerEvent::Boot(span),
        Scope::User => {
            reasons.push(
                "OnStartupSec= for --on-boot, because a user's manager has a start of its own: at boot with lingering, \
                 else with the first login"
                    .into(),
            );
            TimerEvent::Startup(span)
        }
    }
}

/// A calendar event as it is written.
fn calendar_event(text: &str) -> Result<String> {
    let event = text.trim();
    if calendar::is_event(event) {
        return Ok(event.to_owned());
    }
    let what = format!("--on-calendar {}", shell::quote(text));
    if let Some(lines) = crontab::translated(event) {
        return refuse(&what, "is written as in a crontab; systemd writes times in another way", Some(lines));
    }
    if TimeSpan::parse(event).is_ok_and(|span| span.length().is_some_and(|length| !length.is_zero())) {
        let why = "is a span of time and not a time of the day";
        return refuse(&what, why, Some(format!("--every {}", shell::quote(event))));
    }
    let hint = "daily, hourly, 08:30, 'Mon..Fri 18:00' and '*-*-01 04:00' are such times: man systemd.time".into();
    refuse(&what, "is not a calendar event", Some(hint))
}

/// A span between two runs.
fn interval(option: &str, text: &str) -> Result<TimeSpan> {
    let word = text.trim().to_ascii_lowercase();
    let often = ["minutely", "hourly", "daily", "weekly", "monthly", "yearly"].into_iter();
    // `--every day` is as good English as `--every daily` is not.
    let calendar = often.zip(["minute", "hour", "day", "week", "month", "year"]);
    if let Some((word, _)) = { calendar }.find(|(adverb, noun)| word == *adverb || word == *noun) {
        let why = "is no span of time";
        return refuse(&format!("{option} {}", shell::quote(text)), why, Some(format!("--on-calendar {word}")));
    }
    if calendar::is_event(text.trim()) && TimeSpan::parse(text).is_err() {
        let hint = format!("--on-calendar {}", shell::quote(text));
        return refuse(&format!("{option} {}", shell::quote(text)), "is a time and not a span of time", Some(hint));
    }
    let span = span(option, text)?;
    if span.length().is_some_and(|length| length < Duration::from_secs(1)) {
        let why = "would start it more than once in a second";
        let hint = "what is to run all the time needs no timer: leave the option out".into();
        return refuse(&format!("{option} {}", shell::quote(text)), why, Some(hint));
    }
    Ok(span)
}

fn span(option: &str, text: &str) -> Result<TimeSpan> {
    let what = || format!("{option} {}", shell::quote(text));
    match TimeSpan::parse(text) {
        Ok(span) if span.length().is_none() => refuse(&what(), "never comes", None),
        Ok(span) => Ok(span),
        Err(why) => refuse(option, &why.to_string(), Some(format!("{option} 5min"))),
    }
}

fn refuse<T>(what: &str, why: &str, hint: Option<String>) -> Result<T> {
    Err(Error::Value { what: what.into(), why: why.into(), hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn when(change: impl FnOnce(&mut When)) -> Result<Option<Timer>> {
        let mut typed = When::default();
        change(&mut typed);
        timer(&typed, Scope::System, &mut Vec::new(), &mut Vec::new())
    }

    fn written(timer: &Timer) -> String {
        let events = timer.events.iter().map(TimerEvent::written).map(|(name, value)| format!("{name}={value}"));
        events.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn spans_begin_by_themselves() {
        let of = |change: fn(&mut When)| written(&when(change).unwrap().unwrap());
        assert_eq!(of(|typed| typed.every = Some("5m".into())), "OnActiveSec=5m OnUnitActiveSec=5m");
        assert_eq!(of(|typed| typed.on_unit_active = Some("1h".into())), "OnActiveSec=1h OnUnitActiveSec=1h");
        let both = |typed: &mut When| {
            typed.on_unit_active = Some("1h".into());
            typed.on_calendar = vec!["daily".into(), "daily".into()];
        };
        assert_eq!(of(both), "OnCalendar=daily OnUnitActiveSec=1h");
        assert_eq!(of(|typed| typed.on_boot = Some("0".into())), "OnBootSec=0");
        assert!(when(|_| ()).unwrap().is_none());
    }

    #[test]
    fn the_managers_own_start_counts_in_user_scope() {
        let (typed, mut reasons) = (When { on_boot: Some("5min".into()), ..When::default() }, Vec::new());
        let timer = timer(&typed, Scope::User, &mut reasons, &mut Vec::new()).unwrap().unwrap();
        assert_eq!(written(&timer), "OnStartupSec=5min");
        assert!(reasons.iter().any(|reason| reason.contains("OnStartupSec=")), "{reasons:?}");
    }
}
