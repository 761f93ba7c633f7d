//! The options of the other verbs.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{Add, Changing, Common, ImportFormat, PlaceOf};

/// Make services what a file says.
#[derive(Debug, Args)]
pub struct Apply {
    /// The file; `-` reads it from stdin [default: mkservice.toml]
    #[arg(value_name = "FILE")]
    pub file: Option<OsString>,
    /// Remove services that an earlier apply of this file has made and that are not in it any more
    #[arg(long, help_heading = "How it is done")]
    pub prune: bool,
    /// How long they have to be up before they count as started; 0 looks once [default: that in the file, or 1s]
    #[arg(long, value_name = "SPAN", help_heading = "How it is done")]
    pub settle: Option<String>,
    /// Install and enable them, but do not start them now
    #[arg(long, help_heading = "How it is done")]
    pub no_start: bool,
    /// Print the JSON Schema of the file, for editors and checks, and do nothing else
    #[arg(long, exclusive = true, help_heading = "How it is told")]
    pub schema: bool,
    /// Where they are installed.
    #[command(flatten)]
    pub place: PlaceOf,
    /// What every verb has that changes something.
    #[command(flatten)]
    pub changing: Changing,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Take services away.
#[derive(Debug, Args)]
pub struct Remove {
    /// The services, with or without .service
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Where they are.
    #[command(flatten)]
    pub place: PlaceOf,
    /// What every verb has that changes something.
    #[command(flatten)]
    pub changing: Changing,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Change the state of services.
#[derive(Debug, Args)]
pub struct Named {
    /// The services, with or without .service
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// What every verb has that changes something.
    #[command(flatten)]
    pub changing: Changing,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Decide what is started at boot.
#[derive(Debug, Args)]
pub struct AtBoot {
    /// The services, with or without .service
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Where they are.
    #[command(flatten)]
    pub place: PlaceOf,
    /// What every verb has that changes something.
    #[command(flatten)]
    pub changing: Changing,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Start services.
#[derive(Debug, Args)]
pub struct Start {
    /// The services, with or without .service
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// How long they have to be up before they count as started; 0 looks once [default: 1s]
    #[arg(long, value_name = "SPAN", help_heading = "How it is done")]
    pub settle: Option<String>,
    /// What every verb has that changes something.
    #[command(flatten)]
    pub changing: Changing,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Run a service once.
#[derive(Debug, Args)]
pub struct Run {
    /// The service, with or without .service
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// What every verb has that changes something.
    #[command(flatten)]
    pub changing: Changing,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Show services.
#[derive(Debug, Args)]
pub struct List {
    /// Show every service that the manager knows, not only those made by mkservice
    #[arg(long)]
    pub all: bool,
    /// Where they are.
    #[command(flatten)]
    pub place: PlaceOf,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Show how services are.
#[derive(Debug, Args)]
pub struct Status {
    /// The services, with or without .service [default: all that mkservice has made]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// How many of the last log lines are shown [default: 10]
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<u32>,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Show a log.
#[derive(Debug, Args)]
pub struct Logs {
    /// The service, with or without .service
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Go on with what is logged from now on, until Ctrl-C
    #[arg(short, long, conflicts_with = "json")]
    pub follow: bool,
    /// How many of the last lines are shown [default: 100, or all with --since]
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<u32>,
    /// Only what was logged since then, as in 2026-01-31, "10 min ago" or yesterday
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Show unit files.
#[derive(Debug, Args)]
pub struct Cat {
    /// The services, with or without .service
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Where they are.
    #[command(flatten)]
    pub place: PlaceOf,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Write services down.
#[derive(Debug, Args)]
pub struct Export {
    /// The services, with or without .service [default: all that mkservice has made]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Edit a unit file.
#[derive(Debug, Args)]
pub struct Edit {
    /// The service, with or without .service
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// How long it has to be up before it counts as started; 0 looks once [default: 1s]
    #[arg(long, value_name = "SPAN", help_heading = "How it is done")]
    pub settle: Option<String>,
    /// Keep a changed service that does not come up; without this the old one is put back
    #[arg(long, help_heading = "How it is done")]
    pub no_rollback: bool,
    /// What every verb has that changes something.
    #[command(flatten)]
    pub changing: Changing,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Close a service in.
#[derive(Debug, Args)]
pub struct Harden {
    /// The service, with or without .service
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Find out what can be closed, by restarting the service with one set of measures after the other
    #[arg(long = "try", help_heading = "What to do")]
    pub trial: bool,
    /// Take away what --try has left, and restart the service
    #[arg(long, conflicts_with = "trial", help_heading = "What to do")]
    pub undo: bool,
    /// A command that tells by its exit code 0 that the service works; it is run without a shell
    #[arg(long, value_name = "COMMAND", requires = "trial", help_heading = "How it is done")]
    pub probe: Option<String>,
    /// How long the service is watched after each restart [default: 5s]
    #[arg(long, value_name = "SPAN", help_heading = "How it is done")]
    pub settle: Option<String>,
    /// What every verb has that changes something.
    #[command(flatten)]
    pub changing: Changing,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Give a service another name.
#[derive(Debug, Args)]
pub struct Rename {
    /// The service, with or without .service
    #[arg(value_name = "OLD")]
    pub old: String,
    /// Its name from now on
    #[arg(value_name = "NEW")]
    pub new: String,
    /// How long it has to be up before it counts as started; 0 looks once [default: 1s]
    #[arg(long, value_name = "SPAN", help_heading = "How it is done")]
    pub settle: Option<String>,
    /// What every verb has that changes something.
    #[command(flatten)]
    pub changing: Changing,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Make a service of a process.
#[derive(Debug, Args)]
pub struct Adopt {
    /// The options of `add`. In the place of the command stands what names the process.
    #[command(flatten)]
    pub add: Add,
    /// Do not ask before the process is ended
    #[arg(short, long, help_heading = "How it is done")]
    pub yes: bool,
    /// Kill the process (SIGKILL) if it has not ended after ten seconds; without this it is left alone then
    #[arg(long, help_heading = "How it is done")]
    pub kill: bool,
}

/// Tell what directives are.
#[derive(Debug, Args)]
pub struct Explain {
    /// The directives, as they stand before the = in a unit file
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Make a file of services of a file of another tool.
#[derive(Debug, Args)]
pub struct Import {
    /// The file, or `-` for stdin; what belongs to it is read with it
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What the file is, where its name and what is in it leave doubt
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    pub format: Option<ImportFormat>,
    /// How many of each process of a Procfile, as for foreman: those that are not named are left out, unless `all=1`
    /// is among them
    #[arg(short = 'm', long, value_name = "NAME=N,...")]
    pub formation: Vec<String>,
    /// Which further environment of a file of pm2 counts: NAME takes `env_NAME`
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Look for trouble.
#[derive(Debug, Args)]
pub struct Doctor {
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}

/// Install what was decided.
#[derive(Debug, Args)]
pub struct InstallPlan {
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}
