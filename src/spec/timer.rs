//! When a timer starts its service.

use crate::systemd::calendar;
use crate::systemd::timespan::TimeSpan;

/// A `.timer` unit beside the service (systemd.timer(5)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// The events that start the service; at least one.
    pub events: Vec<TimerEvent>,
    /// `RandomizedDelaySec=`.
    pub randomized_delay: Option<TimeSpan>,
    /// `Persistent=`: a time that passed while the machine was off is made up for.
    pub persistent: bool,
    /// Its service is started once as soon as the timer is made, or made anew. That is not left to the timer:
    /// `OnActiveSec=0` would do it again with each reload of the manager, and `OnBootSec=0` with some (seen on 247,
    /// 252 and 257).
    pub at_once: bool,
}

impl Timer {
    /// How many seconds there are between two runs at least, as far as its spans tell. Times of a calendar are
    /// taken for a minute apart.
    pub fn shortest(&self) -> u64 {
        let between = self.events.iter().filter_map(|event| match event {
            TimerEvent::UnitActive(span) => span.length().map(|length| length.as_secs()),
            _ => None,
        });
        between.min().unwrap_or(60).min(60)
    }
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerEvent {
    /// `OnCalendar=`: at these times; a calendar expression as it stands in the unit.
    Calendar(String),
    /// `OnBootSec=`: this long after the machine was started.
    Boot(TimeSpan),
    /// `OnStartupSec=`: this long after the manager was started.
    Startup(TimeSpan),
    /// `OnActiveSec=`: this long after the timer was started.
    Active(TimeSpan),
    /// `OnUnitActiveSec=`: this long after the last run began.
    UnitActive(TimeSpan),
}

impl TimerEvent {
    /// Reads what [`TimerEvent::written`] gives; `None` for any other directive, and for a value that is no such time.
    pub fn parse(directive: &str, value: &str) -> Option<TimerEvent> {
        let span = || TimeSpan::parse(value).ok().filter(|span| span.length().is_some());
        Some(match directive {
            "OnCalendar" => TimerEvent::Calendar(Some(value.to_owned()).filter(|event| calendar::is_event(event))?),
            "OnBootSec" => TimerEvent::Boot(span()?),
            "OnStartupSec" => TimerEvent::Startup(span()?),
            "OnActiveSec" => TimerEvent::Active(span()?),
            "OnUnitActiveSec" => TimerEvent::UnitActive(span()?),
            _ => return None,
        })
    }

    /// The directive and its value.
    pub fn written(&self) -> (&'static str, &str) {
        match self {
            TimerEvent::Calendar(expression) => ("OnCalendar", expression),
            TimerEvent::Boot(span) => ("OnBootSec", span.as_str()),
            TimerEvent::Startup(span) => ("OnStartupSec", span.as_str()),
            TimerEvent::Active(span) => ("OnActiveSec", span.as_str()),
            TimerEvent::UnitActive(span) => ("OnUnitActiveSec", span.as_str()),
        }
    }
}
