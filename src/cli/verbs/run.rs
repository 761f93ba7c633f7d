//! The command line of `run`.

use clap::Args;

use crate::cli::Changing;

/// Run a timer or oneshot service now and wait for the result
#[derive(Debug, Args)]
#[command(
    override_usage = "mkservice run [OPTIONS] NAME",
    after_help = "Exit codes: 0 succeeded, 3 failed. An interrupt (Ctrl-C) stops waiting, not the run."
)]
pub struct Run {
    /// Service name
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub changing: Changing,
}
