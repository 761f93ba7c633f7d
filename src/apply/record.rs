//! The record of what there is to undo, kept so that no interruption loses it: it is there before the
//! folders that it lies in, and is gone after them.

use std::path::Path;

use super::files;
use crate::error::Result;
use crate::host::{Host, tree};
use crate::state::missing;
use crate::state::undo_record::Record;

/// Writes the record down, making the folders that it lies in. An empty one is deleted, and with it
/// those of them that we made.
pub fn save(record: &Record, host: &Host) -> Result<()> {
    let Some(path) = Record::path(host) else { return Ok(()) };
    if record.is_empty() {
        return forget(&path, host);
    }
    let missing = path.parent().map(missing).unwrap_or_default();
    let outside = missing.first().and_then(|folder| folder.parent());
    let Some(refuge) = Record::in_refuge(host).or_else(|| outside.map(Record::refuge)) else {
        return files::write(&path, &record.written(), files::PRIVATE_MODE);
    };
    files::write(&refuge, &record.written(), files::PRIVATE_MODE)?;
    missing.iter().try_for_each(|folder| files::make_folder(folder))?;
    files::rename(&refuge, &path)
}

fn forget(path: &Path, host: &Host) -> Result<()> {
    let folders = Record::load(host).folders;
    let own: Vec<_> = folders.iter().filter(|folder| path.starts_with(folder)).collect();
    let outside = own.first().and_then(|folder| folder.parent());
    let Some(refuge) = Record::in_refuge(host).or_else(|| outside.map(Record::refuge)) else {
        return files::remove(path);
    };
    if tree::exists(path) {
        files::rename(path, &refuge)?;
    }
    own.into_iter().rev().try_for_each(|folder| files::remove_folder(folder))?;
    files::remove(&refuge)
}
