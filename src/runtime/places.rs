//! What the path of a program tells: whether it lasts, which version it names, and what PATH must hold.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use crate::systemd::folders::DEFAULT_PATH;

/// True for folders that are gone after the session or the next boot: those of one shell (fnm), of one
/// login.
pub fn is_passing(path: &Path) -> bool {
    const FOLDERS: [&str; 4] = ["/run", "/var/run", "/dev", "/proc"];
    FOLDERS.iter().any(|folder| path.starts_with(folder)) || has_part(path, "fnm_multishells")
}

/// True for folders that tools empty when they like: caches. (Poetry keeps its virtual environments in
/// one; nothing but a word from the user deletes those.)
pub fn is_cache(path: &Path) -> bool {
    (has_part(path, ".cache") || has_part(path, "Caches")) && !has_part(path, "virtualenvs")
}

fn has_part(path: &Path, name: &str) -> bool {
    path.components().any(|part| part.as_os_str() == name)
}

/// The version that a folder in a path names, as `v22.3.1` in `~/.nvm/versions/node/v22.3.1/bin/node`: who
/// installs a newer one and deletes that, deletes the program. The file's own name does not count.
pub fn version_in(path: &Path) -> Option<&str> {
    let folders = path.parent()?.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    folders.rev().find_map(version_of)
}

/// `v22.3.1`, `3.12`, or the end of `cpython-3.12.1-linux-x86_64-gnu`.
fn version_of(name: &str) -> Option<&str> {
    name.split(['-', '@', '_']).find(|part| {
        let mut numbers = part.strip_prefix('v').unwrap_or(part).split('.');
        let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        numbers.next().is_some_and(is_number) && numbers.next().is_some_and(is_number)
    })
}

/// The value of PATH in which `first` comes before what systemd gives by default; `None` when nothing of it is
/// missing there.
pub fn path_with(first: &[PathBuf]) -> Option<OsString> {
    let missing: Vec<&Path> = first.iter().map(PathBuf::as_path).filter(|folder| !is_default(folder)).collect();
    (!missing.is_empty()).then(|| joined(missing.into_iter().chain(DEFAULT_PATH.iter().map(Path::new))))
}

/// The caller's PATH without what does not last or means nothing elsewhere, with `first` in front.
pub fn inherited_path(first: &[PathBuf], callers: &[PathBuf]) -> OsString {
    let lasting = || callers.iter().filter(|folder| folder.is_absolute() && !is_passing(folder));
    // What is in it already has its place.
    let missing = first.iter().filter(|folder| !is_default(folder) && !lasting().any(|known| known == *folder));
    joined(missing.chain(lasting()).map(PathBuf::as_path))
}

fn is_default(folder: &Path) -> bool {
    // `/bin` is `/usr/bin` on every machine with merged folders, and in the default PATH of the others.
    DEFAULT_PATH.iter().chain(&["/sbin", "/bin"]).any(|known| folder == Path::new(known))
}

/// Folders as PATH has them, each once. One that holds a colon cannot be written.
fn joined<'a>(folders: impl Iterator<Item = &'a Path>) -> OsString {
    let mut seen: Vec<&OsStr> = Vec::new();
    for folder in folders.map(Path::as_os_str) {
        if !seen.contains(&folder) && !folder.as_bytes().contains(&b':') {
            seen.push(folder);
        }
    }
    seen.join(OsStr::new(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_seen_in_folders() {
        for (path, version) in [
            ("/home/a/.nvm/versions/node/v22.3.1/bin/node", Some("v22.3.1")),
            ("/home/a/.local/share/uv/python/cpython-3.12.1-linux-x86_64-gnu/bin/python3.12", Some("3.12.1")),
            ("/home/a/.pyenv/versions/3.11.7/bin/python", Some("3.11.7")),
            ("/usr/bin/python3.11", None),
            ("/srv/app/.venv/bin/python", None),
            ("/usr/lib/jvm/java-17-openjdk-amd64/bin/java", None),
            ("/opt/x86_64/bin/x", None),
        ] {
            assert_eq!(version_in(Path::new(path)), version, "{path}");
        }
    }

    #[test]
    fn what_lasts_is_told_from_what_passes() {
        assert!(is_passing(Path::new("/run/user/1000/fnm_multishells/1_2/bin/node")));
        assert!(is_passing(Path::new("/home/a/.local/state/fnm_multishells/1_2/bin/node")));
        assert!(!is_passing(Path::new("/home/a/tmp/x")));
        assert!(is_cache(Path::new("/home/a/.cache/uv/environments-v2/s-1/bin/python")));
        assert!(!is_cache(Path::new("/home/a/.cache/pypoetry/virtualenvs/p-py3.11/bin/python")));
    }

    #[test]
    fn a_path_holds_each_folder_once() {
        let folders = |list: &[&str]| list.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(path_with(&folders(&["/usr/bin", "/usr/local/bin"])), None);
        let with = path_with(&folders(&["/v/bin", "/v/bin"])).unwrap();
        assert_eq!(with, "/v/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin");
        let callers = folders(&["/home/a/bin", "", "bin", "/run/x", "/usr/bin", "/home/a/bin", "/a:b"]);
        assert_eq!(inherited_path(&folders(&["/v/bin"]), &callers), "/v/bin:/home/a/bin:/usr/bin");
        assert_eq!(inherited_path(&folders(&["/usr/bin", "/bin"]), &callers), "/home/a/bin:/usr/bin");
    }
}
