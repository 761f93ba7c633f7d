//! Installs resolved services for `add` and `apply`. Nothing is taken on trust that can be checked here.

mod planned;
mod site;
mod watch;

use std::path::PathBuf;

use super::connection::ManagerConnection;
use super::handover;
use super::removal;
use super::secrets::{self, Secrets};
use super::selection;
use crate::apply::lock::Lock;
use crate::apply::{self, Applied, Unwatched};
use crate::checks::escalation;
use crate::checks::times;
use crate::manager::Manager;
use crate::model::Verb;
use crate::model::command::mkservice;
use crate::model::diagnostic::{Code, Error, Result};
use crate::model::message::message;
use crate::output::report::{self, Added, Outcome};
use crate::plan::{self, Step};
use crate::resolve::Resolved;
use crate::session::context::Context;
use crate::spec::{Scope, UnitKind, UnitName};
use crate::state::Lingering;
use crate::state::service::Service;
pub use planned::{FileOptions, Planned};
use site::Site;

pub async fn install(
    resolved: &Resolved,
    secrets: Secrets,
    connection: ManagerConnection,
    context: &Context<'_>,
) -> Result<u8> {
    let changing = &resolved.install.changing;
    let by_root = resolved.spec.scope == Scope::System && context.host.euid != 0;
    let mut services = vec![(resolved, secrets)];
    if by_root && !changing.only_shows() {
        secrets::ask(&mut services, &|_, error| error, context).await?;
    }
    let handed = services[0].1.handed();
    let wanted = Wanted { services, ..Wanted::of(resolved.spec.scope) };
    let mut work = Installation::plan(wanted, connection, by_root || changing.only_shows(), context).await?;
    work.explain(context);
    if changing.only_shows() {
        let shown = context.show(&work.steps, changing);
        if let Some(timer) = &resolved.spec.timer {
            let runs = times::next_runs(timer, context.host);
            context.ui.note(format!("{} would run: {}", resolved.spec.name, runs.join("; ")));
        }
        work.note(context);
        return Ok(shown);
    }
    // If nothing would change, root is not needed.
    if by_root && !work.steps.is_empty() {
        return handover::hand_over(vec![(resolved, handed)], None, &work.steps, context).await;
    }
    work.write(context).await?;
    match work.start(context).await {
        Err(error) if error.code() == Code::NotRunning => Err(not_started(work, error, context).await?),
        outcome => work.report(outcome?, context).await,
    }
}

/// The error for a service that did not start: a new one is removed again.
async fn not_started(work: Installation<'_>, failed: Error, context: &Context<'_>) -> Result<Error> {
    let Context { host, invocation, .. } = *context;
    let Some(only) = work.only() else { return Ok(failed) };
    let spec = &only.resolved.spec;
    if !only.is_new() || !only.resolved.install.rollback {
        return Ok(failed.hint(report::removal(&spec.name, spec.scope, host)));
    }
    // Pasted with or without sudo, it is for the same scope.
    let again = match spec.scope {
        Scope::System if host.elevated => invocation.in_system_scope(),
        _ => invocation.clone(),
    };
    let again = mkservice(again.with("no-rollback", None).arguments());
    let name = spec.name.clone();
    if let Err(error) = work.undo(context).await {
        // Otherwise the reason of the rollback would be lost.
        context.ui.fail(&failed);
        return Err(error);
    }
    let rolled_back = failed.map(|it| {
        it.code = Code::RolledBack;
        it.message = message!("{}; rolled back: {} was removed", &it.message, &name);
    });
    Ok(rolled_back.hint(message!("keep it installed anyway: {}", again)))
}

pub struct Wanted<'a> {
    pub scope: Scope,
    pub services: Vec<(&'a Resolved, Secrets)>,
    /// Services to remove.
    pub gone: Vec<UnitName>,
    /// They come from a manifest.
    pub of_file: Option<FileOptions>,
    /// Remove services even if they were edited by hand.
    pub force: bool,
    /// Adds the place in the manifest to an error.
    pub blame: &'a dyn Fn(&UnitName, Error) -> Error,
}

impl Wanted<'_> {
    pub fn of(scope: Scope) -> Self {
        Wanted { scope, services: Vec::new(), gone: Vec::new(), of_file: None, force: false, blame: &|_, error| error }
    }
}

pub struct Installation<'a> {
    site: Site,
    pub services: Vec<Planned<'a>>,
    /// Services to remove, in their previous state.
    pub to_remove: Vec<Service>,
    pub steps: Vec<Step>,
    locks: Option<(Vec<Lock>, Lock)>,
    applied: Applied,
}

impl<'a> Installation<'a> {
    /// Unless `only_shows`, the services are locked, and until all is written the units of their scope as well.
    pub async fn plan(
        wanted: Wanted<'a>,
        connection: ManagerConnection,
        only_shows: bool,
        context: &Context<'_>,
    ) -> Result<Installation<'a>> {
        let Wanted { scope, mut services, gone, of_file, force, blame } = wanted;
        let refused = services.iter().filter_map(|(resolved, secrets)| {
            planned::refuse(resolved, secrets, context).err().map(|error| blame(&resolved.spec.name, error))
        });
        Error::all(refused.collect()).map_or(Ok(()), Err)?;
        escalation::refuse_foreign_way(scope, context.host)?;
        if !only_shows {
            // Before anything is locked: other processes need not wait for a prompt.
            secrets::ask(&mut services, blame, context).await?;
        }
        let starts = services.iter().any(|(resolved, _)| resolved.install.start);
        let names: Vec<&UnitName> = services.iter().map(|(resolved, _)| &resolved.spec.name).chain(&gone).collect();
        let (site, locks) = Site::enter(connection, scope, &names, starts, only_shows, context).await?;
        let units = services.iter().map(|(resolved, _)| (&resolved.spec.name, resolved.spec.units()));
        let all: Vec<_> = units.chain(gone.iter().map(|name| (name, Vec::new()))).collect();
        let mut there = selection::read_all(&all, &site.places, site.session.manager.as_ref(), context.host).await?;
        let to_remove = there.split_off(services.len());
        let plan = |((resolved, secrets), there): ((&'a Resolved, Secrets), Service)| {
            Planned::plan(resolved, secrets, there, &site, (of_file, only_shows), context)
                .map_err(|error| blame(&resolved.spec.name, error))
        };
        let (services, refused): (Vec<_>, Vec<_>) = services.into_iter().zip(there).map(plan).partition(Result::is_ok);
        Error::all(refused.into_iter().filter_map(Result::err).collect()).map_or(Ok(()), Err)?;
        let services: Vec<Planned<'a>> = services.into_iter().filter_map(Result::ok).collect();
        let removal = plan::remove(&to_remove, scope, force)?;
        let plans = std::iter::once(removal).chain(services.iter().map(|service| service.steps.clone()));
        let steps = plan::together(plans.filter(|plan| !plan.is_empty()).collect());
        // With many services, the reload takes longer once some are running.
        let new = match services.as_slice() {
            [only] if to_remove.is_empty() => only.new_to_manager(),
            _ => None,
        };
        let steps = match new {
            Some(new) => plan::start_first(steps, &new),
            None => steps,
        };
        Ok(Installation { site, services, to_remove, steps, locks, applied: Applied::default() })
    }

    pub fn only(&self) -> Option<&Planned<'a>> {
        self.services.first()
    }

    /// Prints reasons and warnings.
    pub fn explain(&self, context: &Context<'_>) {
        planned::explain(&self.services, context);
    }

    /// Prints notes.
    pub fn note(&self, context: &Context<'_>) {
        planned::note(&self.services, context);
        report::notes(&self.applied.done).iter().for_each(|note| context.ui.note(note));
        let drop_ins = self.services.iter().flat_map(|service| report::foreign_drop_ins(&service.there.present));
        drop_ins.for_each(|note| context.ui.note(note));
        let edits = self.services.iter().flat_map(|service| report::kept_edits(&service.there.present));
        edits.for_each(|note| context.ui.note(note));
    }

    pub fn manager(&self) -> Option<&Manager> {
        self.site.session.manager.as_ref()
    }

    /// Splits the steps: write and enable, start, and those that nobody waits for.
    fn parts(&self) -> [&[Step]; 3] {
        let is_start = |step: &Step| matches!(step, Step::Start(_) | Step::Restart { .. });
        let is_last = |step: &Step| matches!(step, Step::ReloadLast(_));
        let (write, rest) = self.steps.split_at(self.steps.iter().position(is_start).unwrap_or(self.steps.len()));
        let (start, last) = rest.split_at(rest.iter().position(is_last).unwrap_or(rest.len()));
        [write, start, last]
    }

    pub async fn write(&mut self, context: &Context<'_>) -> Result<()> {
        let new: Vec<&UnitName> =
            self.services.iter().filter(|it| !it.there.is_managed()).map(|it| &it.there.name).collect();
        if !new.is_empty() {
            context.can_undo(report::own_with(Verb::Remove, None, &new, self.site.session.scope, context.host));
        }
        self.record(context).await?;
        let applied = context.apply(self.parts()[0], self.manager()).await?;
        self.applied.append(applied);
        Ok(())
    }

    /// Updates records, which nobody needs to know of. Without the locks, as for a user who has no right to, they stay.
    async fn record(&self, context: &Context<'_>) -> Result<()> {
        let records: Vec<Step> = self.services.iter().flat_map(|service| service.records.iter().cloned()).collect();
        if self.locks.is_some() && !records.is_empty() {
            apply::apply(&records, self.manager(), context.host, &Unwatched).await?;
        }
        Ok(())
    }

    pub async fn start(&mut self, context: &Context<'_>) -> Result<Outcome> {
        let outcomes = self.start_all(context).await?;
        outcomes.into_iter().next().unwrap_or(Ok(Outcome::Installed))
    }

    /// Returns for each service how it is, or why it does not run.
    pub async fn start_all(&mut self, context: &Context<'_>) -> Result<Vec<Result<Outcome>>> {
        // Processes for other services need not wait until these are started.
        let _of_services = self.locks.take().map(|(of_services, _of_units)| of_services);
        let earlier = watch::earlier_runs(&self.services, self.manager()).await?;
        let [_, start, last] = self.parts();
        let applied = context.apply(start, self.manager()).await?;
        let (last, missed) = (last.to_vec(), self.missed(&applied).await?);
        self.applied.append(applied);
        let Some(manager) = &self.site.session.manager else {
            return Ok(self.services.iter().map(|_| Ok(self.site.without_manager)).collect());
        };
        if !missed.is_empty() {
            self.applied.jobs.clear();
            let applied = context.apply(&missed, Some(manager)).await?;
            self.applied.append(applied);
            return watch::outcomes(&mut self.services, earlier, &self.applied, manager, context).await;
        }
        let outcomes = watch::outcomes(&mut self.services, earlier, &self.applied, manager, context).await;
        // Even if it does not run: its links exist.
        let applied = context.apply(&last, Some(manager)).await;
        let outcomes = outcomes?;
        self.applied.append(applied?);
        Ok(outcomes)
    }

    /// The steps to repeat after a reload if systemd did not notice a new unit: it compares modification times of
    /// directories, so it misses the second of 2 changes at the same moment.
    async fn missed(&self, applied: &Applied) -> Result<Vec<Step>> {
        let [_, start, [Step::ReloadLast(scope)]] = self.parts() else { return Ok(Vec::new()) };
        let Some(manager) = self.manager().filter(|_| !applied.jobs.is_empty()) else { return Ok(Vec::new()) };
        let failed: Vec<String> = applied.jobs.iter().map(|(unit, _)| unit.clone()).collect();
        let brief = manager.brief(&failed).await?;
        let is_missed = |unit: &String| brief.get(unit).is_none_or(|it| it.load == "not-found");
        let again = start.iter().filter(|step| matches!(step, Step::Start(unit) if failed.contains(unit)));
        let again: Vec<Step> = again.cloned().collect();
        let has_missed = failed.iter().any(is_missed);
        Ok(if has_missed { [vec![Step::Reload(*scope)], again].concat() } else { Vec::new() })
    }

    /// Finishes the removal. Returns the directories that systemd created for the services and that are not empty.
    pub async fn tidy(&mut self, context: &Context<'_>) -> Result<Vec<PathBuf>> {
        if self.to_remove.is_empty() {
            return Ok(Vec::new());
        }
        let (applied, kept) = removal::tidy(&self.to_remove, self.site.session.scope, self.manager(), context).await?;
        self.applied.append(applied);
        Ok(kept)
    }

    pub async fn report_services(self, context: &Context<'_>) -> Result<()> {
        let names: Vec<UnitName> = self.services.iter().map(|service| service.there.name.clone()).collect();
        self.site.session.report_all(&names, context).await
    }

    /// Restores what was there before, or removes the service. If this is interrupted, the next run repeats it.
    pub async fn undo(self, context: &Context<'_>) -> Result<()> {
        let Installation { services, site: Site { session, .. }, locks, applied, .. } = self;
        drop(locks);
        let Some(only) = services.first() else { return Ok(()) };
        let (before, scope, manager) = (&only.there, session.scope, session.manager.as_ref());
        let _locks = context.locks(&[&before.name], true, scope)?;
        let now = session.read(&before.name, context.host).await?;
        let steps = match only.is_new() {
            true => plan::undo_install(&now)?,
            false => {
                let (files, _) = plan::rollback(before, &now);
                let stop = plan::stop(std::slice::from_ref(&now)).into_iter();
                stop.chain(only.restore_secrets()).chain(files).collect()
            }
        };
        context.apply(&steps, manager).await?;
        removal::tidy(&[now], scope, manager, context).await?;
        // Even if other services are left, which run without it.
        if applied.done.iter().any(|step| matches!(step, Step::Linger { on: true, .. })) {
            context.apply(&plan::disable_lingering(&Lingering::read(context.host), context.host), manager).await?;
        }
        context.nothing_done();
        Ok(())
    }

    /// Prints the result. Returns the exit code.
    pub async fn report(self, outcome: Outcome, context: &Context<'_>) -> Result<u8> {
        let Context { host, ui, invocation, .. } = *context;
        let Some(only) = self.services.first() else { return Ok(0) };
        let (spec, install) = (&only.secrets.spec, &only.resolved.install);
        let (present, exposure) = (&only.there.present, only.exposure);
        let next = match (self.manager(), &spec.timer) {
            (Some(manager), Some(_)) => manager.trigger(&spec.name.unit_of(UnitKind::Timer)).await?.next,
            _ => 0,
        };
        let times = spec.timer.as_ref().map(|timer| times::next_runs(timer, host)).unwrap_or_default();
        let (steps, enabled) = (self.steps.as_slice(), install.enable);
        let taken = invocation.options_after_command();
        let added = Added { spec, present, outcome, exposure, steps, enabled, taken, next, times };
        ui.say(report::added(&added, host));
        self.site.report(&spec.name, exposure, context).await?;
        self.note(context);
        let note = report::at_login(&self.steps, spec, outcome, self.site.lingers, host);
        note.iter().for_each(|note| ui.note(note));
        Ok(0)
    }
}
