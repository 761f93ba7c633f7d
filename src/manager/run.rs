//! Runs jobs for many units to their ends, with a limited number pending.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use zbus::message::Message;

use super::JobKind;
use super::Manager;
use crate::manager::bus::{self, CALL, within};
use crate::manager::peer;
use crate::model::diagnostic::{Error, Result};
use crate::model::wait::{first, timed, together};

/// The number of pending jobs with a call each: systemd adds a match rule to the bus for each, and loses answers beyond
/// 512 rules.
const WINDOW: usize = 64;

/// The number of units per anchor. The next anchor follows when no more than this many units are pending, so that one
/// slow unit does not block the rest.
const BATCH: usize = 250;

/// After this time without a finished job, the time limits of the pending jobs are checked.
const PATIENCE: Duration = Duration::from_secs(10);

/// A finished job, as systemd reports it.
struct FinishedJob {
    id: u32,
    unit: String,
    result: String,
}

impl FinishedJob {
    fn read(signal: &Message) -> Option<FinishedJob> {
        let body = signal.body();
        let (id, _, unit, result) = body.deserialize::<(u32, zbus::OwnedObjectPath, &str, &str)>().ok()?;
        Some(FinishedJob { id, unit: unit.to_owned(), result: result.to_owned() })
    }
}

struct Job<'a> {
    place: usize,
    unit: &'a str,
    matched_by: JobMatch,
    since: Instant,
    /// The job's time limit, if it was asked for; the inner `None` is no limit.
    limit: Option<Option<Duration>>,
}

/// How the end of a job is recognized.
#[derive(Clone, Copy)]
enum JobMatch {
    /// By the job's number.
    Id(u32),
    /// By the unit, and a number above the anchor's: numbers only grow, and the anchor has the first of its
    /// transaction.
    Anchor(u32),
}

impl Job<'_> {
    fn is_finished_by(&self, ended: &FinishedJob) -> bool {
        match self.matched_by {
            JobMatch::Id(id) => ended.id == id,
            JobMatch::Anchor(anchor) => ended.unit == self.unit && ended.id > anchor,
        }
    }
}

enum Event {
    /// The answer to the call for a unit's own job, with its number.
    Queued(usize, zbus::Result<u32>),
    /// The answer to the call for an anchor.
    Anchored(Vec<usize>, zbus::Result<u32>),
    Removed(FinishedJob),
    Closed,
}

type Calls<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Event> + 'a>>>;

/// Progress of the jobs of units.
struct Run<'a> {
    manager: &'a Manager,
    kind: JobKind,
    units: &'a [&'a str],
    ended: &'a dyn Fn(usize),
    results: Vec<Option<Result<String>>>,
    /// Not yet started by an anchor.
    batches: VecDeque<Vec<usize>>,
    /// Waiting for a job of their own.
    alone: VecDeque<usize>,
    calls: Calls<'a>,
    under_way: Vec<Job<'a>>,
    /// Jobs that finished before the answer to their call was read.
    early: Vec<FinishedJob>,
}

impl Manager {
    /// Starts, restarts or stops units and waits until it is done. Returns the result of each job in order (`done`,
    /// `failed`, `dependency`, `timeout`, `canceled`, …), or an error if systemd refuses the job or it exceeds the
    /// unit's timeouts. `ended` is called with the index of each finished job.
    ///
    /// Many units are started or stopped by few jobs, each of an anchor. A unit for which systemd reports no job then
    /// (it is running already, or cannot be started) gets a job of its own, which says why.
    pub async fn run_all(&self, kind: JobKind, units: &[&str], ended: &dyn Fn(usize)) -> Result<Vec<Result<String>>> {
        let by_anchors = kind != JobKind::Restart && units.len() > WINDOW;
        if by_anchors {
            // Only subscribers receive signals about jobs that follow from other jobs.
            self.subscribe().await?;
        }
        // Subscribed before the calls: a short job finishes before its answer is read.
        let removed = within("waiting for jobs", CALL, self.peer.removed_jobs()).await?;
        let mut removed = pin!(removed);
        let alone = if by_anchors { self.refusing(kind, units).await } else { (0..units.len()).collect() };
        let mut run = Run::new(self, kind, units, alone, ended);
        loop {
            run.ask();
            if run.calls.is_empty() {
                // Jobs of other clients.
                run.early.clear();
                if run.under_way.is_empty() {
                    return Ok(run.results.into_iter().flatten().collect());
                }
            }
            let queued = async {
                match run.calls.next().await {
                    Some(event) => event,
                    None => std::future::pending().await,
                }
            };
            let over = async {
                match removed.next().await {
                    Some(signal) => FinishedJob::read(&signal).map_or(Event::Closed, Event::Removed),
                    None => Event::Closed,
                }
            };
            match timed(PATIENCE, first(queued, over)).await {
                Some(Event::Queued(place, answer)) => run.queued(place, answer),
                Some(Event::Anchored(places, answer)) => run.anchored(places, answer),
                Some(Event::Removed(ended)) => run.removed(ended),
                Some(Event::Closed) => return Err(run.closed()),
                None => {
                    let mut early = Vec::new();
                    let news = async {
                        while let Some(signal) = removed.next().await {
                            early.extend(FinishedJob::read(&signal));
                        }
                        std::future::pending().await
                    };
                    first(run.end_late(), news).await?;
                    early.into_iter().for_each(|ended| run.removed(ended));
                }
            }
        }
    }
}

impl Manager {
    /// The units that refuse such jobs unless they follow from another job (`RefuseManualStart=`, `RefuseManualStop=`).
    async fn refusing(&self, kind: JobKind, units: &[&str]) -> VecDeque<usize> {
        let property = if kind == JobKind::Stop { "RefuseManualStop" } else { "RefuseManualStart" };
        let refuses = units.iter().map(|unit| {
            let path = peer::unit_path(unit);
            async move { self.peer.property::<bool>(&path, peer::UNIT, property).await }
        });
        let refusing = together(refuses).await.into_iter().enumerate();
        // The job of a unit that cannot be asked says why.
        refusing.filter(|(_, refuses)| !matches!(refuses, Ok(false))).map(|(place, _)| place).collect()
    }
}

impl<'a> Run<'a> {
    fn new(
        manager: &'a Manager,
        kind: JobKind,
        units: &'a [&'a str],
        alone: VecDeque<usize>,
        ended: &'a dyn Fn(usize),
    ) -> Run<'a> {
        let batched: Vec<usize> = (0..units.len()).filter(|place| alone.binary_search(place).is_err()).collect();
        Run {
            manager,
            kind,
            units,
            ended,
            results: units.iter().map(|_| None).collect(),
            batches: batched.chunks(BATCH).map(<[usize]>::to_vec).collect(),
            alone,
            calls: Calls::new(),
            under_way: Vec::new(),
            early: Vec::new(),
        }
    }

    /// Queues as many jobs as are allowed.
    fn ask(&mut self) {
        let (manager, kind, units) = (self.manager, self.kind, self.units);
        if self.calls.is_empty()
            && self.under_way.len() <= BATCH
            && let Some(places) = self.batches.pop_front()
        {
            self.calls.push(Box::pin(async move {
                let wanted: Vec<&str> = places.iter().map(|place| units[*place]).collect();
                let number = places.first().copied().unwrap_or_default();
                Event::Anchored(places, manager.queue_anchor(kind, &wanted, number).await)
            }));
        }
        while self.calls.len() + self.under_way.len() < WINDOW
            && let Some(place) = self.alone.pop_front()
        {
            self.calls.push(Box::pin(async move { Event::Queued(place, manager.queue(kind, units[place]).await) }));
        }
    }

    /// Handles the answer to the call for a unit's own job.
    fn queued(&mut self, place: usize, answer: zbus::Result<u32>) {
        match answer {
            Err(error) => self.end(place, Err(bus::failed(self.kind.doing(self.units[place]), &error))),
            Ok(id) => self.goes_on([place], JobMatch::Id(id)),
        }
    }

    /// Handles the answer to the call for an anchor.
    fn anchored(&mut self, places: Vec<usize>, answer: zbus::Result<u32>) {
        match answer {
            // If one anchor is refused, others would be as well.
            Err(_) => self.alone.extend(places.into_iter().chain(self.batches.drain(..).flatten())),
            Ok(id) => self.goes_on(places, JobMatch::Anchor(id)),
        }
    }

    /// Records pending jobs, which may be finished already.
    fn goes_on(&mut self, places: impl IntoIterator<Item = usize>, matched_by: JobMatch) {
        let (units, since) = (self.units, Instant::now());
        let job = |place| Job { place, unit: units[place], matched_by, since, limit: None };
        self.under_way.extend(places.into_iter().map(job));
        for ended in std::mem::take(&mut self.early) {
            self.removed(ended);
        }
    }

    /// Handles a finished job, which may be another client's.
    fn removed(&mut self, ended: FinishedJob) {
        if let Some(at) = self.under_way.iter().position(|job| job.is_finished_by(&ended)) {
            let place = self.under_way.swap_remove(at).place;
            return self.end(place, Ok(ended.result));
        }
        // An anchor finishes after everything it started: the remaining units had no job.
        let is_left = |job: &mut Job<'_>| matches!(job.matched_by, JobMatch::Anchor(id) if id == ended.id);
        let left: Vec<usize> = self.under_way.extract_if(.., is_left).map(|job| job.place).collect();
        if left.is_empty() {
            self.early.push(ended);
        }
        self.alone.extend(left);
    }

    fn end(&mut self, place: usize, result: Result<String>) {
        (self.ended)(place);
        self.results[place] = Some(result);
    }

    /// Fails the jobs that exceed their time limits.
    async fn end_late(&mut self) -> Result<()> {
        let mut late = Vec::new();
        for (at, job) in self.under_way.iter_mut().enumerate() {
            let limit = match job.limit {
                Some(limit) => limit,
                None => *job.limit.insert(self.manager.job_limit(self.kind, job.unit).await?),
            };
            if limit.is_some_and(|limit| job.since.elapsed() > limit) {
                late.push(at);
            }
        }
        for at in late.into_iter().rev() {
            let job = self.under_way.swap_remove(at);
            let (call, after) = (self.kind.doing(job.unit), job.since.elapsed());
            self.end(job.place, Err(bus::timeout(&call, after)));
        }
        Ok(())
    }

    fn closed(&self) -> Error {
        let doing = match self.units {
            [unit] => self.kind.doing(unit),
            [unit, others @ ..] => format!("{} and {} more", self.kind.doing(unit), others.len()),
            [] => "waiting for jobs".into(),
        };
        bus::lost(doing)
    }
}
