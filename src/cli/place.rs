//! Where services are installed, if not for a manager that runs here.

use std::path::PathBuf;

use clap::Args;

/// Options of the verbs that do not need a manager.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// Work on the system image in DIR
    ///
    /// Every path is inside DIR, as if DIR were `/`: nothing outside is read or written. Users are those of its own
    /// /etc/passwd, programs are looked up where its services look them up, and nothing is started. With `--user --uid
    /// NAME`, a service of that user.
    #[arg(long, value_name = "DIR", help_heading = "Scope")]
    pub root: Option<PathBuf>,
    /// Install for all users, from their next login
    #[arg(long, conflicts_with_all = ["user", "system"], help_heading = "Scope", hide_short_help = true)]
    pub global: bool,
}

/// The same for verbs that have no other use of an account.
#[derive(Debug, Clone, Default, Args)]
pub struct PlaceOf {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// With --root and --user: whose services
    #[arg(long, value_name = "USER", requires_all = ["root", "user"], help_heading = "Scope")]
    pub uid: Option<String>,
}
