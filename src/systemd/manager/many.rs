//! Many units at once: with few calls, and never with more under way than the bus can bear.

use std::collections::HashMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_lite::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use zbus::OwnedObjectPath;
use zbus::message::Message;

use super::{JobKind, Links, Listed, Manager};
use crate::error::{Error, Result};
use crate::systemd::bus::{self, CALL, within};
use crate::systemd::state::UnitState;
use crate::wait::{WINDOW, timed, together};

/// After so long without news of any job it is asked how long each may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A unit in a list of the manager's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
    /// `loaded`, `not-found`, `bad-setting`, `error`, `masked`.
    pub load: String,
    /// `active`, `inactive`, `failed`, `activating`, `deactivating`, …
    pub active: String,
    /// `running`, `exited`, `dead`, `auto-restart`, …
    pub sub: String,
}

/// The job that a signal tells the end of, and its result.
fn ended_job(signal: &Message) -> zbus::Result<(OwnedObjectPath, String)> {
    let body = signal.body();
    let (_, job, _, result) = body.deserialize::<(u32, OwnedObjectPath, &str, &str)>()?;
    Ok((job, result.to_owned()))
}

/// A job that was asked for.
struct Job<'a> {
    unit: &'a str,
    since: Instant,
    /// How long it may take, where that was asked; `None` within for no limit.
    limit: Option<Option<Duration>>,
}

/// What comes next.
enum Event {
    Queued(usize, zbus::Result<OwnedObjectPath>),
    Removed(OwnedObjectPath, String),
    Closed,
}

impl Manager {
    /// Makes the links that the `[Install]` sections of units ask for, in one call.
    ///
    /// # Errors
    /// When the manager refuses.
    pub async fn enable_all(&self, units: &[&str]) -> Result<()> {
        let what = match units {
            [unit] => format!("enabling {unit}"),
            [unit, others @ ..] => format!("enabling {unit} and {} more", others.len()),
            [] => return Ok(()),
        };
        let (runtime, force) = (false, false);
        let arguments = (units, runtime, force);
        within(what, CALL, self.peer.call::<_, (bool, Links)>("EnableUnitFiles", &arguments)).await.map(drop)
    }

    /// Looks at units in one call, loading them if need be; gives what there is of each by its name.
    ///
    /// # Errors
    /// When the manager does not answer, or a name is none.
    pub async fn brief(&self, units: &[String]) -> Result<HashMap<String, Brief>> {
        let listed = self.peer.call::<_, Vec<Listed>>("ListUnitsByNames", &units);
        let listed = within("looking at units", CALL, listed).await?;
        Ok(listed.into_iter().map(|(name, _, load, active, sub, ..)| (name, Brief { load, active, sub })).collect())
    }

    /// The states of units, in their order. Of those that the manager does not know it is not asked for more; of the
    /// others for all there is to tell, or unless `closely`, only for what a plan is made of: how a unit is enabled takes
    /// the manager longer the more units there are, and is read from the folders.
    ///
    /// # Errors
    /// When the manager does not answer, or a name is none.
    pub async fn states(&self, units: &[String], closely: bool) -> Result<Vec<UnitState>> {
        let brief = match units {
            [] | [_] => HashMap::new(),
            _ => self.brief(units).await?,
        };
        let state = async |unit: &String| match brief.get(unit) {
            Some(Brief { load, active, sub }) if load == "not-found" && active == "inactive" => {
                let (load, active, sub) = (load.clone(), active.clone(), sub.clone());
                Ok(UnitState { load, active, sub, condition_met: true, ..UnitState::default() })
            }
            Some(brief) if !closely => self.for_plan(unit, brief).await,
            _ => self.unit(unit).await,
        };
        together(units.iter().map(state)).await.into_iter().collect()
    }

    /// Starts, restarts or stops units and waits until the manager is done with them, a window of them at a time. Gives the
    /// result of each job, in their order: `done`, `failed`, `dependency`, `timeout`, `canceled`, …; an error for one that the
    /// manager refuses, or that takes longer than the unit's own time-outs. `ended` is told of the place of each whose job
    /// has ended.
    ///
    /// More at once than the window would be lost: the bus has so many rules for the manager's connection, and one more
    /// for each job.
    ///
    /// # Errors
    /// When there is no bus any more.
    pub async fn run_all(&self, kind: JobKind, units: &[&str], ended: &dyn Fn(usize)) -> Result<Vec<Result<String>>> {
        // Before the calls: a short job is over before the answer is read.
        let removed = within("waiting for jobs", CALL, self.peer.removed_jobs()).await?;
        let mut removed = pin!(removed);
        let mut results: Vec<Option<Result<String>>> = units.iter().map(|_| None).collect();
        let mut calls = FuturesUnordered::new();
        let mut jobs: HashMap<OwnedObjectPath, (usize, Job<'_>)> = HashMap::new();
        let mut early: HashMap<OwnedObjectPath, String> = HashMap::new();
        let mut rest = units.iter().enumerate();
        loop {
            while calls.len() + jobs.len() < WINDOW
                && let Some((place, unit)) = rest.next()
            {
                calls.push(async move { Event::Queued(place, self.queue(kind, unit).await) });
            }
            if calls.is_empty() && jobs.is_empty() {
                break;
            }
            if calls.is_empty() {
                // Jobs of others.
                early.clear();
            }
            let queued = async {
                match calls.next().await {
                    Some(event) => event,
                    None => std::future::pending().await,
                }
            };
            let over = async {
                match removed.next().await.map(|signal| ended_job(&signal)) {
                    Some(Ok((path, result))) => Event::Removed(path, result),
                    Some(Err(_)) | None => Event::Closed,
                }
            };
            let mut end = |place: usize, result: Result<String>| {
                ended(place);
                results[place] = Some(result);
            };
            match timed(PATIENCE, futures_lite::future::or(queued, over)).await {
                Some(Event::Queued(place, Err(error))) => {
                    end(place, Err(bus::failed(kind.doing(units[place]), &error)))
                }
                Some(Event::Queued(place, Ok(path))) => match early.remove(&path) {
                    Some(result) => end(place, Ok(result)),
                    None => {
                        let job = Job { unit: units[place], since: Instant::now(), limit: None };
                        jobs.insert(path, (place, job));
                    }
                },
                Some(Event::Removed(path, result)) => match jobs.remove(&path) {
                    Some((place, _)) => end(place, Ok(result)),
                    None => drop(early.insert(path, result)),
                },
                Some(Event::Closed) => {
                    let closed = zbus::Error::Failure("the bus was closed".into());
                    let doing = match units {
                        [unit] => kind.doing(unit),
                        [unit, others @ ..] => format!("{} and {} more", kind.doing(unit), others.len()),
                        [] => "waiting for jobs".into(),
                    };
                    return Err(bus::failed(doing, &closed));
                }
                None => {
                    let news = async {
                        while let Some(signal) = removed.next().await {
                            early.extend(ended_job(&signal));
                        }
                        std::future::pending().await
                    };
                    let late = async { self.late(kind, &mut jobs).await };
                    for path in futures_lite::future::or(late, news).await? {
                        if let Some((place, job)) = jobs.remove(&path) {
                            let (call, after) = (kind.doing(job.unit), job.since.elapsed());
                            end(place, Err(Error::BusTimeout { call, after }));
                        }
                    }
                    for (path, result) in std::mem::take(&mut early) {
                        match jobs.remove(&path) {
                            Some((place, _)) => end(place, Ok(result)),
                            None => drop(early.insert(path, result)),
                        }
                    }
                }
            }
        }
        Ok(results.into_iter().flatten().collect())
    }

    /// The jobs that take longer than they may.
    async fn late(
        &self,
        kind: JobKind,
        jobs: &mut HashMap<OwnedObjectPath, (usize, Job<'_>)>,
    ) -> Result<Vec<OwnedObjectPath>> {
        let mut late = Vec::new();
        for (path, (_, job)) in jobs.iter_mut() {
            let limit = match job.limit {
                Some(limit) => limit,
                None => *job.limit.insert(self.job_limit(kind, job.unit).await?),
            };
            if limit.is_some_and(|limit| job.since.elapsed() > limit) {
                late.push(path.clone());
            }
        }
        Ok(late)
    }
}
