//! Jobs for many units, run to their ends, with never more under way than the bus can bear.

use std::collections::VecDeque;
use std::ops::Range;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use futures_lite::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use zbus::message::Message;

use super::{JobKind, Manager};
use crate::error::{Error, Result};
use crate::systemd::bus::{self, CALL, within};
use crate::wait::timed;

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
    /// A call was answered with the number of a job: one unit's, or an anchor's for several.
    Queued(Range<usize>, Asked, zbus::Result<u32>),
    Removed(Ended),
    Closed,
}

/// How units were asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Alone,
    ByAnchor,
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
    /// The anchors that are under way: their numbers, and whom they start.
    anchors: Vec<(u32, Range<usize>)>,
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
    ///
    /// # Errors
    /// When there is no bus any more.
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
                if run.under_way.is_empty() && run.anchors.is_empty() {
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
                Some(Event::Queued(places, asked, answer)) => run.queued(places, asked, answer),
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
            anchors: Vec::new(),
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
                Event::Queued(places, Asked::ByAnchor, id)
            }));
        }
        while self.calls.len() + self.under_way.len() < WINDOW
            && let Some(place) = self.alone.pop_front()
        {
            self.calls.push(Box::pin(async move {
                Event::Queued(place..place + 1, Asked::Alone, manager.queue(kind, units[place]).await)
            }));
        }
    }

    /// A call was answered.
    fn queued(&mut self, places: Range<usize>, asked: Asked, answer: zbus::Result<u32>) {
        match (asked, answer) {
            (Asked::Alone, Err(error)) => {
                let refused = bus::failed(self.kind.doing(self.units[places.start]), &error);
                return self.end(places.start, Err(refused));
            }
            // Where one is refused others would be.
            (Asked::ByAnchor, Err(_)) => {
                let rest = self.batches.drain(..).flatten();
                return self.alone.extend(places.chain(rest));
            }
            (Asked::Alone, Ok(id)) => self.under_way.extend(self.job(places.start, ToldBy::Id(id))),
            (Asked::ByAnchor, Ok(id)) => {
                let jobs: Vec<_> = places.clone().flat_map(|place| self.job(place, ToldBy::Anchor(id))).collect();
                self.under_way.extend(jobs);
                self.anchors.push((id, places));
            }
        }
        for ended in std::mem::take(&mut self.early) {
            self.removed(ended);
        }
    }

    fn job(&self, place: usize, told_by: ToldBy) -> Option<Job<'a>> {
        Some(Job { place, unit: self.units.get(place)?, told_by, since: Instant::now(), limit: None })
    }

    /// A job is over: one of ours, or somebody else's.
    fn removed(&mut self, ended: Ended) {
        if let Some(at) = self.under_way.iter().position(|job| job.is_told_by(&ended)) {
            let place = self.under_way.swap_remove(at).place;
            self.end(place, Ok(ended.result));
        } else if let Some(at) = self.anchors.iter().position(|(id, _)| *id == ended.id) {
            // It came after all that it started: the others had no job.
            let (_, places) = self.anchors.swap_remove(at);
            self.under_way.retain(|job| !places.contains(&job.place));
            self.alone.extend(places.filter(|place| self.results[*place].is_none()));
        } else {
            self.early.push(ended);
        }
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
        // An anchor whose units were all given up is no longer waited for.
        let under_way = &self.under_way;
        self.anchors.retain(|(_, places)| under_way.iter().any(|job| places.contains(&job.place)));
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
