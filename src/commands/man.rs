//! `mkservice man [PAGE]`

use std::io::{IsTerminal as _, Write as _};
use std::process::Stdio;

use crate::cli::Man;
use crate::host::tool::tool;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::{message, quoted};
use crate::output::man;
use crate::session::context::Context;

pub fn man(typed: &Man, context: &Context<'_>) -> Result<u8> {
    let page = match typed.page.as_deref() {
        None | Some("mkservice") => man::page(None),
        Some(man::MANIFEST) => man::manifest(),
        Some(name) => man::page(Some(verb(name)?)),
    };
    if !std::io::stdout().is_terminal() || !shown(&page) {
        context.ui.print(&page);
    }
    Ok(0)
}

/// `NAME` or `mkservice-NAME`.
fn verb(name: &str) -> Result<Verb> {
    let verb = Verb::given(name.strip_prefix("mkservice-").unwrap_or(name));
    verb.filter(|verb| !matches!(verb, Verb::Help | Verb::InstallPlan)).ok_or_else(|| {
        let error = Error::new(Code::Usage, message!("no manual page for {}", quoted(name)));
        error.hint(message!("show the verbs: {}", mkservice(["--help"])))
    })
}

/// Whether man(1) could show it: small systems do not have it.
fn shown(page: &[u8]) -> bool {
    let Ok(mut man) = tool("man").args(["-l", "-"]).stdin(Stdio::piped()).spawn() else { return false };
    let written = man.stdin.take().is_some_and(|mut stdin| stdin.write_all(page).is_ok());
    man.wait().is_ok_and(|status| status.success()) && written
}
