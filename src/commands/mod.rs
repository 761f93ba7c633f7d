//! The verbs.

mod add;
mod adopt;
mod apply;
mod by_root;
mod cat;
mod completions;
mod control;
mod doctor;
mod edit;
mod explain;
mod export;
mod harden;
mod import;
mod install_plan;
mod list;
mod logs;
mod man;
mod process;
mod remove;
mod rename;
mod run;
mod status;
mod take_out;
mod update;

use std::rc::Rc;

use crate::cli::Command;
use crate::host::Host;
use crate::model::diagnostic::Result;
use crate::model::message::Message;
use crate::model::{GivenScope, Scope, Verb};
use crate::output::report;
use crate::plan::Step;
use crate::resolve;
use crate::session::behind_sudo;
use crate::session::context::{Context, Progress};
use crate::session::find;

/// Returns the exit code.
pub async fn run(mut command: Command, context: &Context<'_>) -> Result<u8> {
    let result = in_scopes(&mut command, context).await;
    result.map_err(|error| {
        let Progress { done, undo, .. } = &*context.progress;
        let done = done.borrow().iter().filter(|step| step.leaves_traces()).map(Step::done).collect();
        error.halfway(done, undo.take().map(Message::from))
    })
}

/// Shows services of both scopes one scope after the other.
async fn in_scopes(command: &mut Command, context: &Context<'_>) -> Result<u8> {
    let verb = context.invocation.verb();
    let is_one = context.host.given_scope.is_some() || context.ui.is_json();
    let mut groups: Vec<(Option<Scope>, Vec<String>)> = Vec::new();
    if let Some(mut names) = command.service_names().filter(|_| !is_one && matches!(verb, Verb::Status | Verb::Cat)) {
        let given = names.given();
        for name in &given {
            names.set(vec![name.clone()]);
            let scope = find::find(&mut names, verb, context)?;
            match groups.iter_mut().find(|(of, _)| *of == scope) {
                Some((_, group)) => group.push(name.clone()),
                None => groups.push((scope, vec![name.clone()])),
            }
        }
        names.set(given);
    }
    if groups.len() < 2 {
        return in_scope(command, context).await;
    }
    let mut exit_code = 0;
    for (at, (_, group)) in groups.into_iter().enumerate() {
        if at > 0 && verb == Verb::Status {
            context.ui.print(b"\n");
        }
        let line = context.invocation.with_arguments(&group);
        command.service_names().into_iter().for_each(|mut names| names.set(group.clone()));
        exit_code = exit_code.max(match in_scope(command, &context.of(&line)).await {
            Ok(exit_code) => exit_code,
            Err(error) => {
                context.ui.fail(&error);
                error.exit_code()
            }
        });
    }
    Ok(exit_code)
}

/// Runs a verb in the scope of the services that were named.
async fn in_scope(command: &mut Command, context: &Context<'_>) -> Result<u8> {
    let verb = context.invocation.verb();
    let is_behind_sudo = behind_sudo::is_there(context.host);
    if is_behind_sudo && verb.only_reads() && context.host.given_scope == Some(GivenScope::User) {
        return as_user(context);
    }
    let mut found = None;
    if let Some(mut names) = command.service_names() {
        resolve::scope_of(false, context.invocation, context.host)?;
        found = find::find(&mut names, verb, context)?;
        if is_behind_sudo && found.is_none() && !names.given().is_empty() {
            if verb.only_reads() && context.host.given_scope.is_none() {
                return as_user(context);
            }
            behind_sudo::refuse_services(&names.given(), verb, context.host)?;
        }
        if names.is_all() && names.given().is_empty() {
            context.ui.say(report::NONE);
            return Ok(0);
        }
    }
    let given_scope = found.filter(|_| !context.host.is_global()).map(GivenScope::from).or(context.host.given_scope);
    let host = Host { given_scope, ..context.host.clone() };
    let context = Context { host: &host, progress: Rc::clone(&context.progress), ..*context };
    let is_by_root = host.scope() == Scope::System && host.euid != 0 && host.image().is_none();
    if is_by_root && command.changes() {
        return by_root::run(command, &context).await;
    }
    dispatch(command, &context).await
}

/// The process of the user behind sudo prints everything.
fn as_user(context: &Context<'_>) -> Result<u8> {
    let exit_code = behind_sudo::run(context.invocation, context.host)?;
    context.ui.leave_to_other();
    Ok(exit_code)
}

async fn dispatch(command: &Command, context: &Context<'_>) -> Result<u8> {
    match command {
        Command::Add(typed) => add::add(typed, context).await,
        Command::Apply(typed) => apply::apply(typed, context).await,
        Command::Remove(typed) => remove::remove(typed, context).await,
        Command::List(typed) => list::list(typed, context).await,
        Command::Status(typed) => status::status(typed, context).await,
        Command::Logs(typed) => logs::logs(typed, context).await,
        Command::Start(typed) => control::start(typed, false, context).await,
        Command::Restart(typed) => control::start(typed, true, context).await,
        Command::Stop(typed) => control::stop(typed, context).await,
        Command::Run(typed) => run::run(typed, context).await,
        Command::Enable(typed) => control::enable(typed, context).await,
        Command::Disable(typed) => control::disable(typed, context).await,
        Command::Cat(typed) => cat::cat(typed, context).await,
        Command::Export(typed) => export::export(typed, context).await,
        Command::Update(typed) => update::update(typed, context).await,
        Command::Edit(typed) => edit::edit(typed, context).await,
        Command::Harden(typed) => harden::harden(typed, context).await,
        Command::Rename(typed) => rename::rename(typed, context).await,
        Command::Adopt(typed) => adopt::adopt(typed, context).await,
        Command::Import(typed) => import::import(typed, context),
        Command::Explain(typed) => explain::explain(typed, context),
        Command::Doctor => doctor::doctor(context).await,
        Command::Completions(typed) => Ok(completions::completions(typed, context)),
        Command::Man(typed) => man::man(typed, context),
        Command::InstallPlan => install_plan::install_plan(context).await,
    }
}
