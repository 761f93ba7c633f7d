//! A process that `adopt` replaces.

use std::path::Path;

use super::{Block, units};
use crate::cli::Invocation;
use crate::host::Host;
use crate::host::process::{OpenFile, Process, Stream};
use crate::output::json;
use crate::output::ui::table::{self, Cell, Column};
use crate::output::ui::text::Text;
use crate::shell;
use crate::shell::shown;

const PROCESS_COLUMNS: [Column; 5] = [
    Column::new("PID"),
    Column::new("AGE"),
    Column::optional("DIRECTORY", 0),
    Column::optional("OUTPUT", 1),
    Column::cut("COMMAND", 10),
];

/// The head of a table, then a row for each process.
pub fn process_table(processes: &[&Process], host: &Host) -> Vec<String> {
    let row = |process: &&Process| -> Vec<Cell> {
        let (age, command) = (units::duration(process.age), shell::join(&process.command));
        [process.pid.to_string(), age, dir(process), output(process), command].map(Cell::from).into()
    };
    let rows: Vec<Vec<Cell>> = processes.iter().map(row).collect();
    let table = table::laid_out(&PROCESS_COLUMNS, &rows, table::width(host));
    table.written(false).lines().map(str::to_owned).collect()
}

pub fn process(process: &Process, owner: &str) -> Text {
    let age = units::duration(process.age);
    let mut block = Block::new(format!("process {} (of {owner}, started {age} ago)", process.pid));
    block.row("command", [shell::join(&process.command)]);
    block.row("program", process.program.as_ref().map(place));
    block.row("directory", [dir(process)]);
    block.row("output", [format!("{} (the service writes to the journal)", output(process))]);
    block.text()
}

/// Without the environment, which can hold secrets.
pub fn process_json(process: &Process) -> json::Process {
    json::Process {
        pid: process.pid,
        command: process.command.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        program: process.program.as_ref().map(|place| shown(&place.path)),
        working_directory: process.dir.as_ref().map(|place| shown(&place.path)),
        uid: process.uid,
        age: process.age,
        output: written_to(process).map(shown),
    }
}

pub fn stopped_process(process: &Process) -> String {
    let output = written_to(process).map(|path| format!("; its output until then is in {}", shown(path)));
    format!("process {} was stopped{}", process.pid, output.unwrap_or_default())
}

/// The variables that the service will not have, with the command that copies them as long as that is possible.
pub fn missing(names: &[&str], again: Option<&Invocation>) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let list = names.join(", ");
    let Some(again) = again else {
        return Some(format!("the process had variables that the service does not have: {list}"));
    };
    let line = names.iter().rev().fold(again.clone(), |line, name| line.with("setenv", Some(name.as_ref()))).line();
    Some(format!("the process has variables that the service will not have: {list}; to copy them: {line}"))
}

fn written_to(process: &Process) -> Option<&Path> {
    match &process.streams[1] {
        Stream::File(path) => Some(path),
        _ => None,
    }
}

fn output(process: &Process) -> String {
    match &process.streams[1] {
        Stream::Unknown => "-".into(),
        Stream::Null => "/dev/null".into(),
        Stream::File(path) | Stream::Terminal(path) | Stream::Deleted(path) => shown(path),
        Stream::Pipe(_) => "a pipe".into(),
        Stream::Other => "a socket or device".into(),
    }
}

fn dir(process: &Process) -> String {
    process.dir.as_ref().map_or_else(|| "-".into(), place)
}

fn place(place: &OpenFile) -> String {
    let deleted = if place.is_there { "" } else { " (deleted)" };
    format!("{}{deleted}", shown(&place.path))
}
