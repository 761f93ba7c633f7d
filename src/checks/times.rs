//! When a timer starts its service: checked before anything is written, and shown.

use std::time::Duration;

use crate::host::Host;
use crate::manager::analyze::{self, Moment, NoMoments};
use crate::model::command::run;
use crate::model::diagnostic::{Error, Result};
use crate::model::message::{Message, message, set};
use crate::shell;
use crate::spec::{Timer, TimerEvent};
use crate::systemd::timespan::TimeSpan;
use crate::systemd::units;

/// How many of the next runs are shown.
const SHOWN: usize = 3;

/// Refuses times in the past, and those that systemd does not accept here, such as in a time zone that this machine
/// does not know.
pub fn refuse_what_never_comes(timer: Option<&Timer>, host: &Host) -> Result<()> {
    // An image has its own time zones.
    for event in timer.filter(|_| host.image().is_none()).into_iter().flat_map(calendars) {
        let refuse = |why: Message| {
            Error::invalid(message!("{}: {}", set("on-calendar", event), why)).about_option("on-calendar")
        };
        match analyze::next(event, 1) {
            Ok(moments) if moments.is_empty() => {
                let error = refuse(message!("is in the past and does not come again"));
                return Err(error.hint("write `*` instead of the year for every year"));
            }
            Err(NoMoments::Refused(said)) => {
                let why = message!("is not accepted by the systemd of this machine: {}", shell::printable(&said));
                return Err(refuse(why).hint(run("man").arg("systemd.time")));
            }
            _ => {}
        }
    }
    Ok(())
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
