//! What the path of a program says: whether it is temporary, which version it names, and what PATH must contain.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use crate::systemd::directories::DEFAULT_PATH;

/// Whether a directory exists only until logout or the next boot.
pub fn is_temporary(path: &Path) -> bool {
    const DIRECTORIES: [&str; 4] = ["/run", "/var/run", "/dev", "/proc"];
    DIRECTORIES.iter().any(|directory| path.starts_with(directory)) || has_part(path, "fnm_multishells")
}

/// Whether tools can delete a directory at any time. Poetry keeps its virtual environments in a cache, but deletes them
/// on request only.
pub fn is_cache(path: &Path) -> bool {
    (has_part(path, ".cache") || has_part(path, "Caches")) && !has_part(path, "virtualenvs")
}

fn has_part(path: &Path, name: &str) -> bool {
    path.components().any(|part| part.as_os_str() == name)
}

/// The version in the directories of a path, such as `v22.3.1` in `~/.nvm/versions/node/v22.3.1/bin/node`: an update that
/// removes the directory removes the program.
pub fn version_of_path(path: &Path) -> Option<&str> {
    let directories = path.parent()?.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    directories.rev().find_map(version)
}

/// `v22.3.1`, `3.12`, or the end of `cpython-3.12.1-linux-x86_64-gnu`.
fn version(name: &str) -> Option<&str> {
    name.split(['-', '@', '_']).find(|part| {
        let mut numbers = part.strip_prefix('v').unwrap_or(part).split('.');
        let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        numbers.next().is_some_and(is_number) && numbers.next().is_some_and(is_number)
    })
}

/// systemd's default PATH with `first` before it; `None` if it already contains them.
pub fn path_with(first: &[PathBuf]) -> Option<OsString> {
    let missing: Vec<&Path> = first.iter().map(PathBuf::as_path).filter(|directory| !is_default(directory)).collect();
    (!missing.is_empty()).then(|| joined(missing.into_iter().chain(DEFAULT_PATH.iter().map(Path::new))))
}

/// The caller's PATH without relative and temporary directories, with `first` before it.
pub fn inherited_path(first: &[PathBuf], callers: &[PathBuf]) -> OsString {
    let permanent = || callers.iter().filter(|directory| directory.is_absolute() && !is_temporary(directory));
    let missing =
        first.iter().filter(|directory| !is_default(directory) && !permanent().any(|known| known == *directory));
    joined(missing.chain(permanent()).map(PathBuf::as_path))
}

fn is_default(directory: &Path) -> bool {
    // `/bin` is `/usr/bin`, or in the default PATH of systems without merged /usr.
    DEFAULT_PATH.iter().chain(&["/sbin", "/bin"]).any(|known| directory == Path::new(known))
}

/// Each directory once. A directory with a colon cannot be in PATH.
fn joined<'a>(directories: impl Iterator<Item = &'a Path>) -> OsString {
    let mut seen: Vec<&OsStr> = Vec::new();
    for directory in directories.map(Path::as_os_str) {
        if !seen.contains(&directory) && !directory.as_bytes().contains(&b':') {
            seen.push(directory);
        }
    }
    seen.join(OsStr::new(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_directories() {
        for (path, version) in [
            ("/home/a/.nvm/versions/node/v22.3.1/bin/node", Some("v22.3.1")),
            ("/home/a/.local/share/uv/python/cpython-3.12.1-linux-x86_64-gnu/bin/python3.12", Some("3.12.1")),
            ("/home/a/.pyenv/versions/3.11.7/bin/python", Some("3.11.7")),
            ("/usr/bin/python3.11", None),
            ("/srv/app/.venv/bin/python", None),
            ("/usr/lib/jvm/java-17-openjdk-amd64/bin/java", None),
            ("/opt/x86_64/bin/x", None),
        ] {
            assert_eq!(version_of_path(Path::new(path)), version, "{path}");
        }
    }

    #[test]
    fn temporary_directories_and_caches_are_detected() {
        assert!(is_temporary(Path::new("/run/user/1000/fnm_multishells/1_2/bin/node")));
        assert!(is_temporary(Path::new("/home/a/.local/state/fnm_multishells/1_2/bin/node")));
        assert!(!is_temporary(Path::new("/home/a/tmp/x")));
        assert!(is_cache(Path::new("/home/a/.cache/uv/environments-v2/s-1/bin/python")));
        assert!(!is_cache(Path::new("/home/a/.cache/pypoetry/virtualenvs/p-py3.11/bin/python")));
    }

    #[test]
    fn path_contains_each_directory_once() {
        let directories = |list: &[&str]| list.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(path_with(&directories(&["/usr/bin", "/usr/local/bin"])), None);
        let with = path_with(&directories(&["/v/bin", "/v/bin"])).unwrap();
        assert_eq!(with, "/v/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin");
        let callers = directories(&["/home/a/bin", "", "bin", "/run/x", "/usr/bin", "/home/a/bin", "/a:b"]);
        assert_eq!(inherited_path(&directories(&["/v/bin"]), &callers), "/v/bin:/home/a/bin:/usr/bin");
        assert_eq!(inherited_path(&directories(&["/usr/bin", "/bin"]), &callers), "/home/a/bin:/usr/bin");
    }
}
