//! What mkservice changed in an account besides its units, so that the last `remove` can undo it:
//! lingering, and the folders it had to make.
//!
//! The record is a file in `~/.local/state/mkservice`. It is written before the change it tells of:
//! while the folders that it lies in are made or removed, it is beside the outermost of them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::host::{Host, tree};
use crate::spec::Scope;

/// What there is to undo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Lingering was turned on by us.
    pub lingering: bool,
    /// Folders that we made, the outermost first.
    pub folders: Vec<PathBuf>,
}

const LINGERING: &[u8] = b"lingering";
const FOLDER: &[u8] = b"folder ";

impl Record {
    /// Where the record of the caller is; an image has one of its own besides, for what its system had not yet.
    pub fn path(host: &Host) -> Option<PathBuf> {
        let of_image = || host.image.as_ref().map(|_| PathBuf::from("/var/lib/mkservice/undo"));
        host.home.as_ref().map(|home| home.state.join("mkservice/undo")).or_else(of_image)
    }

    /// Whether what is made for services of a scope is written down.
    pub fn is_kept(scope: Scope, host: &Host) -> bool {
        (scope == Scope::User || host.image.is_some()) && Record::path(host).is_some()
    }

    /// Where the record is beside a folder that it is to lie in.
    pub fn refuge(folder: &Path) -> PathBuf {
        folder.join(".mkservice-undo")
    }

    /// Where the record is, if a run that was interrupted has left it in its refuge.
    pub fn in_refuge(host: &Host) -> Option<PathBuf> {
        let path = Record::path(host).filter(|path| tree::symlink_metadata(path).is_err())?;
        // Nobody else may tell us what to undo.
        let is_own = |place: &PathBuf| {
            tree::symlink_metadata(place)
                .is_ok_and(|metadata| metadata.is_file() && host.is_own(metadata.uid(), Scope::User))
        };
        path.ancestors().skip(2).map(Record::refuge).find(is_own)
    }

    /// Reads the record; there is nothing to undo where there is none.
    pub fn load(host: &Host) -> Record {
        let path = Record::in_refuge(host).or_else(|| Record::path(host));
        path.and_then(|path| tree::read(path).ok()).map(|text| Record::parse(&text)).unwrap_or_default()
    }

    /// True when there is nothing to undo.
    pub fn is_empty(&self) -> bool {
        *self == Record::default()
    }

    /// As it stands in its file: a line for each thing.
    pub fn written(&self) -> Vec<u8> {
        let mut text = b"# What mkservice changed here besides units. `mkservice remove` reads it.\n".to_vec();
        if self.lingering {
            text.extend_from_slice(LINGERING);
            text.push(b'\n');
        }
        // A folder with a line break in its name stays behind: better that than a wrong one gone.
        for folder in self.folders.iter().filter(|folder| !folder.as_os_str().as_bytes().contains(&b'\n')) {
            text.extend_from_slice(FOLDER);
            text.extend_from_slice(folder.as_os_str().as_bytes());
            text.push(b'\n');
        }
        text
    }

    fn parse(text: &[u8]) -> Record {
        let mut record = Record::default();
        for line in text.split(|byte| *byte == b'\n') {
            if line == LINGERING {
                record.lingering = true;
            } else if let Some(folder) = line.strip_prefix(FOLDER) {
                record.folders.push(PathBuf::from(OsStr::from_bytes(folder)));
            }
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_was_written() {
        let record = Record {
            lingering: true,
            folders: vec!["/home/me/.config".into(), OsStr::from_bytes(b"/h/\xff x").into()],
        };
        assert_eq!(Record::parse(&record.written()), record);
        assert!(Record::parse(b"").is_empty());
        assert!(Record::parse(b"nonsense\n\xff\n").is_empty());
    }
}
