//! The command line of `update`.

use clap::Args;

use crate::cli::Add;

/// Change options or the command of a service
#[derive(Debug, Args)]
#[command(
    override_usage = "mkservice update NAME [OPTIONS] [-- COMMAND [ARGUMENT]...]",
    after_help = "Everything that is not given stays as it is. An option that can be given several times adds a \
        value, -E replaces that variable, and an empty value clears the list, as in systemd. If the changed service \
        fails to start, the previous version is restored.\n\n\
        Example: mkservice update web --memory-max 512M --unset nice",
    mut_arg("command", |command| command
        .required(false)
        .last(true)
        .help("New command, with its arguments")
        .long_help(None)),
    mut_arg("name", |name| name.hide(true)),
    mut_arg("global", |option| option.hide(true))
)]
pub struct Update {
    /// Service name
    #[arg(value_name = "NAME")]
    pub service: Option<String>,
    /// Remove an option, or one of its values: OPTION=VALUE
    #[arg(long, value_name = "OPTION", help_heading = "Action")]
    pub unset: Vec<String>,
    #[command(flatten)]
    pub add: Add,
}
