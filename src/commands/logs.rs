//! `mkservice logs NAME`: what a service has logged.

use std::io::{self, IsTerminal as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Stdio;

use crate::checks::log_files;
use crate::cli::Logs;
use crate::error::{Error, Result, shown};
use crate::host::tool::tool;
use crate::manager::journal::{self, Trouble, Wanted};
use crate::model::Verb;
use crate::output::json;
use crate::session::context::Context;
use crate::session::selection::Ground;
use crate::state::service::Service;
use crate::{shell, unit};

/// How many lines are shown when neither their number nor a time is given.
const LINES: u32 = 100;

/// Shows the log of a service that keeps it in a file.
fn of_file(path: &Path, service: &Service, typed: &Logs, context: &Context<'_>) -> Result<u8> {
    let ui = context.ui;
    if typed.since.is_some() {
        let message = format!("the lines of {} have no time of their own, so --since says nothing", shown(path));
        return Err(Error::Usage { message, hint: Some(format!("mkservice logs -n 500 {}", service.name)) });
    }
    let account = service.run.as_ref().map(|run| run.account.as_str()).filter(|account| !account.is_empty());
    let lines = typed.lines.unwrap_or(LINES);
    let unread = |error| Error::file("read", path, error);
    if ui.is_json() {
        let (last, _) = log_files::last_lines(path, account, lines as usize).map_err(unread)?;
        let entries = last.into_iter().map(|message| json::Entry {
            time: None,
            pid: None,
            unit: None,
            from: shown(path),
            message,
        });
        let entries: Vec<json::Entry> = entries.collect();
        let each = move |take: &mut dyn FnMut(json::Entry)| entries.iter().cloned().for_each(take);
        ui.document(|document| document.result.entries = Some(json::Entries(Box::new(each))));
        return Ok(0);
    }
    let file = log_files::open(path, account).map_err(unread)?;
    if !typed.follow && file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
        ui.note(format!("{} has written nothing to {} yet", service.name, shown(path)));
        return Ok(0);
    }
    let mut tail = tool("tail");
    tail.args(["-n", &lines.to_string()]).args(typed.follow.then_some("-f")).stdin(file);
    // A terminal would do what the program's lines tell it to.
    if io::stdout().is_terminal() {
        let mut tail = tail.stdout(Stdio::piped()).spawn().map_err(|source| Error::program("tail", source))?;
        if let Some(lines) = tail.stdout.take() {
            ui.pass_on(lines);
        }
        let _ = tail.kill().and_then(|()| tail.wait());
        return Ok(0);
    }
    // In our place, with the file that was opened: nobody can put another one there any more.
    Err(Error::program("tail", tail.exec()))
}

/// Shows a log; journalctl prints it, so that it looks as people know it.
pub async fn logs(typed: &Logs, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    let ground = Ground::of(false, context).await?;
    let named: Vec<String> = typed.name.iter().cloned().collect();
    let names = ground.names(&named, Verb::Logs, context)?;
    let [name] = names.as_slice() else {
        return Err(Error::Usage { message: "one service at a time".into(), hint: None });
    };
    let service = ground.service(name, Verb::Logs, host).await?;
    if let Some(path) = unit::log_file(&service.text()) {
        return of_file(&path, &service, typed, context);
    }
    let unit = service.logged_as();
    let lines = typed.lines.or(if typed.since.is_none() { Some(LINES) } else { None });
    let wanted = Wanted { scope: ground.scope, unit: &unit, lines, since: typed.since.as_deref() };
    // Asked for first, so that a log that may not be read is not shown as an empty one.
    let asked = Wanted { lines: Some(1), ..wanted };
    let entries = journal::of_unit(&asked).map_err(|trouble| match trouble {
        Trouble::Closed | Trouble::Partly => {
            Error::NoJournal { name: name.clone(), account: host.asked_by.name.clone(), scope: ground.scope }
        }
        Trouble::Refused(why) => Error::Usage { message: shell::printable(&why), hint: None },
    })?;
    if ui.is_json() {
        let arguments = wanted.arguments();
        let each = move |take: &mut dyn FnMut(json::Entry)| {
            let _ = journal::each_entry(&arguments, |entry| {
                take(json::Entry {
                    time: Some(entry.time as f64 / 1e6),
                    pid: (entry.pid != 0).then_some(entry.pid),
                    unit: Some(entry.unit),
                    from: entry.from,
                    message: entry.message,
                });
            });
        };
        ui.document(|document| document.result.entries = Some(json::Entries(Box::new(each))));
        return Ok(0);
    }
    if entries.is_empty() && !typed.follow {
        ui.note(format!("{name} has logged nothing{}", if typed.since.is_some() { " since then" } else { " yet" }));
        return Ok(0);
    }
    let mut journalctl = tool("journalctl");
    journalctl.args(["--no-pager", "--quiet"]).args(wanted.arguments());
    if service.is_group() {
        // The program is the same for all: what tells them apart is the unit.
        journalctl.arg("--output=with-unit");
    }
    if typed.follow {
        journalctl.arg("--follow");
    }
    // In our place: the terminal, an interrupt and the end of a pipe are journalctl's from here on.
    Err(Error::program("journalctl", journalctl.exec()))
}
