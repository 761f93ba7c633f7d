//! The process to adopt: by ID, by a part of its command line, or chosen from a list.

use std::ffi::OsString;

use crate::adopt::{Obstacle, ProcessTable, short_command};
use crate::host::account;
use crate::host::process::Process;
use crate::model::Scope;
use crate::model::command::{Command, mkservice, run, systemctl};
use crate::model::diagnostic::{Code, Details, Error, Result};
use crate::model::message::{Message, message, opt, quoted};
use crate::output::{report, ui};
use crate::session::context::Context;
use crate::shell;

/// Finds the process that the typed words mean, and that can be adopted.
pub fn find<'a>(
    typed: &[OsString],
    force: bool,
    table: &ProcessTable<'a>,
    context: &Context<'_>,
) -> Result<&'a Process> {
    let text = typed.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let process = match text.parse() {
        _ if typed.is_empty() => from_list(table, context)?,
        Ok(pid) => by_id(pid, force, table, context)?,
        Err(_) => by_pattern(&text, table, context)?,
    };
    match table.obstacle(process) {
        Some(obstacle) => Err(refused(process, &obstacle, context)),
        None => Ok(process),
    }
}

fn by_id<'a>(pid: u32, force: bool, table: &ProcessTable<'a>, context: &Context<'_>) -> Result<&'a Process> {
    let process = table.get(pid).ok_or_else(|| not_found(message!("no process {}", pid)))?;
    match table.child_obstacle(process).filter(|_| !force && table.obstacle(process).is_none()) {
        Some(worker) => Err(refused(process, &worker, context)),
        None => Ok(process),
    }
}

fn by_pattern<'a>(text: &str, table: &ProcessTable<'a>, context: &Context<'_>) -> Result<&'a Process> {
    let (free, owned) = table.matching(text);
    let (own, others): (Vec<_>, Vec<_>) =
        free.into_iter().partition(|process| process.uid == context.host.asked_by.uid);
    match (own.as_slice(), others.as_slice(), owned.first()) {
        ([one], ..) | ([], [one], _) => Ok(one),
        ([], [], Some(process)) => Ok(process),
        ([], [], None) => Err(not_found(message!("no process has {} in its command line", quoted(text)))),
        ([], many, _) | (many, ..) => {
            pick(message!("{} processes have {} in their command line", many.len(), quoted(text)), many, context)
        }
    }
}

fn from_list<'a>(table: &ProcessTable<'a>, context: &Context<'_>) -> Result<&'a Process> {
    let found = table.background(context.host.asked_by.uid);
    if found.is_empty() {
        let error = Error::new(Code::ProcessNotFound, "you have no background process that can be adopted");
        return Err(error.hint(message!("create a service from a command: {}", mkservice(["COMMAND"]))));
    }
    pick("no process given".into(), &found, context)
}

fn pick<'a>(what: Message, many: &[&'a Process], context: &Context<'_>) -> Result<&'a Process> {
    let processes = many.iter().map(|process| report::process_json(process)).collect();
    context.ui.document(|document| document.result.processes = Some(processes));
    let mut table = report::process_table(many, context.host);
    if !context.ui.is_json() && ui::can_ask() {
        let rows = table.split_off(1);
        if let [place] = ui::choose("Adopt which? (number)", &rows).as_slice() {
            return Ok(many[*place]);
        }
        table.extend(rows);
    }
    let error = Error::new(Code::ProcessAmbiguous, what).hints(many.iter().map(|it| adopt(it, context).into()));
    Err(error.details(Details { choice: table, ..Details::default() }))
}

fn not_found(message: Message) -> Error {
    let list = message!("list the processes that can be adopted: {}", mkservice(["adopt"]));
    Error::new(Code::ProcessNotFound, message).hint(list)
}

/// The command that adopts a process.
fn adopt(process: &Process, context: &Context<'_>) -> Command {
    let mut adopt = mkservice(["adopt", &process.pid.to_string()]);
    adopt.as_root = context.host.elevated || process.uid != context.host.euid;
    adopt
}

fn refused(process: &Process, obstacle: &Obstacle, context: &Context<'_>) -> Error {
    let name = |uid: u32| account::by_uid(uid).map_or_else(|| format!("uid {uid}"), |account| account.name);
    let why = match obstacle {
        Obstacle::OtherUser { uid } => format!("belongs to {}", name(*uid)),
        Obstacle::ChangedUser { uid, euid } => format!("was started by {} and runs as {}", name(*uid), name(*euid)),
        other => other.to_string(),
    };
    let hints: Vec<Message> = match obstacle {
        Obstacle::Service { unit, of_user: false } => vec![run("systemctl").args(["status", unit]).into()],
        Obstacle::Service { unit, .. } if unit.ends_with(".service") && process.uid == context.host.euid => {
            vec![systemctl(Scope::User).args(["status", unit]).into()]
        }
        Obstacle::OtherUser { .. } => vec![adopt(process, context).into()],
        Obstacle::Child { parent, .. } => {
            let mut parent = mkservice(["adopt", &parent.to_string()]);
            parent.as_root = context.host.elevated;
            vec![parent.into(), message!("use {} to adopt it alone", opt("force"))]
        }
        Obstacle::Pipe { .. } => {
            let both = mkservice(["--", "sh", "-c", "ONE | OTHER"]);
            vec![message!("create one service for both: {}", both)]
        }
        Obstacle::Unreadable | Obstacle::NoCommand | Obstacle::ChangedUser { .. } => {
            vec![message!("give the command that started it: {}", mkservice(["--", "COMMAND"]))]
        }
        _ => Vec::new(),
    };
    let command =
        if process.command.is_empty() { shell::quote(&process.name) } else { short_command(&process.command) };
    let message = message!("process {} (`{}`) {}", process.pid, command, why);
    Error::new(Code::ProcessNotAdoptable, message).hints(hints)
}
