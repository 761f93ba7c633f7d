//! Where services are installed, if not for a manager that runs here.

use std::path::PathBuf;

use clap::Args;

/// Options of the verbs that do not need a manager.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// Work on the system in this folder, which does not run: an image, a container's files
    #[arg(
        long,
        value_name = "DIR",
        help_heading = "Which manager",
        long_help = "Work on the system in this folder, which does not run: an image, a container's files\n\n\
            Every path is then one inside of DIR, as if it were `/`: nothing outside is read or written. Accounts are \
            those of its own /etc/passwd, programs are looked for where its services will look, and nothing is started. \
            With `--user --uid NAME`, a service of that account's own manager."
    )]
    pub root: Option<PathBuf>,
    /// A service of every user: each one's own manager runs one, from the next login on
    #[arg(long, conflicts_with_all = ["user", "system"], help_heading = "Which manager")]
    pub global: bool,
}

/// The same for verbs that have no other use of an account.
#[derive(Debug, Clone, Default, Args)]
pub struct PlaceOf {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// With --root and --user: the account whose services are meant
    #[arg(long, value_name = "USER", requires_all = ["root", "user"], help_heading = "Which manager")]
    pub uid: Option<String>,
}
