//! Known reasons, and how each is detected.

use super::{Evidence, Subject, patterns, steps, trigger};
use crate::manager::journal::Log;
use crate::model::command::run;
use crate::model::message::{Message, flag, message, opt, quoted, set};
use crate::shell;
use crate::spec::Scope;
use crate::systemd::directives::value::boolean;

pub struct Reason {
    /// A sentence.
    pub why: Message,
    pub hints: Vec<Message>,
}

pub fn reason(why: impl Into<Message>, hints: impl IntoIterator<Item = Message>) -> Option<Reason> {
    Some(Reason { why: why.into(), hints: hints.into_iter().collect() })
}

/// systemd reads no quotes in paths: it ignores an environment file, and does not load the unit for a directory.
fn quoted_value(evidence: &Evidence<'_>) -> Option<Reason> {
    let names = ["EnvironmentFile", "WorkingDirectory", "RootDirectory", "PIDFile"];
    let mut settings = evidence.subject.settings.iter().filter(|(name, _)| names.contains(&name.as_str()));
    let (name, value) = settings.find(|(_, value)| value.trim_start_matches('-').starts_with(['"', '\'']))?;
    let bare = format!("{name}={}", value.replace(['"', '\''], ""));
    let why = message!("systemd reads no quotes in {}, so it is not a path", quoted(format!("{name}={value}")));
    reason(why, [message!("write it without quotes, also with spaces: {}", quoted(bare))])
}

/// systemd runs no shell: the program gets an operator as an argument.
fn shell_operator(evidence: &Evidence<'_>) -> Option<Reason> {
    let Subject { program, arguments, .. } = evidence.subject;
    let operator = arguments.iter().find(|word| shell::is_operator(word))?;
    let is_shell = arguments.first().is_some_and(|first| first.starts_with('-') && first.ends_with('c'));
    let has_failed = ["exit-code", "success"].contains(&result(evidence));
    if is_shell || !has_failed {
        return None;
    }
    let words = std::iter::once(program.to_string_lossy().into_owned()).chain(arguments.iter().cloned());
    let line = shell::join_line(words.collect::<Vec<_>>().iter().map(String::as_str));
    let why = message!("systemd runs no shell: {} is an argument of the program", quoted(operator));
    reason(why, [message!("run the line with a shell: {}", run("sh").arg("-c").arg(line))])
}

fn result<'a>(evidence: &'a Evidence<'_>) -> &'a str {
    &evidence.down.run.result
}

/// The first reason that matches.
pub fn find(evidence: &Evidence<'_>) -> Option<Reason> {
    quoted_value(evidence)
        .or_else(|| shell_operator(evidence))
        .or_else(|| steps::find(evidence))
        .or_else(|| trigger::find(evidence))
        .or_else(|| said_by_systemd(evidence))
        .or_else(|| patterns::find(evidence))
        .or_else(|| without_home(evidence))
        .or_else(|| left_out_by_systemd(evidence))
        .or_else(|| by_result(evidence))
}

/// systemd names the step at which it failed to start the program, and the error:
/// `x.service: Failed at step EXEC spawning /x: No such file or directory`. The unit's name at the beginning distinguishes
/// this from a description with the same text.
pub fn failed_step<'a>(evidence: &'a Evidence<'_>) -> Option<&'a str> {
    let start = format!("{}: Failed at step ", evidence.subject.name.unit());
    evidence.log.manager.iter().rev().find_map(|line| line.strip_prefix(&start))
}

/// Suggests to leave out those of the directives that were given.
pub fn without(evidence: &Evidence<'_>, directives: &[&str]) -> Vec<Message> {
    let given = evidence.subject.settings.iter().filter(|(name, _)| directives.contains(&name.as_str()));
    given.map(|(name, value)| message!("leave out {}", set("property", format!("{name}={value}")))).collect()
}

fn said_by_systemd(evidence: &Evidence<'_>) -> Option<Reason> {
    let said = |what: &str| evidence.log.manager.iter().find(|line| line.contains(what));
    if let Some(line) = said("Failed to load environment files") {
        let files = evidence.subject.settings.iter().filter(|(name, _)| name == "EnvironmentFile");
        let look = files.map(|(_, file)| run("file").args(["--", file.trim_start_matches('-')]).into());
        return match line.rsplit(": ").next().unwrap_or_default() {
            "Invalid argument" => reason("an environment file contains text that is not UTF-8", look),
            "Bad message" => reason("an environment file contains a NUL byte, or is not text", look),
            error => reason(
                message!("an environment file cannot be read: {}", error.to_lowercase()),
                [message!("make the file optional with a leading `-`: {}", set("environment-file", "-FILE"))],
            ),
        };
    }
    if said("reception only permitted for main PID").is_some() {
        let hint = message!("accept it from all its processes: {}", set("property", "NotifyAccess=all"));
        return reason(
            "a child process reported that it is ready, and systemd accepts that of the main process only",
            [hint],
        );
    }
    if let Some(line) = said("Can't open PID file ").filter(|_| ["timeout", "protocol"].contains(&result(evidence))) {
        let path = line.split("PID file ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let why = message!("systemd waited for the PID file {}, which the program did not write", quoted(path));
        return reason(why, without(evidence, &["PIDFile"]));
    }
    for (step, directive) in [("start-pre", "ExecStartPre"), ("start-post", "ExecStartPost")] {
        if said(&format!("{step} operation timed out")).is_some() {
            let why = message!("a command of {}= did not finish in time", directive);
            return reason(why, [message!("give it more time: {}", set("property", "TimeoutStartSec=5min"))]);
        }
    }
    None
}

/// Whether systemd refused to start it again (`StartLimitBurst=`).
pub fn has_reached_limit(log: &Log) -> bool {
    log.manager.iter().any(|line| line.contains("Start request repeated too quickly"))
}

pub const COMMAND_MISSING: &str = "a command that it runs is not in the service's PATH";

pub fn pass_on_path() -> Message {
    message!("pass on your PATH: {}", flag("inherit-path"))
}

/// systemd sets `HOME` only for services with a user (systemd.exec(5), "Environment Variables in Spawned Processes").
fn without_home(evidence: &Evidence<'_>) -> Option<Reason> {
    if user(evidence) != "root" || !evidence.log.program.iter().any(|line| misses_home(line)) {
        return None;
    }
    reason("systemd does not set HOME for services that run as root", [set("setenv", "HOME=/root").into()])
}

/// As git, Go, Ruby, and many others report it; not for `JAVA_HOME`.
fn misses_home(line: &str) -> bool {
    const MISSING: [&str; 6] =
        ["not set", "not defined", "are defined", "must be set", "undefined", "find HOME environment"];
    let mut words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.any(|word| word == "HOME") && MISSING.iter().any(|text| line.contains(text))
}

/// systemd ignores invalid lines of an environment file.
fn left_out_by_systemd(evidence: &Evidence<'_>) -> Option<Reason> {
    let line = evidence.log.manager.iter().find(|line| line.contains("Ignoring invalid environment assignment '"))?;
    let (assignment, file) = line.split_once("assignment '")?.1.rsplit_once("': ")?;
    let why = message!("systemd ignores a line of {}, which may be missing: {}", quoted(file), quoted(assignment));
    let hint = match assignment.split_once(['=', ' ']) {
        Some(("export", _)) => "write NAME=VALUE without `export`: no shell reads environment files",
        _ => "write NAME=VALUE, with a name of letters, digits and `_` that does not begin with a digit",
    };
    reason(why, [hint.into()])
}

fn by_result(evidence: &Evidence<'_>) -> Option<Reason> {
    let ended = &evidence.down.run;
    match (ended.result.as_str(), ended.code, ended.status) {
        ("success", 1, 0) if evidence.down.state.condition_met => reason(
            "a service must keep running, but this command exits or forks into the background",
            [
                message!("for a command that exits: {}", set("service-type", "oneshot")),
                message!("for a program that forks, such as a tmux server: {}", set("service-type", "forking")),
            ],
        ),
        ("exit-code", 1, 127) => reason(COMMAND_MISSING, [pass_on_path()]),
        ("exit-code", 1, 126) => reason("a command that it runs is not executable", None),
        ("signal" | "core-dump", _, 31) => {
            let filters = without(evidence, &steps::SECCOMP);
            if filters.is_empty() { None } else { reason("it used a system call that a filter forbids", filters) }
        }
        ("signal" | "core-dump", _, 5) => {
            let rules = without(evidence, &["MemoryDenyWriteExecute"]);
            let why = "it needs memory that is both writable and executable, as just-in-time compilers do";
            if rules.is_empty() { None } else { reason(why, rules) }
        }
        ("oom-kill", ..) => {
            reason("it needs more memory than is available or allowed", without(evidence, &["MemoryMax", "MemoryHigh"]))
        }
        ("timeout", ..) => timeout(evidence),
        ("protocol", ..) => match evidence.subject.service_type.as_str() {
            "forking" => reason("the PID file does not name a process of the service", without(evidence, &["PIDFile"])),
            _ => reason("it exited before it reported that it is ready", [not_reporting()]),
        },
        ("watchdog", ..) => reason(
            "it did not send WATCHDOG=1 to systemd in time: it hangs, or does not support the watchdog",
            [message!("for a program that does not support it, leave out {}", opt("watchdog-sec"))],
        ),
        ("signal" | "core-dump", _, 4) => reason(
            "it uses an instruction that this CPU does not have: it was built for a newer one",
            [message!("show what this CPU has: {}", run("lscpu"))],
        ),
        _ => None,
    }
}

fn timeout(evidence: &Evidence<'_>) -> Option<Reason> {
    let limited = without(evidence, &["RuntimeMaxSec"]);
    match evidence.subject.service_type.as_str() {
        "forking" => reason(
            "Type=forking: systemd waited for the first process to exit, but the program stays in the foreground",
            [message!("for a program in the foreground: {}", set("service-type", "exec"))],
        ),
        "notify" | "notify-reload" | "dbus" => {
            reason("systemd waited for the program to report that it is ready", [not_reporting()])
        }
        _ if !limited.is_empty() => reason("RuntimeMaxSec= limits how long it runs", limited),
        _ => None,
    }
}

fn not_reporting() -> Message {
    message!("for a program that does not report it: {}", set("service-type", "exec"))
}

pub fn user(evidence: &Evidence<'_>) -> String {
    match (evidence.subject.scope, evidence.subject.account.as_deref()) {
        (Scope::User, _) => "your user".into(),
        (Scope::System, Some(user)) => user.to_owned(),
        (Scope::System, None) if is_dynamic(evidence) => "the user that DynamicUser= allocates".into(),
        (Scope::System, None) => "root".into(),
    }
}

/// Whether its user exists only while it runs (systemd.exec(5), `DynamicUser=`).
fn is_dynamic(evidence: &Evidence<'_>) -> bool {
    let last = evidence.subject.settings.iter().rev().find(|(name, _)| name == "DynamicUser");
    last.and_then(|(_, value)| boolean(value)) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::misses_home;

    #[test]
    fn programs_that_miss_home_are_recognized() {
        for (line, expected) in [
            ("fatal: $HOME not set", true),
            ("panic: $HOME is not defined", true),
            ("GOCACHE is not defined and neither $XDG_CACHE_HOME nor $HOME are defined", true),
            ("couldn't find HOME environment -- expanding `~' (ArgumentError)", true),
            ("Error: HOME environment variable must be set", true),
            ("The JAVA_HOME environment variable is not defined correctly", false),
            ("ORACLE_HOME not set", false),
            ("HOME is /srv", false),
        ] {
            assert_eq!(misses_home(line), expected, "{line}");
        }
    }
}
