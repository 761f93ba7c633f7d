//! The command line of `adopt`.

use clap::Args;

use crate::cli::Add;

/// Replace a running process with a service
#[derive(Debug, Args)]
#[command(
    override_usage = "mkservice adopt [OPTIONS] [PID|PATTERN]",
    after_help = "PATTERN is part of the command line, as for pgrep -f. Without one, your background processes that \
        no service owns are shown; on a terminal, choose from them. `-E NAME` copies the value from the process.",
    mut_arg("command", |command| command
        .value_name("PID|PATTERN")
        .required(false)
        .help("Process ID, or part of the command line")
        .long_help(None)),
    mut_arg("working_directory", |directory| directory.help("Working directory [default: of the process]")),
    mut_arg("setenv", |variable| variable.help("Set a variable; without =VALUE, copy it")),
    mut_arg("uid", |account| account.help("Run as USER [default: of the process]")),
    mut_arg("no_rollback", |option| option.help("Keep a service that fails to start").long_help(None)),
    mut_arg("no_start", |option| option.hide(true)),
    mut_arg("root", |option| option.hide(true)),
    mut_arg("global", |option| option.hide(true))
)]
pub struct Adopt {
    #[command(flatten)]
    pub add: Add,
    /// Kill the process if it has not exited after 10s
    #[arg(long, help_heading = "Behavior")]
    pub kill: bool,
}
