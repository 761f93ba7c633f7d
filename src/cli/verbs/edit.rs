//! The command line of `edit`.

use clap::Args;

use crate::cli::Changing;

/// Edit settings of a service; roll back if it fails to start
#[derive(Debug, Args)]
#[command(
    override_usage = "mkservice edit [OPTIONS] NAME",
    after_help = "The editor is $VISUAL or $EDITOR. It shows a drop-in, with the unit file as comments: its settings \
        override those of the unit, and `add`, `update`, `apply`, and `rename` keep them. Without any setting, the \
        drop-in is removed. Nothing changes until the edit is checked. Without a name, mkservice asks on a terminal."
)]
pub struct Edit {
    /// Service name
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Edit the unit file itself instead of a drop-in
    #[arg(long, help_heading = "Action")]
    pub full: bool,
    /// Time it must run to count as started [default: 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    /// Keep a new version that fails to start
    #[arg(long, help_heading = "Behavior")]
    pub no_rollback: bool,
    #[command(flatten)]
    pub changing: Changing,
}
