//! What the tests of `adopt` share: background processes of a closed session.

mod handover;
mod refusals;
mod rollback;
mod selection;

use std::process::Command;

use crate::host::{Host, Inside};

/// Runs a line in the background of a shell that exits, as a closed session leaves it, and waits until it has started
/// `program`. The line must redirect its output.
pub fn start(host: &Host, mut shell: Command, directory: &str, line: &str, program: &str) -> u32 {
    let pid = shell
        .cwd(directory)
        .args(["-c", &format!("exec 2> /dev/null; {line} & echo $!")])
        .text()
        .trim()
        .parse()
        .expect("a PID");
    let is_it = || {
        let command = std::fs::read(host.path(format!("/proc/{pid}/cmdline"))).unwrap_or_default();
        command.split(|byte| *byte == 0).next().is_some_and(|word| word == program.as_bytes())
    };
    until("the program runs", is_it);
    pid
}

/// Waits for a condition that no event reports.
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "{what}: not within a minute");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Whether a process is running.
pub fn lives(host: &Host, pid: u32) -> bool {
    let stat = std::fs::read_to_string(host.path(format!("/proc/{pid}/stat"))).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// The processes whose command line contains a text, oldest first. (pgrep(1) is not installed everywhere.)
pub fn running(host: &Host, text: &str) -> Vec<u32> {
    let entries = std::fs::read_dir(host.path("/proc")).unwrap().filter_map(Result::ok);
    let mut pids: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    let command = |pid: &u32| std::fs::read(host.path(format!("/proc/{pid}/cmdline"))).unwrap_or_default();
    let holds = |pid: &u32| String::from_utf8_lossy(&command(pid)).replace('\0', " ").contains(text);
    pids.retain(|pid| holds(pid));
    pids
}

pub fn kill(host: &Host, signal: &str, pid: u32) {
    host.root("sh").args(["-c", &format!("kill -{signal} {pid}")]).text();
}

/// A text with its PID masked.
pub fn without(pid: u32, text: String) -> String {
    text.replace(&pid.to_string(), "[PID]")
}
