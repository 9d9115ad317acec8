//! The scheduler: hands units to readers, most pages first, and knows when nothing is left.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::clerk::{Clerk, ON_THE_WAY, Order};
use super::error::CrawlError;
use super::reader::{Read, Reader};
use super::{CrawlOptions, Ended};
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
    orders: mpsc::Sender<Order>,
    clerk: JoinHandle<Result<Info, SnapshotError>>,
    more_work: Arc<Notify>,
    reader: Reader,
    slots: usize,
    stop: CancellationToken,
    deadline: Option<tokio::time::Instant>,
}

/// Units in hand: waiting in the queue, or being read.
#[derive(Default)]
struct InHand {
    queue: VecDeque<Unit>,
    reading: HashMap<Id, UnitId>,
    tasks: JoinSet<Result<Read, CrawlError>>,
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
        let (orders, receiver) = mpsc::channel(ON_THE_WAY);
        let more_work = Arc::new(Notify::new());
        let counted = source.clone();
        let per_second = (options.requests_per_second > 0).then(|| f64::from(options.requests_per_second));
        let clerk = Clerk {
            snapshot,
            orders: receiver,
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
            reader: Reader::new(source, orders.clone(), events.clone(), stop.clone()),
            orders,
            clerk: tokio::task::spawn_blocking(move || clerk.work()),
            more_work,
            slots: options.concurrency + SPARE_READERS,
            stop: stop.clone(),
            deadline: options.max_duration.map(|duration| tokio::time::Instant::now() + duration),
        }
    }

    /// Reads until nothing waits any more. `Some` where the run ended before that.
    pub(super) async fn read_pending(&mut self) -> Result<Option<Ended>, CrawlError> {
        let mut in_hand = InHand::default();
        let mut look = true; // whether the frontier may have units that are not in hand
        let mut ending: Option<Ended> = None;
        loop {
            if ending.is_none() {
                if look && in_hand.queue.is_empty() {
                    let taken = in_hand.reading.values().copied().collect();
                    in_hand.queue =
                        self.ask(|reply| Order::Pending { most: PREFETCH, taken, reply }).await?.into();
                    look = !in_hand.queue.is_empty();
                }
                self.hand_out(&mut in_hand);
            }
            if in_hand.tasks.is_empty() && (ending.is_some() || in_hand.queue.is_empty()) {
                return Ok(ending);
            }
            tokio::select! {
                biased;
                Some(ended) = in_hand.tasks.join_next_with_id() => {
                    // A unit that ended may have brought units, and its place is free.
                    look = true;
                    if let Some(error) = in_hand.note(ended)? {
                        ending.get_or_insert(Ended::GaveUp(error));
                        self.stop.cancel();
                    }
                }
                () = self.more_work.notified() => look = true,
                () = self.stop.cancelled(), if ending.is_none() => ending = Some(Ended::Interrupted),
                () = sleep_until(self.deadline), if ending.is_none() => {
                    ending = Some(Ended::TimeUp);
                    self.stop.cancel();
                }
            }
        }
    }

    /// Gives waiting units to readers. A service's own record comes alone: it tells whether anything can be read at all.
    fn hand_out(&self, in_hand: &mut InHand) {
        while in_hand.tasks.len() < self.slots {
            let Some(unit) = in_hand.queue.front() else { return };
            let first_contact = matches!(unit.target, Target::Service(_) | Target::Services);
            if in_hand.first_contact.is_some() || (first_contact && !in_hand.tasks.is_empty()) {
                return;
            }
            let Some(unit) = in_hand.queue.pop_front() else { return };
            let id = unit.id;
            let reader = self.reader.clone();
            let task = in_hand.tasks.spawn(async move { reader.read(unit).await });
            in_hand.reading.insert(task.id(), id);
            in_hand.first_contact = first_contact.then(|| task.id());
        }
    }

    /// Looks at the evidence.
    pub(super) async fn reconcile(&self, round: u32, last: bool) -> Result<Reconciled, CrawlError> {
        self.ask(|reply| Order::Reconcile { round, last, reply }).await
    }

    /// The number of the next look at the evidence.
    pub(super) async fn next_round(&self) -> Result<u32, CrawlError> {
        self.ask(|reply| Order::NextRound { reply }).await
    }

    /// Writes the verdict.
    pub(super) async fn finish(&self) -> Result<Verdict, CrawlError> {
        let now = crate::clock::now().to_string();
        self.ask(|reply| Order::Finish { now, reply }).await
    }

    /// Lets the clerk commit what is on its way and close the snapshot.
    pub(super) async fn end(self, ended: Result<Ended, CrawlError>) -> Result<(Ended, Info), CrawlError> {
        let Self { orders, reader, clerk, .. } = self;
        drop((orders, reader));
        // The clerk's own error explains a run that failed because the clerk was gone.
        let info = clerk.await.map_err(CrawlError::Stopped)??;
        Ok((ended?, info))
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, CrawlError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(order(reply)).await.map_err(|_gone| CrawlError::ClerkGone)?;
        answer.await.map_err(|_gone| CrawlError::ClerkGone)
    }
}

impl InHand {
    /// Takes note of a unit that ended. `Some` with its error where too many have failed in a row.
    fn note(
        &mut self,
        ended: Result<(Id, Result<Read, CrawlError>), JoinError>,
    ) -> Result<Option<String>, CrawlError> {
        let (task, read) = ended.map_err(CrawlError::Stopped)?;
        self.reading.remove(&task);
        if self.first_contact == Some(task) {
            self.first_contact = None;
        }
        match read? {
            Read::Complete => self.failures_in_a_row = 0,
            Read::Interrupted => {}
            Read::Failed(error) => {
                self.failures_in_a_row += 1;
                if self.failures_in_a_row >= FAILURES_IN_A_ROW {
                    return Ok(Some(error));
                }
            }
        }
        Ok(None)
    }
}

/// Sleeps until a deadline, or for ever where there is none.
async fn sleep_until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
