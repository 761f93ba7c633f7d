//! Ports below 1024, which only root can listen on (`net.ipv4.ip_unprivileged_port_start`), in the words of common
//! runtimes.

use super::Evidence;
use super::reasons::{Reason, reason, user};
use crate::model::message::{flag, message};
use crate::spec::Scope;

const DENIED: [&str; 5] = ["permission denied", "permissiondenied", "eacces", "(13)", "errno 13"];
const LISTENS: [&str; 6] = ["bind", "listen", "make_sock", "listening socket", "open port", "use port"];
/// In a traceback: the call that failed.
const CALLS: [&str; 6] = [".bind(", "server_bind", "bind0", "net.bind", "net.listen", ".listen("];
/// How many lines of a traceback before and after its error belong to it.
const BEFORE: usize = 12;
const AFTER: usize = 6;

/// If the line `at` says that. All lines are in lower case.
pub fn find(evidence: &Evidence<'_>, lines: &[String], at: usize) -> Option<Reason> {
    let runs_as_root = evidence.subject.scope == Scope::System && user(evidence) == "root";
    if runs_as_root || !is_denied(lines, at) {
        return None;
    }
    let port = port(&lines[at]).filter(|port| *port < 1024);
    let what = port.map_or_else(|| "on a port below 1024".to_owned(), |port| format!("on port {port}"));
    let why = message!("{} is not allowed to listen {}: ports below 1024 belong to root", user(evidence), what);
    let hint = match evidence.subject.scope {
        Scope::System => message!("let it listen there: {}", flag("privileged-ports")),
        Scope::User => {
            message!("create a system service that can: {} {}", flag("system"), flag("privileged-ports"))
        }
    };
    reason(why, [hint])
}

fn is_denied(lines: &[String], at: usize) -> bool {
    let line = lines[at].as_str();
    let has = |line: &str, words: &[&str]| words.iter().any(|word| line.contains(word));
    if !has(line, &DENIED) || names_file(line) || port(line).is_some_and(|port| port >= 1024) {
        return false;
    }
    let around = &lines[at.saturating_sub(BEFORE)..(at + 1 + AFTER).min(lines.len())];
    has(line, &LISTENS) || around.iter().any(|line| has(line, &CALLS))
}

/// A socket file, or a file that has nothing to do with it.
fn names_file(line: &str) -> bool {
    [" /", "'/", "\"/", "unix:", "`/"].iter().any(|start| line.contains(start))
}

/// The last number that stands where a port does: `:80`, `port 80`, `('0.0.0.0', 80)`.
fn port(line: &str) -> Option<u32> {
    let is_port = |at: &usize| {
        let before = &line[..*at];
        let word = before.trim_end_matches([' ', '=', '#', ':']);
        (before.ends_with(':') && !before.ends_with("::"))
            || (word.len() < before.len() && word.ends_with("port"))
            || before.ends_with("', ")
    };
    let starts = line
        .char_indices()
        .filter(|(at, c)| c.is_ascii_digit() && !line[..*at].ends_with(|before: char| before.is_ascii_digit()));
    let mut ports = starts.map(|(at, _)| at).filter(is_port).filter_map(|at| {
        let digits = line[at..].find(|c: char| !c.is_ascii_digit()).map_or(&line[at..], |end| &line[at..at + end]);
        digits.parse().ok().filter(|port| (1..=65535).contains(port))
    });
    ports.next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(text: &str) -> bool {
        let lines: Vec<String> = text.lines().map(str::to_lowercase).collect();
        (0..lines.len()).any(|at| is_denied(&lines, at))
    }

    #[test]
    fn every_runtime_says_it_in_its_words() {
        for text in [
            "    self.socket.bind(self.server_address)\nPermissionError: [Errno 13] Permission denied",
            "[Errno 13] error while attempting to bind on address ('0.0.0.0', 80): permission denied",
            "Error: listen EACCES: permission denied 0.0.0.0:80\n    at Server.setupListenHandle",
            "nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)",
            "(13)Permission denied: AH00072: make_sock: could not bind to address [::]:80",
            "java.net.BindException: Permission denied\n\tat java.base/sun.nio.ch.Net.bind0(Native Method)",
            "Caused by: java.net.SocketException: Permission denied\n\tat x.A.b(A.java:1)\n\tat sun.nio.ch.Net.bind(Net.java:1)",
            "2026/11/29 11:00:05 listen tcp :80: bind: permission denied",
            "`initialize': Permission denied - bind(2) for \"0.0.0.0\" port 443 (Errno::EACCES)",
            "Bind to port 22 on 0.0.0.0 failed: Permission denied.",
            "dnsmasq: failed to create listening socket for port 53: Permission denied",
            "[ALERT] Starting frontend www: cannot bind socket (Permission denied) [0.0.0.0:80]",
            "Failed to listen on 0.0.0.0:80 (reason: Permission denied)",
            "socat[12] E bind(5, {AF=2 0.0.0.0:80}, 16): Permission denied",
        ] {
            assert!(denied(text), "{text}");
        }
        for text in [
            "nginx: [emerg] bind() to 0.0.0.0:8080 failed (13: Permission denied)",
            "nginx: [emerg] bind() to unix:/run/x.sock failed (13: Permission denied)",
            "listen unix /run/x.sock: bind: permission denied",
            "Error: listen EACCES: permission denied /run/x.sock",
            "open('/etc/x')\nPermissionError: [Errno 13] Permission denied: '/etc/x'",
            "Error: EACCES: permission denied, open '/srv/x'",
            "bind() to 0.0.0.0:80 failed (98: Address already in use)",
            "PermissionError: [Errno 13] Permission denied",
        ] {
            assert!(!denied(text), "{text}");
        }
    }
}
