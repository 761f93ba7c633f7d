//! The command line of `logs`.

use clap::Args;

use super::CHOICE;
use crate::cli::Selection;

/// Show the logs of services
#[derive(Debug, Args)]
#[command(override_usage = "mkservice logs [OPTIONS] NAME...", after_help = CHOICE)]
pub struct Logs {
    #[command(flatten)]
    pub selection: Selection,
    /// Follow the log until Ctrl-C
    #[arg(short, long, conflicts_with = "json")]
    pub follow: bool,
    /// Number of lines [default: 100]
    ///
    /// With --since or --grep, all lines are shown by default.
    #[arg(short = 'n', long, alias = "tail", value_name = "N")]
    pub lines: Option<u32>,
    /// Show entries since TIME, such as "10 min ago"
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Show entries until TIME
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Show entries of at least this priority
    ///
    /// A name such as err or warning, a number from 0 (emerg) to 7 (debug), or a
    /// range.
    #[arg(short, long, value_name = "PRIORITY")]
    pub priority: Option<String>,
    /// Show entries that match a regular expression
    #[arg(short, long, value_name = "PATTERN")]
    pub grep: Option<String>,
    /// Output format, such as short-iso or cat
    ///
    /// Formats are those of journalctl(1).
    #[arg(short, long, value_name = "FORMAT", conflicts_with = "json")]
    pub output: Option<String>,
}
