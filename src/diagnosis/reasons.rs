//! Known reasons, and how each is detected.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::Evidence;
use super::trigger;
use crate::manager::journal::Log;
use crate::model::command::run;
use crate::model::message::{Message, flag, message, quoted, set};
use crate::shell;
use crate::spec::Scope;
use crate::systemd::directives::value::boolean;

pub struct Reason {
    /// A sentence.
    pub why: Message,
    pub hints: Vec<Message>,
}

fn reason(why: impl Into<Message>, hints: impl IntoIterator<Item = Message>) -> Option<Reason> {
    Some(Reason { why: why.into(), hints: hints.into_iter().collect() })
}

/// The first reason that matches.
pub fn find(evidence: &Evidence<'_>) -> Option<Reason> {
    before_the_program(evidence)
        .or_else(|| trigger::find(evidence))
        .or_else(|| said_by_systemd(evidence))
        .or_else(|| said_by_the_program(evidence))
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

fn before_the_program(evidence: &Evidence<'_>) -> Option<Reason> {
    let line = failed_step(evidence);
    let step = line.and_then(|line| line.split(' ').next());
    let error = line.and_then(|line| line.rsplit(": ").next()).unwrap_or_default();
    let path = line.and_then(|line| line.split(" spawning ").nth(1)?.rsplit_once(": ")).map(|(path, _)| path);
    let by_code = match evidence.down.run.status {
        _ if evidence.down.run.result != "exit-code" => None,
        200 => Some("CHDIR"),
        203 => Some("EXEC"),
        216 => Some("GROUP"),
        217 => Some("USER"),
        218 => Some("CAPABILITIES"),
        226 => Some("NAMESPACE"),
        228 => Some("SECCOMP"),
        243 => Some("CREDENTIALS"),
        _ => None,
    };
    // Only the step is certain: the program can exit with the same status.
    match step.or(by_code.filter(|_| evidence.log.unreadable))? {
        "EXEC" => not_executed(evidence, path, error),
        "CHDIR" => {
            let dir = quoted(&evidence.subject.dir);
            let why = match error {
                "Permission denied" => {
                    message!("{} cannot access the working directory {}", user(evidence), dir)
                }
                "No such file or directory" => message!("the working directory {} does not exist any more", dir),
                _ => message!("the working directory {} cannot be used", dir),
            };
            reason(why, [message!("choose another directory: {}", set("working-directory", "DIR"))])
        }
        "USER" => reason(
            message!("the user {} does not exist any more", quoted(user(evidence))),
            [message!("choose another user: {}", set("uid", "USER"))],
        ),
        "GROUP" => {
            let why = match evidence.subject.scope {
                Scope::User => "a user manager cannot change the user or its groups",
                Scope::System => "no such group",
            };
            reason(why, without(evidence, &["Group", "SupplementaryGroups", "User"]))
        }
        "NAMESPACE" => {
            reason("a directive that hides or shows files does not work here", without(evidence, &NAMESPACES))
        }
        "CAPABILITIES" => {
            reason("a directive changes capabilities, which this manager cannot do", without(evidence, &CAPABILITIES))
        }
        "SECCOMP" => reason("a directive that filters system calls does not work here", without(evidence, &SECCOMP)),
        "CREDENTIALS" => credentials(evidence),
        "STDOUT" | "STDERR" | "STDIN" => reason(
            "the file for its output cannot be opened",
            without(evidence, &["StandardOutput", "StandardError", "StandardInput"]),
        ),
        _ => None,
    }
}

/// systemd does not say which of them it was.
fn credentials(evidence: &Evidence<'_>) -> Option<Reason> {
    let is_one = |(name, _): &&(String, String)| name.starts_with("LoadCredential");
    let values = evidence.subject.settings.iter().filter(is_one).filter_map(|(_, value)| value.split_once(':'));
    let (names, files): (Vec<&str>, Vec<&str>) = values.unzip();
    if files.is_empty() {
        return reason("systemd cannot pass it its credentials", None);
    }
    let list = run("ls").arg("-l").args(files).for_scope(evidence.subject.scope);
    let names = shell::printable(&names.join(", "));
    let why = message!("the file of a secret is missing, or cannot be read or decrypted: {}", names);
    reason(why, [list.into(), "give the secret again: run the command that created the service".into()])
}

const NAMESPACES: [&str; 14] = [
    "ProtectSystem",
    "ProtectHome",
    "PrivateTmp",
    "PrivateDevices",
    "ReadWritePaths",
    "ReadOnlyPaths",
    "InaccessiblePaths",
    "BindPaths",
    "BindReadOnlyPaths",
    "TemporaryFileSystem",
    "RootDirectory",
    "PrivateUsers",
    "PrivateMounts",
    "MountAPIVFS",
];
const CAPABILITIES: [&str; 6] = [
    "CapabilityBoundingSet",
    "AmbientCapabilities",
    "PrivateDevices",
    "ProtectKernelModules",
    "ProtectKernelLogs",
    "ProtectClock",
];
const SECCOMP: [&str; 6] = [
    "SystemCallFilter",
    "SystemCallArchitectures",
    "RestrictAddressFamilies",
    "RestrictNamespaces",
    "MemoryDenyWriteExecute",
    "RestrictRealtime",
];

/// Suggests to leave out those of the directives that were given.
fn without(evidence: &Evidence<'_>, directives: &[&str]) -> Vec<Message> {
    let given = evidence.subject.settings.iter().filter(|(name, _)| directives.contains(&name.as_str()));
    given.map(|(name, value)| message!("leave out {}", set("property", format!("{name}={value}")))).collect()
}

fn not_executed(evidence: &Evidence<'_>, path: Option<&str>, error: &str) -> Option<Reason> {
    let path_of_program = &evidence.subject.program;
    let program = quoted(path_of_program);
    // Another command, such as ExecStartPre=.
    if let Some(other) = path.filter(|path| Path::new(path) != path_of_program) {
        return reason(message!("{} cannot be executed: {}", quoted(other), error.to_lowercase()), None);
    }
    let named = evidence.subject.interpreter.first().map(|word| shell::printable(&word.to_string_lossy()));
    match (error, named) {
        ("No such file or directory", Some(interpreter)) if !interpreter.is_empty() => {
            let carriage_return = evidence.subject.interpreter.iter().any(|word| word.as_bytes().contains(&b'\r'));
            if carriage_return {
                let why = message!("{} has Windows line endings, so its interpreter is not found", program);
                return reason(why, [run("sed").arg("-i").plain("'s/\\r$//'").arg(path_of_program).into()]);
            }
            let why = message!("its first line names the interpreter `{}`, which does not exist", interpreter);
            reason(why, [run("head").args(["-n", "1"]).arg(path_of_program).into()])
        }
        ("No such file or directory", _) => {
            reason(message!("{} or a library that it needs does not exist", program), None)
        }
        ("Permission denied", _) => reason(
            message!("{} cannot execute {}: permission denied", user(evidence), program),
            [run("namei").arg("-l").arg(path_of_program).into()],
        ),
        ("Exec format error", _) => reason(
            message!("{} is neither a program for this machine nor a script that names its interpreter", program),
            ["begin the script with a line such as #!/bin/sh".into()],
        ),
        _ => reason(message!("{} cannot be executed: {}", program, error.to_lowercase()), None),
    }
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
    None
}

/// Whether systemd refused to start it again (`StartLimitBurst=`).
pub fn has_reached_limit(log: &Log) -> bool {
    log.manager.iter().any(|line| line.contains("Start request repeated too quickly"))
}

/// Part of a log line, the reason, and what helps.
type LogPattern = (&'static str, &'static str, fn() -> Message);

const TAKEN: (&str, fn() -> Message) = ("another process listens on that address already", || {
    message!("find the process: {}", run("ss").arg("-ltnp").as_root())
});
const FORBIDDEN: (&str, fn() -> Message) = ("the user of the service does not have permission", || {
    message!("run it as another user (system scope): {}", set("uid", "USER"))
});

const MARKS: [LogPattern; 12] = [
    (
        "No module named ",
        "this Python does not have the module; it may be installed for another interpreter or in a virtual environment",
        || message!("give the environment's own python: mkservice .venv/bin/python ..."),
    ),
    ("Cannot find module ", "node does not find the module from this directory", || {
        message!("install it beside the script: {}", run("npm").arg("install"))
    }),
    ("Address already in use", TAKEN.0, TAKEN.1),
    ("address already in use", TAKEN.0, TAKEN.1),
    ("EADDRINUSE", TAKEN.0, TAKEN.1),
    ("no new privileges", "sudo does not work in a service that cannot gain privileges", || {
        message!("leave out NoNewPrivileges= and what implies it, or use {}", set("uid", "USER"))
    }),
    ("Read-only file system", "it writes to a read-only file system", || {
        message!("let it write there: {}", set("property", "ReadWritePaths=DIR"))
    }),
    ("can't open file ", "the script does not exist: its path starts from the working directory", || {
        message!("give its directory: {}", set("working-directory", "DIR"))
    }),
    ("error while loading shared libraries", "a library that it needs is not in the search path", || {
        set("setenv", "LD_LIBRARY_PATH=DIR").into()
    }),
    ("Permission denied", FORBIDDEN.0, FORBIDDEN.1),
    ("EACCES", FORBIDDEN.0, FORBIDDEN.1),
    ("command not found", COMMAND_MISSING, pass_on_path),
];

const COMMAND_MISSING: &str = "a command that it runs is not in the service's PATH";

fn pass_on_path() -> Message {
    message!("pass on your PATH: {}", flag("inherit-path"))
}

fn said_by_the_program(evidence: &Evidence<'_>) -> Option<Reason> {
    let last_first = evidence.log.program.iter().rev();
    // The last match counts: a program can report one problem and exit because of another.
    let mut found = last_first.filter_map(|line| MARKS.iter().find(|(mark, _, _)| line.contains(mark)));
    found.next().and_then(|(_, why, hint)| reason(*why, [hint()]))
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
    let run = &evidence.down.run;
    match (run.result.as_str(), run.code, run.status) {
        ("success", 1, 0) if evidence.down.state.condition_met => reason(
            "a service must keep running, but this command exits or forks into the background",
            [
                message!("for a command that exits: {}", set("service-type", "oneshot")),
                message!("for a program that forks: {}", set("service-type", "forking")),
            ],
        ),
        ("exit-code", 1, 127) => reason(COMMAND_MISSING, [pass_on_path()]),
        ("exit-code", 1, 126) => reason("a command that it runs is not executable", None),
        ("signal" | "core-dump", _, 31) => {
            let filters = without(evidence, &SECCOMP);
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
        ("timeout", ..)
            if matches!(evidence.subject.service_type.as_str(), "notify" | "notify-reload" | "forking" | "dbus") =>
        {
            reason(
                "systemd waited for the program to report that it is ready",
                [message!("for a program that does not report it: {}", set("service-type", "exec"))],
            )
        }
        _ => None,
    }
}

fn user(evidence: &Evidence<'_>) -> String {
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
