//! The options of `add`.

use std::ffi::OsString;

use clap::Args;

use super::{Changing, Common, Listen, Needs, Place, Uses, When};
use crate::spec::{Preset, RestartPolicy, ServiceType};

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
    /// Run it several times side by side: so many, or by names; %i in its arguments is the name of each
    #[arg(
        long,
        value_name = "N|NAME,NAME...",
        help_heading = "The service",
        long_help = "Run it several times side by side: so many, or by names; %i in its arguments is the name of each\n\n\
            `--instances 3` makes NAME@1, NAME@2 and NAME@3, `--instances blue,green` makes NAME@blue and NAME@green. \
            Other verbs take NAME for all of them, or NAME@2 for one. The same line with another number has more of \
            them, or fewer: those that stay run on. In the arguments of the command and in the values of -E, \
            --working-directory and --environment-file, %i stands for the name of the instance and %%i for itself."
    )]
    pub instances: Option<String>,
    /// The folder it runs in [default: this one]
    #[arg(long, value_name = "DIR", help_heading = "The service")]
    pub working_directory: Option<OsString>,
    /// A variable for its environment; without =VALUE, the value it has here
    #[arg(short = 'E', long, value_name = "NAME[=VALUE]", help_heading = "The service")]
    pub setenv: Vec<OsString>,
    /// Give it the PATH that is set here, without the folders that end with this session
    #[arg(long, help_heading = "The service")]
    pub inherit_path: bool,
    /// A file of variables; with `-` in front, one that may be missing
    #[arg(long, value_name = "FILE", allow_hyphen_values = true, help_heading = "The service")]
    pub environment_file: Vec<OsString>,
    /// A secret, in a file that $NAME_FILE names to the program; without =FILE, asked for and stored
    ///
    /// With =FILE systemd hands a copy of that file to the program at each start (LoadCredential=, man systemd.exec).
    /// Without, the value is asked for on the terminal or read from stdin: one trailing line break is dropped; several
    /// secrets are one line each, in the order of the options. It is stored where only root or your account can read
    /// it, encrypted where systemd can (systemd-creds), until `remove`. Later runs keep it unless they are given
    /// another one.
    #[arg(long, value_name = "NAME[=FILE]", help_heading = "The service")]
    pub secret: Vec<OsString>,
    /// The account it runs as (system scope) [default: whoever typed sudo]; with --root --user, whose it is
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
    /// Close it in, so that it reaches only what it needs: safe or strict
    ///
    /// safe: what hardly any program notices, except that sudo and its kind do not work. strict: all that programs of
    /// its kind are known to live with, with the network; its folder is then read-only, and $STATE_DIRECTORY names
    /// one that is not. Each line that this writes gives way to a -p of that name; `-v` shows them with reasons.
    #[arg(long, value_name = "HOW", hide_possible_values = true, help_heading = "How it runs")]
    pub harden: Option<Preset>,
    /// Append what it prints to this file, instead of the journal
    ///
    /// As `nohup COMMAND >>FILE 2>&1` does. Nobody empties the file by himself; `mkservice logs` shows it.
    #[arg(long, value_name = "FILE", help_heading = "How it runs")]
    pub log_file: Option<OsString>,
    /// Any directive of a unit file, as in MemoryMax=1G
    #[arg(short, long, value_name = "NAME=VALUE", help_heading = "How it runs")]
    pub property: Vec<OsString>,

    /// When it runs, if not all the time.
    #[command(flatten)]
    pub when: When,
    /// What starts it.
    #[command(flatten)]
    pub listen: Listen,
    /// What it needs of other units.
    #[command(flatten)]
    pub needs: Needs,
    /// What it may use of the machine.
    #[command(flatten)]
    pub uses: Uses,

    /// How long it has to be up before it counts as started; 0 looks once [default: 1s]
    #[arg(long, value_name = "SPAN", help_heading = "How it is done")]
    pub settle: Option<String>,
    /// Refuse it if systemd rates it as more exposed than that, from 0 (closed) to 10 (open)
    #[arg(long, value_name = "N", help_heading = "How it is done")]
    pub max_exposure: Option<String>,
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

    /// Where it is installed.
    #[command(flatten)]
    pub place: Place,
    /// What every verb has that changes something.
    #[command(flatten)]
    pub changing: Changing,
    /// What every verb has.
    #[command(flatten)]
    pub common: Common,
}
