//! `mkservice apply [FILE]`

mod cross_checks;
mod decide;
mod file;
mod prune;

use crate::cli::{self, Changing};
use crate::manifest;
use crate::manifest::read::Services;
use crate::model::diagnostic::{Code, Error, Result};
use crate::output::report::{self, Change, Outcome, ServiceChange};
use crate::resolve::{self, Resolved};
use crate::session::connection::ManagerConnection;
use crate::session::context::Context;
use crate::session::handover;
use crate::session::install::{FileOptions, Installation, Wanted};
use crate::session::order::Applied;
use crate::session::secrets::{self, Secrets};
use crate::spec::{Scope, UnitName};
use file::File;

/// Everything is decided and checked before anything is written.
pub async fn apply(typed: &cli::Apply, context: &Context<'_>) -> Result<u8> {
    if typed.schema {
        context.ui.print(manifest::schema::text().as_bytes());
        return Ok(0);
    }
    let (file, names) = file::and_names(typed, context.host);
    let file = File::read(file, context.host)?;
    let Services { name, lines } = manifest::read(&file.bytes, &file.shown)?;
    let id = file.identity(name, typed)?;
    file.refuse_nothing(&lines, typed.prune)?;
    file.refuse_unknown(&names, &lines, typed)?;
    let scope = resolve::scope_of(false, context.invocation, context.host)?;
    let connection = ManagerConnection::find(scope, context.host).await;
    let mut decided = decide::all(&lines, typed, &file, id.as_ref(), &connection, context).await?;
    decided.retain(|(resolved, _)| names.is_empty() || names.iter().any(|name| resolved.spec.name.as_str() == *name));
    let services = decided.iter_mut().map(|(resolved, secrets)| (&*resolved, std::mem::take(secrets))).collect();
    let applied = Applied { file: id, prune: typed.prune, adopt: typed.adopt, force: typed.changing.force };
    let blame = |name: &UnitName, error: Error| match lines.iter().find(|line| line.name == *name) {
        Some(line) => line.error(error),
        None => error,
    };
    carry_out(Batch { scope, services, applied, blame: &blame }, &typed.changing, connection, context).await
}

/// Services that are applied together.
pub struct Batch<'a> {
    pub scope: Scope,
    pub services: Vec<(&'a Resolved, Secrets)>,
    pub applied: Applied,
    /// Adds the place in the file to an error.
    pub blame: &'a dyn Fn(&UnitName, Error) -> Error,
}

pub async fn carry_out(
    batch: Batch<'_>,
    changing: &Changing,
    connection: ManagerConnection,
    context: &Context<'_>,
) -> Result<u8> {
    let Batch { scope, mut services, applied, blame } = batch;
    let all: Vec<&Resolved> = services.iter().map(|(resolved, _)| *resolved).collect();
    cross_checks::refuse(&all, blame)?;
    let by_root = scope == Scope::System && context.host.euid != 0;
    let only_shows = changing.only_shows();
    if by_root && !only_shows {
        secrets::ask(&mut services, blame, context).await?;
    }
    let handed: Vec<_> = services.iter().map(|(resolved, secrets)| (*resolved, secrets.handed())).collect();
    let gone = prune::names(&services, &applied, scope, context)?;
    let of_file = Some(FileOptions { adopt: applied.adopt });
    let wanted = Wanted { scope, services, gone, of_file, force: applied.force, blame };
    let mut work = Installation::plan(wanted, connection, by_root || only_shows, context).await?;
    work.explain(context);
    if only_shows {
        let shown = context.show(&work.steps, changing);
        report(&work, None, context);
        return Ok(shown);
    }
    // If nothing would change, no root privileges are required.
    if by_root && !work.steps.is_empty() {
        return handover::hand_over(handed, Some(applied), &work.steps, context).await;
    }
    context.progress.expect(work.steps.len());
    work.write(context).await?;
    let outcomes = work.start_all(context).await?;
    let kept = work.tidy(context).await?;
    let exit_code = report(&work, Some(outcomes), context);
    kept.iter().for_each(|dir| context.ui.note(report::kept_dir(dir)));
    work.report_services(context).await?;
    Ok(exit_code)
}

/// Without `outcomes`, prints what would change. Returns the exit code.
fn report(work: &Installation<'_>, outcomes: Option<Vec<Result<Outcome>>>, context: &Context<'_>) -> u8 {
    let ui = context.ui;
    let would = outcomes.is_none();
    let mut exit_code = 0;
    let outcomes = outcomes.unwrap_or_default();
    let enabled = work.services.iter().any(|service| service.resolved.install.enable);
    let reached = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
    let head = reached.copied().find_map(|outcome| report::at_next_boot(outcome, enabled, context.host));
    head.into_iter().for_each(|line| ui.say(line));
    let mut outcomes = outcomes.into_iter();
    let mut changes = Vec::new();
    for service in &work.services {
        let mut rolled_back = false;
        let outcome = match outcomes.next() {
            Some(Ok(outcome)) => Some(Ok(outcome)),
            Some(Err(error)) => {
                let (name, scope) = (&service.there.name, service.there.scope);
                // A file declares what is there, whether it runs or not.
                let removal = (error.code() == Code::NotRunning).then(|| report::removal(name, scope, context.host));
                let error = error.hints(removal);
                ui.fail(&error);
                exit_code = error.exit_code().max(exit_code);
                rolled_back = error.code() == Code::RolledBack;
                Some(Err(()))
            }
            None => None,
        };
        let change = match outcome {
            Some(Err(())) => Change::Failed,
            _ if service.steps.is_empty() => Change::Unchanged,
            _ if service.there.is_managed() => Change::Changed,
            _ => Change::Created,
        };
        let (spec, enabled) = (&service.secrets.spec, service.resolved.install.enable);
        let outcome = outcome.and_then(|outcome| outcome.ok());
        let change = ServiceChange::new(spec, change, outcome, enabled, &service.steps, context.host);
        changes.push(ServiceChange { rolled_back, ..change });
    }
    changes.extend(work.to_remove.iter().map(|service| ServiceChange {
        name: &service.name,
        change: Change::Removed,
        state: String::new(),
        rolled_back: false,
        steps: &[],
    }));
    ui.document(|document| {
        document.result.changes = Some(changes.iter().map(report::change_json).collect());
        document.result.summary = Some(report::summary(&changes));
    });
    ui.say(report::applied(&changes, would, ui.is_verbose()));
    work.note(context);
    exit_code
}
