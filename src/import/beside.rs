//! Which files belong to a file and have to be read with it.

use std::path::{Path, PathBuf};

use super::draft::folder;
use super::{Format, supervisord, systemd};

/// A file that is read with another one, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// This one, if it is there.
    File(PathBuf),
    /// This one, if it is a file: a unit, and not a socket or a folder that is called so.
    Unit(PathBuf),
    /// Those whose paths fit a pattern with `*`, `?` and `[…]` (glob(7)), in the order of their names.
    Pattern(PathBuf),
}

/// The files that belong to one: `.env` and `.foreman` to a `Procfile`, what a configuration includes, the drop-ins of a
/// unit and what starts it. `search_paths` are the folders of the managers' units.
pub fn beside(format: Format, path: &Path, text: &str, host_name: &str, search_paths: &[Vec<PathBuf>]) -> Vec<Beside> {
    let folder = folder(path);
    match format {
        Format::Procfile => [".env", ".foreman"].map(|name| Beside::File(folder.join(name))).into(),
        Format::Supervisord => supervisord::included(path, text, host_name),
        Format::Systemd => systemd::belonging(path, search_paths),
        Format::Crontab | Format::Pm2 => Vec::new(),
    }
}
