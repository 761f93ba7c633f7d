//! The command line of `enable` and `disable`.

use clap::Args;

use crate::cli::{Changing, Selection, UserImageOptions};

#[derive(Debug, Args)]
pub struct Enable {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub place: UserImageOptions,
    #[command(flatten)]
    pub changing: Changing,
}
