//! The verbs: each a table of contents of what is looked at, decided, planned, done and told.

mod add;
mod adopt;
mod apply;
mod cat;
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
mod process;
pub mod remove;
mod rename;
mod run;
mod status;
mod take_out;

use crate::cli::Verb;
use crate::error::Result;
use crate::plan::Step;
use crate::session::context::{Context, Progress};

/// Does what a verb says. Gives the exit code: what is no error can still be no success.
pub async fn run(verb: &Verb, context: &Context<'_>) -> Result<u8> {
    let result = match verb {
        Verb::Add(typed) => add::add(typed, context).await,
        Verb::Apply(typed) => apply::apply(typed, context).await,
        Verb::Remove(typed) => remove::remove(typed, context).await,
        Verb::List(typed) => list::list(typed, context).await,
        Verb::Status(typed) => status::status(typed, context).await,
        Verb::Logs(typed) => logs::logs(typed, context).await,
        Verb::Start(typed) => control::start(typed, false, context).await,
        Verb::Restart(typed) => control::start(typed, true, context).await,
        Verb::Stop(typed) => control::stop(typed, context).await,
        Verb::Run(typed) => run::run(typed, context).await,
        Verb::Enable(typed) => control::enable(typed, context).await,
        Verb::Disable(typed) => control::disable(typed, context).await,
        Verb::Cat(typed) => cat::cat(typed, context).await,
        Verb::Export(typed) => export::export(typed, context).await,
        Verb::Edit(typed) => edit::edit(typed, context).await,
        Verb::Harden(typed) => harden::harden(typed, context).await,
        Verb::Rename(typed) => rename::rename(typed, context).await,
        Verb::Adopt(typed) => adopt::adopt(typed, context).await,
        Verb::Import(typed) => import::import(typed, context),
        Verb::Explain(typed) => explain::explain(typed, context),
        Verb::Doctor(typed) => doctor::doctor(typed, context).await,
        Verb::InstallPlan(_) => install_plan::install_plan(context).await,
    };
    result.map_err(|error| {
        let Progress { done, undo, .. } = &*context.progress;
        let done = done.borrow().iter().filter(|step| step.leaves_traces()).map(Step::done).collect();
        error.halfway(done, undo.take())
    })
}
