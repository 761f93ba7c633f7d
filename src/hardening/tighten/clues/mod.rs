//! What log messages say about denied access, and which measures can cause it. This only guides the search: an error here
//! costs trials, but does not change the result.

mod table;

use crate::hardening::table::DIR;
use table::{BLOCKED_CALL, BLOCKED_MEMORY, CALLS, CLUES, Clue, FILES, MEMORY};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something went wrong.
    Complaint,
    /// An error stopped the program; another line says which.
    Trace,
    /// Something was denied.
    Refusal,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub weight: Weight,
    /// In plain words.
    pub means: &'static str,
    /// The directives that can cause it, in no order.
    pub suspects: Vec<&'static str>,
}

/// What a line of a log says about a failure, if anything.
pub fn evidence(line: &str) -> Option<Evidence> {
    let line = line.to_lowercase();
    let is_in = |clue: &&Clue| clue.words.iter().any(|words| line.contains(words));
    let found: Vec<&Clue> = CLUES.iter().filter(is_in).collect();
    // Words that can be mentioned in passing count only together with a failure.
    let complains = |clue: &&Clue| clue.suspects.is_empty() || clue.weight == Weight::Refusal;
    let heaviest = found.iter().filter(|clue| complains(clue)).map(|clue| clue.weight).max()?;
    let means = found.iter().find(|clue| !clue.suspects.is_empty() || found.len() == 1);
    let special = found.iter().filter(|clue| clue.weight == Weight::Complaint && !clue.suspects.is_empty());
    // A device that cannot be opened is probably hidden.
    let special: Vec<&str> = special.flat_map(|clue| clue.suspects).copied().collect();
    let general = found.iter().flat_map(|clue| clue.suspects).copied();
    let mut suspects = if special.is_empty() { general.collect() } else { special };
    suspects.sort_unstable();
    suspects.dedup();
    Some(Evidence { weight: heaviest, means: means.map_or("it reports an error", |clue| clue.means), suspects })
}

/// The same for a signal that killed the program.
pub fn of_signal(number: i32) -> Option<Evidence> {
    let refusal =
        |means, suspects: &[&'static str]| Evidence { weight: Weight::Refusal, means, suspects: suspects.to_vec() };
    match number {
        31 => Some(refusal(BLOCKED_CALL, CALLS)),
        5 | 6 | 11 => Some(refusal(BLOCKED_MEMORY, MEMORY)),
        _ => None,
    }
}

/// The suspects that can have denied access to these paths. `directory` is the working directory.
pub fn narrowed<'a>(suspects: &[&'a str], paths: &[String], directory: Option<&str>) -> Vec<&'a str> {
    const PLACES: [(&[&str], &[&str]); 4] = [
        (&["/home/", "/root/", "/run/user/"], &["ProtectHome"]),
        (&["/proc/", "/sys/"], &["ProtectKernelTunables", "ProtectControlGroups", "ProtectProc", "ProcSubset"]),
        (&["/tmp/", "/var/tmp/"], &["PrivateTmp", "ProtectSystem"]),
        (&["/dev/"], &["PrivateDevices", "DevicePolicy"]),
    ];
    let is_about_files = suspects.contains(&"ProtectSystem");
    if !is_about_files || paths.is_empty() {
        return suspects.to_vec();
    }
    let causes = |path: &String| -> Vec<&'static str> {
        let inside =
            |parent: &str| path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let places = PLACES.iter().filter(|(places, _)| places.iter().any(|place| path.starts_with(place)));
        let mut causes: Vec<&str> = places.flat_map(|(_, directives)| *directives).copied().collect();
        if directory.is_some_and(inside) {
            causes.push(DIR);
        } else if causes.is_empty() {
            causes.push("ProtectSystem");
        }
        causes
    };
    let places: Vec<&str> = paths.iter().flat_map(causes).collect();
    let others = suspects.iter().copied().filter(|suspect| !FILES.contains(suspect));
    let mut narrowed: Vec<&str> = places.into_iter().chain(others).collect();
    narrowed.sort_unstable();
    narrowed.dedup();
    narrowed
}

/// The absolute paths in a line, as programs write them: bare, quoted, or before a colon.
pub fn paths(line: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find('/') {
        let before = rest[..start].chars().next_back();
        let begins = before.is_none_or(|c| !(c.is_alphanumeric() || "._-~:/".contains(c)));
        let quote = before.filter(|c| "'\"`".contains(*c));
        let ends = |c: char| match quote {
            Some(quote) => c == quote,
            None => c.is_whitespace() || "'\"`,;:()[]{}<>|‘’“”".contains(c),
        };
        let length = rest[start..].find(ends).unwrap_or(rest.len() - start);
        let path = rest[start..start + length].trim_end_matches(['.', '/']);
        if begins && path.len() > 1 {
            paths.push(path.to_owned());
        }
        rest = &rest[start + length.max(1)..];
    }
    paths
}

/// The capabilities (capabilities(7)) that these lines probably need, the likeliest first.
pub fn capabilities(lines: &[String]) -> Vec<&'static str> {
    const USERS: &[&str] = &["CAP_SETUID", "CAP_SETGID"];
    const NEEDED: &[(&[&str], &[&str])] = &[
        (&["sudo", "su:", "pam"], &["CAP_SETUID", "CAP_SETGID", "CAP_AUDIT_WRITE", "CAP_DAC_READ_SEARCH"]),
        (&["bind", "listen", "port", "address"], &["CAP_NET_BIND_SERVICE"]),
        (&["setuid", "setgid", "setgroups", "initgroups", "setpriv", "setresuid", "user", "group"], USERS),
        (&["ping", "raw socket", "socket"], &["CAP_NET_RAW"]),
        (&["chown", "owner"], &["CAP_CHOWN", "CAP_FOWNER"]),
        (&["chmod"], &["CAP_FOWNER"]),
        (&["kill"], &["CAP_KILL"]),
        (&["nice", "sched", "priority"], &["CAP_SYS_NICE"]),
        (&["rlimit", "ulimit"], &["CAP_SYS_RESOURCE"]),
        (&["chroot"], &["CAP_SYS_CHROOT"]),
        (&["mount", "unshare", "namespace", "hostname"], &["CAP_SYS_ADMIN"]),
        (&["ptrace", "/proc", "strace"], &["CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"]),
        (&["interface", "route", "iptables", "netlink", "tun"], &["CAP_NET_ADMIN"]),
        (&["clock", "time of day", "settimeofday"], &["CAP_SYS_TIME"]),
        (&["mknod"], &["CAP_MKNOD"]),
        (&["dmesg", "kmsg", "syslog"], &["CAP_SYSLOG"]),
        (&["mlock", "lock memory"], &["CAP_IPC_LOCK"]),
        (&["permission denied", "eacces", "errno 13"], &["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"]),
    ];
    let text = lines.join("\n").to_lowercase();
    let mut found: Vec<&str> = Vec::new();
    for (words, capabilities) in NEEDED {
        if words.iter().any(|word| text.contains(word)) {
            found.extend(capabilities.iter().filter(|one| !found.contains(one)).collect::<Vec<_>>());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_found_by_their_words() {
        for (line, suspect) in [
            ("OSError: [Errno 30] Read-only file system: '/srv/x/log'", "ProtectSystem"),
            (
                "sudo: The \"no new privileges\" flag is set, which prevents sudo from running as root.",
                "NoNewPrivileges",
            ),
            (
                "sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the 'nosuid' option set",
                "NoNewPrivileges",
            ),
            ("PermissionError: [Errno 13] Permission denied", "CapabilityBoundingSet"),
            ("Error: EACCES: permission denied, open '/dev/ttyS0'", "PrivateDevices"),
            ("socket: Address family not supported by protocol", "RestrictAddressFamilies"),
            ("ping: socket: Operation not permitted", "CapabilityBoundingSet"),
            ("bwrap: No permissions to create new namespace: Operation not permitted", "RestrictNamespaces"),
            ("setpriv: setresuid failed: Operation not permitted", "CapabilityBoundingSet"),
            ("cat: /home/ann/x: No such file or directory", "ProtectHome"),
            ("t.service: Failed at step CHDIR spawning /x: No such file or directory", "ProtectHome"),
            (
                "thread 'main' panicked at src/main.rs:3: Os { code: 38, message: \"Function not implemented\" }",
                "SystemCallFilter",
            ),
        ] {
            let evidence = evidence(line).unwrap_or_else(|| panic!("{line}"));
            assert!(evidence.suspects.contains(&suspect), "{line}: {evidence:?}");
            assert_eq!(evidence.weight, Weight::Refusal, "{line}");
        }
        for line in ["listening on 80", "opened /dev/null", "cloned the repository", "/home/ann is the directory", ""] {
            assert_eq!(evidence(line), None, "{line}");
        }
        assert_eq!(evidence("could not save").unwrap().weight, Weight::Complaint);
    }

    #[test]
    fn suspects_are_narrowed_by_paths() {
        let files = [FILES, &["CapabilityBoundingSet"]].concat();
        for (path, expected) in [
            ("/srv/web/log", &["CapabilityBoundingSet", DIR][..]),
            ("/var/lib/x/a", &["CapabilityBoundingSet", "ProtectSystem"]),
            ("/home/ann/.cache/x", &["CapabilityBoundingSet", "ProtectHome"]),
        ] {
            assert_eq!(narrowed(&files, &[path.to_owned()], Some("/srv/web")), expected, "{path}");
        }
        assert_eq!(narrowed(&files, &[], Some("/srv/web")), files);
        assert_eq!(narrowed(&["NoNewPrivileges"], &["/srv/web/x".into()], None), ["NoNewPrivileges"]);
    }

    #[test]
    fn paths_are_found_in_quotes_and_between_punctuation() {
        for (line, expected) in [
            ("OSError: [Errno 30] Read-only file system: '/srv/my app/log'", &["/srv/my app/log"][..]),
            ("sh: 1: cannot create /var/lib/x/a: Read-only file system", &["/var/lib/x/a"]),
            ("Error: EROFS: read-only file system, open '/a/b.txt'", &["/a/b.txt"]),
            ("touch: cannot touch ‘/a/b’: Read-only file system", &["/a/b"]),
            ("open(/a/b, 1) and \"/c\".", &["/a/b", "/c"]),
            ("see https://x.org/y, and ./a/b, 1/2 /", &[]),
        ] {
            assert_eq!(paths(line), expected, "{line}");
        }
    }
}
