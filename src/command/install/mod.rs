//! What `add` and `apply` do once it is decided what the services are: whoever decided it, nothing is taken on
//! trust that can be looked at here.

mod planned;
mod site;
mod watch;

use super::find::{self, Ground};
use super::reach::{Reached, Way};
use super::secrets::Secrets;
use super::{Context, escalation, handover, times};
use crate::apply::Applied;
use crate::apply::lock::Lock;
use crate::error::{Error, Result, sudo};
use crate::plan::{self, Step};
use crate::report::{self, Added, Outcome};
use crate::resolve::Resolved;
use crate::service::Service;
use crate::spec::{Scope, UnitKind, UnitName};
use crate::systemd::manager::Manager;
pub use planned::Planned;
use site::Site;

/// Installs a service and starts it.
///
/// # Errors
/// Whatever is refused, before anything is written; or what failed on the way.
pub async fn install(resolved: &Resolved, mut secrets: Secrets, way: Way, context: &Context<'_>) -> Result<u8> {
    let changing = &resolved.manner.changing;
    let by_root = resolved.spec.scope == Scope::System && context.host.euid != 0;
    if by_root && !changing.only_shows() {
        secrets.ask(&resolved.spec, context).await?;
    }
    let handed = secrets.handed();
    let mut work =
        Installation::plan(vec![(resolved, secrets)], way, by_root || changing.only_shows(), context).await?;
    work.explain(context);
    if changing.only_shows() {
        let shown = context.show(&work.steps, changing);
        if let Some(timer) = &resolved.spec.timer {
            let runs = times::next_runs(timer);
            context.ui.note(&format!("{} would run: {}", resolved.spec.name, runs.join("; ")));
        }
        work.note(context);
        return Ok(shown);
    }
    // Where nothing is to be changed, it takes no root to see that.
    if by_root && !work.steps.is_empty() {
        return handover::hand_over(resolved, handed, &work.steps, context).await;
    }
    work.write(context).await?;
    let outcome = work.start(context).await?;
    work.tell(outcome, context).await
}

/// An installation under way: what is wanted, what was there before it, and what is done for it.
pub struct Installation<'a> {
    site: Site,
    /// What was planned for each service; there is one at least.
    services: Vec<Planned<'a>>,
    /// All that is to be done, in order.
    pub steps: Vec<Step>,
    locks: Option<(Vec<Lock>, Lock)>,
    applied: Applied,
}

impl<'a> Installation<'a> {
    /// Compares what is wanted with what is there. Unless that `only_shows` what would be done, nobody else
    /// changes the services from then on, nor, until all is written, any other of their scope.
    ///
    /// # Errors
    /// Whatever is refused.
    pub async fn plan(
        mut wanted: Vec<(&'a Resolved, Secrets)>,
        way: Way,
        only_shows: bool,
        context: &Context<'_>,
    ) -> Result<Installation<'a>> {
        let Some(scope) = wanted.first().map(|(resolved, _)| resolved.spec.scope) else { return Err(Error::NoCommand) };
        wanted.iter().try_for_each(|(resolved, _)| planned::refuse(resolved, context))?;
        escalation::refuse_foreign_way(scope, context.host)?;
        if !only_shows {
            // Before anything is locked: others need not wait for somebody to type.
            for (resolved, secrets) in &mut wanted {
                secrets.ask(&resolved.spec, context).await?;
            }
        }
        let names: Vec<&UnitName> = wanted.iter().map(|(resolved, _)| &resolved.spec.name).collect();
        let starts = wanted.iter().any(|(resolved, _)| resolved.manner.start);
        let (site, locks) = Site::enter(way, scope, &names, starts, only_shows, context).await?;
        let kinds = wanted.iter().map(|(resolved, _)| (&resolved.spec.name, resolved.spec.units())).collect::<Vec<_>>();
        let there = find::look_at_all(&kinds, &site.places, site.manager(), context.host).await?;
        let services = wanted
            .into_iter()
            .zip(there)
            .map(|((resolved, secrets), there)| Planned::plan(resolved, secrets, there, &site, only_shows, context));
        let services = services.collect::<Result<Vec<_>>>()?;
        let steps = plan::together(services.iter().map(|service| service.steps.clone()).collect());
        Ok(Installation { site, services, steps, locks, applied: Applied::default() })
    }

    /// The service, where there is one.
    pub fn only(&self) -> &Planned<'a> {
        &self.services[0]
    }

    /// Says what was decided without being typed, and what to know before relying on it.
    pub fn explain(&self, context: &Context<'_>) {
        self.services.iter().for_each(|service| service.explain(context));
    }

    /// Says what else was decided, behind what it was decided for.
    pub fn note(&self, context: &Context<'_>) {
        self.services.iter().for_each(|service| service.note(context));
    }

    /// The manager; `None` where there is none to speak to.
    pub fn manager(&self) -> Option<&Manager> {
        self.site.manager()
    }

    /// The steps that write and enable, and those from the first that starts something on.
    fn parts(&self) -> (&[Step], &[Step]) {
        let is_start = |step: &Step| matches!(step, Step::Start(_) | Step::Restart(_));
        self.steps.split_at(self.steps.iter().position(is_start).unwrap_or(self.steps.len()))
    }

    /// Does all that comes before the start.
    ///
    /// # Errors
    /// What failed on the way.
    pub async fn write(&mut self, context: &Context<'_>) -> Result<()> {
        let new: Vec<&str> =
            self.services.iter().filter(|it| !it.there.is_ours()).map(|it| it.there.name.as_str()).collect();
        if !new.is_empty() {
            context.can_undo(format!("{}mkservice remove {}", sudo(self.site.scope), new.join(" ")));
        }
        let applied = context.apply(self.parts().0, self.manager()).await?;
        self.applied.append(applied);
        Ok(())
    }

    /// Starts the service, and sees whether it stays up.
    ///
    /// # Errors
    /// [`Error::NotRunning`], [`Error::PutBack`], or what failed on the way.
    pub async fn start(&mut self, context: &Context<'_>) -> Result<Outcome> {
        let outcomes = self.start_all(context).await?;
        outcomes.into_iter().next().unwrap_or(Ok(Outcome::Installed))
    }

    /// Starts the services, and sees whether they stay up. Gives for each how it is, or why it does not run.
    ///
    /// # Errors
    /// What failed on the way.
    pub async fn start_all(&mut self, context: &Context<'_>) -> Result<Vec<Result<Outcome>>> {
        // Runs for other services need not wait until these have come up.
        let _of_services = self.locks.take().map(|(of_services, _of_units)| of_services);
        let earlier = watch::earlier_runs(&self.services, self.manager()).await?;
        let applied = context.apply(self.parts().1, self.manager()).await?;
        self.applied.append(applied);
        match &self.site.reached {
            Reached::NoSystemd => Ok(self.services.iter().map(|_| Ok(Outcome::AtNextBoot)).collect()),
            Reached::NotReachable => Ok(self.services.iter().map(|_| Ok(Outcome::AtNextReload)).collect()),
            Reached::Manager(manager) => {
                watch::outcomes(&mut self.services, earlier, &self.applied, manager, context).await
            }
        }
    }

    /// Gives up: what was there before of the service, and the way to what is there now. Nothing is locked any more.
    pub fn into_ground(self) -> (Option<Service>, Ground) {
        (self.services.into_iter().next().map(|service| service.there), self.site.into_ground())
    }

    /// Tells what was done. Gives the exit code.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub async fn tell(self, outcome: Outcome, context: &Context<'_>) -> Result<u8> {
        let Context { host, ui, taken, .. } = *context;
        let only = &self.services[0];
        let (spec, manner) = (&only.secrets.spec, &only.resolved.manner);
        let (present, exposure) = (&only.there.present, only.exposure);
        let next = match (self.manager(), &spec.timer) {
            (Some(manager), Some(_)) => manager.trigger(&spec.name.unit_of(UnitKind::Timer)).await?.next,
            _ => 0,
        };
        let times = spec.timer.as_ref().map(times::next_runs).unwrap_or_default();
        let (steps, enabled) = (self.steps.as_slice(), manner.enable);
        let added = Added { spec, present, outcome, exposure, steps, enabled, taken, next, times };
        ui.say(&report::added(&added, host));
        let lingers = self.site.lingers;
        let ground = self.site.into_ground();
        ground.tell_with(&spec.name, exposure, context).await?;
        only.note(context);
        let notes = report::notes(&self.applied.done).into_iter().chain(report::foreign_drop_ins(present));
        notes.for_each(|note| ui.note(&note));
        if outcome == Outcome::AtNextBoot && spec.scope == Scope::User && !lingers {
            let name = &host.asked_by.name;
            ui.note(&format!("at boot it starts once lingering is on: sudo loginctl enable-linger {name}"));
        }
        Ok(0)
    }
}
