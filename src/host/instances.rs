//! Directories and files with `%i` in their names, looked up for each instance.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};

use super::Host;
use super::environment_file::{self, EnvironmentFileFound};
use super::lookup::{self, Dir, named};
use crate::spec::{InstanceName, Instances};
use crate::systemd::specifier::{literal, names_instance, of_instance};

fn of_one(text: &OsStr, name: &InstanceName) -> OsString {
    OsString::from_vec(of_instance(text.as_bytes(), name.as_str()).into_owned())
}

/// Escapes `%i` in a path.
fn literally(path: &Path) -> PathBuf {
    OsString::from_vec(literal(path.as_os_str().as_bytes())).into()
}

/// The path of the first instance.
pub fn of_first(path: &Path, instances: &Instances) -> PathBuf {
    instances.names().first().map_or_else(|| path.to_owned(), |name| of_one(path.as_os_str(), name).into())
}

/// The working directory: each instance must be able to enter its own.
pub fn dir(typed: Option<&OsStr>, instances: &Instances, host: &Host) -> Option<Dir> {
    let Some(word) = typed.filter(|word| names_instance(word.as_bytes())) else {
        let typed = typed.map(|word| OsString::from_vec(of_instance(word.as_bytes(), "").into_owned()));
        let dir = lookup::dir(typed.as_deref(), host)?;
        return Some(Dir { path: literally(&dir.path), ..dir });
    };
    let path = in_notation(word, host);
    let mut dirs = instances.names().iter().filter_map(|name| lookup::dir(Some(&of_one(word, name)), host));
    match dirs.find(|dir| dir.trouble.is_some()) {
        Some(dir) => Some(dir),
        None if path.components().any(|part| part == Component::ParentDir) => {
            Some(Dir { path, trouble: Some("systemd does not support `..` and `%i` in one path".into()) })
        }
        None => Some(Dir { path, trouble: None }),
    }
}

/// The environment file of each instance.
pub fn environment_files(
    word: &OsStr,
    instances: &Instances,
    read_by_root: bool,
    host: &Host,
) -> Vec<EnvironmentFileFound> {
    let bytes = word.as_bytes();
    if !names_instance(bytes) {
        let file = environment_file::find(&OsString::from_vec(of_instance(bytes, "").into_owned()), read_by_root, host);
        return vec![EnvironmentFileFound { of_each: Some(literally(&file.path)), ..file }];
    }
    let path = in_notation(OsStr::from_bytes(bytes.strip_prefix(b"-").unwrap_or(bytes)), host);
    let look = |name| EnvironmentFileFound {
        of_each: Some(path.clone()),
        ..environment_file::find(&of_one(word, name), read_by_root, host)
    };
    instances.names().iter().map(look).collect()
}

/// The path of an argument, relative to a directory in which `%i` is escaped.
fn in_notation(word: &OsStr, host: &Host) -> PathBuf {
    let seen = Host { dir: host.dir.as_deref().map(literally), ..host.clone() };
    named(word, &seen).components().collect()
}
