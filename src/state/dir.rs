//! Lists a unit directory once, including its `*.wants` and similar directories.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::temporary::final_name;
use crate::host::tree::{self, Entry};
use crate::model::diagnostic::{Error, Result};
use crate::unit::install::LINK_DIRECTORIES;

pub struct Dir {
    pub path: PathBuf,
    names: BTreeSet<OsString>,
    /// Links in `*.wants` and similar directories, by unit.
    wanted: BTreeMap<OsString, Vec<PathBuf>>,
    /// Links beside the units, with their targets.
    aliases: Vec<(PathBuf, PathBuf)>,
    /// Temporary files and links left by interrupted runs.
    temporary: Vec<PathBuf>,
}

impl Dir {
    /// A missing directory is empty.
    pub fn list(path: &Path) -> Result<Dir> {
        let beside = entries(path)?;
        let names = beside.iter().filter_map(|entry| entry.path.file_name().map(OsStr::to_owned)).collect();
        let is_of_dependents =
            |path: &Path| path.extension().is_some_and(|end| LINK_DIRECTORIES.iter().any(|(_, kind)| end == *kind));
        let mut dependents: Vec<&PathBuf> =
            beside.iter().map(|entry| &entry.path).filter(|path| is_of_dependents(path)).collect();
        dependents.sort_unstable();
        let within: Vec<Entry> = dependents.iter().flat_map(|dir| entries(dir).unwrap_or_default()).collect();
        let is_temporary = |path: &&PathBuf| path.file_name().is_some_and(|file| final_name(file).is_some());
        let all = within.iter().chain(&beside).map(|entry| &entry.path);
        let temporary = all.filter(is_temporary).cloned().collect();
        let mut wanted: BTreeMap<OsString, Vec<PathBuf>> = BTreeMap::new();
        for Entry { path, .. } in within.into_iter().filter(|entry| entry.is_link) {
            if let Some(unit) = path.file_name() {
                wanted.entry(unit.to_owned()).or_default().push(path);
            }
        }
        let links = beside.into_iter().filter(|entry| entry.is_link);
        let aliases = links.filter_map(|entry| Some((meant_by(&entry.path)?, entry.path)));
        let aliases = aliases.map(|(target, link)| (link, target)).collect();
        Ok(Dir { path: path.to_owned(), names, temporary, wanted, aliases })
    }

    pub fn has(&self, name: &str) -> bool {
        self.names.contains(OsStr::new(name))
    }

    pub fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.names.iter().map(OsString::as_os_str)
    }

    /// Links that enable a unit: those of its name in `*.wants` and similar directories, and aliases that lead to its
    /// file here.
    pub fn enabling(&self, unit: &str) -> Vec<PathBuf> {
        let file = self.path.join(unit);
        let wanted = self.wanted.get(OsStr::new(unit)).into_iter().flatten();
        let aliases = self.aliases.iter().filter(|(link, target)| *link != file && *target == file);
        let mut links: Vec<PathBuf> = wanted.chain(aliases.map(|(link, _)| link)).cloned().collect();
        links.sort_unstable();
        links
    }

    /// The links of `enabling` that lead to the unit's file here.
    pub fn leading_to(&self, unit: &str) -> Vec<PathBuf> {
        let file = self.path.join(unit);
        self.enabling(unit).into_iter().filter(|link| meant_by(link).as_deref() == Some(&file)).collect()
    }

    /// Temporary files and links of a unit.
    pub fn temporary(&self, unit: &str) -> Vec<PathBuf> {
        let of_unit = |path: &&PathBuf| path.file_name().is_some_and(|name| final_name(name) == Some(unit));
        self.temporary.iter().filter(of_unit).cloned().collect()
    }
}

/// The target of a link: absolute as systemd writes it, or relative.
fn meant_by(link: &Path) -> Option<PathBuf> {
    Some(tree::normalized(&link.parent().unwrap_or(link).join(links_to(link)?)))
}

pub(super) fn links_to(path: &Path) -> Option<PathBuf> {
    tree::read_link(path).ok()
}

pub(super) fn entries(dir: &Path) -> Result<Vec<Entry>> {
    match tree::entries(dir) {
        Ok(entries) => Ok(entries),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::file("read", dir, error)),
    }
}
