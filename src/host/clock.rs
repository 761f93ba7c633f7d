//! The time zone of the terminal, in which logs show their times.

use std::ffi::OsStr;
use std::time::{SystemTime, UNIX_EPOCH};

use tz::{DateTime, TimeZone};

use super::Host;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[derive(Debug)]
pub struct Clock {
    zone: TimeZone,
    /// In microseconds since 1970.
    now: u64,
}

impl Clock {
    /// The zone of the variable `TZ`, or of the machine.
    pub fn of(host: &Host) -> Clock {
        let named =
            host.environment.get(OsStr::new("TZ")).and_then(|zone| zone.to_str()).filter(|zone| !zone.is_empty());
        let zone = named.map_or_else(TimeZone::local, TimeZone::from_posix_tz).unwrap_or_else(|_| TimeZone::utc());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { zone, now: u64::try_from(now.as_micros()).unwrap_or(u64::MAX) }
    }

    /// `Nov 28 21:25:37`, as in a log.
    pub fn full(&self, moment: u64) -> String {
        let Some(time) = self.local(moment) else { return "-".into() };
        let month = MONTHS.get(usize::from(time.month()).wrapping_sub(1)).unwrap_or(&"-");
        format!("{month} {:02} {}", time.month_day(), clock_time(&time))
    }

    /// The same without the date if that is today's.
    pub fn short(&self, moment: u64) -> String {
        let day = |moment| self.local(moment).map(|time| (time.year(), time.year_day()));
        match self.local(moment).filter(|_| day(moment) == day(self.now)) {
            Some(time) => clock_time(&time),
            None => self.full(moment),
        }
    }

    fn local(&self, moment: u64) -> Option<DateTime> {
        let seconds = i64::try_from(moment / 1_000_000).ok()?;
        DateTime::from_timespec(seconds, 0, self.zone.as_ref()).ok()
    }
}

fn clock_time(time: &DateTime) -> String {
    format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_zone() {
        let clock = |zone| Clock { zone: TimeZone::from_posix_tz(zone).unwrap(), now: 1_795_950_337_000_000 };
        let berlin = clock("CET-1CEST,M3.5.0,M10.5.0/3");
        assert_eq!(berlin.full(1_795_900_000_000_000), "Nov 28 22:06:40");
        assert_eq!(berlin.full(1_783_000_000_000_000), "Jul 02 15:46:40");
        assert_eq!(berlin.short(1_795_900_000_000_000), "Nov 28 22:06:40");
        assert_eq!(berlin.short(1_795_910_000_000_000), "00:53:20");
        assert_eq!(clock("UTC0").short(1_795_910_000_000_000), "Nov 28 23:53:20");
    }
}
