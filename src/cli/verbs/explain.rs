//! The command line of `explain`.

use clap::Args;

/// Explain a systemd directive, for use with -p
#[derive(Debug, Args)]
#[command(
    override_usage = "mkservice explain [OPTIONS] [SECTION.]NAME...",
    after_help = "Example: mkservice explain MemoryMax"
)]
pub struct Explain {
    /// Directive names, as before the = in a unit file
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
}
