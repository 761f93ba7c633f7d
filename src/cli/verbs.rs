//! The options of the other verbs.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{Add, Changing, ImportFormat, UserImageOptions};

#[derive(Debug, Args)]
pub struct Apply {
    /// File to apply, or `-` for stdin [default: mkservice.toml]
    #[arg(value_name = "FILE")]
    pub file: Option<OsString>,
    /// Remove services that this file no longer contains
    #[arg(long, help_heading = "Behavior")]
    pub prune: bool,
    /// Time they must run [default: from the file, or 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    /// Install and enable them, but do not start them now
    #[arg(long, help_heading = "Behavior")]
    pub no_start: bool,
    /// Print the JSON Schema of the file, and exit
    #[arg(long, exclusive = true, help_heading = "Output")]
    pub schema: bool,
    #[command(flatten)]
    pub place: UserImageOptions,
    #[command(flatten)]
    pub changing: Changing,
}

#[derive(Debug, Args)]
pub struct Remove {
    /// Service names, or patterns such as 'web*'
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All services that mkservice manages
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    #[command(flatten)]
    pub place: UserImageOptions,
    #[command(flatten)]
    pub changing: Changing,
}

#[derive(Debug, Args)]
pub struct Named {
    /// Service names, or patterns such as 'web*'
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All services that mkservice manages
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    #[command(flatten)]
    pub changing: Changing,
}

#[derive(Debug, Args)]
pub struct EnableOptions {
    /// Service names, or patterns such as 'web*'
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All services that mkservice manages
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    #[command(flatten)]
    pub place: UserImageOptions,
    #[command(flatten)]
    pub changing: Changing,
}

#[derive(Debug, Args)]
pub struct Start {
    /// Service names, or patterns such as 'web*'
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All services that mkservice manages
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Time they must run to count as started [default: 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    #[command(flatten)]
    pub changing: Changing,
}

#[derive(Debug, Args)]
pub struct Run {
    /// Service name
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    #[command(flatten)]
    pub changing: Changing,
}

#[derive(Debug, Args)]
pub struct List {
    /// Show all services, not only those managed by mkservice
    #[arg(long)]
    pub all: bool,
    /// Show all columns uncut, with CPU, ports and the last log line
    #[arg(long)]
    pub wide: bool,
    /// Refresh the list every 2s until Ctrl-C
    #[arg(long, conflicts_with = "json")]
    pub watch: bool,
    #[command(flatten)]
    pub place: UserImageOptions,
}

#[derive(Debug, Args)]
pub struct Status {
    /// Service names, or patterns such as 'web*' [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All services that mkservice manages
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Number of log lines to show [default: 10]
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<u32>,
}

#[derive(Debug, Args)]
pub struct Logs {
    /// Service names, or patterns such as 'web*'
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All services that mkservice manages
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
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

#[derive(Debug, Args)]
pub struct Cat {
    /// Service names
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub place: UserImageOptions,
}

#[derive(Debug, Args)]
pub struct Export {
    /// Service names [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

#[derive(Debug, Args)]
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

#[derive(Debug, Args)]
pub struct Edit {
    /// Service name
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Edit the unit file itself instead of a drop-in
    #[arg(long, help_heading = "Action")]
    pub full: bool,
    /// Time it must run to count as started [default: 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    /// Keep a new version that fails to start
    #[arg(long, help_heading = "Behavior")]
    pub no_rollback: bool,
    #[command(flatten)]
    pub changing: Changing,
}

#[derive(Debug, Args)]
pub struct Harden {
    /// Service name
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Restart the service repeatedly to find its tightest sandbox
    #[arg(long = "try", help_heading = "Action")]
    pub trial: bool,
    /// Remove what --try has installed, and restart the service
    #[arg(long, conflicts_with = "trial", help_heading = "Action")]
    pub undo: bool,
    /// Command that exits with 0 if the service works
    ///
    /// No shell runs it.
    #[arg(long, value_name = "COMMAND", requires = "trial", help_heading = "Behavior")]
    pub probe: Option<String>,
    /// Time to watch after each restart [default: 5s]
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    #[command(flatten)]
    pub changing: Changing,
}

#[derive(Debug, Args)]
pub struct Rename {
    /// Service name
    #[arg(value_name = "OLD")]
    pub old: String,
    /// New name
    #[arg(value_name = "NEW")]
    pub new: String,
    /// Time it must run to count as started [default: 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    #[command(flatten)]
    pub changing: Changing,
}

#[derive(Debug, Args)]
pub struct Adopt {
    #[command(flatten)]
    pub add: Add,
    /// Do not ask before stopping the process
    #[arg(short, long, help_heading = "Behavior")]
    pub yes: bool,
    /// Kill the process if it has not exited after 10s
    #[arg(long, help_heading = "Behavior")]
    pub kill: bool,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// Directive names, as before the = in a unit file
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
}

#[derive(Debug, Args)]
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
