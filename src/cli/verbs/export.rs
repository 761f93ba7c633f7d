//! The command line of `export`.

use clap::Args;

/// Print a mkservice.toml for the installed services
#[derive(Debug, Args)]
#[command(
    override_usage = "mkservice export [OPTIONS] [NAME]...",
    after_help = "Example: mkservice export >mkservice.toml"
)]
pub struct Export {
    /// Service names [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}
