//! When systemd starts a service again, and what kind of service it is.

use std::time::Duration;

use clap::ValueEnum;

use crate::systemd::timespan::TimeSpan;

/// `Restart=` (systemd.service(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum RestartPolicy {
    No,
    OnSuccess,
    OnFailure,
    OnAbnormal,
    OnWatchdog,
    OnAbort,
    Always,
}

/// `Type=` (systemd.service(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum ServiceType {
    Simple,
    Exec,
    Forking,
    Oneshot,
    Dbus,
    Notify,
    NotifyReload,
    Idle,
}

impl RestartPolicy {
    /// As it stands in a unit file.
    pub fn as_str(self) -> &'static str {
        match self {
            RestartPolicy::No => "no",
            RestartPolicy::OnSuccess => "on-success",
            RestartPolicy::OnFailure => "on-failure",
            RestartPolicy::OnAbnormal => "on-abnormal",
            RestartPolicy::OnWatchdog => "on-watchdog",
            RestartPolicy::OnAbort => "on-abort",
            RestartPolicy::Always => "always",
        }
    }
}

impl ServiceType {
    /// As it stands in a unit file.
    pub fn as_str(self) -> &'static str {
        match self {
            ServiceType::Simple => "simple",
            ServiceType::Exec => "exec",
            ServiceType::Forking => "forking",
            ServiceType::Oneshot => "oneshot",
            ServiceType::Dbus => "dbus",
            ServiceType::Notify => "notify",
            ServiceType::NotifyReload => "notify-reload",
            ServiceType::Idle => "idle",
        }
    }
}

/// How often and how long a service is started again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    /// `Restart=`.
    pub policy: RestartPolicy,
    /// `RestartSec=`.
    pub delay: TimeSpan,
}

/// How long a service that fails at once is tried again before systemd gives up, in seconds: long
/// enough for a database or a network to come back.
const PATIENCE: u64 = 300;

impl Restart {
    /// The delay of services that say nothing else.
    pub fn default_delay() -> TimeSpan {
        TimeSpan::seconds(5)
    }

    /// `StartLimitBurst=` and `StartLimitIntervalSec=` (in seconds) that go with the delay.
    ///
    /// systemd's own limit (5 starts in 10 s) is never reached with a delay of 2 s or more, and is
    /// reached within a second by its own default delay. Here the starts that fit into
    /// five minutes are allowed, and they are counted over twice the time they take, so that a
    /// service that dies soon after each start is given up as well. `None` where systemd never
    /// starts the service again.
    pub fn start_limit(&self) -> Option<(u64, u64)> {
        let delay = self.delay.length()?;
        if self.policy == RestartPolicy::No {
            return None;
        }
        let at_least = delay.max(Duration::from_secs(1));
        let burst = u64::try_from(u128::from(PATIENCE) * 1000 / at_least.as_millis()).unwrap_or(PATIENCE).max(5);
        let interval = (burst * 2).saturating_mul(at_least.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX));
        // Beyond a century the number of microseconds no longer fits systemd's own.
        Some((burst, interval.min(3_000_000_000)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(delay: &str) -> Option<(u64, u64)> {
        Restart { policy: RestartPolicy::OnFailure, delay: TimeSpan::parse(delay).unwrap() }.start_limit()
    }

    #[test]
    fn the_limit_is_reached_by_a_service_that_always_fails_and_not_by_a_hiccup() {
        assert_eq!(limit("5s"), Some((60, 600)));
        assert_eq!(limit("100ms"), Some((300, 600)));
        assert_eq!(limit("1min"), Some((5, 600)));
        assert_eq!(limit("1h"), Some((5, 36_000)));
        assert_eq!(limit("infinity"), None);
        assert!(limit("500y").is_some_and(|(_, interval)| interval == 3_000_000_000));
    }
}
