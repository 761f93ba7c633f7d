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
    /// Run now, then every DURATION, such as 1h
    ///
    /// The interval counts from the start of each run.
    #[arg(long, value_name = "DURATION", help_heading = "Triggers")]
    pub every: Option<String>,
    /// Run DURATION after boot
    #[arg(long, value_name = "DURATION", help_heading = "Triggers")]
    pub on_boot: Option<String>,
    /// Run DURATION from now, and after each boot
    #[arg(long, value_name = "DURATION", help_heading = "Triggers", hide_short_help = true)]
    pub on_active: Option<String>,
    /// Run DURATION after the last run began
    #[arg(long, value_name = "DURATION", help_heading = "Triggers", hide_short_help = true)]
    pub on_unit_active: Option<String>,
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
        let spans = [&self.every, &self.on_boot, &self.on_active, &self.on_unit_active, &self.randomized_delay];
        !self.on_calendar.is_empty() || self.persistent || spans.into_iter().any(Option::is_some)
    }
}
