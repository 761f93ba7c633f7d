//! The words by which programs tell that something was refused, and which measures such words speak against. They only
//! guide the search: what is wrong here costs trials, and nothing else.

mod table;

use crate::hardening::table::FOLDER;
use table::{CALLS, CLUES, Clue, FILES, MEMORY};

/// What a line tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// That something went wrong.
    Complaint,
    /// That an error stopped something; what it was, another line tells.
    Trace,
    /// That something was refused.
    Refusal,
}

/// What a line tells: how much it weighs, what it means, and the directives that it speaks against, in no order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// How much it tells.
    pub weight: Weight,
    /// In plain words.
    pub means: &'static str,
    /// Which directives are looked at first.
    pub suspects: Vec<&'static str>,
}

/// What a line of a log tells of something that went wrong; `None` for other lines.
pub fn told(line: &str) -> Option<Told> {
    let line = line.to_lowercase();
    let is_in = |clue: &&Clue| clue.words.iter().any(|words| line.contains(words));
    let found: Vec<&Clue> = CLUES.iter().filter(is_in).collect();
    // What may be named in passing counts only beside words that something went wrong.
    let complains = |clue: &&Clue| clue.suspects.is_empty() || clue.weight == Weight::Refusal;
    let heaviest = found.iter().filter(|clue| complains(clue)).map(|clue| clue.weight).max()?;
    let means = found.iter().find(|clue| !clue.suspects.is_empty() || found.len() == 1);
    let special = found.iter().filter(|clue| clue.weight == Weight::Complaint && !clue.suspects.is_empty());
    // A device that may not be opened speaks against what hides devices, and less against all else.
    let special: Vec<&str> = special.flat_map(|clue| clue.suspects).copied().collect();
    let general = found.iter().flat_map(|clue| clue.suspects).copied();
    let mut suspects = if special.is_empty() { general.collect() } else { special };
    suspects.sort_unstable();
    suspects.dedup();
    Some(Told { weight: heaviest, means: means.map_or("it complains", |clue| clue.means), suspects })
}

/// The same for a signal that ended a program.
pub fn of_signal(number: i32) -> Option<Told> {
    let clue = |means, suspects: &[&'static str]| Told { weight: Weight::Refusal, means, suspects: suspects.to_vec() };
    match number {
        31 => Some(clue("it makes a system call that is closed to it", CALLS)),
        5 | 6 | 11 => {
            Some(clue("it needs memory that is both writable and executable, as just-in-time compilers do", MEMORY))
        }
        _ => None,
    }
}

/// Narrows suspects down by the paths that were refused: what closes one place does not close others. `folder` is the
/// one that the service runs in.
pub fn narrowed<'a>(suspects: &[&'a str], paths: &[String], folder: Option<&str>) -> Vec<&'a str> {
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
    let behind = |path: &String| -> Vec<&'static str> {
        let inside =
            |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let places = PLACES.iter().filter(|(places, _)| places.iter().any(|place| path.starts_with(place)));
        let mut behind: Vec<&str> = places.flat_map(|(_, directives)| *directives).copied().collect();
        if folder.is_some_and(inside) {
            behind.push(FOLDER);
        } else if behind.is_empty() {
            behind.push("ProtectSystem");
        }
        behind
    };
    let places: Vec<&str> = paths.iter().flat_map(behind).collect();
    // What closes files is known by the paths; the others stay under suspicion.
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

/// The capabilities (capabilities(7)) that are most often behind words such as these, the likeliest first.
pub fn capabilities(lines: &[String]) -> Vec<&'static str> {
    const USERS: &[&str] = &["CAP_SETUID", "CAP_SETGID"];
    const BEHIND: &[(&[&str], &[&str])] = &[
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
    for (words, capabilities) in BEHIND {
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
    fn refusals_are_known_by_their_words() {
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
            let told = told(line).unwrap_or_else(|| panic!("{line}"));
            assert!(told.suspects.contains(&suspect), "{line}: {told:?}");
            assert_eq!(told.weight, Weight::Refusal, "{line}");
        }
        for line in ["listening on 80", "opened /dev/null", "cloned the repository", "/home/ann is the folder", ""] {
            assert_eq!(told(line), None, "{line}");
        }
        assert_eq!(told("could not save").unwrap().weight, Weight::Complaint);
    }

    #[test]
    fn paths_narrow_suspects_down() {
        let files = [FILES, &["CapabilityBoundingSet"]].concat();
        for (path, expected) in [
            ("/srv/web/log", &["CapabilityBoundingSet", FOLDER][..]),
            ("/var/lib/x/a", &["CapabilityBoundingSet", "ProtectSystem"]),
            ("/home/ann/.cache/x", &["CapabilityBoundingSet", "ProtectHome"]),
        ] {
            assert_eq!(narrowed(&files, &[path.to_owned()], Some("/srv/web")), expected, "{path}");
        }
        assert_eq!(narrowed(&files, &[], Some("/srv/web")), files);
        assert_eq!(narrowed(&["NoNewPrivileges"], &["/srv/web/x".into()], None), ["NoNewPrivileges"]);
    }

    #[test]
    fn paths_are_found_however_they_are_written() {
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
