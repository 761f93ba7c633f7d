//! The options of `add` for timers.

use clap::Args;

#[derive(Debug, Clone, Default, Args)]
pub struct TimerOptions {
    /// Run at times such as daily or 08:30
    ///
    /// EVENT is a calendar event (man systemd.time), such as 'Mon..Fri 18:00'; give the option several times for
    /// several events. To test one: systemd-analyze calendar 'Mon..Fri 18:00'
    #[arg(long, value_name = "EVENT", help_heading = "Triggers")]
    pub on_calendar: Vec<String>,
    /// Run at the times of a crontab line, such as '*/5 * * * *'
    ///
    /// SCHEDULE is five fields (minute, hour, day of the month, month, day of the week; man 5 crontab), or @hourly,
    /// @daily, @weekly, @monthly, @yearly or @reboot. It becomes the same times of --on-calendar, or --on-boot.
    #[arg(long, value_name = "SCHEDULE", help_heading = "Triggers", hide_short_help = true)]
    pub cron: Vec<String>,
    /// Run now, then every DURATION, such as 1h
    ///
    /// The interval counts from the start of each run.
    #[arg(long, value_name = "DURATION", help_heading = "Triggers")]
    pub every: Option<String>,
    /// Run DURATION after boot
    #[arg(long, value_name = "DURATION", help_heading = "Triggers")]
    pub on_boot: Option<String>,
    /// Run DURATION after systemd or the user manager has started
    #[arg(long, value_name = "DURATION", help_heading = "Triggers", hide_short_help = true)]
    pub on_startup: Option<String>,
    /// Run DURATION from now, and after each boot
    #[arg(long, value_name = "DURATION", help_heading = "Triggers", hide_short_help = true)]
    pub on_active: Option<String>,
    /// Run DURATION after the last run began
    #[arg(long, value_name = "DURATION", help_heading = "Triggers", hide_short_help = true)]
    pub on_unit_active: Option<String>,
    /// Run DURATION after the last run ended
    #[arg(long, value_name = "DURATION", help_heading = "Triggers", hide_short_help = true)]
    pub on_unit_inactive: Option<String>,
    /// Run when the clock is set
    ///
    /// This is OnClockChange= (man systemd.timer): the real-time clock jumps against the monotonic one.
    #[arg(long, help_heading = "Triggers", hide_short_help = true)]
    pub on_clock_change: bool,
    /// Run when the time zone of the machine changes
    #[arg(long, help_heading = "Triggers", hide_short_help = true)]
    pub on_timezone_change: bool,
    /// Delay each run by a random time up to DURATION
    #[arg(long, value_name = "DURATION", help_heading = "Triggers", hide_short_help = true)]
    pub randomized_delay: Option<String>,
    /// Make up for runs missed while powered off
    ///
    /// Only for --on-calendar.
    #[arg(long, help_heading = "Triggers")]
    pub persistent: bool,
}

impl TimerOptions {
    pub fn is_given(&self) -> bool {
        let spans = [
            &self.every,
            &self.on_boot,
            &self.on_startup,
            &self.on_active,
            &self.on_unit_active,
            &self.on_unit_inactive,
            &self.randomized_delay,
        ];
        let flags = [self.on_clock_change, self.on_timezone_change, self.persistent];
        let times = [&self.on_calendar, &self.cron];
        times.into_iter().any(|times| !times.is_empty())
            || flags.contains(&true)
            || spans.into_iter().any(Option::is_some)
    }
}
