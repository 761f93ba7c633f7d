//! The options of `add` for what a service may use of the machine.

use clap::Args;

/// What a service may use.
#[derive(Debug, Clone, Default, Args)]
pub struct Uses {
    /// The most memory it may use, as in 512M, 2G or 25%: beyond that it is ended
    #[arg(long, value_name = "SIZE", help_heading = "What it may use")]
    pub memory_max: Option<String>,
    /// The most processor time it may use: 50% is half of one processor, 200% are two
    #[arg(long, value_name = "PERCENT", help_heading = "What it may use")]
    pub cpu_quota: Option<String>,
    /// The most processes and threads it may have, as in 100, 10% or infinity
    #[arg(long, value_name = "N", help_heading = "What it may use")]
    pub tasks_max: Option<String>,
    /// How much it stands back for others: from -20 (first) over 0 (as usual) to 19 (last)
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "What it may use")]
    pub nice: Option<String>,
    /// Let it listen on ports below 1024, as 80, without being root (system scope)
    #[arg(long, help_heading = "What it may use")]
    pub privileged_ports: bool,
}
