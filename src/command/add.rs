//! `mkservice [add] COMMAND…`: makes a service of a command and starts it.

use std::time::Duration;

use super::{Context, manager};
use crate::apply::apply;
use crate::apply::lock::What;
use crate::cli::Add;
use crate::error::{Error, Result, shown};
use crate::explain::{Evidence, explain};
use crate::host::lookup::{self, LookedUp, Program};
use crate::plan::{self, Step, Wanted};
use crate::present::{self, Present};
use crate::record::Record;
use crate::report::{self, Outcome};
use crate::resolve;
use crate::spec::{Scope, ServiceSpec};
use crate::systemd::journal;
use crate::systemd::manager::{Manager, UnitState};
use crate::unit;
use crate::verify::{Verdict, verify};

/// Makes a service of a command.
///
/// # Errors
/// Whatever is refused, before anything is written; or what failed on the way.
pub async fn add(typed: &Add, context: &Context<'_>) -> Result<()> {
    let Context { host, ui, words, lasting, taken } = *context;
    let found = lookup::look_up(typed, host);
    let settle = resolve::settle(typed)?;
    let resolved = resolve::add(typed, words, lasting, host, &found)?;
    let spec = &resolved.spec;
    let text = unit::render(spec).map_err(|why| Error::Value {
        what: "the command".into(),
        why: why.to_string(),
        hint: None,
    })?;

    let reached = reach(typed, spec, context).await?;
    let locks = match typed.common.dry_run {
        true => None,
        false => Some((context.lock(What::Service(&spec.name), spec.scope)?, context.lock(What::Units, spec.scope)?)),
    };
    let present = Present::look(&spec.name, spec.scope, host)?;
    let state = match &reached {
        Reached::Manager(manager) => Some(manager.unit(&spec.name.unit()).await?),
        _ => None,
    };
    let wanted = Wanted {
        spec,
        text: &text,
        start: !typed.no_start,
        enable: !typed.no_enable,
        linger: !typed.no_linger,
        force: typed.common.force,
    };
    let lingers = present::lingers(&host.asked_by.name);
    let steps = plan::add(&wanted, &present, state.as_ref(), &Record::load(host), lingers, host)?;

    resolved.reasons.iter().for_each(|reason| ui.detail(reason));
    resolved.warnings.iter().for_each(|warning| ui.warn(warning));
    if typed.common.dry_run {
        ui.say(&report::dry_run(&steps));
        return Ok(());
    }
    // Runs for other services need not wait until this one has come up.
    let first_start = steps.iter().position(|step| matches!(step, Step::Start(_) | Step::Restart(_)));
    let (changes, starts) = steps.split_at(first_start.unwrap_or(steps.len()));
    let mut told = |step: &Step| ui.detail(&format!("step: {step}"));
    let applied = apply(changes, reached.manager(), host, &mut told).await?;
    let _of_service = locks.map(|(of_service, _of_units)| of_service);
    apply(starts, reached.manager(), host, &mut told).await?;
    applied.warnings.iter().for_each(|warning| ui.warn(warning));
    let is_up = state.as_ref().is_some_and(UnitState::is_up);
    let outcome = match &reached {
        Reached::NoSystemd => Outcome::AtNextBoot,
        Reached::NotReachable => Outcome::AtNextReload,
        Reached::Manager(_) if typed.no_start && is_up && !steps.is_empty() => Outcome::RunningAsBefore,
        Reached::Manager(_) if typed.no_start && !is_up => Outcome::Installed,
        Reached::Manager(manager) => {
            let settle = if starts.is_empty() { Duration::ZERO } else { settle };
            outcome(settle, spec, &found, manager).await?
        }
    };
    ui.say(&report::added(spec, &present, outcome, &steps, !typed.no_enable, taken, host));
    for note in report::notes(&applied.done).into_iter().chain(report::foreign_drop_ins(&present)) {
        ui.say(&format!("note: {note}"));
    }
    if outcome == Outcome::AtNextBoot && spec.scope == Scope::User && !lingers {
        ui.say(&format!(
            "note: at boot it starts once lingering is on: sudo loginctl enable-linger {}",
            host.asked_by.name
        ));
    }
    Ok(())
}

/// The manager, or why there is none to speak to.
enum Reached {
    Manager(Manager),
    NoSystemd,
    NotReachable,
}

impl Reached {
    fn manager(&self) -> Option<&Manager> {
        match self {
            Reached::Manager(manager) => Some(manager),
            _ => None,
        }
    }
}

/// Connects to the manager. One that cannot be reached is an error, unless nothing has to be
/// started.
async fn reach(typed: &Add, spec: &ServiceSpec, context: &Context<'_>) -> Result<Reached> {
    match manager(spec.scope, context.host).await {
        Ok(Some(manager)) => {
            refuse_unread_folder(spec.scope, context, &manager).await?;
            refuse_newer_type(spec, &manager).await?;
            Ok(Reached::Manager(manager))
        }
        Ok(None) => Ok(Reached::NoSystemd),
        Err(Error::Unreachable { .. }) if typed.no_start => Ok(Reached::NotReachable),
        Err(Error::Unreachable { scope, cause, remedy, nothing_runs }) => {
            let remedy = format!("{remedy}\nor install without starting: add --no-start");
            Err(Error::Unreachable { scope, cause, remedy, nothing_runs })
        }
        Err(error) => Err(error),
    }
}

/// HOME or XDG_CONFIG_HOME that are set only in a shell lead to a folder the user's manager never
/// reads.
async fn refuse_unread_folder(scope: Scope, context: &Context<'_>, manager: &Manager) -> Result<()> {
    let folder = present::unit_folder(scope, context.host)?;
    let read = manager.unit_path().await?;
    if read.iter().any(|path| present::same_folder(std::path::Path::new(path), &folder)) {
        return Ok(());
    }
    let home = Some(context.host.asked_by.home.clone());
    Err(Error::UnreadFolder { folder: shown(&folder), home, again: context.words.to_vec() })
}

/// systemd only logs a line about a type it does not know, and takes the service for a simple one.
async fn refuse_newer_type(spec: &ServiceSpec, manager: &Manager) -> Result<()> {
    const SINCE: u32 = 253;
    if spec.effective_type() != "notify-reload" {
        return Ok(());
    }
    match manager.version().await? {
        version if version >= SINCE => Ok(()),
        version => Err(Error::Value {
            what: "the type notify-reload".into(),
            why: format!("came with systemd {SINCE}, and this is {version}"),
            hint: Some("--service-type notify".into()),
        }),
    }
}

/// Watches whether the service really is up; nothing has to settle where nothing was started.
async fn outcome(settle: Duration, spec: &ServiceSpec, found: &LookedUp, manager: &Manager) -> Result<Outcome> {
    let unit = spec.name.unit();
    let down = match verify(manager, &unit, spec.effective_type() == "oneshot", settle).await? {
        Verdict::Up => return Ok(Outcome::Running),
        Verdict::HasRun => return Ok(Outcome::HasRun),
        Verdict::Down(down) => down,
    };
    let log = journal::of_run(&down.invocation, &down.run);
    let interpreter = match &found.program {
        Program::Found { interpreter, .. } => interpreter.as_slice(),
        _ => &[],
    };
    let explanation = Box::new(explain(&Evidence { spec, down: &down, log: &log, interpreter }));
    Err(Error::NotRunning { name: spec.name.clone(), explanation })
}
