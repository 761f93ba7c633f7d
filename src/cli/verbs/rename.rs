//! The command line of `rename`.

use clap::Args;

use crate::cli::Changing;

/// Rename a service
#[derive(Debug, Args)]
pub struct Rename {
    /// Service name
    #[arg(value_name = "OLD")]
    pub old: String,
    /// New name
    #[arg(value_name = "NEW")]
    pub new: String,
    /// Time it must run to count as started [default: 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    #[command(flatten)]
    pub changing: Changing,
}
