//! `mkservice harden NAME`

mod bench;
mod tightest;

use crate::apply::lock::Locked;
use crate::checks::escalation;
use crate::cli::Harden;
use crate::hardening::facts;
use crate::hardening::tighten::Candidates;
use crate::host::Host;
use crate::manager::Manager;
use crate::manager::security::{Exposure, Measuring};
use crate::manager::state::UnitState;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Error, Note, Result};
use crate::model::message::{Message, message};
use crate::model::wait::{to_the_end, unless_interrupted};
use crate::output::report::{self, HardenResult};
use crate::plan::{Hardening, Step};
use crate::resolve;
use crate::session::context::{Context, interrupted};
use crate::session::selection::{ScopeSession, no_manager};
use crate::spec::{Scope, UnitKind, UnitName};
use crate::state::DropIn;
use crate::state::service::{Health, Service};
use crate::unit::drop_in;
use bench::{Bench, NoProgress};

pub async fn harden(typed: &Harden, context: &Context<'_>) -> Result<u8> {
    let settle = resolve::settle(typed.settle.as_deref().or(Some("5s")))?;
    let probe = typed.probe.as_deref().map(bench::probe).transpose()?;
    let changes = (typed.trial || typed.undo) && !typed.changing.only_shows();
    let session = ScopeSession::of(changes, context).await?;
    let name = &session.one(typed.name.as_ref())?;
    let _lock = if changes { Some(context.lock(Locked::Service(name), session.scope)?) } else { None };
    let service = session.own_one(name, Verb::Harden, typed.changing.force, context.host).await?;
    let manager = session.manager(Verb::Harden)?;
    let hardening = Hardening::of(name, session.scope, &service.present).ok_or_else(|| no_manager(Verb::Harden))?;
    if typed.undo {
        return undo(&service, &hardening, typed, &session, context).await;
    }
    if typed.trial {
        refuse_what_cannot_be_tried(&service, context.host)?;
        if let Some(words) = probe.as_ref().filter(|_| context.host.euid == 0) {
            escalation::refuse_root_command("probe", words, context.host)?;
        }
    }
    let candidates = Candidates::of(facts::of_service(&service, manager, context.host)?, &service.text());
    if !changes {
        return show(&service, &candidates, permanent(&service), typed, context);
    }
    let mut bench = Bench::new(&service, manager, hardening, settle, probe, context);
    let found = try_candidates(&candidates, &mut bench, context).await?;
    context.ui.say(report::hardened(&found, context.host));
    context.ui.document(|document| document.result.hardening = Some(report::hardening_json(&found)));
    session.report(name, context).await.map(|()| 0)
}

/// `kept` is the drop-in that `--try` has installed: what it restricts is not open any more.
fn show(
    service: &Service,
    candidates: &Candidates,
    kept: Option<String>,
    typed: &Harden,
    context: &Context<'_>,
) -> Result<u8> {
    let exposure = exposure(&service.name.unit(), service.scope, context.host);
    let settings = drop_in::settings(kept.as_deref().unwrap_or_default());
    let is_kept = |directive: &str| settings.iter().any(|(name, _)| name == directive);
    let (kept, open): (Vec<_>, Vec<_>) = candidates.items.iter().partition(|item| is_kept(item.directive));
    let items: Vec<(&str, &str)> = open.iter().map(|item| (item.directive, item.blocks)).collect();
    context.ui.say(report::could_be(service, exposure, &items, kept.len(), context.host));
    context.ui.document(|document| {
        document.result.exposure = exposure.map(Exposure::value);
        document.result.measures = Some(items.iter().map(|(directive, _)| (*directive).to_owned()).collect());
    });
    Ok(if typed.trial && typed.changing.check { crate::session::context::CHANGES_NEEDED } else { 0 })
}

/// Removes the drop-in of `--try`, and what a process that was killed left behind.
async fn undo(
    service: &Service,
    hardening: &Hardening,
    typed: &Harden,
    session: &ScopeSession,
    context: &Context<'_>,
) -> Result<u8> {
    let is_there = permanent(service).is_some();
    let runs = service.state.as_ref().is_some_and(|state| state.is_up() || state.active == "failed");
    let is_hardened = is_there || service.present.is_tried;
    // A process that was killed may have removed the drop-in without its directory, or without a reload.
    let is_left = service.state.as_ref().is_some_and(|state| state.needs_reload);
    let steps = match is_hardened {
        true => hardening.undo(runs, drop_in::harden(&service.name, &[])),
        false if is_left => hardening.keep(None),
        false => Vec::new(),
    };
    if typed.changing.only_shows() {
        return Ok(context.show(&steps, &typed.changing));
    }
    context.apply(&steps, session.manager.as_ref()).await?;
    context.ui.say(match (is_hardened, runs) {
        (false, _) => format!("{} has no sandbox of mkservice harden", service.name),
        (true, true) => format!("{} was restarted without the sandbox", service.name),
        (true, false) => format!("the sandbox of {} was removed", service.name),
    });
    session.report(&service.name, context).await.map(|()| 0)
}

/// The text of the drop-in that `--try` has installed.
fn permanent(service: &Service) -> Option<String> {
    service.present.main.own_drop_in(drop_in::HARDEN).map(DropIn::text)
}

fn refuse_what_cannot_be_tried(service: &Service, host: &Host) -> Result<()> {
    let name = &service.name;
    let refuse =
        |why: Message, hint: Message| Err(Error::invalid(message!("{} {}", name, why)).service(name).hint(hint));
    let starts = [UnitKind::Timer, UnitKind::Socket, UnitKind::Path];
    let companion = service.present.own_companions().find(|unit| starts.contains(&unit.kind));
    if let Some(unit) = companion {
        let show = message!("show what could be hardened: {}", mkservice(["harden", name.as_str()]));
        return refuse(message!("is started by {} and cannot be tried by itself yet", &unit.unit), show);
    }
    if service.present.main.kind == UnitKind::Template {
        let list = message!("list the instances: {}", mkservice(["list"]));
        return refuse(message!("has instances, which cannot be tried together yet"), list);
    }
    let is_oneshot = service.run.as_ref().is_some_and(|run| run.service_type == "oneshot");
    match service.health() {
        Health::Running | Health::Done => Ok(()),
        Health::Stopped if is_oneshot => Ok(()),
        Health::Failed | Health::Restarting | Health::Broken => {
            refuse(message!("is not running"), report::own(Verb::Status, name, service.scope, host).into())
        }
        _ => refuse(message!("is not running"), report::own(Verb::Start, name, service.scope, host).into()),
    }
}

/// Installs the tightest sandbox; after any error, restores the service.
async fn try_candidates(candidates: &Candidates, bench: &mut Bench<'_>, context: &Context<'_>) -> Result<HardenResult> {
    let (service, hardening) = (bench.service, bench.hardening.clone());
    let before = permanent(service);
    let name = &service.name;
    context.ui.say(report::starting(name, bench.settle));
    let found = unless_interrupted(found(candidates, bench, before.as_deref(), context)).await;
    let error = match found {
        Some(Ok(found)) => return Ok(found),
        Some(Err(error)) => error,
        None => interrupted(&format!("finding out how {name} can be hardened")),
    };
    let doing = format!("restoring {name}");
    let back = to_the_end(restore(service, &hardening, before, bench.manager, context));
    match crate::output::ui::while_waiting(|| doing.clone(), back).await {
        Ok(()) => context.ui.warn(format!("{name} was restored and restarted")),
        Err(failed) => {
            let undo = report::own_with(Verb::Harden, Some("undo"), &[name], service.scope, context.host);
            let note = Note::from(message!("cannot restore {}: {}", name, &failed.first().message));
            context.ui.warn(note.hint(message!("remove what is being tried: {}", undo)));
        }
    }
    Err(error)
}

async fn found(
    candidates: &Candidates,
    bench: &mut Bench<'_>,
    before: Option<&str>,
    context: &Context<'_>,
) -> Result<HardenResult> {
    let service = bench.service;
    let unit = service.name.unit();
    bench.listen().await?;
    let exposure_before = exposure(&unit, service.scope, context.host);
    let tightest = tightest::find(candidates, bench).await?;
    let text = drop_in::harden(&service.name, &candidates.settings(&tightest.sandbox));
    let nothing = tightest.sandbox.iter().all(Option::is_none);
    bench.keep((!nothing).then(|| text.clone())).await?;
    let changed = before != (!nothing).then_some(text.as_str());
    context.ui.steps(&bench.hardening.keep(Some(text)).into_iter().filter(|_| changed).take(2).collect::<Vec<_>>());
    Ok(HardenResult {
        name: service.name.clone(),
        scope: service.scope,
        before: exposure_before,
        after: exposure(&unit, service.scope, context.host),
        path: bench.hardening.permanent.clone(),
        changed,
        starts: bench.starts,
        settle: bench.settle,
        probed: bench.is_probed(),
        silent: bench.is_silent(),
        kept: tightest.kept(candidates),
    })
}

async fn restore(
    service: &Service,
    hardening: &Hardening,
    before: Option<String>,
    manager: &Manager,
    context: &Context<'_>,
) -> Result<()> {
    let ran = service.state.as_ref().is_some_and(UnitState::is_up);
    let mut steps = hardening.keep(before);
    steps.extend(hardening.restart().into_iter().filter(|step| ran && !matches!(step, Step::Reload(_))));
    crate::apply::apply(&steps, Some(manager), context.host, &NoProgress).await.map(drop)
}

fn doing(name: &UnitName, number: usize) -> String {
    format!("testing whether {name} works with it (start {number})")
}

fn exposure(unit: &str, scope: Scope, host: &Host) -> Option<Exposure> {
    let measured = Measuring::of_loaded(unit, scope, host.runtime.as_deref())?.finish()?;
    Some(measured.exposure)
}
