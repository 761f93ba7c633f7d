//! The line that starts again what a service was to replace: the command as it ran, in its folder,
//! with its variables and its output.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::environment::{of_its_own, seems_secret};
use crate::host::Host;
use crate::host::process::{Process, Stream};
use crate::shell;

/// A line for a shell, and what it leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The line.
    pub line: String,
    /// Variables whose values are not written down, as they look like secrets.
    pub secrets: Vec<String>,
}

/// Writes the line. `program` is the path of what it runs, `account` its owner's name.
pub fn line(process: &Process, program: &Path, account: &str, host: &Host) -> Again {
    // Whoever pastes the line has the environment of their own shell, where that is who is to run it.
    let own = process.uid == host.asked_by.uid;
    let inherited =
        |name: &str, value: &OsStr| own && host.environment.get(OsStr::new(name)).is_some_and(|v| v == value);
    let path = process.variable("PATH").map(|path| ("PATH", path));
    let variables = path.into_iter().chain(of_its_own(process)).filter(|(name, value)| !inherited(name, value));
    let (secret, open): (Vec<_>, Vec<_>) = variables.partition(|(name, value)| seems_secret(name, value));

    let mut words: Vec<String> =
        open.into_iter().map(|(name, value)| format!("{name}={}", shell::quote(value))).collect();
    words.push("nohup".into());
    words.push(shell::join(
        [program.as_os_str()].into_iter().chain(process.command.iter().skip(1).map(OsString::as_os_str)),
    ));
    words.extend(streams(process));
    words.push("&".into());
    let folder = process.folder.as_ref().map_or(Path::new("/"), |folder| &folder.path);
    let line = format!("cd {} && {}", shell::quote(folder), words.join(" "));
    let sudo = if host.is_root() { "" } else { "sudo " };
    let line = match (own, process.uid) {
        (true, _) => line,
        (false, 0) => format!("{sudo}sh -c {}", shell::quote(line)),
        (false, _) => format!("{sudo}runuser -u {} -- sh -c {}", shell::quote(account), shell::quote(line)),
    };
    Again { line, secrets: secret.into_iter().map(|(name, _)| name.to_owned()).collect() }
}

/// Where its streams led. What was a terminal or a pipe is left to nohup(1).
fn streams(process: &Process) -> Vec<String> {
    let [input, output, errors] = &process.streams;
    let mut words = Vec::new();
    match input {
        Stream::Null => words.push("< /dev/null".into()),
        Stream::File(path) => words.push(format!("< {}", shell::quote(path))),
        _ => {}
    }
    let to = |stream: &Stream, number: &str| match stream {
        Stream::Null => Some(format!("{number}> /dev/null")),
        Stream::File(path) => Some(format!("{number}>> {}", shell::quote(path))),
        _ => None,
    };
    let written = to(output, "");
    match to(errors, "2") {
        Some(_) if written.is_some() && errors == output => {
            words.extend(written);
            words.push("2>&1".into());
        }
        other => words.extend(written.into_iter().chain(other)),
    }
    words
}
