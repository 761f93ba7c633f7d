//! The options of `add` for dependencies.

use clap::Args;

/// A name without a suffix is a service, and an absolute path a mount or device unit, as for systemctl(1).
#[derive(Debug, Clone, Default, Args)]
pub struct DependencyOptions {
    /// Start after UNIT, if both are started
    #[arg(long, value_name = "UNIT", help_heading = "Dependencies")]
    pub after: Vec<String>,
    /// Start UNIT first; do not start if it fails
    ///
    /// The service stops when UNIT is stopped. This is Requires= with After= (man systemd.unit): Requires= alone would
    /// start both at the same time. A name without a suffix is a service; a path such as /mnt/data is what is mounted
    /// there.
    #[arg(long, value_name = "UNIT", help_heading = "Dependencies")]
    pub requires: Vec<String>,
    /// Start UNIT too, and ignore its failure
    #[arg(long, value_name = "UNIT", help_heading = "Dependencies")]
    pub wants: Vec<String>,
    /// Stop and restart together with UNIT
    #[arg(long, value_name = "UNIT", help_heading = "Dependencies", hide_short_help = true)]
    pub part_of: Vec<String>,
    /// Start or run this after a final failure
    ///
    /// Final means that systemd does not restart the service any more. An action that ends like a unit name
    /// (NAME.service, NAME.target) is that unit (OnFailure=, man systemd.unit). Anything else is a command, quoted if
    /// it has arguments: it runs in the same directory, as the same user and with the same variables, and finds the
    /// service name in $MONITOR_UNIT. No shell runs it.
    #[arg(long, value_name = "ACTION", help_heading = "Dependencies")]
    pub notify_failure: Vec<String>,
}
