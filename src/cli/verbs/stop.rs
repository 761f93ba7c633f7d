//! The command line of `stop`.

use clap::Args;

use crate::cli::{Changing, Selection};

#[derive(Debug, Args)]
pub struct Stop {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub changing: Changing,
}
