//! The command line of `import`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::ImportFormat;

/// Convert a Procfile, crontab, pm2 or supervisord file
#[derive(Debug, Args)]
#[command(
    override_usage = "mkservice import [OPTIONS] FILE|-",
    after_help = "FILE is a Procfile, a crontab, a supervisord configuration, a pm2 ecosystem file or process list, or \
        a .service file. The result is a mkservice.toml on stdout; nothing is changed or run. What cannot be \
        converted is reported, and becomes a comment:\n  mkservice import Procfile > mkservice.toml"
)]
pub struct Import {
    /// File to convert, or `-` for stdin; files it refers to are read too
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Format of the file [default: detected]
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    pub format: Option<ImportFormat>,
    /// Number of each process of a Procfile
    ///
    /// Processes without a number are left out, unless all=1 is given.
    #[arg(short = 'm', long, value_name = "NAME=N,...")]
    pub formation: Vec<String>,
    /// Use the environment `env_NAME` of a pm2 file
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
}
