//! The options of `add` that have a timer start the service.

use clap::Args;

/// When a service runs that does not run all the time (systemd.timer(5)).
#[derive(Debug, Clone, Default, Args)]
pub struct When {
    /// Run it at these times, as in daily, 08:30 or 'Mon..Fri 18:00'
    #[arg(
        long,
        value_name = "TIMES",
        help_heading = "When it runs",
        long_help = "Run it at these times, as in daily, 08:30 or 'Mon..Fri 18:00'\n\n\
            A calendar event as systemd writes it (man systemd.time); given several times, it runs at all of them. \
            It can be tried first: systemd-analyze calendar 'Mon..Fri 18:00'"
    )]
    pub on_calendar: Vec<String>,
    /// Run it now and then again and again: SPAN after each run began, as in 5m or 1h
    #[arg(long, value_name = "SPAN", help_heading = "When it runs")]
    pub every: Option<String>,
    /// Run it SPAN after the machine was started
    #[arg(long, value_name = "SPAN", help_heading = "When it runs")]
    pub on_boot: Option<String>,
    /// Run it SPAN from now, and SPAN after each boot
    #[arg(long, value_name = "SPAN", help_heading = "When it runs")]
    pub on_active: Option<String>,
    /// Run it SPAN after its last run began
    #[arg(long, value_name = "SPAN", help_heading = "When it runs")]
    pub on_unit_active: Option<String>,
    /// Wait up to SPAN longer each time, by chance, so that not all machines run it at once
    #[arg(long, value_name = "SPAN", help_heading = "When it runs")]
    pub randomized_delay: Option<String>,
    /// Make up for a run of --on-calendar that was missed while the machine was off
    #[arg(long, help_heading = "When it runs")]
    pub persistent: bool,
}

impl When {
    /// True when anything was typed of it.
    pub fn is_typed(&self) -> bool {
        let spans = [&self.every, &self.on_boot, &self.on_active, &self.on_unit_active, &self.randomized_delay];
        !self.on_calendar.is_empty() || self.persistent || spans.into_iter().any(Option::is_some)
    }
}
