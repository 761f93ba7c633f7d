//! The command line of `start` and `restart`.

use clap::Args;

use crate::cli::Changing;

#[derive(Debug, Args)]
pub struct Start {
    /// Service names, or patterns such as 'web*'
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All services that mkservice manages
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Time they must run to count as started [default: 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    #[command(flatten)]
    pub changing: Changing,
}
