//! What lies where a link has to be made that enables a unit, and whose name an alias would take.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result, shown};
use crate::host::root::seen_from_outside;
use crate::host::tree;
use crate::plan::Step;
use crate::shell;
use crate::state::Places;
use crate::unit::install::dependents_folder;

/// Refuses a plan whose links have no room: systemd makes none where something else is, and what it is may be needed.
pub fn refuse(steps: &[Step]) -> Result<()> {
    links(steps).try_for_each(|path| {
        let Ok(there) = tree::symlink_metadata(path) else { return Ok(()) };
        // Among those of dependents only the name of a link counts.
        match dependents_folder(path) {
            Some(_) if there.is_symlink() => Ok(()),
            Some(_) => {
                let what = shown(&seen_from_outside(path));
                Err(refused(what, "is in the way of a link of that name, by which it starts at boot", path, None))
            }
            None => Err(taken(path, path, None)),
        }
    })
}

/// Refuses aliases by which other units than those of the plan were called so far: they could not be reached any more.
pub fn refuse_others_names(steps: &[Step], places: &Places) -> Result<()> {
    links(steps).filter(|path| dependents_folder(path).is_none()).try_for_each(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        match places.elsewhere(&name) {
            Some(other) => Err(taken(path, &other, Some("--force takes the name from it"))),
            None => Ok(()),
        }
    })
}

/// Where the links are that a plan makes.
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

/// An alias whose name something else has.
fn taken(alias: &Path, by: &Path, otherwise: Option<&str>) -> Error {
    let name = alias.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let why = format!("is the name of something else: {} is there already", shown(&seen_from_outside(by)));
    refused(format!("the alias {}", shell::printable(&name)), &why, by, otherwise)
}

fn refused(what: String, why: &str, there: &Path, otherwise: Option<&str>) -> Error {
    let look = format!("see what it is: ls -ld {}", shell::quote(seen_from_outside(there)));
    let hints = otherwise.map_or_else(|| look.clone(), |otherwise| format!("{look}\n{otherwise}"));
    Error::Value { what, why: why.to_owned(), hint: Some(hints) }
}
