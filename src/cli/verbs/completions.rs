//! The command line of `completions`.

use clap::{Args, ValueEnum};

/// A shell that mkservice has completions for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    Nushell,
    Zsh,
}

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(
    override_usage = "mkservice completions [OPTIONS] SHELL",
    after_help = "The first lines of the output say where it belongs."
)]
pub struct Completions {
    /// bash, elvish, fish, nushell or zsh
    #[arg(value_name = "SHELL", hide_possible_values = true)]
    pub shell: Shell,
}
