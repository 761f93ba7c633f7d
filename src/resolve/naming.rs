//! The name of a service if none was given.

use std::ffi::OsStr;
use std::path::Path;

use super::host_facts::HostFacts;
use crate::cli::usage::no_command;
use crate::cli::{Add, Invocation};
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{Message, message, opt, quoted, set};
use crate::runtime::command::{self, Runs, runs};
use crate::spec::{NameError, UnitName};
use crate::systemd::names;

/// The given name, or one derived from the command: a script's stem with a trailing d (`myscript.py` → `myscriptd`), or
/// else the name of the module or program.
pub fn name(typed: &Add, invocation: &Invocation, found: &HostFacts, reasons: &mut Vec<Message>) -> Result<UnitName> {
    if let Some(name) = &typed.name {
        return parse(name);
    }
    let in_line = if found.command.by_shell { command::commands(&typed.command[0]) } else { Vec::new() };
    let named = in_line.iter().filter_map(|words| runs(words)).find(|runs| !matches!(runs, Runs::Bare(_)));
    let runs = named.or_else(|| runs(&found.command.argv)).ok_or_else(no_command)?;
    let derived = match &runs {
        Runs::Script(file) => stem(file).map(|stem| if stem.ends_with('d') { stem } else { format!("{stem}d") }),
        Runs::Named(name) => names::slug(&name.to_string_lossy().replace(['.', '/'], "-")),
        Runs::Program(program) => Path::new(program).file_name().and_then(|name| names::slug(&name.to_string_lossy())),
        Runs::Bare(_) => None,
    };
    let Some(derived) = derived else {
        let program = typed.command.first().cloned().unwrap_or_default();
        let message = message!("cannot derive a service name from {} without a script", quoted(program));
        let corrected = mkservice(invocation.with("name", Some("NAME".as_ref())).arguments());
        return Err(Error::new(Code::NameMissing, message).hint(corrected));
    };
    let name = parse(&derived)?;
    reasons.push(message!("named {} after what it runs ({} overrides it)", &name, opt("name")));
    Ok(name)
}

fn parse(name: &str) -> Result<UnitName> {
    UnitName::parse(name).map_err(|why| {
        let instead = names::slug(name).filter(|slug| UnitName::parse(slug).is_ok());
        let hint = set("name", instead.as_deref().unwrap_or("myscriptd"));
        invalid_name(name, &why).about_option("name").hint(hint)
    })
}

/// A name that no unit can have.
pub fn invalid_name(name: &str, why: &NameError) -> Error {
    Error::new(Code::NameInvalid, message!("the name {} {}", quoted(name), why))
}

fn stem(file: &OsStr) -> Option<String> {
    Path::new(file).file_stem().and_then(|stem| names::slug(&stem.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::interpreter::ResolvedCommand;
    use crate::host::lookup::Program;
    use clap::Parser;
    use std::ffi::OsString;

    fn named_as(command: Vec<OsString>, by_shell: bool) -> Result<String> {
        let words = [OsString::from("mkservice"), OsString::from("--")].into_iter().chain(command.clone());
        let cli = crate::cli::Cli::parse_from(words);
        let found = HostFacts {
            command: ResolvedCommand {
                argv: command.clone(),
                program: Program::Missing { in_path: false, script: false },
                runtime: None,
                interpreter: None,
                launcher: None,
                by_name: Vec::new(),
                by_shell,
                notes: Vec::new(),
            },
            dir: None,
            environment_files: Vec::new(),
            account: None,
            group: None,
            log_file: None,
            failure: None,
            resources: Default::default(),
            listen: Default::default(),
        };
        name(&cli.add, &Invocation::default().with_command(&command), &found, &mut Vec::new())
            .map(|name| name.as_str().to_owned())
    }

    fn named(line: &str) -> Result<String> {
        named_as(line.split(' ').map(OsString::from).collect(), false)
    }

    #[test]
    fn a_line_for_a_shell_is_named_after_its_first_command() {
        for (line, expected) in [
            ("tail -F /var/log/x | grep y > z", "tail"),
            ("cd /srv && A=1 exec python3 app.py >> log", "appd"),
            ("ls *.txt", "ls"),
            ("python3 -c \"print(1); x = 'a|b'\" | tee log", "tee"),
            ("echo 'it''s; on' \\; >x", "echo"),
        ] {
            assert_eq!(named_as(vec![line.into()], true).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn names_come_from_what_is_run() {
        for (line, expected) in [
            ("python myscript.py", "myscriptd"),
            ("python /srv/app/watch.v2.py", "watch.v2d"),
            ("python hellod.py", "hellod"),
            ("./run.sh", "rund"),
            ("./server --port 1", "server"),
            ("/opt/My@App/my@app", "my-app"),
            ("python -m http.server", "http-server"),
            ("remove old", "remove"),
            ("gunicorn app:app", "gunicorn"),
        ] {
            assert_eq!(named(line).unwrap(), expected, "{line}");
        }
        assert_eq!(named("python -c 1").unwrap_err().code(), Code::NameMissing);
        assert_eq!(named("./systemd-x").unwrap_err().code(), Code::NameInvalid);
    }
}
