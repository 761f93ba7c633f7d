//! Decides each service of a file as if its command had been run in the directory of the file.

use super::file::File;
use crate::cli::{self, Add};
use crate::commands::add;
use crate::host::Host;
use crate::manifest::Line;
use crate::model::diagnostic::{Error, Note, Result};
use crate::model::message::{message, opt, some_of};
use crate::resolve::{self, Resolved};
use crate::session::connection::ManagerConnection;
use crate::session::context::Context;
use crate::session::secrets::{Secrets, Stdin};
use crate::spec::{ManifestId, UnitKind};

pub async fn all(
    lines: &[Line],
    typed: &cli::Apply,
    file: &File,
    id: Option<&ManifestId>,
    connection: &ManagerConnection,
    context: &Context<'_>,
) -> Result<Vec<(Resolved, Secrets)>> {
    let host = Host { dir: file.dir.clone(), physical_dir: file.dir.clone(), ..context.host.clone() };
    let others: Vec<String> = lines.iter().flat_map(units).collect();
    let mut decided = Vec::new();
    let mut refused = Vec::new();
    for line in lines {
        match one(line, typed, id, &others, connection, &Context { host: &host, ..context.of(&line.invocation) }).await
        {
            Ok(resolved) => decided.push(resolved),
            Err(error) => refused.push(line.error(error)),
        }
    }
    Error::all(refused).map_or(Ok(decided), Err)
}

/// The units that other services of the file can depend on.
fn units(line: &Line) -> Vec<String> {
    UnitKind::ALL.into_iter().map(|kind| line.name.unit_of(kind)).collect()
}

async fn one(
    line: &Line,
    typed: &cli::Apply,
    id: Option<&ManifestId>,
    others: &[String],
    connection: &ManagerConnection,
    context: &Context<'_>,
) -> Result<(Resolved, Secrets)> {
    let mut add = (*line.typed).clone();
    add.changing = typed.changing.clone();
    add.settle = typed.settle.clone().or(add.settle);
    add.no_start |= typed.no_start;
    resolve::refuse_account_of_caller(&add, context.host)?;
    let mut resolved = add::decide(&add, &line.invocation, connection, others, context.host, context).await?;
    resolved.spec.applied_from = id.cloned();
    resolved.notes.extend(from_environment(&add));
    if resolve::starts_at_top(&add, context.host) {
        let other = opt("working-directory");
        let note =
            message!("it starts in `/`, because the file is not in the image; use {} for another directory", other);
        resolved.notes.push(note.into());
    }
    // The command that creates the same service alone.
    resolved.spec.typed.splice(..0, context.host.is_global().then(|| "--global".into()));
    let stdin = if typed.secrets_stdin { Stdin::All } else { Stdin::Given };
    let mut secrets = Secrets::typed(&add.secret, stdin, &resolved.spec, context.host)?;
    secrets.ask_only_for(|_| false);
    Ok((resolved, secrets))
}

/// What a service has from the user who applies the file.
fn from_environment(add: &Add) -> Option<Note> {
    let names = add.setenv.iter().filter_map(|word| word.to_str()).filter(|word| !word.contains('='));
    let names: Vec<&str> = names.chain(add.inherit_path.then_some("PATH")).collect();
    (!names.is_empty()).then(|| message!("{} as in your environment, not in the file", some_of(&names)).into())
}
