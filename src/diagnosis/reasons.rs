//! The reasons that are known, each with what tells of it.

use std::os::unix::ffi::OsStrExt as _;

use super::Evidence;
use super::trigger;
use crate::error::{shown, sudo};
use crate::shell;
use crate::spec::Scope;
use crate::systemd::directives::value::boolean;

/// A likely reason.
pub struct Reason {
    /// In a sentence.
    pub why: String,
    /// Lines that help.
    pub hints: Vec<String>,
}

fn reason(why: impl Into<String>, hints: impl IntoIterator<Item = String>) -> Option<Reason> {
    Some(Reason { why: why.into(), hints: hints.into_iter().collect() })
}

/// The first reason that the evidence tells of.
pub fn find(evidence: &Evidence<'_>) -> Option<Reason> {
    before_the_program(evidence)
        .or_else(|| trigger::find(evidence))
        .or_else(|| said_by_systemd(evidence))
        .or_else(|| said_by_the_program(evidence))
        .or_else(|| left_out_by_systemd(evidence))
        .or_else(|| told_by_the_end(evidence))
}

/// systemd names the step at which it failed to start the program, and the error:
/// `x.service: Failed at step EXEC spawning /x: No such file or directory`. The unit's name in front
/// tells its own words from a description that holds the same.
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
    // The step is systemd's own word; the code alone could be the program's.
    match step.or(by_code.filter(|_| evidence.log.unreadable))? {
        "EXEC" => not_executed(evidence, path, error),
        "CHDIR" => {
            let folder = shell::printable(&evidence.subject.folder);
            let why = match error {
                "Permission denied" => format!("{} may not enter `{folder}` or a folder above it", account(evidence)),
                "No such file or directory" => format!("the folder `{folder}` is gone"),
                _ => format!("the folder `{folder}` cannot be entered"),
            };
            reason(why, ["name another one: --working-directory DIR".into()])
        }
        "USER" => reason(
            format!("there is no account `{}` any more", account(evidence)),
            ["name another one: --uid USER".into()],
        ),
        "GROUP" => {
            let why = match evidence.subject.scope {
                Scope::User => "a user's manager cannot change the account or its groups",
                Scope::System => "there is no such group",
            };
            reason(why, behind(evidence, &["Group", "SupplementaryGroups", "User"]))
        }
        "NAMESPACE" => {
            reason("a directive hides or shows files in a way that is not possible here", behind(evidence, &NAMESPACES))
        }
        "CAPABILITIES" => {
            reason("a directive changes capabilities, which this manager may not", behind(evidence, &CAPABILITIES))
        }
        "SECCOMP" => {
            reason("a directive filters system calls in a way that is not possible here", behind(evidence, &SECCOMP))
        }
        "CREDENTIALS" => credentials(evidence),
        "STDOUT" | "STDERR" | "STDIN" => reason(
            "the file for its output cannot be opened",
            behind(evidence, &["StandardOutput", "StandardError", "StandardInput"]),
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
        return reason("systemd cannot hand it its credentials", None);
    }
    let files: Vec<String> = files.into_iter().map(shell::quote).collect();
    let look = format!("{}ls -l {}", sudo(evidence.subject.scope), files.join(" "));
    let why = format!(
        "the file of a secret is gone, or cannot be read or decrypted: {}",
        shell::printable(&names.join(", "))
    );
    reason(why, [look, "give it again: type the line that made the service once more".into()])
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

/// Names those of the directives that `-p` set.
fn behind(evidence: &Evidence<'_>, directives: &[&str]) -> Vec<String> {
    let set = evidence.subject.settings.iter().filter(|(name, _)| directives.contains(&name.as_str()));
    set.map(|(name, value)| format!("leave out -p {name}={}", shell::printable(value))).collect()
}

fn not_executed(evidence: &Evidence<'_>, path: Option<&str>, error: &str) -> Option<Reason> {
    let program = shown(&evidence.subject.program);
    // A command beside ours, such as ExecStartPre=.
    if let Some(other) = path.filter(|path| *path != program) {
        return reason(format!("`{}` cannot be executed: {}", shell::printable(other), error.to_lowercase()), None);
    }
    let named = evidence.subject.interpreter.first().map(|word| shell::printable(&word.to_string_lossy()));
    match (error, named) {
        ("No such file or directory", Some(interpreter)) if !interpreter.is_empty() => {
            let carriage_return = evidence.subject.interpreter.iter().any(|word| word.as_bytes().contains(&b'\r'));
            let why = if carriage_return {
                format!("the lines of `{program}` end as on Windows, so its interpreter is not found")
            } else {
                format!("its first line names the interpreter `{interpreter}`, which is not there")
            };
            let mend = if carriage_return {
                format!("sed -i 's/\\r$//' {}", shell::quote(&evidence.subject.program))
            } else {
                format!("head -n 1 {}", shell::quote(&evidence.subject.program))
            };
            reason(why, [mend])
        }
        ("No such file or directory", _) => {
            reason(format!("`{program}` is not there, or what it needs to be loaded is not"), None)
        }
        ("Permission denied", _) => reason(
            format!("{} may not execute `{program}`, or not enter a folder above it", account(evidence)),
            [format!("namei -l {}", shell::quote(&evidence.subject.program))],
        ),
        ("Exec format error", _) => reason(
            format!("`{program}` is neither a program for this machine nor a script that names its interpreter"),
            ["begin the script with a line such as: #!/bin/sh".into()],
        ),
        _ => reason(format!("`{program}` cannot be executed: {}", error.to_lowercase()), None),
    }
}

fn said_by_systemd(evidence: &Evidence<'_>) -> Option<Reason> {
    let said = |what: &str| evidence.log.manager.iter().find(|line| line.contains(what));
    if let Some(line) = said("Failed to load environment files") {
        let files = evidence.subject.settings.iter().filter(|(name, _)| name == "EnvironmentFile");
        let look = files.map(|(_, file)| format!("file -- {}", shell::quote(file.trim_start_matches('-'))));
        return match line.rsplit(": ").next().unwrap_or_default() {
            "Invalid argument" => reason("an environment file holds text that is not UTF-8", look),
            "Bad message" => reason("an environment file holds a NUL byte, or is no text at all", look),
            error => reason(
                format!("an environment file cannot be read: {}", error.to_lowercase()),
                ["with `-` in front it may be missing: --environment-file -FILE".into()],
            ),
        };
    }
    if said("Start request repeated too quickly").is_some() {
        return reason("it failed so often that systemd has given it up", None);
    }
    None
}

/// A mark in the program's own words, the reason, and the line that helps.
type Mark = (&'static str, &'static str, &'static str);

const MARKS: [Mark; 12] = [
    (
        "No module named ",
        "this Python has not got the module: it is installed for another one, or in a virtual environment",
        "name the environment's own python: mkservice .venv/bin/python …",
    ),
    (
        "Cannot find module ",
        "node does not find the module from this folder",
        "install it beside the script: npm install",
    ),
    ("Address already in use", "another process listens on that address already", "sudo ss -ltnp"),
    ("address already in use", "another process listens on that address already", "sudo ss -ltnp"),
    ("EADDRINUSE", "another process listens on that address already", "sudo ss -ltnp"),
    (
        "no new privileges",
        "sudo cannot work in a service that may gain no privileges",
        "leave out NoNewPrivileges= and what implies it, or use --uid",
    ),
    ("Read-only file system", "it writes where it may only read", "-p ReadWritePaths=DIR lets it write there"),
    (
        "can't open file ",
        "the script is not there: its path counts from the working directory",
        "name its folder: --working-directory DIR",
    ),
    (
        "error while loading shared libraries",
        "a library it needs is not where the system looks for it",
        "-E LD_LIBRARY_PATH=DIR",
    ),
    (
        "Permission denied",
        "the account of the service may not do what it tries",
        "--uid USER runs it as another account (system scope)",
    ),
    (
        "EACCES",
        "the account of the service may not do what it tries",
        "--uid USER runs it as another account (system scope)",
    ),
    ("command not found", "a command it calls is not in the service's PATH", "-E PATH passes yours on"),
];

fn said_by_the_program(evidence: &Evidence<'_>) -> Option<Reason> {
    let last_first = evidence.log.program.iter().rev();
    // The last words count most: a program may complain of one thing and die of another.
    let mut found = last_first.filter_map(|line| MARKS.iter().find(|(mark, _, _)| line.contains(mark)));
    found.next().and_then(|(_, why, hint)| reason(*why, [(*hint).to_owned()]))
}

/// systemd passes over lines of an environment file that it cannot read, and starts the program
/// without them.
fn left_out_by_systemd(evidence: &Evidence<'_>) -> Option<Reason> {
    let line = evidence.log.manager.iter().find(|line| line.contains("Ignoring invalid environment assignment '"))?;
    let (assignment, file) = line.split_once("assignment '")?.1.rsplit_once("': ")?;
    let why = format!(
        "systemd leaves out a line of {}, which may be what it misses: {}",
        shell::printable(file),
        shell::printable(assignment)
    );
    let hint = match assignment.split_once(['=', ' ']) {
        Some(("export", _)) => "environment files are not read by a shell: write NAME=VALUE, without `export`",
        _ => "each line of an environment file is NAME=VALUE; names hold letters, digits and `_`, no digit in front",
    };
    reason(why, [hint.to_owned()])
}

fn told_by_the_end(evidence: &Evidence<'_>) -> Option<Reason> {
    let run = &evidence.down.run;
    match (run.result.as_str(), run.code, run.status) {
        ("success", 1, 0) if evidence.down.state.condition_met => reason(
            "a service has to go on running; this command does its work and ends, or puts itself into the background",
            [
                "for work that ends: --service-type oneshot".into(),
                "for a program that forks: --service-type forking".into(),
            ],
        ),
        ("exit-code", 1, 127) => {
            reason("a command it calls is not in the service's PATH", ["-E PATH passes yours on".into()])
        }
        ("exit-code", 1, 126) => reason("a command it calls may not be executed", None),
        ("signal" | "core-dump", _, 31) => {
            let filters = behind(evidence, &SECCOMP);
            if filters.is_empty() { None } else { reason("it made a system call that a filter forbids", filters) }
        }
        ("signal" | "core-dump", _, 5) => {
            let rules = behind(evidence, &["MemoryDenyWriteExecute"]);
            let why = "it needs memory that is both writable and executable, as just-in-time compilers do";
            if rules.is_empty() { None } else { reason(why, rules) }
        }
        ("oom-kill", ..) => reason(
            "it needs more memory than there is, or than it may use",
            behind(evidence, &["MemoryMax", "MemoryHigh"]),
        ),
        ("timeout", ..)
            if matches!(evidence.subject.service_type.as_str(), "notify" | "notify-reload" | "forking" | "dbus") =>
        {
            reason(
                "systemd waited for the program to say that it is ready",
                ["for a program that never says so: --service-type exec".into()],
            )
        }
        _ => None,
    }
}

fn account(evidence: &Evidence<'_>) -> String {
    match (evidence.subject.scope, evidence.subject.account.as_deref()) {
        (Scope::User, _) => "your account".into(),
        (Scope::System, Some(account)) => account.to_owned(),
        (Scope::System, None) if is_dynamic(evidence) => "the account that DynamicUser makes up".into(),
        (Scope::System, None) => "root".into(),
    }
}

/// Whether it runs as an account that is there as long as it runs (systemd.exec(5), `DynamicUser=`).
fn is_dynamic(evidence: &Evidence<'_>) -> bool {
    let last = evidence.subject.settings.iter().rev().find(|(name, _)| name == "DynamicUser");
    last.and_then(|(_, value)| boolean(value)) == Some(true)
}
