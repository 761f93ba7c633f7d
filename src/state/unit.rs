//! One unit of a service as it is on disk: its file, whose it is, its links and drop-ins, and units of the same name
//! elsewhere.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::folder::entries;
use super::folder::links_to;
use super::places::Places;
use crate::error::{Error, Result};
use crate::host::tree;
use crate::manager::state::UnitState;
use crate::runtime;
use crate::spec::{UnitKind, UnitName};
use crate::unit::stamp::{self, Origin};

/// What is at the path where a unit's file belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileThere {
    /// Nothing.
    Nothing,
    /// A file, and whose it is.
    File {
        /// Its content.
        text: Vec<u8>,
        /// Whose it is.
        origin: Origin,
        /// When it was last changed, in microseconds since 1970.
        changed: u64,
    },
    /// A link; to `/dev/null` when the unit is masked.
    Link(PathBuf),
    /// Something else, such as a folder.
    Other,
}

/// Everything on disk that has to do with one unit.
#[derive(Debug, Clone)]
pub struct UnitThere {
    /// What it is to its service.
    pub kind: UnitKind,
    /// Its name, with its suffix.
    pub unit: String,
    /// Where its file belongs.
    pub path: PathBuf,
    /// What is there.
    pub file: FileThere,
    /// The first unit of that name in another folder of the search path, and whether it is masked.
    pub elsewhere: Option<(PathBuf, bool)>,
    /// Links in this folder that lead to the unit's file here, as enabling makes them.
    pub links: Vec<PathBuf>,
    /// All links in this folder that enable a unit of that name, wherever they lead: a link's name
    /// decides. Those of a unit elsewhere are among them.
    pub enabling: Vec<PathBuf>,
    /// What runs that were killed have left of writing the file or a link to it.
    pub temporary: Vec<PathBuf>,
    /// Drop-ins in this folder, and whether they are ours.
    pub drop_ins: Vec<(PathBuf, bool)>,
    /// Files of ours that runtimes read first, beside the drop-ins, with what is in them.
    pub preludes: Vec<(PathBuf, Vec<u8>)>,
    /// The file by which systemd knows when a timer last started its service, where there is one (`Persistent=`,
    /// systemd.timer(5)).
    pub stamp: Option<PathBuf>,
}

impl UnitThere {
    /// Looks at the unit of this kind of the service `name`.
    pub(super) fn look(name: &UnitName, kind: UnitKind, places: &Places) -> Result<UnitThere> {
        let folder = &places.folder;
        let unit = name.unit_of(kind);
        let path = folder.path.join(&unit);
        let elsewhere = places.elsewhere(&unit).map(|path| {
            let masked = links_to(&path).as_deref() == Some(Path::new("/dev/null"));
            (path, masked)
        });
        let beside = folder.path.join(format!("{unit}.d"));
        let has_folder = folder.has(&format!("{unit}.d"));
        Ok(UnitThere {
            file: if folder.has(&unit) { as_seen_by(name, kind, file_at(&path)?) } else { FileThere::Nothing },
            links: folder.leading_to(&unit),
            enabling: folder.enabling(&unit),
            temporary: folder.temporary(&unit),
            drop_ins: if has_folder { drop_ins(&beside) } else { Vec::new() },
            preludes: if has_folder { preludes(&beside) } else { Vec::new() },
            stamp: None,
            kind,
            unit,
            path,
            elsewhere,
        })
    }

    /// True when its file was written after the unit's current or last run began, which therefore
    /// knows nothing of it.
    pub fn is_newer_than_run(&self, state: Option<&UnitState>) -> bool {
        matches!(self.file, FileThere::File { changed, .. } if super::is_newer(changed, state))
    }

    /// True when its file is ours, edited or not.
    pub fn is_ours(&self) -> bool {
        matches!(self.file, FileThere::File { origin: Origin::Ours | Origin::Edited, .. })
    }

    /// True unless what its manager knows comes from another file than the one here.
    pub fn is_read_by(&self, state: &UnitState) -> bool {
        state.fragment.is_empty() || self.path.as_os_str() == state.fragment.as_str()
    }

    /// True when there is anything of it here: its file, links to it, or what is left of writing them.
    pub fn has_traces(&self) -> bool {
        let has_ours = self.drop_ins.iter().any(|(_, ours)| *ours) || !self.preludes.is_empty();
        self.file != FileThere::Nothing || !self.links.is_empty() || !self.temporary.is_empty() || has_ours
    }

    /// The text of its file; empty when there is none.
    pub fn text(&self) -> String {
        match &self.file {
            FileThere::File { text, .. } => String::from_utf8_lossy(text).into_owned(),
            _ => String::new(),
        }
    }
}

/// A file of ours that belongs to another service is as foreign to this one as anybody's.
fn as_seen_by(name: &UnitName, kind: UnitKind, file: FileThere) -> FileThere {
    let FileThere::File { text, origin, changed } = file else { return file };
    let owner = (!kind.is_main()).then_some(name.as_str());
    let is_its_own = stamp::companion_of(&String::from_utf8_lossy(&text)) == owner;
    FileThere::File { origin: if is_its_own { origin } else { Origin::Foreign }, text, changed }
}

pub(super) fn file_at(path: &Path) -> Result<FileThere> {
    let Ok(metadata) = tree::symlink_metadata(path) else { return Ok(FileThere::Nothing) };
    if metadata.is_symlink() {
        return Ok(FileThere::Link(links_to(path).unwrap_or_default()));
    }
    // Anything of this size is nobody's unit: systemd refuses single lines of it.
    if !metadata.is_file() || metadata.len() > 64 << 20 {
        return Ok(FileThere::Other);
    }
    let text = tree::read(path).map_err(|error| Error::file("read", path, error))?;
    let origin = stamp::origin(&text);
    let changed = u64::try_from(metadata.mtime() * 1_000_000 + metadata.mtime_nsec() / 1000).unwrap_or(0);
    Ok(FileThere::File { text, origin, changed })
}

fn drop_ins(folder: &Path) -> Vec<(PathBuf, bool)> {
    let is_drop_in = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "conf");
    let mut found: Vec<(PathBuf, bool)> = entries(folder)
        .unwrap_or_default()
        .into_iter()
        .map(|entry| entry.path)
        .filter(is_drop_in)
        .map(|path| {
            let ours = matches!(file_at(&path), Ok(FileThere::File { origin, .. }) if origin != Origin::Foreign);
            (path, ours)
        })
        .collect();
    found.sort_unstable();
    found
}

/// Only what begins as ours does: a file of that name can be somebody else's.
fn preludes(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let there = runtime::table::preludes().filter_map(|prelude| {
        let path = folder.join(prelude.file);
        let first = prelude.text.lines().next().unwrap_or_default().as_bytes();
        match file_at(&path) {
            Ok(FileThere::File { text, .. }) if text.starts_with(first) => Some((path, text)),
            _ => None,
        }
    });
    there.collect()
}
