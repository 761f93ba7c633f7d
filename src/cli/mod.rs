//! What was typed, and nothing else: the types that clap fills.
//!
//! [`words`] decides first which words are ours and which are the command's; clap then sees our
//! options in front and the command behind `--`.

pub mod usage;
pub mod words;

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand};

use crate::spec::{RestartPolicy, ServiceType};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "mkservice",
    version,
    about = "Turns any command into a systemd service that is really running",
    long_about = "Turns any command into a systemd service that is really running.\n\n\
        Put `mkservice` in front of a command that works in your terminal. It then keeps running: \
        after you log out, after a crash, after a reboot.",
    after_long_help = EXAMPLES,
    after_help = "`mkservice --help` shows more, with examples",
    override_usage = "mkservice [OPTIONS] COMMAND [ARGUMENT]...\n       \
        mkservice [OPTIONS] -- COMMAND [ARGUMENT]...\n       \
        mkservice remove NAME...",
    disable_help_subcommand = false,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    max_term_width = 100
)]
pub struct Cli {
    /// The verb; without one, `add`.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// The options of the default verb.
    #[command(flatten)]
    pub add: Add,
}

const EXAMPLES: &str = "\
Examples:
  mkservice python myscript.py                     a service named myscriptd
  mkservice python myscript.py --name watcher      the same, under another name
  mkservice --name web -- gunicorn app:app --bind :8000
                                                   after `--` everything belongs to the command
  sudo mkservice ./server --name server            a system service; it runs as you, not as root
  mkservice --dry-run python myscript.py           show what would be done, do nothing
  mkservice remove myscriptd                       stop it and take everything away again

Where things are:
  user services     ~/.config/systemd/user/NAME.service
                    journalctl --user -u NAME -f, systemctl --user status NAME
  system services   /etc/systemd/system/NAME.service
                    journalctl -u NAME -f, systemctl status NAME

Exit codes:
  0 done, the service runs    1 failed    2 refused, nothing was changed
  3 installed, but it does not run        4 no such service";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make a service of a command (the default: the word can be left out)
    #[command(override_usage = "mkservice [add] [OPTIONS] [--] COMMAND [ARGUMENT]...")]
    Add(Box<Add>),
    /// Stop services and take away all that was made for them
    #[command(
        override_usage = "mkservice remove [OPTIONS] NAME...",
        after_help = "Without a name, on a terminal, the services to choose from are shown."
    )]
    Remove(Remove),
}

/// Options that every verb has.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Use your own service manager: no root needed (the default, except for root)
    #[arg(long, conflicts_with = "system", help_heading = "Which manager")]
    pub user: bool,
    /// Use the machine's service manager (the default for root)
    #[arg(long, help_heading = "Which manager")]
    pub system: bool,
    /// Show what would be done, and do nothing
    #[arg(long, help_heading = "How it is done")]
    pub dry_run: bool,
    /// Go on where mkservice would refuse, as with units that are not ours
    #[arg(long, help_heading = "How it is done")]
    pub force: bool,
    /// Print nothing but warnings and errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "How it is done")]
    pub quiet: bool,
    /// Print each step and each decision with its reason
    #[arg(short, long, help_heading = "How it is done")]
    pub verbose: bool,
}

/// Make a service of a command.
#[derive(Debug, Clone, Args)]
pub struct Add {
    /// The command, as it works in your terminal, and its arguments
    ///
    /// Long options of mkservice may stand behind the command as well; what else looks like an
    /// option there is refused rather than guessed. Behind `--` everything belongs to the command.
    #[arg(value_name = "COMMAND", required = true)]
    pub command: Vec<OsString>,

    /// The service's name [default: the script's name with a d, or the program's]
    #[arg(long, visible_alias = "unit", value_name = "NAME", help_heading = "The service")]
    pub name: Option<String>,
    /// One line about it, for people [default: the command]
    #[arg(long, value_name = "TEXT", help_heading = "The service")]
    pub description: Option<OsString>,
    /// The folder it runs in [default: this one]
    #[arg(long, value_name = "DIR", help_heading = "The service")]
    pub working_directory: Option<OsString>,
    /// A variable for its environment; without =VALUE, the value it has here
    #[arg(short = 'E', long, value_name = "NAME[=VALUE]", help_heading = "The service")]
    pub setenv: Vec<OsString>,
    /// A file of variables; with `-` in front, one that may be missing
    #[arg(long, value_name = "FILE", allow_hyphen_values = true, help_heading = "The service")]
    pub environment_file: Vec<OsString>,
    /// The account it runs as (system scope) [default: whoever typed sudo]
    #[arg(long, value_name = "USER", help_heading = "The service")]
    pub uid: Option<String>,
    /// The group it runs as (system scope) [default: the account's own]
    #[arg(long, value_name = "GROUP", help_heading = "The service")]
    pub gid: Option<String>,

    /// When systemd starts it again [default: on-failure]
    #[arg(
        long,
        value_name = "WHEN",
        hide_possible_values = true,
        help_heading = "How it runs",
        long_help = "When systemd starts it again [default: on-failure]\n\n\
            One of no, on-success, on-failure, on-abnormal, on-watchdog, on-abort, always (man systemd.service)"
    )]
    pub restart: Option<RestartPolicy>,
    /// How long systemd waits before that, as in 500ms or 1min [default: 5s]
    #[arg(long, value_name = "SPAN", help_heading = "How it runs")]
    pub restart_sec: Option<String>,
    /// What systemd takes as “it has started” [default: exec]
    #[arg(
        long,
        value_name = "TYPE",
        hide_possible_values = true,
        help_heading = "How it runs",
        long_help = "What systemd takes as “it has started” [default: exec]\n\n\
            One of simple, exec, forking, oneshot, dbus, notify, notify-reload, idle (man systemd.service)"
    )]
    pub service_type: Option<ServiceType>,
    /// Any directive of a unit file, as in MemoryMax=1G
    #[arg(short, long, value_name = "NAME=VALUE", help_heading = "How it runs")]
    pub property: Vec<OsString>,

    /// How long it has to be up before it counts as started; 0 looks once [default: 1s]
    #[arg(long, value_name = "SPAN", help_heading = "How it is done")]
    pub settle: Option<String>,
    /// Keep a changed service that does not come up; without this the old one is put back
    #[arg(long, help_heading = "How it is done")]
    pub no_rollback: bool,
    /// Install and enable it, but do not start it now
    #[arg(long, help_heading = "How it is done")]
    pub no_start: bool,
    /// Do not start it at boot
    #[arg(long, help_heading = "How it is done")]
    pub no_enable: bool,
    /// Leave lingering as it is: a user service then ends when you log out
    #[arg(long, help_heading = "How it is done")]
    pub no_linger: bool,

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
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}
