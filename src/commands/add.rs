//! `mkservice [add] COMMAND…`

use crate::checks::interpreter::try_interpreter;
use crate::checks::{dependencies, replacing};
use crate::cli::{Add, Invocation};
use crate::hardening::facts;
use crate::host::{Host, secrets, tree};
use crate::model::diagnostic::{Code, Error, Note, Result};
use crate::resolve::host_facts::HostFacts;
use crate::resolve::leaks::{self, LeakContext};
use crate::resolve::{self, Replaces, Resolved};
use crate::session::connection::ManagerConnection;
use crate::session::context::Context;
use crate::session::install;
use crate::session::secrets::{Secrets, Stdin};
use crate::spec::ServiceSpec;

pub async fn add(typed: &Add, context: &Context<'_>) -> Result<u8> {
    let connection = connect(context).await?;
    let mut resolved = decide(typed, context.invocation, &connection, &[], context.host, context).await?;
    confirm_replacing(&mut resolved, context)?;
    let typed_secrets = Secrets::typed(&typed.secret, Stdin::All, &resolved.spec, context.host)?;
    install::install(&resolved, typed_secrets, connection, context).await
}

/// Asks on a terminal before a service is replaced whose directory and program both differ, and before secrets are
/// prompted for.
fn confirm_replacing(resolved: &mut Resolved, context: &Context<'_>) -> Result<()> {
    let Context { host, ui, invocation, .. } = *context;
    let Err(refused) = replacing::refuse(resolved, false, invocation, host) else { return Ok(()) };
    let is_question = resolved.install.replaces == Replaces::Related && !resolved.install.changing.only_shows();
    if !is_question || !ui.can_confirm() {
        return Err(refused);
    }
    let question = format!("{}. Replace it?", ui.wording().text(&refused.first().message));
    if !ui.confirm(&question) {
        return Err(Error::new(Code::Usage, "nothing was changed"));
    }
    resolved.install.replaces = Replaces::Any;
    Ok(())
}

pub async fn connect(context: &Context<'_>) -> Result<ManagerConnection> {
    let scope = resolve::scope_of(false, context.invocation, context.host)?;
    Ok(ManagerConnection::find(scope, context.host).await)
}

/// `described` is the command line that creates the service; `others` are units that will exist when it is installed.
pub async fn decide(
    typed: &Add,
    described: &Invocation,
    connection: &ManagerConnection,
    others: &[String],
    host: &Host,
    context: &Context<'_>,
) -> Result<Resolved> {
    let mut found = HostFacts::look_up(typed, host);
    let mut resolved = resolve::add(typed, context.invocation, described, host, connection.release(), &found)?;
    if try_interpreter(&mut found, &resolved, connection.manager(), host, |text| context.ui.detail(text)).await? {
        resolved = resolve::add(typed, context.invocation, described, host, connection.release(), &found)?;
    }
    if let Some(preset) = typed.harden {
        let facts = facts::of_spec(&resolved.spec, &found.command, host);
        resolve::harden(&mut resolved, preset, &facts);
    }
    resolved.warnings.extend(open_secrets(&resolved.spec, context));
    let doubts =
        dependencies::doubts(&resolved, others, connection.manager(), context.host, context.invocation).await?;
    resolved.warnings.extend(doubts);
    Ok(resolved)
}

/// Warns of secrets that other users could read.
fn open_secrets(spec: &ServiceSpec, context: &Context<'_>) -> Vec<Note> {
    let dir = context.host.unit_dir(spec.scope).unwrap_or_default();
    let unit = dir.join(spec.name.unit());
    let around = LeakContext {
        invocation: context.invocation,
        unit: &unit,
        unit_is_open: secrets::is_reachable(&unit),
        is_path: &|value| tree::exists(value),
    };
    let each = spec.each_different();
    let in_files = each.iter().flat_map(|spec| &spec.environment_files).filter_map(|file| {
        let text = secrets::open_text(file.path())?;
        leaks::open_environment_file(file.path(), &text)
    });
    leaks::warnings(spec, &around).into_iter().chain(in_files).collect()
}
