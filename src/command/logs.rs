//! `mkservice logs NAME`: what a service has logged.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use serde_json::json;

use super::Context;
use super::find::Ground;
use crate::cli::Logs;
use crate::error::{Error, Result};
use crate::shell;
use crate::systemd::journal::{self, Trouble, Wanted};

/// How many lines are shown when neither their number nor a time is given.
const LINES: u32 = 100;

/// Shows a log; journalctl prints it, so that it looks as people know it.
///
/// # Errors
/// A name that is unknown, a log that may not be read, or a time that journalctl does not take.
pub async fn logs(typed: &Logs, context: &Context<'_>) -> Result<u8> {
    let Context { ui, host, .. } = *context;
    let ground = Ground::of(&typed.common, false, context).await?;
    let named: Vec<String> = typed.name.iter().cloned().collect();
    let names = ground.names(&named, "logs", context)?;
    let [name] = names.as_slice() else {
        return Err(Error::Usage { message: "one service at a time".into(), hint: None });
    };
    ground.service(name, "logs", host).await?;
    let unit = name.unit();
    let lines = typed.lines.or(if typed.since.is_none() { Some(LINES) } else { None });
    let wanted = Wanted { scope: ground.scope, unit: &unit, lines, since: typed.since.as_deref() };
    // Asked for first, so that a log that may not be read is not shown as an empty one.
    let asked = Wanted { lines: if ui.is_json() { lines } else { Some(1) }, ..wanted };
    let entries = journal::of_unit(&asked).map_err(|trouble| match trouble {
        Trouble::Closed | Trouble::Partly => {
            Error::NoJournal { name: name.clone(), account: host.asked_by.name.clone(), scope: ground.scope }
        }
        Trouble::Refused(why) => Error::Usage { message: shell::printable(&why), hint: None },
    })?;
    if ui.is_json() {
        ui.put("entries", Vec::<serde_json::Value>::new());
        for entry in entries {
            let (time, pid) = (entry.time as f64 / 1e6, (entry.pid != 0).then_some(entry.pid));
            ui.add("entries", json!({ "time": time, "pid": pid, "from": entry.from, "message": entry.message }));
        }
        return Ok(0);
    }
    if entries.is_empty() && !typed.follow {
        ui.note(&format!("{name} has logged nothing{}", if typed.since.is_some() { " since then" } else { " yet" }));
        return Ok(0);
    }
    let mut journalctl = Command::new("journalctl");
    journalctl.args(["--no-pager", "--quiet"]).args(wanted.arguments());
    if typed.follow {
        journalctl.arg("--follow");
    }
    // In our place: the terminal, an interrupt and the end of a pipe are journalctl's from here on.
    Err(Error::Program { program: "journalctl", source: journalctl.exec() })
}
