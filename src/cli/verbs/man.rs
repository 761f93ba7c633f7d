//! The command line of `man`.

use clap::Args;

/// Show a manual page
#[derive(Debug, Args)]
#[command(
    override_usage = "mkservice man [OPTIONS] [PAGE]",
    after_help = "On a terminal, man(1) shows the page; elsewhere its source is printed:\n  \
        mkservice man list >mkservice-list.1"
)]
pub struct Man {
    /// A verb, or mkservice.toml [default: mkservice]
    #[arg(value_name = "PAGE")]
    pub page: Option<String>,
}
