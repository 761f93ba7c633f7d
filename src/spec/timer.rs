//! When a timer starts its service.

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
