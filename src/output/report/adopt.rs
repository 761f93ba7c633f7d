//! A process as it is told of: in a table, in a block of its own, and in the `--json` document.

use super::labelled;
use super::span;
use crate::cli::Invocation;
use crate::error::shown;
use crate::host::process::{Place, Process, Stream};
use crate::output::json;
use crate::output::ui::table::{self, Cell};
use crate::shell;

/// A table of processes: its head, then a row for each.
pub fn process_table(processes: &[&Process]) -> Vec<String> {
    let rows: Vec<Vec<Cell>> = processes
        .iter()
        .map(|process| {
            vec![
                process.pid.to_string().into(),
                span::seconds(process.age).into(),
                folder(process).into(),
                output(process).into(),
                shell::join(&process.command).into(),
            ]
        })
        .collect();
    let table = table::laid_out(&["PID", "SINCE", "FOLDER", "OUTPUT", "COMMAND"], &rows);
    table.lines().map(str::to_owned).collect()
}

/// A process in a block of its own.
pub fn process(process: &Process, owner: &str) -> String {
    let program = process.program.as_ref().map(place);
    let mut rows = vec![format!("process {} (of {owner}, for {})", process.pid, span::seconds(process.age))];
    rows.extend(labelled("command", [shell::join(&process.command)]));
    rows.extend(labelled("program", program));
    rows.extend(labelled("folder", [folder(process)]));
    rows.extend(labelled("output", [format!("{} (that of the service goes to the journal)", output(process))]));
    rows.join("\n")
}

/// The same for the JSON document; without its environment, which may hold secrets.
pub fn process_json(process: &Process) -> json::Process {
    json::Process {
        pid: process.pid,
        command: process.command.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        program: process.program.as_ref().map(|place| shown(&place.path)),
        working_directory: process.folder.as_ref().map(|place| shown(&place.path)),
        uid: process.uid,
        age: process.age,
        output: written_to(process).map(shown),
    }
}

/// What became of the process.
pub fn ended(process: &Process) -> String {
    let kept = written_to(process).map(|path| format!("; what it wrote until then is in {}", shown(path)));
    format!("process {} has ended{}", process.pid, kept.unwrap_or_default())
}

/// What the service will lack, by names; with the line that takes it along where there is still time.
pub fn missing(names: &[&str], again: Option<&Invocation>) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let list = names.join(", ");
    let Some(again) = again else { return Some(format!("the process had variables that the service has not: {list}")) };
    let line = names.iter().rev().fold(again.clone(), |line, name| line.with("setenv", Some(name.as_ref()))).line();
    Some(format!("the process has variables that the service will not have: {list}; to take them along: {line}"))
}

fn written_to(process: &Process) -> Option<&std::path::Path> {
    match &process.streams[1] {
        Stream::File(path) => Some(path),
        _ => None,
    }
}

fn output(process: &Process) -> String {
    match &process.streams[1] {
        Stream::Unknown => "-".into(),
        Stream::Null => "/dev/null".into(),
        Stream::File(path) | Stream::Terminal(path) => shown(path),
        Stream::Deleted(path) => shown(path),
        Stream::Pipe(_) => "a pipe".into(),
        Stream::Other => "a socket or device".into(),
    }
}

fn folder(process: &Process) -> String {
    process.folder.as_ref().map_or_else(|| "-".into(), place)
}

fn place(place: &Place) -> String {
    let gone = if place.is_there { "" } else { " (deleted)" };
    format!("{}{gone}", shown(&place.path))
}
