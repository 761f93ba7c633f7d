//! Jobs for many units, run to their ends, with never more under way than the bus can bear.

use std::collections::VecDeque;
use std::ops::Range;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use futures_lite::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use zbus::message::Message;

use super::JobKind;
use super::Manager;
use crate::error::{Error, Result};
use crate::manager::bus::{self, CALL, within};
use crate::model::wait::timed;

/// How many jobs that were asked for one by one are under way at the same time: for each of them systemd has a rule
/// at the bus, and loses answers where it has more than 512.
const WINDOW: usize = 64;

/// How many units an anchor starts. The next one follows when no more than so many are left under way, so that one unit
/// that takes long holds up nothing.
const BATCH: usize = 250;

/// After so long without news of any job it is asked how long each may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A job that is over, as the manager tells it.
struct Ended {
    id: u32,
    unit: String,
    result: String,
}

impl Ended {
    fn read(signal: &Message) -> Option<Ended> {
        let body = signal.body();
        let (id, _, unit, result) = body.deserialize::<(u32, zbus::OwnedObjectPath, &str, &str)>().ok()?;
        Some(Ended { id, unit: unit.to_owned(), result: result.to_owned() })
    }
}

/// A job that was asked for.
struct Job<'a> {
    place: usize,
    unit: &'a str,
    told_by: ToldBy,
    since: Instant,
    /// How long it may take, where that was asked; `None` within for no limit.
    limit: Option<Option<Duration>>,
}

/// How the end of a job is recognized.
#[derive(Clone, Copy)]
enum ToldBy {
    /// It has this number.
    Id(u32),
    /// It is about the unit and is younger than the anchor with this number. Numbers only grow, and within a transaction the
    /// anchor has the first.
    Anchor(u32),
}

impl Job<'_> {
    fn is_told_by(&self, ended: &Ended) -> bool {
        match self.told_by {
            ToldBy::Id(id) => ended.id == id,
            ToldBy::Anchor(anchor) => ended.unit == self.unit && ended.id > anchor,
        }
    }
}

/// What comes next.
enum Event {
    /// The call for a unit's job was answered, with its number.
    Queued(usize, zbus::Result<u32>),
    /// The call for an anchor of several units was.
    Anchored(Range<usize>, zbus::Result<u32>),
    Removed(Ended),
    Closed,
}

type Calls<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Event> + 'a>>>;

/// Units whose jobs are run, and how far that is.
struct Run<'a> {
    manager: &'a Manager,
    kind: JobKind,
    units: &'a [&'a str],
    ended: &'a dyn Fn(usize),
    results: Vec<Option<Result<String>>>,
    /// Those that no anchor was asked for yet.
    batches: VecDeque<Range<usize>>,
    /// Those that get a job of their own, and have none yet.
    alone: VecDeque<usize>,
    calls: Calls<'a>,
    under_way: Vec<Job<'a>>,
    /// Ends that were told before the answer to the call was read.
    early: Vec<Ended>,
}

impl Manager {
    /// Starts, restarts or stops units and waits until the manager is done with them. Gives the result of each job, in
    /// their order: `done`, `failed`, `dependency`, `timeout`, `canceled`, …; an error for one that the manager refuses,
    /// or that takes longer than the unit's own time-outs. `ended` is told of the place of each whose job has ended.
    ///
    /// Many are started by few jobs, of an anchor each. A unit of which no job is told then (it runs already, or cannot be
    /// started) is asked for alone, which tells why.
    pub async fn run_all(&self, kind: JobKind, units: &[&str], ended: &dyn Fn(usize)) -> Result<Vec<Result<String>>> {
        let by_anchors = kind == JobKind::Start && units.len() > WINDOW;
        if by_anchors {
            // Of the jobs that follow from ours only those are told who have subscribed.
            self.subscribe().await?;
        }
        // Before the calls: a short job is over before the answer is read.
        let removed = within("waiting for jobs", CALL, self.peer.removed_jobs()).await?;
        let mut removed = pin!(removed);
        let mut run = Run::new(self, kind, units, by_anchors, ended);
        loop {
            run.ask();
            if run.calls.is_empty() {
                // Jobs of others.
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
                    Some(signal) => Ended::read(&signal).map_or(Event::Closed, Event::Removed),
                    None => Event::Closed,
                }
            };
            match timed(PATIENCE, futures_lite::future::or(queued, over)).await {
                Some(Event::Queued(place, answer)) => run.queued(place, answer),
                Some(Event::Anchored(places, answer)) => run.anchored(places, answer),
                Some(Event::Removed(ended)) => run.removed(ended),
                Some(Event::Closed) => return Err(run.closed()),
                None => {
                    let mut early = Vec::new();
                    let news = async {
                        while let Some(signal) = removed.next().await {
                            early.extend(Ended::read(&signal));
                        }
                        std::future::pending().await
                    };
                    futures_lite::future::or(run.end_late(), news).await?;
                    early.into_iter().for_each(|ended| run.removed(ended));
                }
            }
        }
    }
}

impl<'a> Run<'a> {
    fn new(
        manager: &'a Manager,
        kind: JobKind,
        units: &'a [&'a str],
        by_anchors: bool,
        ended: &'a dyn Fn(usize),
    ) -> Run<'a> {
        let (batched, alone) = if by_anchors { (units.len(), 0) } else { (0, units.len()) };
        Run {
            manager,
            kind,
            units,
            ended,
            results: units.iter().map(|_| None).collect(),
            batches: (0..batched).step_by(BATCH).map(|first| first..batched.min(first + BATCH)).collect(),
            alone: (0..alone).collect(),
            calls: Calls::new(),
            under_way: Vec::new(),
            early: Vec::new(),
        }
    }

    /// Asks for as many more jobs as may be under way.
    fn ask(&mut self) {
        let (manager, kind, units) = (self.manager, self.kind, self.units);
        if self.calls.is_empty()
            && self.under_way.len() <= BATCH
            && let Some(places) = self.batches.pop_front()
        {
            self.calls.push(Box::pin(async move {
                let id = manager.queue_anchor(&units[places.clone()], places.start).await;
                Event::Anchored(places, id)
            }));
        }
        while self.calls.len() + self.under_way.len() < WINDOW
            && let Some(place) = self.alone.pop_front()
        {
            self.calls.push(Box::pin(async move { Event::Queued(place, manager.queue(kind, units[place]).await) }));
        }
    }

    /// The call for a unit's own job was answered.
    fn queued(&mut self, place: usize, answer: zbus::Result<u32>) {
        match answer {
            Err(error) => self.end(place, Err(bus::failed(self.kind.doing(self.units[place]), &error))),
            Ok(id) => self.goes_on([place], ToldBy::Id(id)),
        }
    }

    /// The call for an anchor was answered.
    fn anchored(&mut self, places: Range<usize>, answer: zbus::Result<u32>) {
        match answer {
            // Where one is refused others would be.
            Err(_) => self.alone.extend(places.chain(self.batches.drain(..).flatten())),
            Ok(id) => self.goes_on(places, ToldBy::Anchor(id)),
        }
    }

    /// Jobs are under way, or over already.
    fn goes_on(&mut self, places: impl IntoIterator<Item = usize>, told_by: ToldBy) {
        let (units, since) = (self.units, Instant::now());
        let job = |place| Job { place, unit: units[place], told_by, since, limit: None };
        self.under_way.extend(places.into_iter().map(job));
        for ended in std::mem::take(&mut self.early) {
            self.removed(ended);
        }
    }

    /// A job is over: one of ours, or somebody else's.
    fn removed(&mut self, ended: Ended) {
        if let Some(at) = self.under_way.iter().position(|job| job.is_told_by(&ended)) {
            let place = self.under_way.swap_remove(at).place;
            return self.end(place, Ok(ended.result));
        }
        // An anchor's end comes after all that it started: those that are left had no job.
        let is_left = |job: &mut Job<'_>| matches!(job.told_by, ToldBy::Anchor(id) if id == ended.id);
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

    /// Ends those that take longer than they may.
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
            self.end(job.place, Err(Error::BusTimeout { call, after }));
        }
        Ok(())
    }

    /// There is no bus any more.
    fn closed(&self) -> Error {
        let doing = match self.units {
            [unit] => self.kind.doing(unit),
            [unit, others @ ..] => format!("{} and {} more", self.kind.doing(unit), others.len()),
            [] => "waiting for jobs".into(),
        };
        bus::failed(doing, &zbus::Error::Failure("the bus was closed".into()))
    }
}
