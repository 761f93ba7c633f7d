//! The command line of `remove`.

use clap::Args;

use super::CHOICE;
use crate::cli::{Changing, UserImageOptions};

/// Stop services and remove their files
#[derive(Debug, Args)]
#[command(override_usage = "mkservice remove [OPTIONS] NAME...", after_help = CHOICE)]
pub struct Remove {
    /// Service names, or patterns such as 'web*'
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All services that mkservice manages
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    #[command(flatten)]
    pub place: UserImageOptions,
    #[command(flatten)]
    pub changing: Changing,
}
