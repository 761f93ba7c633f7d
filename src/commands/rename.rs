//! `mkservice rename OLD NEW`: another name for a service.

use crate::diagnosis::Subject;
use crate::error::{Error, Result, shown};
use crate::manager::state::UnitState;
use crate::model::Verb;
use crate::output::report;
use crate::plan::{self, Step};
use crate::resolve::naming::invalid_name;
use crate::session::context::Context;
use crate::session::selection::{Ground, not_managed};
use crate::session::start_result::{self, Start};
use crate::spec::UnitName;
use crate::state::FileThere;
use crate::state::service::Service;
use crate::unit::stamp::{self, Origin, Succession};
use crate::unit::{install, renamed, with_moved_secrets};
use crate::{cli, resolve};

/// Renames a service: a running one is stopped and started under its new name.
pub async fn rename(typed: &cli::Rename, context: &Context<'_>) -> Result<u8> {
    let settle = resolve::settle(typed.settle.as_deref())?;
    let shows = typed.changing.only_shows();
    let ground = Ground::of(!shows, context).await?;
    let old = ground.names(std::slice::from_ref(&typed.old), Verb::Rename, context)?.remove(0);
    let parsed = UnitName::parse(&typed.new);
    let new = parsed.map_err(|why| invalid_name(&typed.new, &why))?;
    if old == new {
        let message = format!("{old} is its name already");
        return Err(Error::Usage { message, hint: None });
    }
    let _locks = if shows { Vec::new() } else { context.locks(&[&old, &new], true, ground.scope)? };
    let taken = ground.look(&new, context.host).await?;
    let resumed = Succession::of(&taken.text()).filter(|succession| succession.from == old.as_str());
    let was = ground.look(&old, context.host).await?;
    if resumed.is_some() && was.present.main.file == FileThere::Nothing {
        // An earlier run of this was interrupted at its very end.
        let steps = plan::finish_rename(&was, &taken.present, &Succession::erase(&taken.text()));
        if shows {
            return Ok(context.show(&steps, &typed.changing));
        }
        context.apply(&steps, ground.manager.as_ref()).await?;
        return told(&was, &new, taken.state.as_ref().is_some_and(UnitState::is_up), &ground, context).await;
    }
    let service = ground.own(&[old], Verb::Rename, false, context.host).await?.remove(0);
    refuse_companions(&service, &new)?;
    let text = text(&service, &new)?;
    if taken.is_there() && resumed.is_none() {
        return Err(Error::NewNameTaken { name: new, path: shown(taken.file()) });
    }
    let folder = service.present.main.path.parent().unwrap_or(&service.present.main.path);
    let links = install::links_of_text(&new.unit(), &text, folder, None).unwrap_or_default();
    let plan = plan::rename(&service, &new, &taken.present, &text, links, resumed.as_ref());
    if shows {
        let steps = [plan.prepare, plan.switch, plan.finish].concat();
        return Ok(context.show(&steps, &typed.changing));
    }

    let manager = ground.manager.as_ref();
    context.apply(&plan.prepare, manager).await?;
    let applied = context.apply(&plan.switch, manager).await?;
    let starts = plan.switch.contains(&Step::Start(new.unit()));
    if let Some(manager) = manager.filter(|_| starts) {
        let run = manager.last_run(&new.unit()).await?;
        let subject = Subject::of_run(&new, ground.scope, &run, &text);
        let unit = new.unit();
        let start = Start { settle, now: true, job: applied.job(&unit) };
        let watched = start_result::outcome(&subject, start, false, manager);
        let ran = service.state.as_ref().is_some_and(UnitState::is_active);
        match context.watch(&format!("waiting for {new} to start"), watched).await {
            // It did not run under its old name either.
            Err(error @ Error::NotRunning { .. }) if !ran => {
                context.apply(&plan.finish, Some(manager)).await?;
                return Err(error);
            }
            Err(Error::NotRunning { explanation, .. }) => {
                context.apply(&plan.back, Some(manager)).await?;
                let runs = Some(start_result::stays_up(&service.name.unit(), settle, manager, context).await?);
                return Err(Error::PutBack { name: new, explanation, runs });
            }
            outcome => drop(outcome?),
        }
    }
    context.apply(&plan.finish, manager).await?;
    told(&service, &new, starts, &ground, context).await
}

async fn told(old: &Service, new: &UnitName, runs: bool, ground: &Ground, context: &Context<'_>) -> Result<u8> {
    context.ui.say(&report::renamed(old, new, runs));
    ground.tell(new, context).await?;
    report::rename_notes(old).into_iter().for_each(|note| context.ui.note(note));
    Ok(0)
}

/// The text of the unit under its new name. One that was edited by hand stays as it is, and goes on
/// being known as edited.
fn text(service: &Service, new: &UnitName) -> Result<String> {
    let moves = plan::moves(&service.present, new);
    match &service.present.main.file {
        FileThere::File { text, origin: Origin::Ours, .. } => {
            let text = with_moved_secrets(&String::from_utf8_lossy(text), &moves);
            Ok(renamed(&text, new, service.scope))
        }
        FileThere::File { text, .. } => Ok(with_moved_secrets(&String::from_utf8_lossy(text), &moves)),
        _ => Err(not_managed(service, Verb::Rename)),
    }
}

/// What is made of several units names them to each other: it is made anew.
fn refuse_companions(service: &Service, new: &UnitName) -> Result<()> {
    if !service.is_group() && service.present.own_companions().next().is_none() {
        return Ok(());
    }
    let line = stamp::typed_line(&service.text()).map(|line| line.to_owned());
    let line = line.unwrap_or_else(|| "mkservice COMMAND".into());
    Err(Error::Value {
        what: service.name.to_string(),
        why: "is made of several units, which name each other: they cannot be given another name yet".into(),
        hint: Some(format!(
            "take it away: mkservice remove {}\nand make it again: {line}, with --name {new}",
            service.name
        )),
    })
}
