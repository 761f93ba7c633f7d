//! The steps that bring an earlier version of a service back.

use super::{Step, prelude};
use crate::present::{FileThere, Present};
use crate::spec::{Scope, UnitName};

/// What has to change so that the service is again as `before` has it: files and links, then the
/// restart.
pub fn put_back(before: &Present, now: &Present, name: &UnitName, scope: Scope) -> (Vec<Step>, Vec<Step>) {
    let unit = name.unit();
    let mut steps = Vec::new();
    if let FileThere::File { text, .. } = &before.main.file {
        steps.push(Step::WriteUnit {
            path: before.main.path.clone(),
            text: String::from_utf8_lossy(text).into_owned(),
            replaces: true,
            keep_time: false,
            difference: Vec::new(),
        });
    }
    // What the new version alone needed; the old one still has its own.
    if before.main.preludes.is_empty() {
        steps.extend(prelude::delete(None, now));
    }
    let added = now.main.links.iter().filter(|link| !before.main.links.contains(link));
    steps.extend(added.cloned().map(Step::RemoveFile));
    let removed = before.main.links.iter().filter(|link| !now.main.links.contains(link));
    steps.extend(removed.map(|link| Step::Link { path: link.clone(), target: before.main.path.clone() }));
    steps.push(Step::Reload(scope));
    (steps, vec![Step::ResetFailed(unit.clone()), Step::Restart(unit)])
}
