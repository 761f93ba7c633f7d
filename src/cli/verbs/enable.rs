//! The command line of `enable` and `disable`.

use clap::Args;

use crate::cli::{Changing, UserImageOptions};

#[derive(Debug, Args)]
pub struct Enable {
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
