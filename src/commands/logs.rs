//! `mkservice logs NAME…`

use std::collections::HashMap;
use std::io::{self, IsTerminal as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::checks::log_files;
use crate::cli::Logs;
use crate::host::clock::Clock;
use crate::host::tool::tool;
use crate::manager::journal::{self, LogError, Wanted};
use crate::model::Verb;
use crate::model::command::{mkservice, run};
use crate::model::diagnostic::{Code, Error, Note, Result};
use crate::model::message::{message, opt, quoted};
use crate::output::ui::text::{Text, Tone};
use crate::output::{json, report};
use crate::session::context::Context;
use crate::session::selection::ScopeSession;
use crate::shell::shown;
use crate::spec::{Scope, UnitName};
use crate::state::service::Service;
use crate::{shell, unit};

/// Without `--lines`, `--since` and `--grep`.
const LINES: u32 = 100;

pub async fn logs(typed: &Logs, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    let session = ScopeSession::of(false, context).await?;
    let services = session.services(&session.names(&typed.selection.names)?, Verb::Logs, host).await?;
    if services.is_empty() {
        ui.note(report::NONE);
        return Ok(0);
    }
    if let [only] = services.as_slice()
        && let Some(path) = unit::log_file(&only.text())
    {
        return of_file(&path, only, typed, context);
    }
    let services = in_journal(services, context)?;
    let Some(first) = services.first() else { return Ok(0) };
    let known = session.known(host)?;
    let units: Vec<String> = services.iter().flat_map(|service| service.logged_as_ever(known)).collect();
    let filters = filters(typed);
    // With a number of lines, journalctl shows the matches of a pattern in reverse order.
    let selects = typed.since.is_some() || typed.grep.is_some();
    let lines = typed.lines.or((!selects).then_some(LINES));
    let wanted = Wanted { scope: session.scope, units: &units, lines, filters: &filters };
    // journalctl shows a log that cannot be read as an empty one.
    let asked = Wanted { lines: Some(1), ..wanted };
    let entries = journal::of_unit(&asked).map_err(|error| match error {
        LogError::Closed | LogError::Partly => journal_denied(&first.name, &host.asked_by.name, session.scope),
        LogError::Refused(why) => Error::new(Code::Usage, shell::printable(&why)),
    })?;
    if ui.is_json() {
        let entries = json_entries(wanted.arguments());
        ui.document(|document| document.result.entries = Some(entries));
        return Ok(0);
    }
    if entries.is_empty() && !typed.follow {
        let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
        let among = match () {
            () if typed.priority.is_some() || typed.grep.is_some() || typed.until.is_some() => " match",
            () if typed.since.is_some() => " since then",
            () => "",
        };
        ui.note(format!("no log entries of {}{among}", names.join(", ")));
        return Ok(0);
    }
    let mut arguments = wanted.arguments();
    arguments.extend(typed.follow.then(|| "--follow".to_owned()));
    if let Some(format) = &typed.output {
        return in_format(format, &arguments, context);
    }
    // The program of all instances is the same.
    let names_units = services.len() > 1 || first.is_group();
    show(&arguments, names_units, context);
    Ok(0)
}

/// Leaves out services whose log is a file: its lines have no times, by which they could be interleaved.
fn in_journal(services: Vec<Service>, context: &Context<'_>) -> Result<Vec<Service>> {
    let (in_files, in_journal): (Vec<_>, Vec<_>) =
        services.into_iter().partition(|service| unit::log_file(&service.text()).is_some());
    let left_out = |service: &Service| {
        let path = unit::log_file(&service.text()).unwrap_or_default();
        let message =
            message!("the log of {} is the file {}, which is not shown with others", &service.name, quoted(path));
        (message, mkservice(["logs", service.name.as_str()]))
    };
    if let (Some(first), true) = (in_files.first(), in_journal.is_empty()) {
        let (message, alone) = left_out(first);
        return Err(Error::new(Code::Usage, message).hint(alone));
    }
    for (message, alone) in in_files.iter().map(left_out) {
        context.ui.warn(Note::from(message).hint(alone));
    }
    Ok(in_journal)
}

fn json_entries(arguments: Vec<String>) -> json::Entries {
    json::Entries(Box::new(move |take| {
        let _ = journal::each_entry(&arguments, |entry| {
            take(json::Entry {
                time: Some(entry.time as f64 / 1e6),
                pid: (entry.pid != 0).then_some(entry.pid),
                unit: Some(entry.unit),
                from: entry.from,
                message: entry.message,
            });
        });
    }))
}

/// The options that journalctl has as well.
fn filters(typed: &Logs) -> Vec<String> {
    let options =
        [("since", &typed.since), ("until", &typed.until), ("priority", &typed.priority), ("grep", &typed.grep)];
    options.into_iter().filter_map(|(name, value)| Some(format!("--{name}={}", value.as_ref()?))).collect()
}

/// Prints entries as journalctl does, but lines with any bytes, too. In a log of several units, the name of the unit
/// takes the place of the host's.
fn show(arguments: &[String], names_units: bool, context: &Context<'_>) {
    let Context { ui, host, .. } = *context;
    let clock = Clock::of(host);
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let _ = journal::each_entry_while(arguments, |entry| {
        let next = numbers.len();
        let who = match names_units {
            true => {
                let number = *numbers.entry(entry.unit.clone()).or_insert(next);
                Text::colored(report::without_suffix(&entry.unit), Tone::Nth(number))
            }
            false => entry.host.as_str().into(),
        };
        let pid = if entry.pid == 0 { String::new() } else { format!("[{}]", entry.pid) };
        let head = Text::from(format!("{} ", clock.full(entry.time))).with(who).with(format!(" {}{pid}: ", entry.from));
        let message = without_colors(&entry.message);
        let mut lines = message.lines();
        let indent = " ".repeat(head.written(false).chars().count());
        ui.log_line(head.with(lines.next().unwrap_or_default().trim_end_matches('\r')));
        lines.for_each(|line| ui.log_line(format!("{indent}{}", line.trim_end_matches('\r')).into()));
        !ui.has_lost_its_reader()
    });
}

/// Without the escape sequences that choose colors (SGR).
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ';' | ':'));
        match rest.strip_prefix('m') {
            Some(rest) => plain.push_str(rest),
            None => plain.extend(["\u{1b}[", part]),
        }
    }
    plain
}

/// In a format of journalctl.
fn in_format(format: &str, arguments: &[String], context: &Context<'_>) -> Result<u8> {
    let mut journalctl = tool("journalctl");
    journalctl.args(["--no-pager", "--quiet", "--all", &format!("--output={format}")]).args(arguments);
    run_or_pass_on(journalctl, "journalctl", context)
}

/// In place of this process, or printed by it: a terminal must not interpret what programs printed.
fn run_or_pass_on(mut program: Command, name: &str, context: &Context<'_>) -> Result<u8> {
    if !io::stdout().is_terminal() {
        return Err(Error::program(name, program.exec()));
    }
    let mut child = program.stdout(Stdio::piped()).spawn().map_err(|source| Error::program(name, source))?;
    if let Some(lines) = child.stdout.take() {
        context.ui.pass_on(lines);
    }
    let _ = child.kill().and_then(|()| child.wait());
    Ok(0)
}

/// For a service with `--log-file`.
fn of_file(path: &Path, service: &Service, typed: &Logs, context: &Context<'_>) -> Result<u8> {
    let ui = context.ui;
    let unsupported = ["since", "until", "priority", "grep", "output"].into_iter().zip([
        &typed.since,
        &typed.until,
        &typed.priority,
        &typed.grep,
        &typed.output,
    ]);
    if let Some((option, _)) = { unsupported }.find(|(_, value)| value.is_some()) {
        let message = message!("{} does not work with the log file {}, which has no times", opt(option), quoted(path));
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
    // With the file that is open: nobody can replace it any more.
    run_or_pass_on(tail, "tail", context)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colors_are_removed() {
        assert_eq!(without_colors("\u{1b}[1;31mred\u{1b}[0m and \u{1b}[38:5:7mplain\u{1b}[m"), "red and plain");
        assert_eq!(without_colors("\u{1b}[2Jgone \u{1b}]0;x\u{7}"), "\u{1b}[2Jgone \u{1b}]0;x\u{7}");
        assert_eq!(without_colors("50%\r100%"), "50%\r100%");
    }
}
