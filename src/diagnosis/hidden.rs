//! Paths that exist, but not for the service: directives that hide them.

use super::Evidence;
use crate::spec::Scope;
use crate::systemd::directives::value::boolean;

/// The directive that hides a path, as it is set.
pub fn by(evidence: &Evidence<'_>, path: &str) -> Option<(String, String)> {
    let settings = &evidence.subject.settings;
    // Of all of one name but lists, the last one counts.
    let is_last = |at: usize, name: &str| {
        LISTS.contains(&name) || !settings[at + 1..].iter().any(|(other, _)| other.as_str() == name)
    };
    let mut all = settings.iter().enumerate().filter(|(at, (name, _))| is_last(*at, name)).map(|(_, setting)| setting);
    all.find(|(name, value)| hides(name, value, evidence.subject.scope, path)).cloned()
}

const LISTS: [&str; 3] = ["InaccessiblePaths", "TemporaryFileSystem", "NoExecPaths"];

fn hides(name: &str, value: &str, scope: Scope, path: &str) -> bool {
    let is_in = |dir: &str| {
        let dir = dir.trim_end_matches('/');
        path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_on = boolean(value) == Some(true);
    match name {
        "ProtectHome" => (is_on || value == "tmpfs") && ["/home", "/root", "/run/user"].into_iter().any(is_in),
        "PrivateTmp" => (is_on || value == "disconnected") && ["/tmp", "/var/tmp"].into_iter().any(is_in),
        "PrivateDevices" => is_on && is_in("/dev"),
        "InaccessiblePaths" => value.split_whitespace().any(|dir| is_in(dir.trim_start_matches(['-', '+']))),
        "TemporaryFileSystem" => value.split_whitespace().any(|dir| is_in(dir.split(':').next().unwrap_or_default())),
        "RootDirectory" | "RootImage" => scope == Scope::System && !value.is_empty(),
        _ => false,
    }
}

/// The absolute paths that a line names.
pub fn paths(line: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| c.is_whitespace() || "'\"`,;()[]{}<>‘’“”=".contains(c);
    line.split(ends)
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter(|word| word.starts_with('/') && word.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_hides_what_is_below_its_directories() {
        for (name, value, path, expected) in [
            ("ProtectHome", "yes", "/home/ann/x", true),
            ("ProtectHome", "tmpfs", "/root", true),
            ("ProtectHome", "read-only", "/home/ann/x", false),
            ("ProtectHome", "yes", "/homes/x", false),
            ("PrivateTmp", "true", "/tmp/x", true),
            ("InaccessiblePaths", "-/srv /opt/", "/opt/a", true),
            ("TemporaryFileSystem", "/srv:ro", "/srv/a", true),
            ("RootDirectory", "/srv/image", "/usr/bin/a", true),
            ("ReadOnlyPaths", "/srv", "/srv/a", false),
        ] {
            assert_eq!(hides(name, value, Scope::System, path), expected, "{name}={value} {path}");
        }
        let line = "PermissionError: [Errno 13] Permission denied: '/home/ann/a.txt': see http://x/y, \"/b\".";
        assert_eq!(paths(line).collect::<Vec<_>>(), ["/home/ann/a.txt", "/b"]);
    }
}
