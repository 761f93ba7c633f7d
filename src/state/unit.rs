//! A unit on disk: its file, links and drop-ins, and units of the same name in other directories.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::dir::entries;
use super::dir::links_to;
use super::places::Places;
use super::temporary::final_name;
use crate::host::tree;
use crate::manager::state::UnitState;
use crate::model::diagnostic::{Error, Result};
use crate::runtime;
use crate::spec::{UnitKind, UnitName};
use crate::systemd::unit_file;
use crate::unit::drop_in;
use crate::unit::stamp::{self, Origin};

/// What is at the path of a unit file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExistingFile {
    Nothing,
    File {
        text: Vec<u8>,
        origin: Origin,
        /// In microseconds since 1970.
        changed: u64,
    },
    /// To `/dev/null` if the unit is masked.
    Link(PathBuf),
    Other,
}

/// A drop-in in the directory of the unit.
#[derive(Debug, Clone)]
pub struct DropIn {
    pub path: PathBuf,
    pub file: ExistingFile,
}

impl DropIn {
    /// True if it was written after the unit's current or last run began.
    pub fn is_newer_than_run(&self, state: Option<&UnitState>) -> bool {
        self.file.is_newer_than_run(state)
    }

    /// Whether mkservice wrote it.
    pub fn is_managed(&self) -> bool {
        matches!(self.file, ExistingFile::File { origin: Origin::Managed | Origin::Edited, .. })
    }

    pub fn text(&self) -> String {
        self.file.text()
    }
}

#[derive(Debug, Clone)]
pub struct ExistingUnit {
    pub kind: UnitKind,
    pub unit: String,
    pub path: PathBuf,
    pub file: ExistingFile,
    /// The first unit of that name in another directory of the search path, and whether it is masked.
    pub elsewhere: Option<(PathBuf, bool)>,
    /// Links in this directory that lead to the unit file here.
    pub links: Vec<PathBuf>,
    /// All links in this directory that enable a unit of that name, wherever they lead: the link's name decides.
    pub enabling: Vec<PathBuf>,
    /// Temporary files left by interrupted runs, also beside the drop-ins.
    pub temporary: Vec<PathBuf>,
    /// The directory of its drop-ins in this directory, if it exists.
    pub drop_in_dir: Option<PathBuf>,
    /// Drop-ins in this directory.
    pub drop_ins: Vec<DropIn>,
    /// Files that runtimes read first, beside the drop-ins, with their content.
    pub preludes: Vec<(PathBuf, Vec<u8>)>,
    /// The file in which systemd records when a timer last elapsed (`Persistent=`, systemd.timer(5)).
    pub stamp: Option<PathBuf>,
}

impl ExistingUnit {
    pub(super) fn read(name: &UnitName, kind: UnitKind, places: &Places) -> Result<ExistingUnit> {
        let dir = &places.dir;
        let unit = name.unit_of(kind);
        let path = dir.path.join(&unit);
        let elsewhere = places.elsewhere(&unit).map(|path| {
            let masked = links_to(&path).as_deref() == Some(Path::new("/dev/null"));
            (path, masked)
        });
        let drop_in_dir = Some(format!("{unit}.d")).filter(|name| dir.has(name)).map(|name| dir.path.join(name));
        let beside = drop_in_dir.as_deref();
        Ok(ExistingUnit {
            file: if dir.has(&unit) { as_seen_by(name, kind, file_at(&path)?) } else { ExistingFile::Nothing },
            links: dir.leading_to(&unit),
            enabling: dir.enabling(&unit),
            temporary: dir.temporary(&unit).into_iter().chain(beside.into_iter().flat_map(temporary)).collect(),
            drop_ins: beside.map(drop_ins).unwrap_or_default(),
            preludes: beside.map(preludes).unwrap_or_default(),
            drop_in_dir,
            stamp: None,
            kind,
            unit,
            path,
            elsewhere,
        })
    }

    /// True if the file was written after the unit's current or last run began.
    pub fn is_newer_than_run(&self, state: Option<&UnitState>) -> bool {
        self.file.is_newer_than_run(state)
    }

    /// True if a condition of this file kept systemd from starting it.
    pub fn is_skipped(&self, state: &UnitState) -> bool {
        let is_older = matches!(self.file, ExistingFile::File { changed, .. } if changed <= state.skipped);
        is_older && state.active == "inactive"
    }

    /// True if the file is managed by mkservice, edited or not.
    pub fn is_managed(&self) -> bool {
        matches!(self.file, ExistingFile::File { origin: Origin::Managed | Origin::Edited, .. })
    }

    /// True unless systemd loaded the unit from another file.
    pub fn is_read_by(&self, state: &UnitState) -> bool {
        state.fragment.is_empty() || self.path.as_os_str() == state.fragment.as_str()
    }

    pub fn text(&self) -> String {
        self.file.text()
    }

    /// A drop-in that mkservice wrote.
    pub fn own_drop_in(&self, file: &str) -> Option<&DropIn> {
        self.drop_ins.iter().find(|it| it.is_managed() && it.path.file_name().is_some_and(|name| name == file))
    }

    /// Sections and names of what its drop-ins of mkservice set, with the values, in order of precedence.
    pub fn own_settings(&self) -> Vec<((String, String), String)> {
        let texts: Vec<String> = self.drop_ins.iter().filter(|it| it.is_managed()).map(DropIn::text).collect();
        let settings = texts.iter().flat_map(|text| unit_file::settings(text));
        let settings = settings.filter(|it| !it.section.starts_with("X-"));
        settings.map(|it| ((it.section.to_owned(), it.name.to_owned()), it.value)).collect()
    }

    /// Where a drop-in is, or would be written.
    pub fn drop_in_path(&self, file: &str) -> PathBuf {
        self.path.with_file_name(format!("{}.d", self.unit)).join(file)
    }
}

impl ExistingFile {
    /// Empty unless it is a file.
    pub fn text(&self) -> String {
        match self {
            ExistingFile::File { text, .. } => String::from_utf8_lossy(text).into_owned(),
            _ => String::new(),
        }
    }

    /// True if it was written after the unit's current or last run began.
    fn is_newer_than_run(&self, state: Option<&UnitState>) -> bool {
        matches!(self, ExistingFile::File { changed, .. } if super::is_newer(*changed, state))
    }
}

/// A file of another service managed by mkservice counts as foreign.
fn as_seen_by(name: &UnitName, kind: UnitKind, file: ExistingFile) -> ExistingFile {
    let ExistingFile::File { text, origin, changed } = file else { return file };
    let owner = (!kind.is_main()).then_some(name.as_str());
    let is_its_own = stamp::companion_of(&String::from_utf8_lossy(&text)) == owner;
    ExistingFile::File { origin: if is_its_own { origin } else { Origin::Foreign }, text, changed }
}

/// A file of this size is not a unit: systemd refuses lines this long.
const SIZE_MAX: u64 = 64 << 20;

/// The text of a file that mkservice manages, edited or not.
pub(super) fn managed_text(path: &Path) -> Option<String> {
    tree::symlink_metadata(path).ok().filter(|metadata| metadata.is_file() && metadata.len() <= SIZE_MAX)?;
    String::from_utf8(tree::read(path).ok()?).ok().filter(|text| stamp::is_managed(text))
}

pub(super) fn file_at(path: &Path) -> Result<ExistingFile> {
    let Ok(metadata) = tree::symlink_metadata(path) else { return Ok(ExistingFile::Nothing) };
    if metadata.is_symlink() {
        return Ok(ExistingFile::Link(links_to(path).unwrap_or_default()));
    }
    if !metadata.is_file() || metadata.len() > SIZE_MAX {
        return Ok(ExistingFile::Other);
    }
    let text = tree::read(path).map_err(|error| Error::file("read", path, error))?;
    let origin = stamp::origin(&text);
    let changed = u64::try_from(metadata.mtime() * 1_000_000 + metadata.mtime_nsec() / 1000).unwrap_or(0);
    Ok(ExistingFile::File { text, origin, changed })
}

fn drop_ins(dir: &Path) -> Vec<DropIn> {
    let is_drop_in = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "conf");
    let mut found: Vec<DropIn> = entries(dir)
        .unwrap_or_default()
        .into_iter()
        .map(|entry| entry.path)
        .filter(is_drop_in)
        .map(|path| DropIn { file: file_at(&path).unwrap_or(ExistingFile::Other), path })
        .collect();
    found.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Temporary files for the files that mkservice writes to a directory of drop-ins.
pub(super) fn temporary(dir: &Path) -> Vec<PathBuf> {
    let is_of_ours =
        |name: &str| drop_in::FILES.contains(&name) || runtime::table::preludes().any(|prelude| prelude.file == name);
    let is_temporary = |path: &PathBuf| path.file_name().and_then(final_name).is_some_and(is_of_ours);
    entries(dir).unwrap_or_default().into_iter().map(|entry| entry.path).filter(is_temporary).collect()
}

/// Checked by their first lines, since another program may use the same name.
fn preludes(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let there = runtime::table::preludes().filter_map(|prelude| {
        let path = dir.join(prelude.file);
        let first = prelude.text.lines().next().unwrap_or_default().as_bytes();
        match file_at(&path) {
            Ok(ExistingFile::File { text, .. }) if text.starts_with(first) => Some((path, text)),
            _ => None,
        }
    });
    there.collect()
}
