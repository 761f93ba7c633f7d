//! The command line of `cat`.

use clap::Args;

use super::CHOICE;
use crate::cli::UserImageOptions;

/// Print the unit files and drop-ins of services
#[derive(Debug, Args)]
#[command(override_usage = "mkservice cat [OPTIONS] NAME...", after_help = CHOICE)]
pub struct Cat {
    /// Service names
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub place: UserImageOptions,
}
