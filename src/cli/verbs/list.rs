//! The command line of `list`.

use clap::Args;

use crate::cli::UserImageOptions;

/// List services and their state
#[derive(Debug, Args)]
pub struct List {
    /// Show all services, not only those managed by mkservice
    #[arg(long, short_alias = 'a')]
    pub all: bool,
    /// Show all columns uncut, with CPU, ports and the last log line
    #[arg(long)]
    pub wide: bool,
    /// Refresh the list every 2s until Ctrl-C
    #[arg(long, conflicts_with = "json")]
    pub watch: bool,
    #[command(flatten)]
    pub place: UserImageOptions,
}
