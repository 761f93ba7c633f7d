//! The command line of `remove`.

use clap::Args;

use super::CHOICE;
use crate::cli::{Changing, Selection, UserImageOptions};

/// Stop services and remove their files
#[derive(Debug, Args)]
#[command(override_usage = "mkservice remove [OPTIONS] NAME...", after_help = CHOICE)]
pub struct Remove {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub place: UserImageOptions,
    #[command(flatten)]
    pub changing: Changing,
}
