//! The options of verbs that work without a manager.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Clone, Default, Args)]
pub struct ImageOptions {
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

/// With the user whose services are meant.
#[derive(Debug, Clone, Default, Args)]
pub struct UserImageOptions {
    #[command(flatten)]
    pub place: ImageOptions,
    /// With --root and --user: whose services
    #[arg(long, value_name = "USER", requires_all = ["root", "user"], help_heading = "Scope")]
    pub uid: Option<String>,
}
