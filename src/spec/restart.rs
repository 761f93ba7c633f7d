//! When systemd restarts a service, and `Type=`.

use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::systemd::timespan::TimeSpan;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[allow(missing_docs)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    No,
    OnSuccess,
    OnFailure,
    OnAbnormal,
    OnWatchdog,
    OnAbort,
    Always,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[allow(missing_docs)]
#[serde(rename_all = "kebab-case")]
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

/// When and how often systemd restarts a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restart {
    pub policy: RestartPolicy,
    pub delay: TimeSpan,
}

/// The longest delay between two restarts when the delay grows, in seconds: short enough that dependents of a recovered
/// machine come back soon.
const MAX_DELAY: u64 = 60;

/// The number of steps in which the delay grows to that.
const STEPS: u32 = 5;

/// The first release with `RestartSteps=` (systemd.service(5)).
const BACKS_OFF: u32 = 254;

/// How long a service that fails immediately is restarted before its start limit is reached, in seconds: long enough
/// for a database or a network to come back.
const PATIENCE: u64 = 300;

impl Restart {
    /// `None` if a timer starts the service and `Restart=` is `no`, systemd's default.
    pub fn written(&self, by_timer: bool) -> Option<&'static str> {
        (!by_timer || self.policy != RestartPolicy::No).then(|| self.policy.as_str())
    }

    pub fn default_delay() -> TimeSpan {
        TimeSpan::seconds(5)
    }

    /// `RestartSteps=` and `RestartMaxDelaySec=` (in seconds). `None` if this release does not have them, if systemd
    /// never restarts the service, or if the delay is already as long.
    pub fn back_off(&self, release: Option<u32>) -> Option<(u32, u64)> {
        let delay = self.delay.length()?;
        let backs_off = self.policy != RestartPolicy::No && release.is_some_and(|release| release >= BACKS_OFF);
        // The delay grows exponentially, which zero cannot.
        let grows = !delay.is_zero() && delay < Duration::from_secs(MAX_DELAY);
        (backs_off && grows).then_some((STEPS, MAX_DELAY))
    }

    /// `StartLimitBurst=` and `StartLimitIntervalSec=` (in seconds) that fit the delay; `None` if systemd never
    /// restarts the service.
    ///
    /// systemd's default (5 starts in 10s) is never reached with a delay of 2s or more, and is reached within a second
    /// with its default delay. This allows the starts that fit into five minutes, counted over twice that time, so that
    /// a service that exits shortly after each start reaches the limit too.
    pub fn start_limit(&self, release: Option<u32>) -> Option<(u64, u64)> {
        let delay = self.delay.length()?;
        if self.policy == RestartPolicy::No {
            return None;
        }
        if let Some((steps, max)) = self.back_off(release) {
            return Some((starts_within_patience(delay, steps, max), PATIENCE * 2));
        }
        let at_least = delay.max(Duration::from_secs(1));
        let burst = u64::try_from(u128::from(PATIENCE) * 1000 / at_least.as_millis()).unwrap_or(PATIENCE).max(5);
        let interval = (burst * 2).saturating_mul(at_least.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX));
        // Beyond a century, microseconds overflow in systemd.
        Some((burst, interval.min(3_000_000_000)))
    }
}

/// How often a service that fails immediately is started within [`PATIENCE`] while the delay grows by the same factor
/// in each of `steps`, up to `max` seconds.
fn starts_within_patience(delay: Duration, steps: u32, max: u64) -> u64 {
    let (first, max) = (delay.as_secs_f64(), max as f64);
    let delays = (0..)
        .map(|step| if step >= steps { max } else { first * (max / first).powf(f64::from(step) / f64::from(steps)) });
    let mut waited = 0.0;
    let within = delays.take_while(|delay| {
        waited += delay.max(1.0);
        waited <= PATIENCE as f64
    });
    (within.count() as u64).max(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_failure(delay: &str) -> Restart {
        Restart { policy: RestartPolicy::OnFailure, delay: TimeSpan::parse(delay).unwrap() }
    }

    #[test]
    fn delays_grow_where_systemd_can() {
        for (delay, release, back_off, limit) in [
            ("5s", None, None, Some((60, 600))),
            ("5s", Some(253), None, Some((60, 600))),
            ("5s", Some(254), Some((5, 60)), Some((8, 600))),
            ("100ms", Some(262), Some((5, 60)), Some((9, 600))),
            ("1min", Some(262), None, Some((5, 600))),
            ("0", Some(262), None, Some((300, 600))),
            ("infinity", Some(262), None, None),
        ] {
            let restart = on_failure(delay);
            assert_eq!(
                (restart.back_off(release), restart.start_limit(release)),
                (back_off, limit),
                "{delay} {release:?}"
            );
        }
        let never = Restart { policy: RestartPolicy::No, ..on_failure("5s") };
        assert_eq!((never.back_off(Some(262)), never.start_limit(Some(262))), (None, None));
    }

    fn limit(delay: &str) -> Option<(u64, u64)> {
        on_failure(delay).start_limit(Some(252))
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
