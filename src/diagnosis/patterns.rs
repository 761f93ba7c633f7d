//! What programs log before they exit, and the reason that it means.

use super::Evidence;
use super::reasons::{COMMAND_MISSING, Reason, pass_on_path, reason};
use super::{hidden, ports, steps};
use crate::model::command::run;
use crate::model::message::{Message, flag, message, quoted, set};

/// Parts of a log line in lower case, the reason, and what helps.
struct Pattern {
    words: &'static [&'static str],
    why: &'static str,
    hint: fn() -> Message,
}

const fn pattern(words: &'static [&'static str], why: &'static str, hint: fn() -> Message) -> Pattern {
    Pattern { words, why, hint }
}

/// The first that matches counts: what is special comes before what is general.
const PATTERNS: [Pattern; 26] = [
    pattern(
        &["nvm: command not found", "nvm: not found", "nvm.sh: no such file"],
        "nvm is a function of interactive shells, which a service does not have",
        || message!("give the program the path that `nvm which current` prints"),
    ),
    pattern(
        &["no module named "],
        "this Python does not have the module; it may be installed for another interpreter or in a virtual environment",
        || message!("give the environment's own python: mkservice .venv/bin/python ..."),
    ),
    pattern(&["cannot find module "], "node does not find the module from this directory", || {
        message!("install it beside the script: {}", run("npm").arg("install"))
    }),
    pattern(
        &["address already in use", "eaddrinuse", "address in use", "port is already allocated"],
        "another process listens on that address already",
        || message!("find the process: {}", run("ss").arg("-ltnp").as_root()),
    ),
    pattern(
        &["cannot assign requested address", "eaddrnotavail", "can't assign requested address"],
        "no interface has the address that it listens on",
        || message!("show the addresses of this machine: {}", run("ip").arg("address")),
    ),
    pattern(&["no new privileges"], "sudo does not work in a service that cannot gain privileges", || {
        message!("leave out NoNewPrivileges= and what implies it, or use {}", set("uid", "USER"))
    }),
    pattern(
        &["sudo: a password is required", "sudo: a terminal is required"],
        "sudo asks for a password, which nobody can enter in a service",
        || message!("run the command without sudo as another user: {}", set("uid", "USER")),
    ),
    pattern(&["read-only file system", "erofs"], "it writes to a read-only file system", || {
        message!("let it write there: {}", set("property", "ReadWritePaths=DIR"))
    }),
    pattern(
        &["can't open file ", "unable to access jarfile", "could not open input file"],
        "the script does not exist: its path starts from the working directory",
        || message!("give its directory: {}", set("working-directory", "DIR")),
    ),
    pattern(&["package.json"], "npm finds no package.json in the working directory", || {
        message!("give the directory of the project: {}", set("working-directory", "DIR"))
    }),
    pattern(
        &["version `glibc", "version `cxxabi"],
        "it was built on a system with a newer C library than this one",
        || message!("build it here, or link it statically"),
    ),
    pattern(&["error while loading shared libraries"], "a library that it needs is not in the search path", || {
        set("setenv", "LD_LIBRARY_PATH=DIR").into()
    }),
    pattern(
        &["cannot open display", "can't open display", "could not connect to display", "missing x server", "$display"],
        "a service has no display",
        || message!("name the display of a session: {}", set("setenv", "DISPLAY=:0")),
    ),
    pattern(
        &["inappropriate ioctl", "not a tty", "is not a terminal", "not a terminal", "must be run from a terminal"],
        "it needs a terminal, which a service does not have",
        || message!("use an option of the program to run without one"),
    ),
    pattern(
        &["run as root", "as root is not", "running as root without", "root is not permitted"],
        "it decides by itself whether root can run it",
        || message!("name the user: {}", set("uid", "USER")),
    ),
    pattern(&["too many open files", "emfile"], "it opens more files than its limit allows", || {
        set("property", "LimitNOFILE=65536").into()
    }),
    pattern(&["file watchers reached", "inotify watch"], "the kernel's limit of watched files is reached", || {
        message!("show the limit: {}", run("sysctl").arg("fs.inotify.max_user_watches"))
    }),
    pattern(&["no space left on device", "enospc"], "a file system is full", || {
        message!("find it: {}", run("df").arg("-h"))
    }),
    pattern(
        &["heap out of memory", "outofmemoryerror", "cannot allocate memory", "memoryerror", "enomem"],
        "it needs more memory than is available or allowed",
        || message!("show the limits and the memory: {}", run("free").arg("-h")),
    ),
    pattern(
        &[
            "name resolution",
            "enotfound",
            "eai_again",
            "name or service not known",
            "no such host",
            "could not resolve host",
            "network is unreachable",
            "enetunreach",
        ],
        "it cannot reach the network or a name server",
        || message!("check the network: {}", run("getent").args(["hosts", "example.org"])),
    ),
    pattern(&["connection refused", "econnrefused"], "nothing listens where it connects to", || {
        message!("start it after that service: {}", set("after", "UNIT"))
    }),
    pattern(
        &["failed to connect to bus", "dbus_session_bus_address"],
        "it needs the message bus of a user's session",
        || message!("create a user service: {}", flag("user")),
    ),
    pattern(
        &["text file busy", "etxtbsy"],
        "a program that it runs is open for writing, such as while it is copied or built",
        || message!("start it again when the file is complete"),
    ),
    pattern(
        &["exec format error"],
        "a program that it runs is neither for this machine nor a script that names its interpreter",
        || message!("begin scripts with a line such as #!/bin/sh"),
    ),
    pattern(&["permission denied", "eacces"], "the user of the service does not have permission", || {
        message!("run it as another user (system scope): {}", set("uid", "USER"))
    }),
    pattern(&["command not found"], COMMAND_MISSING, pass_on_path),
];

pub fn find(evidence: &Evidence<'_>) -> Option<Reason> {
    let lines: Vec<String> = evidence.log.program.iter().map(|line| line.to_lowercase()).collect();
    // The last match counts: a program can report one problem and exit because of another.
    (0..lines.len()).rev().find_map(|at| {
        let line = lines[at].as_str();
        ports::find(evidence, &lines, at)
            .or_else(|| hidden_path(evidence, &evidence.log.program[at]))
            .or_else(|| windows_line_endings(evidence, line))
            .or_else(|| sourced(&evidence.log.program[at]))
            .or_else(|| {
                let matches = |it: &&Pattern| it.words.iter().any(|words| line.contains(words));
                let found = PATTERNS.iter().find(matches)?;
                reason(found.why, [(found.hint)()])
            })
    })
}

fn hidden_path(evidence: &Evidence<'_>, line: &str) -> Option<Reason> {
    let small = line.to_lowercase();
    let fails = ["permission denied", "no such file", "eacces", "enoent", "filenotfound"];
    if !fails.iter().any(|words| small.contains(words)) {
        return None;
    }
    hidden::paths(line).find_map(|path| steps::hidden_path(evidence, path))
}

/// Of a script that env(1) or a shell reads: the carriage return is a part of a word.
fn windows_line_endings(evidence: &Evidence<'_>, line: &str) -> Option<Reason> {
    let marks = ["\r': no such", "\r’: no such", "\\r': no such", "\\r’: no such", "$'\\r': command not found"];
    let is_windows = marks.iter().any(|mark| line.contains(mark)) || line.ends_with("\r: not found");
    let script = std::iter::once(evidence.subject.program.to_string_lossy().into_owned())
        .chain(evidence.subject.arguments.iter().cloned())
        .find(|word| line.contains(&word.to_lowercase()))
        .unwrap_or_else(|| evidence.subject.program.to_string_lossy().into_owned());
    if !is_windows {
        return None;
    }
    let fix = run("sed").arg("-i").plain("'s/\\r$//'").arg(&script);
    reason(message!("a script has Windows line endings: {}", quoted(&script)), [fix.into()])
}

/// `. NAME` and `source NAME` in a shell: it looks in PATH, and only bash has `source`.
fn sourced(line: &str) -> Option<Reason> {
    if line.ends_with("source: not found") {
        let hint = message!("write `.` instead of `source`, or run the line with bash -c");
        return reason("`source` is a word of bash, and sh does not know it", [hint]);
    }
    let name = line.strip_suffix(": not found")?.rsplit_once(" .: ").map(|(_, name)| name)?;
    (!name.contains('/')).then_some(())?;
    reason(
        message!("`.` looks for {} in PATH, not in the working directory", quoted(name)),
        [message!("write it with a slash: . ./{}", name)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_in_lower_case_and_reached() {
        for (at, pattern) in PATTERNS.iter().enumerate() {
            for words in pattern.words {
                assert_eq!(words.to_lowercase(), **words);
                let first = PATTERNS.iter().position(|it| it.words.iter().any(|other| words.contains(other)));
                assert_eq!(first, Some(at), "{words} is found as something else");
            }
        }
    }

    #[test]
    fn a_sourced_file_needs_a_slash() {
        let why = |line: &str| sourced(line).map(|reason| format!("{:?}", reason.why));
        assert!(why("/bin/sh: 1: .: x: not found").unwrap().contains("looks for"));
        assert!(why("sh: 1: source: not found").is_some());
        assert_eq!(why("sh: 1: node: not found"), None);
    }
}
