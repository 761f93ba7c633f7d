//! The steps that maintain the file that a runtime reads first (see [`Prelude`]), next to the drop-ins of the unit.

use std::path::{Path, PathBuf};

use super::Step;
use crate::runtime::table::Prelude;
use crate::spec::ServiceSpec;
use crate::state::{ExistingUnit, Present};

/// The directory of the unit's drop-ins, of which systemd reads only `*.conf`.
fn dir(there: &ExistingUnit) -> PathBuf {
    let mut dir = there.path.clone().into_os_string();
    dir.push(".d");
    dir.into()
}

/// The steps that write it, before the unit that refers to it.
pub(super) fn write(spec: &ServiceSpec, present: &Present) -> Vec<Step> {
    let Some(Prelude { file, text, .. }) = spec.prelude else { return Vec::new() };
    let there = present.unit(spec.main_kind()).unwrap_or(&present.main);
    let path = dir(there).join(file);
    if there.preludes.iter().any(|(there, content)| *there == path && content == text.as_bytes()) {
        return Vec::new();
    }
    vec![Step::WriteFile { path, text }]
}

/// The steps that delete all such files of a unit.
pub(super) fn delete_of(there: &ExistingUnit) -> Vec<Step> {
    let files: Vec<Step> = there.preludes.iter().map(|(path, _)| Step::RemoveFile(path.clone())).collect();
    let dir = there.preludes.first().and_then(|(path, _)| path.parent());
    files.into_iter().chain(dir.map(|dir| Step::RemoveDir(dir.to_owned()))).collect()
}

/// The steps that delete such files, except the wanted one.
pub(super) fn delete(wanted: Option<&Prelude>, there: &ExistingUnit) -> Vec<Step> {
    let is_wanted =
        |path: &Path| wanted.is_some_and(|prelude| path.file_name().is_some_and(|name| name == prelude.file));
    let to_remove = there.preludes.iter().map(|(path, _)| path).filter(|path| !is_wanted(path));
    let files: Vec<Step> = to_remove.cloned().map(Step::RemoveFile).collect();
    let dir = (!files.is_empty()).then(|| Step::RemoveDir(dir(there)));
    files.into_iter().chain(dir).collect()
}
