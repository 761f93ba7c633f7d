//! The shell command that starts a process again as it ran: with its working directory, variables and redirections.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::environment::{own_variables, seems_secret};
use crate::host::Host;
use crate::host::process::{Process, Stream};
use crate::model::command::run;
use crate::model::diagnostic::RestartCommand;
use crate::model::message::Message;
use crate::shell;

pub fn of(process: &Process, program: &Path, user: &str, host: &Host) -> RestartCommand {
    // The shell of the same user already has the variables that mkservice got from it.
    let own = process.uid == host.asked_by.uid;
    let inherited =
        |name: &str, value: &OsStr| own && host.environment.get(OsStr::new(name)).is_some_and(|v| v == value);
    let path = process.variable("PATH").map(|path| ("PATH", path));
    let variables = path.into_iter().chain(own_variables(process)).filter(|(name, value)| !inherited(name, value));
    let (secret, open): (Vec<_>, Vec<_>) = variables.partition(|(name, value)| seems_secret(name, value));

    let mut words: Vec<String> =
        open.into_iter().map(|(name, value)| format!("{name}={}", shell::quote(value))).collect();
    words.push("nohup".into());
    words.push(shell::join(
        [program.as_os_str()].into_iter().chain(process.command.iter().skip(1).map(OsString::as_os_str)),
    ));
    words.extend(streams(process));
    words.push("&".into());
    let directory = process.dir.as_ref().map_or(Path::new("/"), |place| &place.path);
    let line = format!("cd {} && {}", shell::quote(directory), words.join(" "));
    let line: Message = match (own, process.uid) {
        (true, _) => line.into(),
        (false, 0) => run("sh").args(["-c", &line]).as_root().into(),
        (false, _) => run("runuser").args(["-u", user, "--", "sh", "-c", &line]).as_root().into(),
    };
    RestartCommand { line, secrets: secret.into_iter().map(|(name, _)| name.to_owned()).collect() }
}

/// The redirections to files. Terminals and pipes are left to nohup(1).
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
