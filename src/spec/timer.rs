//! Timers that start a service.

use serde::{Deserialize, Serialize};

use crate::systemd::calendar;
use crate::systemd::timespan::TimeSpan;

/// A `.timer` unit (systemd.timer(5)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// At least one.
    pub events: Vec<TimerEvent>,
    pub randomized_delay: Option<TimeSpan>,
    /// `Persistent=`: catch up on runs that were missed while the machine was off.
    pub persistent: bool,
    /// The service is started once when the timer is created or changed. mkservice does this itself: `OnActiveSec=0`
    /// starts it again at each daemon-reload, and `OnBootSec=0` at some (seen on 247, 252 and 257).
    pub at_once: bool,
}

impl Timer {
    /// Whether it starts the service at most once after each boot.
    pub fn is_once(&self) -> bool {
        let is_once =
            |event: &TimerEvent| matches!(event, TimerEvent::Boot(_) | TimerEvent::Startup(_) | TimerEvent::Active(_));
        self.events.len() == 1 && !self.at_once && self.events.iter().all(is_once)
    }

    /// The shortest time between two runs in seconds, as far as the durations say. Calendar events count as a minute
    /// apart.
    pub fn shortest(&self) -> u64 {
        let between = self.events.iter().filter_map(|event| match event {
            TimerEvent::UnitActive(span) | TimerEvent::UnitInactive(span) => {
                span.length().map(|length| length.as_secs())
            }
            _ => None,
        });
        between.min().unwrap_or(60).min(60)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerEvent {
    /// `OnCalendar=`: a calendar event as written in the unit.
    Calendar(String),
    /// `OnBootSec=`: after boot.
    Boot(TimeSpan),
    /// `OnStartupSec=`: after systemd or the user manager started.
    Startup(TimeSpan),
    /// `OnActiveSec=`: after the timer was started.
    Active(TimeSpan),
    /// `OnUnitActiveSec=`: after the last run began.
    UnitActive(TimeSpan),
    /// `OnUnitInactiveSec=`: after the last run ended.
    UnitInactive(TimeSpan),
    /// `OnClockChange=`: when the clock jumps.
    ClockChange,
    /// `OnTimezoneChange=`: when the time zone changes.
    TimezoneChange,
}

/// The value of an event that has no time.
const ON: &str = "yes";

impl TimerEvent {
    /// The inverse of [`TimerEvent::written`].
    pub fn parse(directive: &str, value: &str) -> Option<TimerEvent> {
        let span = || TimeSpan::parse(value).ok().filter(|span| span.length().is_some());
        Some(match directive {
            "OnCalendar" => TimerEvent::Calendar(Some(value.to_owned()).filter(|event| calendar::is_event(event))?),
            "OnBootSec" => TimerEvent::Boot(span()?),
            "OnStartupSec" => TimerEvent::Startup(span()?),
            "OnActiveSec" => TimerEvent::Active(span()?),
            "OnUnitActiveSec" => TimerEvent::UnitActive(span()?),
            "OnUnitInactiveSec" => TimerEvent::UnitInactive(span()?),
            "OnClockChange" if value == ON => TimerEvent::ClockChange,
            "OnTimezoneChange" if value == ON => TimerEvent::TimezoneChange,
            _ => return None,
        })
    }

    pub fn written(&self) -> (&'static str, &str) {
        match self {
            TimerEvent::Calendar(expression) => ("OnCalendar", expression),
            TimerEvent::Boot(span) => ("OnBootSec", span.as_str()),
            TimerEvent::Startup(span) => ("OnStartupSec", span.as_str()),
            TimerEvent::Active(span) => ("OnActiveSec", span.as_str()),
            TimerEvent::UnitActive(span) => ("OnUnitActiveSec", span.as_str()),
            TimerEvent::UnitInactive(span) => ("OnUnitInactiveSec", span.as_str()),
            TimerEvent::ClockChange => ("OnClockChange", ON),
            TimerEvent::TimezoneChange => ("OnTimezoneChange", ON),
        }
    }
}
