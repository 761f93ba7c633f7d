//! The steps of systemd before it executes the program, and why they fail.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::reasons::{Reason, failed_step, reason, user, without};
use super::{Evidence, hidden};
use crate::host::executable::Executable;
use crate::model::command::run;
use crate::model::message::{message, quoted, set};
use crate::shell;
use crate::spec::Scope;

pub fn find(evidence: &Evidence<'_>) -> Option<Reason> {
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
            if let Some(reason) = hidden_path(evidence, &evidence.subject.dir) {
                return Some(reason);
            }
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
        "NAMESPACE" => namespace(evidence),
        "CAPABILITIES" => {
            reason("a directive changes capabilities, which this manager cannot do", without(evidence, &CAPABILITIES))
        }
        "SECCOMP" => reason("a directive that filters system calls does not work here", without(evidence, &SECCOMP)),
        "CREDENTIALS" => credentials(evidence),
        "STDOUT" | "STDERR" | "STDIN" => reason(
            "the file for its output cannot be opened",
            without(evidence, &["StandardOutput", "StandardError", "StandardInput"]),
        ),
        step => {
            let directives = STEPS.iter().find(|(known, _)| *known == step).map(|(_, directives)| *directives)?;
            let why = message!("systemd cannot apply {}=: {}", directives[0], error.to_lowercase());
            reason(why, without(evidence, directives))
        }
    }
}

/// The directives of other steps.
const STEPS: [(&str, &[&str]); 16] = [
    ("NICE", &["Nice"]),
    ("LIMITS", &["LimitNOFILE", "LimitNPROC", "LimitMEMLOCK", "LimitCORE", "LimitRTPRIO", "LimitNICE", "LimitSTACK"]),
    ("OOM_ADJUST", &["OOMScoreAdjust"]),
    ("SETSCHEDULER", &["CPUSchedulingPolicy", "CPUSchedulingPriority"]),
    ("CPUAFFINITY", &["CPUAffinity"]),
    ("IOPRIO", &["IOSchedulingClass", "IOSchedulingPriority"]),
    ("NETWORK", &["PrivateNetwork", "NetworkNamespacePath"]),
    ("PAM", &["PAMName"]),
    ("SELINUX_CONTEXT", &["SELinuxContext"]),
    ("APPARMOR_PROFILE", &["AppArmorProfile"]),
    ("CHROOT", &["RootDirectory", "RootImage"]),
    ("RUNTIME_DIRECTORY", &["RuntimeDirectory"]),
    ("STATE_DIRECTORY", &["StateDirectory"]),
    ("CACHE_DIRECTORY", &["CacheDirectory"]),
    ("LOGS_DIRECTORY", &["LogsDirectory"]),
    ("CONFIGURATION_DIRECTORY", &["ConfigurationDirectory"]),
];

/// systemd names the path:
/// `x.service: Failed to set up mount namespacing: /run/systemd/unit-root/srv/x: No such file or directory`.
fn namespace(evidence: &Evidence<'_>) -> Option<Reason> {
    let mut lines = evidence.log.manager.iter().rev();
    let failed = lines.find_map(|line| line.split_once("Failed to set up mount namespacing: ")?.1.rsplit_once(": "));
    let given = |path: &str| {
        let settings = evidence.subject.settings.iter().filter(|(name, _)| NAMESPACES.contains(&name.as_str()));
        settings.filter(|(_, value)| value.contains(path)).map(|(name, _)| name.as_str()).collect::<Vec<_>>()
    };
    if let Some((path, error)) = failed {
        let roots = ["/run/systemd/unit-root", "/run/systemd/mount-rootfs"];
        let path = roots.into_iter().find_map(|root| path.strip_prefix(root)).unwrap_or(path);
        let directives = if path.len() > 1 { given(path) } else { Vec::new() };
        if let Some(directive) = directives.first() {
            let why = match error {
                // It names the destination, also if the source does not exist.
                _ if directive.starts_with("Bind") => {
                    message!("{}= cannot mount something at {}: {}", *directive, quoted(path), error.to_lowercase())
                }
                "No such file or directory" => message!("{}= names {}, which does not exist", *directive, quoted(path)),
                _ => message!("{}= cannot use {}: {}", *directive, quoted(path), error.to_lowercase()),
            };
            return reason(why, without(evidence, &directives));
        }
    }
    reason("a directive that hides or shows files does not work here", without(evidence, &NAMESPACES))
}

/// A path that a directive hides.
pub fn hidden_path(evidence: &Evidence<'_>, path: &str) -> Option<Reason> {
    let (directive, _) = hidden::by(evidence, path)?;
    let why = message!("{}= hides {} from the service", directive.as_str(), quoted(path));
    reason(why, without(evidence, &[directive.as_str()]))
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
pub const SECCOMP: [&str; 6] = [
    "SystemCallFilter",
    "SystemCallArchitectures",
    "RestrictAddressFamilies",
    "RestrictNamespaces",
    "MemoryDenyWriteExecute",
    "RestrictRealtime",
];

fn not_executed(evidence: &Evidence<'_>, path: Option<&str>, error: &str) -> Option<Reason> {
    let program = &evidence.subject.program;
    // Another command, such as ExecStartPre=.
    if let Some(other) = path.filter(|path| Path::new(path) != program) {
        return reason(message!("{} cannot be executed: {}", quoted(other), error.to_lowercase()), None);
    }
    let path = program.to_string_lossy();
    let named = evidence.subject.interpreter.first().map(|word| shell::printable(&word.to_string_lossy()));
    let named = named.filter(|interpreter| !interpreter.is_empty());
    let hidden = || {
        let interpreter = named.as_deref().and_then(|interpreter| hidden_path(evidence, interpreter));
        hidden_path(evidence, &path).filter(|_| evidence.file.exists).or(interpreter)
    };
    match error {
        "No such file or directory" => hidden().or_else(|| not_found(evidence, named.as_deref())),
        "Permission denied" => hidden().or_else(|| not_permitted(evidence)),
        "Exec format error" => wrong_format(evidence),
        "Text file busy" => reason(
            message!("{} is open for writing, such as while it is copied or built", quoted(program)),
            [message!("show who writes it: {}", run("fuser").arg("-v").arg(program).for_scope(evidence.subject.scope))],
        ),
        "Argument list too long" => reason("its arguments and environment are longer than the kernel allows", None),
        _ => reason(message!("{} cannot be executed: {}", quoted(program), error.to_lowercase()), None),
    }
}

fn not_found(evidence: &Evidence<'_>, interpreter: Option<&str>) -> Option<Reason> {
    let path = &evidence.subject.program;
    let program = quoted(path);
    if let Some(interpreter) = interpreter {
        let carriage_return = evidence.subject.interpreter.iter().any(|word| word.as_bytes().contains(&b'\r'));
        if carriage_return {
            let why = message!("{} has Windows line endings, so its interpreter is not found", program);
            return reason(why, [run("sed").arg("-i").plain("'s/\\r$//'").arg(path).into()]);
        }
        let why = message!("its first line names the interpreter `{}`, which does not exist", interpreter);
        return reason(why, [run("head").args(["-n", "1"]).arg(path).into()]);
    }
    match &evidence.file.missing_loader {
        Some(loader) => reason(
            message!(
                "{} needs the loader {}, which does not exist: it was built for another system, such as one with another C \
                 library",
                program,
                quoted(loader)
            ),
            [message!("build it here, or link it statically")],
        ),
        None if !evidence.file.exists => reason(message!("{} does not exist any more", program), None),
        None => reason(message!("{} or a library that it needs does not exist", program), None),
    }
}

fn not_permitted(evidence: &Evidence<'_>) -> Option<Reason> {
    let path = &evidence.subject.program;
    let program = quoted(path);
    let forbidden = without(evidence, &["NoExecPaths"]);
    match &evidence.file {
        file if file.exists && file.is_on_noexec => reason(
            message!("{} is on a file system that is mounted noexec, where nothing can be executed", program),
            [message!("show it: {}", run("findmnt").arg("-T").arg(path)), message!("move the program elsewhere")],
        ),
        file if file.exists && !file.has_mode => reason(
            message!("{} is not executable", program),
            [run("chmod").arg("+x").path(path).for_scope(evidence.subject.scope).into()],
        ),
        _ if !forbidden.is_empty() => reason(message!("NoExecPaths= forbids to execute {}", program), forbidden),
        _ => reason(
            message!("{} cannot execute {}: permission denied", user(evidence), program),
            [
                run("namei").arg("-l").arg(path).into(),
                message!("with SELinux, show its type: {}", run("ls").arg("-Z").arg(path)),
            ],
        ),
    }
}

fn wrong_format(evidence: &Evidence<'_>) -> Option<Reason> {
    let program = quoted(&evidence.subject.program);
    match &evidence.file {
        file if file.is_empty => reason(message!("{} is an empty file", program), None),
        Executable { machine: Some(machine), .. } => reason(
            message!("{} is built for another machine: {}", program, *machine),
            [message!("build or download it for this one ({})", std::env::consts::ARCH)],
        ),
        _ => reason(
            message!("{} is neither a program for this machine nor a script that names its interpreter", program),
            ["begin the script with a line such as #!/bin/sh".into()],
        ),
    }
}
