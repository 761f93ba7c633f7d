//! The command line of `status`.

use clap::Args;

use crate::cli::Selection;

/// Show service state and why a service failed
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 running, 3 not running, 4 no such service.",
    mut_arg("names", |names| names.help("Service names, or patterns such as 'web*' [default: all]"))
)]
pub struct Status {
    #[command(flatten)]
    pub selection: Selection,
    /// Number of log lines to show [default: 10]
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<u32>,
}
