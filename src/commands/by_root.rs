//! A verb that changes system services, for somebody who is not root.

use std::rc::Rc;

use super::dispatch;
use crate::cli::Command;
use crate::model::diagnostic::Result;
use crate::output::report;
use crate::output::ui::Ui;
use crate::plan::Step;
use crate::session::context::{Context, Progress};
use crate::session::handover;

/// Plans as the user, and asks for root only if something would change.
pub async fn run(command: &mut Command, context: &Context<'_>) -> Result<u8> {
    let steps = plan(command, context).await?;
    if steps.as_ref().is_some_and(Vec::is_empty) {
        context.ui.say(report::dry_run(&[]));
        return Ok(0);
    }
    let line = context.invocation.without(&["all"]).with_arguments(&command.positional());
    handover::hand_over_verb(&line, steps.as_deref(), context).await
}

/// `None` for a verb whose steps are not known before.
async fn plan(command: &mut Command, context: &Context<'_>) -> Result<Option<Vec<Step>>> {
    let can_be_planned = match command {
        Command::Edit(_) => false,
        Command::Harden(typed) => !typed.trial,
        _ => true,
    };
    if !can_be_planned {
        return Ok(None);
    }
    // Its document is never printed.
    let ui = Ui::new(true, false, true, context.ui.wording().clone());
    let progress = Rc::new(Progress::default());
    let planning = Context { ui: &ui, progress: Rc::clone(&progress), ..*context };
    set_dry_run(command, true);
    let planned = Box::pin(dispatch(command, &planning)).await;
    set_dry_run(command, false);
    planned.map(|_| Some(progress.planned.take()))
}

fn set_dry_run(command: &mut Command, on: bool) {
    if let Some(changing) = command.changing_mut() {
        changing.dry_run = on;
    }
}
