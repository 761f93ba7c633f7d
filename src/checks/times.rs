//! When a timer starts its service: checked before anything is written, and shown.

use std::time::Duration;

use crate::host::{Host, time_zone};
use crate::manager::analyze::{self, Moment, NoMoments};
use crate::model::command::run;
use crate::model::diagnostic::{Error, Result, Subject};
use crate::model::message::{Message, Part, message, quoted, set};
use crate::shell;
use crate::spec::{Property, ServiceSpec, Timer, TimerEvent};
use crate::systemd::timespan::TimeSpan;
use crate::systemd::{calendar, units};

/// How many of the next runs are shown.
const SHOWN: usize = 3;

/// Refuses times in the past, and those in a time zone that this machine or the image does not have.
pub fn refuse_what_never_comes(spec: &ServiceSpec, host: &Host) -> Result<()> {
    for event in spec.timer.iter().flat_map(calendars) {
        refuse_event(event, host, &set("on-calendar", event), &Subject::option("on-calendar"))?;
    }
    let given = |property: &&Property| property.name() == "OnCalendar" && !property.value().is_empty();
    for (index, property) in spec.properties.iter().enumerate().filter(|(_, property)| given(property)) {
        let written = set("property", property.written());
        refuse_event(property.value(), host, &written, &Subject::value("property", index))?;
    }
    Ok(())
}

/// Refuses an event that was `written` in an option or file.
fn refuse_event(event: &str, host: &Host, written: &Part, subject: &Subject) -> Result<()> {
    let refuse = |why: Message| Error::invalid(message!("{}: {}", written, why)).about(subject.clone());
    if let Some(image) = host.image() {
        return match calendar::zone(event) {
            Some(zone) if !time_zone::exists(zone) => {
                let error = refuse(message!("time zone {} not found in {}", quoted(zone), quoted(image)));
                Err(error.hint(run("ls").path(image.join("usr/share/zoneinfo"))))
            }
            _ => Ok(()),
        };
    }
    match analyze::next(event, 1) {
        Ok(moments) if moments.is_empty() => {
            let (why, hint) = never(event);
            Err(refuse(why).hint(hint))
        }
        Err(NoMoments::Refused(said)) => {
            let why = match calendar::zone(event) {
                Some(zone) => message!("time zone {} not found", quoted(zone)),
                None => message!("is not accepted by the systemd of this machine: {}", shell::printable(&said)),
            };
            let hint = if calendar::zone(event).is_some() {
                run("timedatectl").arg("list-timezones")
            } else {
                run("man").arg("systemd.time")
            };
            Err(refuse(why).hint(hint))
        }
        _ => Ok(()),
    }
}

/// Why an event has no next time, and a hint.
fn never(event: &str) -> (Message, Message) {
    if matches!(analyze::first(event), Ok(Some(_))) {
        return (
            message!("is in the past and does not come again"),
            message!("write `*` instead of the year for every year"),
        );
    }
    let on_another_day = calendar::without_weekdays(event).and_then(|date| analyze::first(date).ok().flatten());
    match on_another_day.as_ref().and_then(Moment::date) {
        Some((day, date)) => {
            (message!("never occurs: {} is a {}", date, day), message!("leave out the weekday, or correct it"))
        }
        None => (message!("never occurs: no such date"), run("man").arg("systemd.time").into()),
    }
}

/// The next runs of a timer that is started now, as text, the first one first.
pub fn next_runs(timer: &Timer, host: &Host) -> Vec<String> {
    if host.image().is_some() {
        let written = calendars(timer).map(str::to_owned);
        // Nothing starts while systemd is not running.
        return spans(timer).into_iter().filter(|span| span != "now").chain(written).collect();
    }
    let (mut moments, mut unknown): (Vec<Moment>, Vec<String>) = (Vec::new(), Vec::new());
    for event in calendars(timer) {
        match analyze::next(event, SHOWN) {
            Ok(next) => moments.extend(next),
            Err(NoMoments::Unknown(why)) => {
                unknown.push(format!("{event} (systemd-analyze, which would print the time, {why})"));
            }
            Err(NoMoments::Refused(said)) => unknown.push(format!("{event} ({})", shell::printable(&said))),
        }
    }
    moments.sort_unstable();
    moments.dedup();
    let by_calendar = moments.into_iter().take(SHOWN).map(|moment| moment.local);
    let delay = timer.randomized_delay.as_ref().and_then(TimeSpan::length).filter(|delay| !delay.is_zero());
    let delay = delay.map(|delay| format!("each up to {} later, by chance", words(delay)));
    spans(timer).into_iter().chain(by_calendar).chain(unknown).chain(delay).collect()
}

fn calendars(timer: &Timer) -> impl Iterator<Item = &str> {
    timer.events.iter().filter_map(|event| match event {
        TimerEvent::Calendar(event) => Some(event.as_str()),
        _ => None,
    })
}

/// The runs of its durations, as text.
fn spans(timer: &Timer) -> Vec<String> {
    let length = |span: &TimeSpan| span.length().unwrap_or_default();
    let mut words_of: Vec<String> = timer.at_once.then(|| "now".into()).into_iter().collect();
    for event in &timer.events {
        words_of.extend(match event {
            TimerEvent::Calendar(_) => None,
            TimerEvent::Active(span) if timer.at_once => Some(format!("{} after each boot", words(length(span)))),
            TimerEvent::Active(span) => Some(format!("in {}, and as long after each boot", words(length(span)))),
            TimerEvent::Boot(span) => Some(format!("{} after each boot; now, if that is over", words(length(span)))),
            TimerEvent::Startup(span) => {
                Some(format!("{} after systemd has started; now, if that is over", words(length(span))))
            }
            TimerEvent::UnitActive(span) => Some(format!("{} after each run began", words(length(span)))),
            TimerEvent::UnitInactive(span) => Some(format!("{} after each run ended", words(length(span)))),
            TimerEvent::ClockChange => Some("when the clock jumps".into()),
            TimerEvent::TimezoneChange => Some("when the time zone changes".into()),
        });
    }
    words_of
}

fn words(length: Duration) -> String {
    match length.subsec_millis() {
        0 => units::duration(length.as_secs()),
        millis if length.as_secs() == 0 => format!("{millis}ms"),
        _ => format!("{}s", length.as_secs_f64()),
    }
}
