//! `mkservice [add] COMMAND…`: makes a service of a command and starts it.

use super::{Context, manager};
use crate::apply::{Applied, apply};
use crate::cli::Add;
use crate::error::{Error, Result, journalctl, shown};
use crate::host::lookup;
use crate::plan::{self, Wanted};
use crate::present::{self, Present};
use crate::record::Record;
use crate::report::{self, Outcome};
use crate::resolve;
use crate::spec::{Scope, ServiceSpec};
use crate::systemd::manager::Manager;
use crate::unit;

/// Makes a service of a command.
///
/// # Errors
/// Whatever is refused, before anything is written; or what failed on the way.
pub async fn add(typed: &Add, context: &Context<'_>) -> Result<()> {
    let Context { host, ui, words, lasting, taken } = *context;
    let found = lookup::look_up(typed, host);
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
        Reached::Manager(manager) => running(spec, manager, &applied).await?,
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

/// Looks whether the service really is up.
async fn running(spec: &ServiceSpec, manager: &Manager, applied: &Applied) -> Result<Outcome> {
    let unit = spec.name.unit();
    let state = manager.unit(&unit).await?;
    let oneshot = spec.effective_type() == "oneshot";
    match state.active.as_str() {
        "active" | "reloading" if applied.failed_jobs.is_empty() => return Ok(Outcome::Running),
        "inactive" if oneshot && applied.failed_jobs.is_empty() => return Ok(Outcome::HasRun),
        _ => {}
    }
    let reason = if state.load == "loaded" {
        let run = manager.last_run(&unit).await?;
        crate::systemd::exit::describe(&run).unwrap_or_else(|| format!("it is {} ({})", state.active, state.sub))
    } else {
        format!("systemd cannot load it: {}", state.load_error)
    };
    let journalctl = journalctl(spec.scope);
    let name = crate::shell::quote(spec.name.as_str());
    Err(Error::NotRunning { name: spec.name.clone(), reason, journal: format!("{journalctl} -u {name} -n 20") })
}
