//! The command line of `apply`.

use std::ffi::OsString;

use clap::Args;

use crate::cli::{Changing, UserImageOptions};

/// Create or update every service in a file
#[derive(Debug, Args)]
#[command(
    override_usage = "mkservice apply [OPTIONS] [FILE|-] [NAME]...",
    after_help = "The file is TOML: one table [services.NAME] for each service, with `command` and any \
        option of `add` by name; [defaults] applies to all. Relative paths start at the file's directory. Nothing is \
        written unless everything can be."
)]
pub struct Apply {
    /// File to apply, or `-` for stdin [default: mkservice.toml]
    #[arg(value_name = "FILE")]
    pub file: Option<OsString>,
    /// Services of the file to apply [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<OsString>,
    /// Remove services that this file no longer contains
    #[arg(long, help_heading = "Behavior")]
    pub prune: bool,
    /// Identify the file by NAME, wherever it is
    ///
    /// By default its `name`, or else its path. --prune finds the services of an earlier version of the file by it. An
    /// absolute path stands for the file there.
    #[arg(long = "as", value_name = "NAME", help_heading = "Behavior")]
    pub as_name: Option<String>,
    /// Take over services of another file or project
    #[arg(long, help_heading = "Behavior")]
    pub adopt: bool,
    /// Time they must run [default: from the file, or 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    /// Install and enable them, but do not start them now
    #[arg(long, help_heading = "Behavior")]
    pub no_start: bool,
    /// Read secrets that are not stored yet from stdin
    ///
    /// One on each line, in the order of the file. Otherwise stdin is read only for `secret = "NAME=-"`.
    #[arg(long, help_heading = "Behavior")]
    pub secrets_stdin: bool,
    /// Print the JSON Schema of the file, and exit
    #[arg(long, exclusive = true, help_heading = "Output")]
    pub schema: bool,
    #[command(flatten)]
    pub place: UserImageOptions,
    #[command(flatten)]
    pub changing: Changing,
}
