//! The command line of `status`.

use clap::Args;

/// Show service state and why a service failed
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 running, 3 not running, 4 no such service.")]
pub struct Status {
    /// Service names, or patterns such as 'web*' [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All services that mkservice manages
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Number of log lines to show [default: 10]
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<u32>,
}
