//! The steps that store, move, and restore the secrets of a service.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Step;
use crate::spec::{Sensitive, ServiceSpec, UnitName};
use crate::state::Present;
use crate::state::credential_store::{self, StoredSecrets};
use crate::state::service::Service;

/// The steps that write secrets: the changed files and their contents.
pub fn write_secrets(kept: &StoredSecrets, files: Vec<(PathBuf, Sensitive)>) -> Vec<Step> {
    let is_there = |path: &PathBuf| kept.secrets.iter().any(|secret| secret.path == *path);
    files.into_iter().map(|(path, content)| Step::WriteSecret { replaces: is_there(&path), path, content }).collect()
}

/// The steps that delete stored secrets that are no longer used.
pub(super) fn delete_stale(kept: &StoredSecrets, spec: &ServiceSpec) -> Vec<Step> {
    let is_wanted = |path: &PathBuf| spec.secrets.iter().any(|secret| secret.path() == path);
    let stale = kept.secrets.iter().map(|secret| &secret.path).filter(|path| !is_wanted(path));
    let to_remove: Vec<Step> = stale.chain(&kept.temporary).cloned().map(Step::RemoveFile).collect();
    let dir = kept.dir.iter().filter(|_| !to_remove.is_empty()).cloned().map(Step::RemoveDir);
    let dir: Vec<Step> = dir.collect();
    [to_remove, dir].concat()
}

/// The steps that undo the changes of `steps` to secrets. `before` has the previous contents.
pub fn restore_secrets(steps: &[Step], before: &[(PathBuf, Sensitive)]) -> Vec<Step> {
    let content = |path: &PathBuf| before.iter().find(|(known, _)| known == path).map(|(_, content)| content.clone());
    let mut back = Vec::new();
    let mut dirs = BTreeSet::new();
    for step in steps {
        match step {
            Step::WriteSecret { path, .. } | Step::RemoveFile(path) => match content(path) {
                Some(content) => back.push(Step::WriteSecret { path: path.clone(), content, replaces: true }),
                None if matches!(step, Step::WriteSecret { .. }) => {
                    back.push(Step::RemoveFile(path.clone()));
                    dirs.extend(path.parent().map(Path::to_owned));
                }
                None => {}
            },
            _ => {}
        }
    }
    back.into_iter().chain(dirs.into_iter().map(Step::RemoveDir)).collect()
}

/// The secret files of a service, and their paths under another name.
pub fn moves(old: &Present, name: &UnitName) -> Vec<(PathBuf, PathBuf)> {
    let Some(dir) = &old.kept.dir else { return Vec::new() };
    let secrets = old.kept.secrets.iter();
    secrets.map(|it| (it.path.clone(), credential_store::path(dir, name, &it.name, it.keeping))).collect()
}

/// The steps that delete the secrets stored under the old name of a service.
pub(super) fn delete_old(old: &Service) -> Vec<Step> {
    let kept = &old.present.kept;
    let secrets = kept.secrets.iter().map(|secret| &secret.path).chain(&kept.temporary);
    secrets.cloned().map(Step::RemoveFile).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_secrets_are_restored_or_deleted() {
        let sensitive = |text: &str| Sensitive::new(text.into());
        let write =
            |path: &str, text: &str| Step::WriteSecret { path: path.into(), content: sensitive(text), replaces: true };
        let steps = [write("/f/new", "x"), Step::Start("u".into())];
        assert_eq!(restore_secrets(&steps, &[]), [Step::RemoveFile("/f/new".into()), Step::RemoveDir("/f".into())]);
        let steps = [write("/f/a", "new"), Step::RemoveFile("/f/b".into()), Step::RemoveFile("/other".into())];
        let before = [("/f/a".into(), sensitive("old")), ("/f/b".into(), sensitive("gone"))];
        assert_eq!(restore_secrets(&steps, &before), [write("/f/a", "old"), write("/f/b", "gone")]);
    }

    #[test]
    fn no_step_shows_a_secret() {
        let step =
            Step::WriteSecret { path: "/f/a".into(), content: Sensitive::new(b"hunter2".to_vec()), replaces: false };
        assert!(!format!("{step} {step:?}").contains("hunter2"));
    }
}
