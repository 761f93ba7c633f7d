//! `mkservice [add] COMMAND…`: makes a service of a command and starts it.

use std::time::Duration;

use super::{Context, manager};
use crate::apply::{Applied, apply};
use crate::cli::Add;
use crate::error::{Error, Result, shown};
use crate::explain::{Evidence, explain};
use crate::host::lookup::{self, LookedUp, Program};
use crate::plan::{self, Wanted};
use crate::present::{self, Present};
use crate::record::Record;
use crate::report::{self, Outcome};
use crate::resolve;
use crate::spec::{Scope, ServiceSpec};
use crate::systemd::journal;
use crate::systemd::manager::Manager;
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

    let present = Present::look(&spec.name, spec.scope, host)?;
    let reached = reach(typed, spec, context).await?;
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
    let applied = apply(&steps, reached.manager(), host, &mut |step| ui.detail(&format!("step: {step}"))).await?;
    applied.warnings.iter().for_each(|warning| ui.warn(warning));
    let outcome = match &reached {
        Reached::NoSystemd => Outcome::AtNextBoot,
        Reached::NotReachable => Outcome::AtNextReload,
        Reached::Manager(_) if typed.no_start => Outcome::Installed,
        Reached::Manager(manager) => outcome(settle, spec, &found, manager, &applied).await?,
    };
    ui.say(&report::added(spec, &present, outcome, &steps, !typed.no_enable, taken));
    for note in report::notes(&steps).into_iter().chain(report::foreign_drop_ins(&present)) {
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
            Ok(Reached::Manager(manager))
        }
        Ok(None) => Ok(Reached::NoSystemd),
        Err(Error::Unreachable { .. }) if typed.no_start => Ok(Reached::NotReachable),
        Err(error) => Err(error),
    }
}

/// XDG_CONFIG_HOME that is set only in a shell leads to a folder the user's manager never reads.
async fn refuse_unread_folder(scope: Scope, context: &Context<'_>, manager: &Manager) -> Result<()> {
    let folder = present::unit_folder(scope, context.host)?;
    let read = manager.unit_path().await?;
    if read.iter().any(|path| std::path::Path::new(path) == folder) {
        return Ok(());
    }
    Err(Error::UnreadFolder { folder: shown(&folder), again: context.words.to_vec() })
}

/// Watches whether the service really is up; nothing has to settle where nothing was started.
async fn outcome(
    settle: Duration,
    spec: &ServiceSpec,
    found: &LookedUp,
    manager: &Manager,
    applied: &Applied,
) -> Result<Outcome> {
    let unit = spec.name.unit();
    let settle = if applied.started { settle } else { Duration::ZERO };
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
