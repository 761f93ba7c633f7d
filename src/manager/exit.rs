//! Describes how a run ended (systemd.exec(5), "Process Exit Codes").

use super::state::LastRun;
use crate::model::log_line::LogLine;

/// Exit codes of systemd itself, before it executes the program, by `systemd-analyze exit-status`.
const BEFORE_THE_PROGRAM: [(i32, &str); 40] = [
    (200, "the working directory cannot be entered"),
    (201, "its nice level cannot be set"),
    (202, "its file descriptors cannot be set up"),
    (203, "the program cannot be executed"),
    (204, "there is not enough memory"),
    (205, "its resource limits cannot be set"),
    (206, "its OOM setting cannot be set"),
    (207, "its signal mask cannot be set"),
    (208, "its standard input cannot be set up"),
    (209, "its standard output cannot be set up"),
    (210, "its root directory cannot be changed"),
    (211, "its I/O priority cannot be set"),
    (212, "its timer slack cannot be set"),
    (213, "its secure bits cannot be set"),
    (214, "its scheduling cannot be set"),
    (215, "its CPU affinity cannot be set"),
    (216, "its group cannot be set"),
    (217, "its user cannot be set"),
    (218, "its capabilities cannot be set"),
    (219, "its cgroup cannot be set up"),
    (220, "its session cannot be created"),
    (222, "its standard error cannot be set up"),
    (224, "PAM refused the session"),
    (225, "its network namespace cannot be set up"),
    (226, "its mount namespace cannot be set up"),
    (227, "`no new privileges` cannot be set"),
    (228, "its system call filter cannot be set"),
    (229, "its SELinux context cannot be set"),
    (230, "its personality cannot be set"),
    (231, "its AppArmor profile cannot be set"),
    (232, "its address families cannot be restricted"),
    (233, "its runtime directory cannot be created"),
    (235, "the owner of its files cannot be changed"),
    (237, "its keyring cannot be set up"),
    (238, "its state directory cannot be created"),
    (239, "its cache directory cannot be created"),
    (240, "its log directory cannot be created"),
    (241, "its configuration directory cannot be created"),
    (242, "its NUMA policy cannot be set"),
    (243, "its credentials cannot be set up"),
];

/// `None` if it has not ended. `by_systemd` says that systemd logged “Failed at step”: a program can use exit codes
/// from 200 on as well.
pub fn describe(run: &LastRun, by_systemd: bool) -> Option<String> {
    let named = BEFORE_THE_PROGRAM.iter().find(|(code, _)| *code == run.status && by_systemd);
    let before = named.map(|(_, text)| *text);
    Some(match (run.result.as_str(), run.code) {
        ("timeout", _) => "it exceeded a timeout and was stopped by systemd".into(),
        ("watchdog", _) => "it did not report to systemd's watchdog in time".into(),
        ("resources", _) => "systemd could not set it up, for example because an environment file is missing".into(),
        ("oom-kill", _) => "it was killed because memory ran out".into(),
        ("protocol", _) => "it did not behave as its service type requires".into(),
        (result, CLD_EXITED) => match before.filter(|_| result != "success") {
            Some(text) => format!("{text} (systemd's exit status {})", run.status),
            None => format!("the program exited with status {}", run.status),
        },
        (_, CLD_KILLED | CLD_DUMPED) => format!("the program was killed by {}", signal(run.status)),
        ("start-limit-hit", _) => "it was started too often".into(),
        _ => return None,
    })
}

/// Reads a run from systemd's log messages, for a run that systemd has replaced by a newer one: `x.service: Main
/// process exited, code=exited, status=1/FAILURE`.
pub fn from_log(lines: &[LogLine]) -> Option<LastRun> {
    let line = lines.iter().rev().find(|line| line.contains("Main process exited, code="))?;
    let code = line.split("code=").nth(1)?.split(',').next()?;
    let status = line.split("status=").nth(1)?.split('/').next()?.parse().ok()?;
    let (result, code) = match code {
        "exited" if status == 0 => ("success", CLD_EXITED),
        "exited" => ("exit-code", CLD_EXITED),
        "killed" => ("signal", CLD_KILLED),
        _ => ("core-dump", CLD_DUMPED),
    };
    Some(LastRun { result: result.into(), code, status, restarts: 1, ..LastRun::default() })
}

/// How a process exited, in a word: its exit status, or the signal that killed it.
pub fn brief(code: i32, status: i32) -> String {
    if code == CLD_EXITED { format!("status {status}") } else { signal(status) }
}

/// Names signals that kill programs (signal(7)).
fn signal(number: i32) -> String {
    let name = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL (illegal instruction)",
        5 => "SIGTRAP",
        6 => "SIGABRT (aborted)",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV (segmentation fault)",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return format!("signal {number}"),
    };
    name.to_owned()
}

/// `si_code` of waitid(2).
pub const CLD_EXITED: i32 = 1;
pub const CLD_KILLED: i32 = 2;
pub const CLD_DUMPED: i32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_have_words() {
        let run = |result: &str, code, status| {
            describe(&LastRun { result: result.into(), code, status, ..LastRun::default() }, true)
        };
        assert_eq!(run("exit-code", 1, 203).unwrap(), "the program cannot be executed (systemd's exit status 203)");
        assert_eq!(run("exit-code", 1, 1).unwrap(), "the program exited with status 1");
        assert_eq!(run("success", 1, 0).unwrap(), "the program exited with status 0");
        assert_eq!(run("signal", 2, 9).unwrap(), "the program was killed by SIGKILL");
        assert_eq!(run("success", 0, 0), None);
        let log = ["x.service: Main process exited, code=killed, status=9/KILL".into()];
        assert_eq!(describe(&from_log(&log).unwrap(), false).unwrap(), "the program was killed by SIGKILL");
    }
}
