//! The options of `add` that tie a service to other units.

use clap::Args;

/// What a service needs of other units. A name without a suffix means a service, an absolute path the mount or
/// device unit of that name, as with systemctl(1).
#[derive(Debug, Clone, Default, Args)]
pub struct Needs {
    /// Start it only once UNIT has started, if that is to be started at all
    #[arg(long, value_name = "UNIT", help_heading = "What it needs")]
    pub after: Vec<String>,
    /// Start UNIT first, and do not start it if that fails; stop it when UNIT is stopped
    #[arg(
        long,
        value_name = "UNIT",
        help_heading = "What it needs",
        long_help = "Start UNIT first, and do not start it if that fails; stop it when UNIT is stopped\n\n\
            This is Requires= and After= of systemd.unit: Requires= alone would start both at the same time. \
            A name without a suffix means a service; a path such as /mnt/data means what is mounted there."
    )]
    pub requires: Vec<String>,
    /// Start UNIT with it, and go on if that fails
    #[arg(long, value_name = "UNIT", help_heading = "What it needs")]
    pub wants: Vec<String>,
    /// Stop and restart it whenever UNIT is stopped or restarted
    #[arg(long, value_name = "UNIT", help_heading = "What it needs")]
    pub part_of: Vec<String>,
    /// When it has failed and systemd has given it up, start this unit or run this command
    ///
    /// A word that ends like a unit's name (NAME.service, NAME.target) means that unit (OnFailure=, man systemd.unit).
    /// Anything else is a command, in quotes where it has several words: it runs in the same folder, as the same
    /// account and with the same variables, and finds the name of the service in $MONITOR_UNIT. No shell runs it.
    #[arg(long, value_name = "UNIT|COMMAND", help_heading = "What it needs")]
    pub notify_failure: Vec<String>,
}
