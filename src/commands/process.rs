//! The process to adopt: by ID, by a part of its command line, or chosen from a list.

use std::ffi::OsString;

use crate::adopt::{Obstacle, ProcessTable, short_command};
use crate::error::{Error, Result};
use crate::host::account;
use crate::host::process::Process;
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
    let process = table.get(pid).ok_or_else(|| Error::NoProcess {
        what: format!("there is no process {pid}"),
        hint: Some("mkservice adopt shows those that can be adopted".into()),
    })?;
    match table.child_obstacle(process).filter(|_| !force && table.obstacle(process).is_none()) {
        Some(worker) => Err(refused(process, &worker, context)),
        None => Ok(process),
    }
}

fn by_pattern<'a>(text: &str, table: &ProcessTable<'a>, context: &Context<'_>) -> Result<&'a Process> {
    let (free, owned) = table.matching(text);
    let (own, others): (Vec<_>, Vec<_>) =
        free.into_iter().partition(|process| process.uid == context.host.asked_by.uid);
    let shown_text = shell::printable(text);
    match (own.as_slice(), others.as_slice(), owned.first()) {
        ([one], ..) | ([], [one], _) => Ok(one),
        ([], [], Some(process)) => Ok(process),
        ([], [], None) => Err(Error::NoProcess {
            what: format!("there is no process with `{shown_text}` in its command line"),
            hint: Some("mkservice adopt shows those that can be adopted".into()),
        }),
        ([], many, _) | (many, ..) => {
            pick(format!("`{shown_text}` is in the command lines of {} processes", many.len()), many, context)
        }
    }
}

fn from_list<'a>(table: &ProcessTable<'a>, context: &Context<'_>) -> Result<&'a Process> {
    let found = table.background(context.host.asked_by.uid);
    if found.is_empty() {
        return Err(Error::NoProcess {
            what: "you have no process in the background that no service owns".into(),
            hint: Some("mkservice COMMAND makes a service of a command".into()),
        });
    }
    pick("adopt which process?".into(), &found, context)
}

fn pick<'a>(what: String, many: &[&'a Process], context: &Context<'_>) -> Result<&'a Process> {
    let processes = many.iter().map(|process| report::process_json(process)).collect();
    context.ui.document(|document| document.result.processes = Some(processes));
    let mut table = report::process_table(many);
    if !context.ui.is_json() && ui::can_ask() {
        let rows = table.split_off(1);
        if let [place] = ui::choose("Adopt which? (number)", &rows).as_slice() {
            return Ok(many[*place]);
        }
        table.extend(rows);
    }
    let lines = many.iter().map(|process| line_for(process, context));
    Err(Error::WhichProcess { what, table, lines: lines.collect() })
}

/// The command that adopts a process.
fn line_for(process: &Process, context: &Context<'_>) -> String {
    let sudo = if context.host.euid != 0 && process.uid != context.host.euid { "sudo " } else { sudo_again(context) };
    format!("{sudo}mkservice adopt {}", process.pid)
}

fn sudo_again(context: &Context<'_>) -> &'static str {
    if context.host.elevated { "sudo " } else { "" }
}

fn refused(process: &Process, obstacle: &Obstacle, context: &Context<'_>) -> Error {
    let name = |uid: u32| account::by_uid(uid).map_or_else(|| format!("uid {uid}"), |account| account.name);
    let why = match obstacle {
        Obstacle::OtherUser { uid } => format!("belongs to {}", name(*uid)),
        Obstacle::ChangedUser { uid, euid } => format!("was started by {} and runs as {}", name(*uid), name(*euid)),
        other => other.to_string(),
    };
    let type_it = || "type the command that started it: mkservice -- COMMAND".to_owned();
    let hint = match obstacle {
        Obstacle::Service { unit, of_user: false } => Some(format!("systemctl status {}", shell::quote(unit))),
        Obstacle::Service { unit, .. } if unit.ends_with(".service") && process.uid == context.host.euid => {
            Some(format!("systemctl --user status {}", shell::quote(unit)))
        }
        Obstacle::OtherUser { .. } => Some(line_for(process, context)),
        Obstacle::Child { parent, .. } => {
            Some(format!("{}mkservice adopt {parent}\n--force adopts it alone", sudo_again(context)))
        }
        Obstacle::Pipe { .. } => Some("both together can be one: mkservice -- sh -c 'ONE | OTHER'".into()),
        Obstacle::Unreadable | Obstacle::NoCommand | Obstacle::ChangedUser { .. } => Some(type_it()),
        _ => None,
    };
    let command =
        if process.command.is_empty() { shell::quote(&process.name) } else { short_command(&process.command) };
    Error::NotAdoptable { pid: process.pid, command, why, hint }
}
