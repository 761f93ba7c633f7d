//! `mkservice logs NAME`

use std::io::{self, IsTerminal as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Stdio;

use crate::checks::log_files;
use crate::cli::Logs;
use crate::host::tool::tool;
use crate::manager::journal::{self, LogError, Wanted};
use crate::model::Verb;
use crate::model::command::{mkservice, run};
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, opt, quoted};
use crate::output::json;
use crate::session::context::Context;
use crate::session::selection::ScopeSession;
use crate::shell::shown;
use crate::spec::{Scope, UnitName};
use crate::state::service::Service;
use crate::unit;

/// Without `--lines` and `--since`.
const LINES: u32 = 100;

/// journalctl prints the log, in the format that people know.
pub async fn logs(typed: &Logs, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    let session = ScopeSession::of(false, context).await?;
    let name = session.one(typed.name.as_ref())?;
    let service = session.service(&name, Verb::Logs, host).await?;
    if let Some(path) = unit::log_file(&service.text()) {
        return of_file(&path, &service, typed, context);
    }
    let unit = service.logged_as();
    let lines = typed.lines.or(if typed.since.is_none() { Some(LINES) } else { None });
    let wanted = Wanted { scope: session.scope, unit: &unit, lines, since: typed.since.as_deref() };
    // journalctl shows a log that cannot be read as an empty one.
    let asked = Wanted { lines: Some(1), ..wanted };
    let entries = journal::of_unit(&asked).map_err(|error| match error {
        LogError::Closed | LogError::Partly => journal_denied(&name, &host.asked_by.name, session.scope),
        LogError::Refused(why) => Error::new(Code::Usage, why),
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
        ui.note(format!("no log entries of {name}{}", if typed.since.is_some() { " since then" } else { "" }));
        return Ok(0);
    }
    let mut journalctl = tool("journalctl");
    journalctl.args(["--no-pager", "--quiet"]).args(wanted.arguments());
    // The program of all instances is the same.
    journalctl.args(service.is_group().then_some("--output=with-unit"));
    journalctl.args(typed.follow.then_some("--follow"));
    // In place of this process: the terminal and signals are journalctl's.
    Err(Error::program("journalctl", journalctl.exec()))
}

/// For a service with `--log-file`.
fn of_file(path: &Path, service: &Service, typed: &Logs, context: &Context<'_>) -> Result<u8> {
    let ui = context.ui;
    if typed.since.is_some() {
        let message = message!("{} does not work with the log file {}, which has no times", opt("since"), quoted(path));
        return Err(Error::new(Code::Usage, message).hint(mkservice(["logs", "-n", "500", service.name.as_str()])));
    }
    let account = service.run.as_ref().map(|run| run.account.as_str()).filter(|account| !account.is_empty());
    let lines = typed.lines.unwrap_or(LINES);
    let unread = |error| Error::file("read", path, error);
    if ui.is_json() {
        let (last, _) = log_files::last_lines(path, account, lines as usize).map_err(unread)?;
        let from = shown(path);
        let each = move |take: &mut dyn FnMut(json::Entry)| {
            let entry = |message| json::Entry { time: None, pid: None, unit: None, from: from.clone(), message };
            last.iter().cloned().map(entry).for_each(take);
        };
        ui.document(|document| document.result.entries = Some(json::Entries(Box::new(each))));
        return Ok(0);
    }
    let file = log_files::open(path, account).map_err(unread)?;
    if !typed.follow && file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
        ui.note(format!("{} is empty", shown(path)));
        return Ok(0);
    }
    let mut tail = tool("tail");
    tail.args(["-n", &lines.to_string()]).args(typed.follow.then_some("-f")).stdin(file);
    // A terminal must not interpret what the program printed.
    if io::stdout().is_terminal() {
        let mut tail = tail.stdout(Stdio::piped()).spawn().map_err(|source| Error::program("tail", source))?;
        if let Some(lines) = tail.stdout.take() {
            ui.pass_on(lines);
        }
        let _ = tail.kill().and_then(|()| tail.wait());
        return Ok(0);
    }
    // With the file that is open: nobody can replace it any more.
    Err(Error::program("tail", tail.exec()))
}

fn journal_denied(name: &UnitName, user: &str, scope: Scope) -> Error {
    let message = message!("user {} cannot read the log of {}", quoted(user), name);
    let join = run("usermod").args(["-aG", "systemd-journal", user]).as_root();
    let error = Error::new(Code::LogDenied, message).service(name);
    let error = error.hint(message!("join the group systemd-journal, from the next login on: {}", join));
    match scope {
        Scope::System => error.hint(message!("or read it as root: {}", mkservice(["logs", name.as_str()]).as_root())),
        Scope::User => error,
    }
}
