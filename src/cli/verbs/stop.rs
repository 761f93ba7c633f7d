//! The command line of `stop`.

use clap::Args;

use crate::cli::Changing;

#[derive(Debug, Args)]
pub struct Stop {
    /// Service names, or patterns such as 'web*'
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All services that mkservice manages
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    #[command(flatten)]
    pub changing: Changing,
}
