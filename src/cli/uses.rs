//! The options of `add` for what a service may use of the machine.

use clap::Args;

/// What a service may use.
#[derive(Debug, Clone, Default, Args)]
pub struct Uses {
    /// Memory limit, such as 512M or 25%
    ///
    /// The service is killed above it.
    #[arg(long, value_name = "SIZE", help_heading = "Resource limits")]
    pub memory_max: Option<String>,
    /// CPU time limit; 50% is half of one CPU
    #[arg(long, value_name = "PERCENT", help_heading = "Resource limits")]
    pub cpu_quota: Option<String>,
    /// Limit of processes and threads, such as 100
    #[arg(long, value_name = "N", help_heading = "Resource limits")]
    pub tasks_max: Option<String>,
    /// Nice level, from -20 (highest priority) to 19
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Resource limits")]
    pub nice: Option<String>,
    /// Allow ports below 1024 without root (system scope)
    #[arg(long, help_heading = "Resource limits")]
    pub privileged_ports: bool,
}
