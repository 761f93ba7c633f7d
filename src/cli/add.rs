//! The options of `add`.

use std::ffi::OsString;

use clap::{Args, FromArgMatches as _};

use super::{
    Changing, DependencyOptions, ImageOptions, Invocation, ListenOptions, ResourceOptions, TimerOptions, add_command,
    usage,
};
use crate::model::diagnostic::Result;
use crate::spec::{Preset, RestartPolicy, ServiceType};

/// As systemd reads them; `yes` and `no` come first in messages.
const BOOLEANS: [&str; 12] = ["yes", "no", "true", "false", "on", "off", "y", "n", "t", "f", "1", "0"];

#[derive(Debug, Clone, Args)]
pub struct Add {
    /// Command to run, with its arguments
    ///
    /// Options before the command belong to mkservice; from its first word on, everything belongs to the program. Only
    /// `--name NAME` as the last words of the line names the service. Options there such as --user or --dry-run are
    /// refused with both command lines that they can mean. After `--` nothing belongs to mkservice.
    #[arg(value_name = "COMMAND", required = true)]
    pub command: Vec<OsString>,

    /// Service name [default: from the program]
    ///
    /// A script's name gets a trailing d. --unit is the same option.
    #[arg(long, alias = "unit", short_aliases = ['n', 'u'], value_name = "NAME", help_heading = "Service")]
    pub name: Option<String>,
    /// One-line description [default: the command]
    #[arg(long, value_name = "TEXT", help_heading = "Service")]
    pub description: Option<OsString>,
    /// Run N instances, or one for each name
    ///
    /// `--instances 3` creates NAME@1, NAME@2 and NAME@3; `--instances blue,green` creates NAME@blue and NAME@green.
    /// Other verbs take NAME for all of them, or NAME@2 for one. Run the same command with another number to add or
    /// remove instances; those that remain keep running. In the command's arguments and in the values of -E,
    /// --working-directory and --environment-file, %i is the instance name and %%i a literal %i.
    #[arg(long, value_name = "N|NAMES", help_heading = "Service")]
    pub instances: Option<String>,
    /// Working directory [default: current]
    #[arg(long, aliases = ["cwd", "chdir", "workdir"], value_name = "DIR", help_heading = "Service")]
    pub working_directory: Option<OsString>,
    /// Set a variable; without =VALUE, copy it
    #[arg(short = 'E', long, short_alias = 'e', alias = "env", value_name = "NAME[=VALUE]", help_heading = "Service")]
    pub setenv: Vec<OsString>,
    /// Use the current PATH, without directories that end with this session
    #[arg(long, help_heading = "Service", hide_short_help = true)]
    pub inherit_path: bool,
    /// Read variables from FILE; -FILE is optional
    #[arg(long, alias = "env-file", value_name = "FILE", allow_hyphen_values = true, help_heading = "Service")]
    pub environment_file: Vec<OsString>,
    /// Pass a secret in a file, or prompt for it
    ///
    /// The program finds the file in $NAME_FILE. With =FILE, systemd passes a copy of that file at each start
    /// (LoadCredential=, man systemd.exec). Without it, the value is prompted for, or read from stdin: one trailing
    /// newline is dropped; several secrets are one line each, in the order of the options. It is stored until `remove`,
    /// readable only by root or you, and encrypted if systemd can do that (systemd-creds). Later runs keep the stored
    /// value unless they are given another one.
    #[arg(long, value_name = "NAME[=FILE]", help_heading = "Service")]
    pub secret: Vec<OsString>,
    /// Run as USER (system scope) [default: you]
    ///
    /// With --root and --user, the user who owns the service.
    #[arg(long, value_name = "USER", help_heading = "Service")]
    pub uid: Option<String>,
    /// Run as GROUP (system scope)
    ///
    /// By default the primary group of the user.
    #[arg(long, alias = "group", value_name = "GROUP", help_heading = "Service")]
    pub gid: Option<String>,

    /// When to restart [default: on-failure]
    ///
    /// One of no, on-success, on-failure, on-abnormal, on-watchdog, on-abort, always (man systemd.service)
    #[arg(long, value_name = "POLICY", hide_possible_values = true, help_heading = "Execution")]
    pub restart: Option<RestartPolicy>,
    /// Delay before a restart [default: 5s]
    #[arg(long, value_name = "DURATION", help_heading = "Execution")]
    pub restart_sec: Option<String>,
    /// When a start is complete [default: exec]
    ///
    /// One of simple, exec, forking, oneshot, dbus, notify, notify-reload, idle (man systemd.service)
    #[arg(long, alias = "type", value_name = "TYPE", hide_possible_values = true, help_heading = "Execution")]
    pub service_type: Option<ServiceType>,
    /// Sandbox the service: safe or strict
    ///
    /// safe: restrictions that hardly any program notices, except that sudo and similar tools do not work. strict:
    /// everything that programs of this kind are known to work with, including the network; the working directory is
    /// then read-only, and $STATE_DIRECTORY names a writable one. A -p with the same directive takes precedence; `-v`
    /// shows every directive with its reason.
    #[arg(long, value_name = "PRESET", hide_possible_values = true, help_heading = "Execution")]
    pub harden: Option<Preset>,
    /// Expand $NAME and ${NAME} in the command's arguments, with yes
    ///
    /// systemd expands them at each start (man systemd.service, "Command lines"), with the variables of the service:
    /// ${NAME} as it is, a whole argument $NAME split at spaces, and $$ is a literal $. By default, and with no, the
    /// program gets every $ as it was given. Quote them for your shell: '${HOME}'.
    #[arg(long, value_name = "BOOL", value_parser = BOOLEANS, hide_possible_values = true, help_heading = "Execution", hide_short_help = true)]
    pub expand_environment: Option<String>,
    /// Count every exit status as success
    ///
    /// This is the prefix - of ExecStart= (man systemd.service). A service that fails is then not restarted by
    /// --restart on-failure.
    #[arg(long, help_heading = "Execution", hide_short_help = true)]
    pub ignore_failure: bool,
    /// Append output to FILE, not the journal
    ///
    /// Like `nohup COMMAND >>FILE 2>&1`. The file is not rotated; `mkservice logs` shows it.
    #[arg(long, value_name = "FILE", help_heading = "Execution")]
    pub log_file: Option<OsString>,
    /// Set any directive, such as MemoryHigh=1G
    #[arg(short, long, value_name = "NAME=VALUE", help_heading = "Execution")]
    pub property: Vec<OsString>,

    #[command(flatten)]
    pub when: TimerOptions,
    #[command(flatten)]
    pub listen: ListenOptions,
    #[command(flatten)]
    pub needs: DependencyOptions,
    #[command(flatten)]
    pub uses: ResourceOptions,

    /// Time it must run to count as started [default: 1s]
    ///
    /// 0 checks only once.
    #[arg(long, value_name = "DURATION", help_heading = "Behavior")]
    pub settle: Option<String>,
    /// Refuse an exposure above N, from 0 (sandboxed) to 10
    ///
    /// The exposure is that of `systemd-analyze security`.
    #[arg(long, value_name = "N", help_heading = "Behavior", hide_short_help = true)]
    pub max_exposure: Option<String>,
    /// Keep what fails to start
    ///
    /// Otherwise a new service is removed again, and a changed one gets back its previous version.
    #[arg(long, help_heading = "Behavior")]
    pub no_rollback: bool,
    /// Replace a service of another project
    ///
    /// A derived name replaces only a service with the same directory and program, a given name only one with the same
    /// directory or program. On a terminal, mkservice asks about a given name.
    #[arg(long, help_heading = "Behavior")]
    pub replace: bool,
    /// Install and enable, but do not start now
    #[arg(long, help_heading = "Behavior")]
    pub no_start: bool,
    /// Do not start at boot
    #[arg(long, help_heading = "Behavior")]
    pub no_enable: bool,
    /// Do not enable lingering: stop when you log out
    #[arg(long, help_heading = "Behavior", hide_short_help = true)]
    pub no_linger: bool,

    #[command(flatten)]
    pub place: ImageOptions,
    #[command(flatten)]
    pub changing: Changing,
}

impl Add {
    /// The options of a command line of `add`.
    pub fn of(invocation: &Invocation) -> Result<Add> {
        let mut clap = add_command().no_binary_name(true).disable_help_flag(true);
        Add::parsed_by(&mut clap, invocation)
    }

    /// The same by clap's command for them, which is made once for many.
    pub fn parsed_by(clap: &mut clap::Command, invocation: &Invocation) -> Result<Add> {
        let matches = clap.try_get_matches_from_mut(invocation.arguments());
        let add = matches.and_then(|matches| Add::from_arg_matches(&matches));
        add.map_err(|refused| usage::error(&refused, None))
    }
}
