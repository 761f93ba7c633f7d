//! What `add` does once it is decided what the service is: whoever decided it, nothing is taken on
//! trust that can be looked at here.

use super::find::Ground;
use super::secrets::Secrets;
use super::settled::{self, Earlier, Start};
use super::{Context, escalation, handover, manager, reachable, search_path};
use crate::apply::lock::What;
use crate::error::{Error, Result, shown, sudo};
use crate::explain::Subject;
use crate::plan::{self, Step, Wanted};
use crate::present::{self, Present};
use crate::record::Record;
use crate::report::{self, Outcome};
use crate::resolve::{Manner, Resolved};
use crate::spec::{Scope, ServiceSpec};
use crate::systemd::manager::Manager;
use crate::systemd::state::UnitState;
use crate::unit;

/// Installs a service and starts it.
///
/// # Errors
/// Whatever is refused, before anything is written; or what failed on the way.
pub async fn install(resolved: &Resolved, mut secrets: Secrets, context: &Context<'_>) -> Result<u8> {
    let Context { host, ui, taken, .. } = *context;
    let Resolved { spec, manner, .. } = resolved;
    if !manner.changing.force {
        reachable::refuse_what_cannot_be(resolved, host)?;
        escalation::refuse_root_shell(resolved, host)?;
    }
    escalation::refuse_foreign_way(spec.scope, host)?;

    let reached = reach(manner, spec, context).await?;
    let by_root = spec.scope == Scope::System && host.euid != 0;
    let shows = manner.changing.only_shows();
    if !shows {
        // Before anything is locked: others need not wait for somebody to type.
        secrets.ask(spec, context).await?;
    }
    let locks = match by_root || shows {
        true => None,
        false => Some((context.lock(What::Service(&spec.name), spec.scope)?, context.lock(What::Units, spec.scope)?)),
    };
    let search_path = search_path(spec.scope, reached.manager(), host).await?;
    let present = Present::look(&spec.name, spec.scope, &search_path, host)?;
    let warnings: Vec<String> = resolved.warnings.iter().chain(secrets.warnings()).cloned().collect();
    let handed = secrets.handed();
    let secrets = secrets.ready(spec, &present.kept, reached.manager(), by_root || shows, context)?;
    let spec = &secrets.spec;
    let text = unit::render(spec).map_err(|why| Error::Value {
        what: "the command".into(),
        why: why.to_string(),
        hint: None,
    })?;
    let state = match &reached {
        Reached::Manager(manager) => Some(manager.unit(&spec.name.unit()).await?),
        _ => None,
    };
    let wanted = Wanted {
        spec,
        text: &text,
        secrets: &secrets.steps,
        secrets_changed: secrets.changed,
        start: manner.start,
        enable: manner.enable,
        linger: manner.linger,
        force: manner.changing.force,
    };
    let lingers = present::lingers(&host.asked_by.name);
    let steps = plan::add(&wanted, &present, state.as_ref(), &Record::load(host), lingers, host)?;

    resolved.reasons.iter().for_each(|reason| ui.detail(reason));
    warnings.iter().for_each(|warning| ui.warn(warning));
    let notes = || resolved.notes.iter().for_each(|note| ui.note(note));
    if shows {
        let shown = context.show(&steps, &manner.changing);
        notes();
        return Ok(shown);
    }
    // Where nothing is to be changed, it takes no root to see that.
    if by_root && !steps.is_empty() {
        return handover::hand_over(resolved, handed, &steps, context).await;
    }
    if !present.is_ours() {
        context.can_undo(format!("{}mkservice remove {}", sudo(spec.scope), spec.name));
    }
    // Runs for other services need not wait until this one has come up.
    let first_start = steps.iter().position(|step| matches!(step, Step::Start(_) | Step::Restart(_)));
    let (changes, starts) = steps.split_at(first_start.unwrap_or(steps.len()));
    let mut applied = context.apply(changes, reached.manager()).await?;
    let _of_service = locks.map(|(of_service, _of_units)| of_service);
    applied.append(context.apply(starts, reached.manager()).await?);
    let changed = |step: &Step| matches!(step, Step::WriteUnit { keep_time: false, .. } | Step::WriteSecret { .. });
    let there = There {
        present: &present,
        state: state.as_ref(),
        changed: steps.iter().any(changed),
        secrets_changed: secrets.changed,
        secrets: plan::put_back_secrets(&steps, &secrets.before),
    };
    let outcome = match &reached {
        Reached::NoSystemd => Outcome::AtNextBoot,
        Reached::NotReachable => Outcome::AtNextReload,
        Reached::Manager(manager) => {
            let unit = spec.name.unit();
            let start = Start { settle: manner.settle, now: !starts.is_empty(), job: applied.job(&unit) };
            let subject = Subject::of_spec(spec, &resolved.interpreter);
            outcome(manner, &subject, start, &there, manager, context).await?
        }
    };
    ui.say(&report::added(spec, &present, outcome, &steps, manner.enable, taken, host));
    let ground = Ground { scope: spec.scope, manager: reached.into_manager(), search_path, known: Vec::new() };
    ground.tell(&spec.name, context).await?;
    notes();
    report::notes(&applied.done).into_iter().chain(report::foreign_drop_ins(&present)).for_each(|note| ui.note(&note));
    if outcome == Outcome::AtNextBoot && spec.scope == Scope::User && !lingers {
        ui.note(&format!("at boot it starts once lingering is on: sudo loginctl enable-linger {}", host.asked_by.name));
    }
    Ok(0)
}

/// What was there before.
struct There<'a> {
    present: &'a Present,
    state: Option<&'a UnitState>,
    /// What systemd reads is another file now.
    changed: bool,
    /// When a file with a secret was last changed, in microseconds since 1970.
    secrets_changed: u64,
    /// The steps that put its secrets back.
    secrets: Vec<Step>,
}

/// How the service is after all that, where a manager can tell. A new version that does not run makes
/// way for the old one, if that did.
async fn outcome(
    manner: &Manner,
    subject: &Subject,
    start: Start<'_>,
    there: &There<'_>,
    manager: &Manager,
    context: &Context<'_>,
) -> Result<Outcome> {
    let &There { present, state, changed, secrets_changed, ref secrets } = there;
    let is_up = state.is_some_and(UnitState::is_up);
    let is_newer = present.is_newer_than_run(state) || present::is_newer(secrets_changed, state);
    if !manner.start && is_up && (changed || is_newer) {
        return Ok(Outcome::RunningAsBefore);
    }
    if !manner.start && !is_up {
        return Ok(Outcome::Installed);
    }
    let replaced_a_running_one = changed && present.is_ours() && state.is_some_and(UnitState::is_active);
    let watched = settled::outcome(subject, start, true, manager);
    match context.watch(&format!("see whether {} stays up", subject.name), watched).await {
        Err(Error::NotRunning { explanation, .. }) if replaced_a_running_one && manner.rollback => {
            let earlier = Earlier { before: present, secrets, ran: true, settle: start.settle };
            Err(settled::put_back(&earlier, subject, explanation, manager, context).await?)
        }
        other => other,
    }
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

    fn into_manager(self) -> Option<Manager> {
        match self {
            Reached::Manager(manager) => Some(manager),
            _ => None,
        }
    }
}

/// Connects to the manager. One that cannot be reached is an error, unless nothing has to be
/// started.
async fn reach(manner: &Manner, spec: &ServiceSpec, context: &Context<'_>) -> Result<Reached> {
    match manager(spec.scope, context.host).await {
        Ok(Some(manager)) => {
            refuse_unread_folder(spec.scope, context, &manager).await?;
            refuse_newer_type(spec, &manager)?;
            Ok(Reached::Manager(manager))
        }
        Ok(None) => Ok(Reached::NoSystemd),
        Err(Error::Unreachable { .. }) if !manner.start => Ok(Reached::NotReachable),
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
fn refuse_newer_type(spec: &ServiceSpec, manager: &Manager) -> Result<()> {
    const SINCE: u32 = 253;
    if spec.effective_type() != "notify-reload" {
        return Ok(());
    }
    match manager.version() {
        version if version >= SINCE => Ok(()),
        version => Err(Error::Value {
            what: "the type notify-reload".into(),
            why: format!("came with systemd {SINCE}, and this is {version}"),
            hint: Some("--service-type notify".into()),
        }),
    }
}
