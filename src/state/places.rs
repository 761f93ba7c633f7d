//! The directories of a scope's units, each listed once for all services of a command.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::dir::Dir;
use super::dir::entries;
use super::same_dir;
use super::unit_dir;
use crate::host::{Host, tree};
use crate::model::diagnostic::Result;
use crate::spec::Scope;
use crate::state::credential_store;

/// Up to this number of services, checking each directory for their units is cheaper than listing it.
const FEW: usize = 8;

pub struct Places {
    pub scope: Scope,
    /// Where units are installed.
    pub(super) dir: Dir,
    /// Other directories that systemd reads units from, in order of precedence.
    others: Vec<Other>,
    pub(super) secrets: credential_store::Secrets,
    /// Where systemd records when timers elapsed.
    pub(super) stamps: Option<PathBuf>,
}

struct Other {
    pub path: PathBuf,
    /// Its entries, if it was listed.
    names: Option<BTreeSet<OsString>>,
}

impl Other {
    /// False if it certainly has no such unit.
    fn may_have(&self, unit: &str) -> bool {
        self.names.as_ref().is_none_or(|names| names.contains(OsStr::new(unit)))
    }
}

impl Places {
    /// `search_path` are the directories that systemd reads, or usually reads if it is not running.
    pub fn read(scope: Scope, search_path: &[PathBuf], services: usize, host: &Host) -> Result<Places> {
        let dir = Dir::list(&unit_dir(scope, host)?)?;
        let others = search_path.iter().filter(|other| !same_dir(other, &dir.path));
        let names = |path: &Path| {
            let entries = entries(path).ok()?;
            Some(entries.iter().filter_map(|entry| entry.path.file_name().map(OsStr::to_owned)).collect())
        };
        let other =
            |path: &PathBuf| Other { names: if services > FEW { names(path) } else { None }, path: path.clone() };
        Ok(Places {
            scope,
            others: others.map(other).collect(),
            secrets: credential_store::Secrets::list(scope, host),
            stamps: host.stamp_dir(scope),
            dir,
        })
    }

    /// The unit, or a link in its place, with the highest precedence in another directory.
    pub fn elsewhere(&self, unit: &str) -> Option<PathBuf> {
        let mut paths = self.others.iter().filter(|other| other.may_have(unit)).map(|other| other.path.join(unit));
        paths.find(|path| tree::symlink_metadata(path).is_ok())
    }

    pub fn dir(&self) -> &Path {
        &self.dir.path
    }
}
