//! The command line of `harden`.

use clap::Args;

use crate::cli::Changing;

/// Find the tightest sandbox the service works in
#[derive(Debug, Args)]
#[command(
    override_usage = "mkservice harden [OPTIONS] NAME",
    after_help = "Without --try nothing changes: the exposure of the service and possible restrictions are shown. \
        With --try the service is restarted repeatedly: with all restrictions, then without those it does not work \
        with, judged by its state, its log and --probe. The rest is kept in a drop-in; an interrupt restores the \
        previous state."
)]
pub struct Harden {
    /// Service name
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Restart the service repeatedly to find its tightest sandbox
    #[arg(long = "try", help_heading = "Action")]
    pub trial: bool,
    /// Remove what --try has installed, and restart the service
    #[arg(long, conflicts_with = "trial", help_heading = "Action")]
    pub undo: bool,
    /// Command that exits with 0 if the service works
    ///
    /// No shell runs it.
    #[arg(long, value_name = "COMMAND", requires = "trial", help_heading = "Behavior")]
    pub probe: Option<String>,
    /// Time to watch after each restart [default: 5s]
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    #[command(flatten)]
    pub changing: Changing,
}
