//! The Windows Subsystem for Linux, which runs systemd only where `/etc/wsl.conf` says so.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::tree;

/// True on WSL itself. Containers there have the same kernel, but are booted by others.
pub fn is_here(environment: &BTreeMap<OsString, OsString>) -> bool {
    let has = |name: &str| environment.contains_key(OsStr::new(name));
    let kernel = tree::read("/proc/sys/kernel/osrelease").unwrap_or_default();
    let is_in_container =
        || has("container") || ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"].iter().any(tree::exists);
    has("WSL_DISTRO_NAME") || has("WSL_INTEROP") || (is_kernel_of_wsl(&kernel) && !is_in_container())
}

fn is_kernel_of_wsl(release: &[u8]) -> bool {
    let release = String::from_utf8_lossy(release).to_ascii_lowercase();
    release.contains("microsoft") || release.contains("wsl")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_or_environment_tells_wsl() {
        for (release, expected) in [
            ("5.15.153.1-microsoft-standard-WSL2\n", true),
            ("4.4.0-19041-Microsoft", true),
            ("6.12.0-1-amd64", false),
            ("", false),
        ] {
            assert_eq!(is_kernel_of_wsl(release.as_bytes()), expected, "{release}");
        }
        assert!(is_here(&BTreeMap::from([("WSL_DISTRO_NAME".into(), "Debian".into())])));
    }
}
