//! The scheduler: hands units to readers, most pages first, and knows when nothing is left.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::committer::{CHANNEL_CAPACITY, CommitRequest, Committer, Question};
use super::error::CrawlError;
use super::reader::{CrawlExtent, Reader, UnitEnd};
use super::refusals::Refusals;
use super::{CrawlEnd, CrawlOptions};
use crate::clock;
use crate::event::Events;
use crate::snapshot::{
    Estimate, Info, Reconciled, SnapshotError, SnapshotWriter, Target, Unit, UnitId, Verdict,
};
use crate::source::Source;

/// Units fetched from the frontier at a time.
const PREFETCH: usize = 256;

/// Readers beyond the requests in flight: for those that wait before they send again.
const SPARE_READERS: usize = 4;

/// Units that fail in a row, without one that can be read, until the run gives up. Each has used up its own attempts.
const FAILURES_IN_A_ROW: u32 = 25;

/// A running crawl.
pub(super) struct Scheduler {
    requests: mpsc::Sender<CommitRequest>,
    committer: JoinHandle<Result<Info, SnapshotError>>,
    more_work: Arc<Notify>,
    reader: Reader,
    refusals: Refusals,
    slots: usize,
    stop: CancellationToken,
    deadline: Option<tokio::time::Instant>,
    /// When the run started, by the clock and by one that never goes back.
    started: (jiff::Timestamp, Instant),
}

/// Units in flight: waiting in the queue, or being read.
#[derive(Default)]
struct InFlight {
    queue: VecDeque<Unit>,
    reading: HashMap<Id, UnitId>,
    tasks: JoinSet<Result<UnitEnd, CrawlError>>,
    first_contact: Option<Id>,
    failures_in_a_row: u32,
}

impl Scheduler {
    pub(super) fn start(
        source: Source,
        snapshot: SnapshotWriter,
        options: &CrawlOptions,
        events: &Events,
        stop: &CancellationToken,
    ) -> Self {
        let (requests, receiver) = mpsc::channel(CHANNEL_CAPACITY);
        let refusals = Refusals::default();
        let extent = match snapshot.identity().services.len() {
            1 if snapshot.is_of_one_person() => CrawlExtent::OnePerson,
            1 => CrawlExtent::OneService,
            _ => CrawlExtent::SeveralServices,
        };
        let more_work = Arc::new(Notify::new());
        let counted = source.clone();
        let per_second = (options.requests_per_second > 0).then(|| f64::from(options.requests_per_second));
        let committer = Committer {
            snapshot,
            requests: receiver,
            more_work: Arc::clone(&more_work),
            events: events.clone(),
            count_requests: Box::new(move || {
                let counters = counted.client().counters();
                [counters.attempts, counters.retried, counters.throttled]
            }),
            seconds_left: Box::new(move |estimate: Estimate| {
                let left = estimate.requests.saturating_sub(estimate.done);
                per_second.map(|rate| f64::from(u32::try_from(left).unwrap_or(u32::MAX)) / rate)
            }),
            began: Instant::now(),
        };
        Self {
            reader: Reader::new(
                source,
                requests.clone(),
                events.clone(),
                stop.clone(),
                refusals.clone(),
                extent,
            ),
            refusals,
            requests,
            committer: clock::spawn_blocking(move || committer.work()),
            more_work,
            slots: options.concurrency + SPARE_READERS,
            stop: stop.clone(),
            deadline: options.max_duration.map(|duration| tokio::time::Instant::now() + duration),
            started: (clock::now(), Instant::now()),
        }
    }

    /// Reads until nothing waits any more. `Some` where the run ended before that.
    pub(super) async fn read_pending(&mut self) -> Result<Option<CrawlEnd>, CrawlError> {
        let mut in_flight = InFlight::default();
        let mut look = true; // whether the frontier may have units that are not in flight
        let mut ending: Option<CrawlEnd> = None;
        loop {
            if ending.is_none() {
                if look && in_flight.queue.is_empty() {
                    let taken = in_flight.reading.values().copied().collect();
                    in_flight.queue =
                        self.ask(|reply| Question::Pending { most: PREFETCH, taken, reply }).await?.into();
                    look = !in_flight.queue.is_empty();
                }
                self.hand_out(&mut in_flight);
            }
            if in_flight.tasks.is_empty() && (ending.is_some() || in_flight.queue.is_empty()) {
                return match (&ending, self.refusals.take_refused_lists()) {
                    (None, Some(refused)) => Err(refused),
                    _ => Ok(ending),
                };
            }
            tokio::select! {
                biased;
                Some(ended) = in_flight.tasks.join_next_with_id() => {
                    // A unit that ended may have brought units, and its place is free.
                    look = true;
                    if let Some(error) = in_flight.note(ended)? {
                        if let Some(refused) = self.refusals.take_refused_lists() {
                            return Err(refused);
                        }
                        ending.get_or_insert(CrawlEnd::GaveUp(error));
                        self.stop.cancel();
                    }
                }
                () = self.more_work.notified() => look = true,
                () = self.stop.cancelled(), if ending.is_none() => ending = Some(CrawlEnd::Interrupted),
                () = clock::sleep_until(self.deadline), if ending.is_none() => {
                    ending = Some(CrawlEnd::TimeUp);
                    self.stop.cancel();
                }
            }
        }
    }

    /// Gives waiting units to readers. A service's own record is read first: it shows whether anything can be read at all.
    fn hand_out(&self, in_flight: &mut InFlight) {
        while in_flight.tasks.len() < self.slots {
            let Some(unit) = in_flight.queue.front() else { return };
            let first_contact = matches!(unit.target, Target::Service(_) | Target::Services);
            if in_flight.first_contact.is_some() || (first_contact && !in_flight.tasks.is_empty()) {
                return;
            }
            let Some(unit) = in_flight.queue.pop_front() else { return };
            let id = unit.id;
            let reader = self.reader.clone();
            let task = in_flight.tasks.spawn(async move { reader.read(unit).await });
            in_flight.reading.insert(task.id(), id);
            in_flight.first_contact = first_contact.then(|| task.id());
        }
    }

    /// Compares the evidence.
    pub(super) async fn reconcile(&self, round: u32, last: bool) -> Result<Reconciled, CrawlError> {
        self.ask(|reply| Question::Reconcile { round, last, reply }).await
    }

    /// The number of the next comparison of the evidence.
    pub(super) async fn next_round(&self) -> Result<u32, CrawlError> {
        self.ask(|reply| Question::NextRound { reply }).await
    }

    /// The services that were refused while others were read.
    pub(super) fn refused_services(&self) -> Option<CrawlError> {
        self.refusals.take_refused_services()
    }

    /// Writes the verdict.
    pub(super) async fn finish(&self) -> Result<Verdict, CrawlError> {
        // Of a clock that went back meanwhile the window of the crawl would end before it starts.
        let (started, since) = self.started;
        let by_elapsed = started.checked_add(since.elapsed()).unwrap_or(jiff::Timestamp::MAX);
        let now =
            clock::now().max(jiff::Timestamp::from_second(by_elapsed.as_second()).unwrap_or(by_elapsed));
        let now = now.to_string();
        self.ask(|reply| Question::Finish { now, reply }).await
    }

    /// Lets the committer commit what is in flight and close the snapshot.
    pub(super) async fn end(
        self,
        ended: Result<CrawlEnd, CrawlError>,
    ) -> Result<(CrawlEnd, Info), CrawlError> {
        let Self { requests, reader, committer, .. } = self;
        drop((requests, reader));
        // The committer's own error explains a run that failed because the committer had stopped.
        let info = clock::end_of(committer).await.map_err(CrawlError::Stopped)??;
        Ok((ended?, info))
    }

    async fn ask<T>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Question) -> Result<T, CrawlError> {
        let _at_work = clock::at_work();
        let (reply, answer) = oneshot::channel();
        self.requests
            .send(CommitRequest::Question(question(reply)))
            .await
            .map_err(|_dropped| CrawlError::CommitterStopped)?;
        answer.await.map_err(|_dropped| CrawlError::CommitterStopped)
    }
}

impl InFlight {
    /// Takes note of a unit that ended. `Some` with its error where too many have failed in a row.
    fn note(
        &mut self,
        ended: Result<(Id, Result<UnitEnd, CrawlError>), JoinError>,
    ) -> Result<Option<String>, CrawlError> {
        let (task, read) = ended.map_err(CrawlError::Stopped)?;
        self.reading.remove(&task);
        if self.first_contact == Some(task) {
            self.first_contact = None;
        }
        match read? {
            UnitEnd::Complete => self.failures_in_a_row = 0,
            UnitEnd::Interrupted | UnitEnd::Refused => {}
            UnitEnd::Failed(error) => {
                self.failures_in_a_row += 1;
                if self.failures_in_a_row >= FAILURES_IN_A_ROW {
                    return Ok(Some(error));
                }
            }
        }
        Ok(None)
    }
}
