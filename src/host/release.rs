//! The version of systemd that is installed in a root directory.

use std::path::Path;

use super::tree;

/// Where systemd's shared library is, which has the version in its name.
const DIRS: [&str; 5] = ["usr/lib/systemd", "lib/systemd", "usr/lib64/systemd", "lib64/systemd", "usr/lib"];

/// Such as 252; `None` if it is unknown.
pub fn installed(root: &Path) -> Option<u32> {
    DIRS.into_iter().find_map(|dir| {
        let dir = root.join(dir);
        // Since 253, Debian has it in a directory of the architecture (`usr/lib/x86_64-linux-gnu/systemd`).
        let inner = if dir.ends_with("usr/lib") { entries(&dir) } else { Vec::new() };
        let inner = inner.into_iter().filter(|name| name.contains("-linux-"));
        let inner = inner.flat_map(|name| entries(&dir.join(name).join("systemd")));
        let plain = if dir.ends_with("usr/lib") { Vec::new() } else { entries(&dir) };
        plain.into_iter().chain(inner).filter_map(|name| of_library(&name)).max()
    })
}

/// `libsystemd-shared-252.so`, or with a build after it (`libsystemd-shared-255.4-1ubuntu8.so`).
fn of_library(name: &str) -> Option<u32> {
    let version = name.strip_prefix("libsystemd-shared-")?.strip_suffix(".so")?;
    let digits = version.bytes().take_while(u8::is_ascii_digit).count();
    version[..digits].parse().ok()
}

fn entries(dir: &Path) -> Vec<String> {
    let entries = tree::entries(dir).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.path.file_name()?.to_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "a test makes its own root")]
    fn the_release_is_in_the_name_of_the_library() {
        for (path, expected) in [
            ("lib/systemd/libsystemd-shared-247.so", Some(247)),
            ("usr/lib/systemd/libsystemd-shared-255.4-1ubuntu8.so", Some(255)),
            ("usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.so", Some(257)),
            ("usr/lib64/systemd/libsystemd-shared-262.so", Some(262)),
            ("usr/lib/systemd/libsystemd-core-252.so", None),
            ("usr/lib/systemd/libsystemd-shared-x.so", None),
        ] {
            let root = tempfile::tempdir().unwrap();
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
            assert_eq!(installed(root.path()), expected);
        }
        assert_eq!(installed(Path::new("/nowhere")), None);
    }
}
