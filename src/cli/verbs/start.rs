//! The command line of `start` and `restart`.

use clap::Args;

use crate::cli::{Changing, Selection};

#[derive(Debug, Args)]
pub struct Start {
    #[command(flatten)]
    pub selection: Selection,
    /// Time they must run to count as started [default: 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    #[command(flatten)]
    pub changing: Changing,
}
