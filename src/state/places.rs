//! The folders that have to do with the units of a scope, each looked at once for all services of a run.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::folder::Folder;
use super::folder::entries;
use super::same_folder;
use super::unit_folder;
use crate::host::{Host, tree};
use crate::model::diagnostic::Result;
use crate::spec::Scope;
use crate::state::credential_store;

/// Up to so many services it is cheaper to ask each folder for their units than to list it.
const FEW: usize = 8;

/// The folders of a scope, as they are now.
pub struct Places {
    /// Which scope.
    pub scope: Scope,
    /// The one that units are installed in.
    pub(super) folder: Folder,
    /// The others that its manager reads units from, the one that wins first.
    others: Vec<Other>,
    /// The secrets that are kept.
    pub(super) secrets: credential_store::Secrets,
    /// Where it is noted when timers last started their services.
    pub(super) stamps: Option<PathBuf>,
}

/// A folder that units are read from, and not installed in.
struct Other {
    pub path: PathBuf,
    /// What is in it, where it was listed.
    names: Option<BTreeSet<OsString>>,
}

impl Other {
    /// False when there is certainly nothing of that name in it.
    fn may_have(&self, unit: &str) -> bool {
        self.names.as_ref().is_none_or(|names| names.contains(OsStr::new(unit)))
    }
}

impl Places {
    /// Looks at the folders, for so many services. `search_path` are those that the manager reads: its own word where it
    /// runs, else those that it usually has.
    pub fn look(scope: Scope, search_path: &[PathBuf], services: usize, host: &Host) -> Result<Places> {
        let folder = Folder::list(&unit_folder(scope, host)?)?;
        let others = search_path.iter().filter(|other| !same_folder(other, &folder.path));
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
            stamps: host.stamp_folder(scope),
            folder,
        })
    }

    /// Where another folder has a unit of that name, or a link in its place; the one that wins first.
    pub fn elsewhere(&self, unit: &str) -> Option<PathBuf> {
        let mut paths = self.others.iter().filter(|other| other.may_have(unit)).map(|other| other.path.join(unit));
        paths.find(|path| tree::symlink_metadata(path).is_ok())
    }

    /// The folder that units are installed in.
    pub fn folder(&self) -> &Path {
        &self.folder.path
    }
}
