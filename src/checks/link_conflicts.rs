//! What exists where a link must be created to enable a unit, and whose name an alias would take.

use std::path::{Path, PathBuf};

use crate::host::tree;
use crate::model::command::run;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{Message, message, opt, quoted, quoted_path};
use crate::plan::Step;
use crate::state::Places;
use crate::unit::install::dependents_directory;

/// Refuses a plan whose links conflict: systemd creates none where something else exists, which may be needed.
pub fn refuse(steps: &[Step]) -> Result<()> {
    links(steps).try_for_each(|path| {
        let Ok(there) = tree::symlink_metadata(path) else { return Ok(()) };
        // For links in directories of dependents, only the name counts.
        match dependents_directory(path) {
            Some(_) if there.is_symlink() => Ok(()),
            Some(_) => {
                let message = message!("{} is in the place of a link that would enable the service", quoted_path(path));
                Err(refused(message, path))
            }
            None => Err(taken(path, path)),
        }
    })
}

/// Refuses aliases that currently lead to other units, which could not be reached any more.
pub fn refuse_others_names(steps: &[Step], places: &Places) -> Result<()> {
    links(steps).filter(|path| dependents_directory(path).is_none()).try_for_each(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        match places.elsewhere(&name) {
            Some(other) => Err(taken(path, &other).hint(message!("use {} to take the name from it", opt("force")))),
            None => Ok(()),
        }
    })
}

/// The paths of the links in a plan.
fn links(steps: &[Step]) -> impl Iterator<Item = &Path> {
    let known = steps.iter().flat_map(|step| match step {
        Step::Enable { links, .. } => links.as_slice(),
        _ => &[],
    });
    let named = steps.iter().filter_map(|step| match step {
        Step::Link { path, .. } => Some(path),
        _ => None,
    });
    known.map(|link| &link.path).chain(named).map(PathBuf::as_path)
}

/// An alias whose name is in use.
fn taken(alias: &Path, by: &Path) -> Error {
    let name = alias.file_name().unwrap_or_default();
    refused(message!("the alias {} is taken by another unit: {}", quoted(name), quoted_path(by)), by)
}

fn refused(message: Message, there: &Path) -> Error {
    let check = run("ls").arg("-ld").path(there);
    Error::new(Code::Conflict, message).hint(message!("check what it is: {}", check))
}
