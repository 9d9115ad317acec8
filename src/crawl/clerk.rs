//! The clerk: the one thread that writes to the snapshot.
//!
//! It takes what readers send in order, commits as many pages at a time as are waiting, and says so after the commit.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::room::Place;
use crate::event::{Event, Events};
use crate::model::{Issue, ListPage};
use crate::snapshot::{
    Detail, Estimate, Info, Reconciled, SnapshotError, SnapshotWriter, SoFar, StoredPage, Unit, UnitId,
    Verdict,
};

/// Pages on their way to the clerk. Enough that readers rarely wait for a commit; at 100 rows a page some 5 MB. What pages of
/// long texts take beyond that is bounded by the [`Place`] each has.
pub(super) const ON_THE_WAY: usize = 64;

/// Pages in one transaction at most. Beyond some dozens a larger one costs no less per page.
const PAGES_PER_COMMIT: usize = 64;

/// How long a page waits for others to be committed with. A commit costs as much as storing some pages.
const GATHER: Duration = Duration::from_millis(10);

/// What the clerk is asked to do.
pub(super) enum Order {
    /// Store a page of a list.
    Page(Unit, ListPage, Place),
    /// Store a record that was fetched by itself.
    Detail(Unit, Detail, Vec<Issue>),
    /// The unit is begun anew.
    Restart(UnitId),
    /// The unit could not be read.
    Fail { unit: Unit, why: String },
    /// The unit's user or channel is gone.
    Vanish { unit: Unit, evidence: String },
    /// Name units that wait to be read, without those in hand.
    Pending { most: usize, taken: Vec<UnitId>, reply: oneshot::Sender<Vec<Unit>> },
    /// Look at the evidence.
    Reconcile { round: u32, last: bool, reply: oneshot::Sender<Reconciled> },
    /// Say which look at the evidence is the next.
    NextRound { reply: oneshot::Sender<u32> },
    /// End the crawl with a verdict.
    Finish { now: String, reply: oneshot::Sender<Verdict> },
}

impl Order {
    /// Whether it goes into a transaction with others.
    fn is_of_pages(&self) -> bool {
        matches!(
            self,
            Self::Page(..) | Self::Detail(..) | Self::Restart(_) | Self::Fail { .. } | Self::Vanish { .. }
        )
    }
}

/// Requests so far in this run: attempts, those sent again, those refused with 429.
pub(super) type CountRequests = Box<dyn Fn() -> [u64; 3] + Send>;

/// The clerk and what it works with.
pub(super) struct Clerk {
    pub(super) snapshot: SnapshotWriter,
    pub(super) orders: mpsc::Receiver<Order>,
    /// Told when a commit brought new units.
    pub(super) more_work: std::sync::Arc<tokio::sync::Notify>,
    pub(super) events: Events,
    pub(super) count_requests: CountRequests,
    pub(super) seconds_left: Box<dyn Fn(Estimate) -> Option<f64> + Send>,
    pub(super) began: std::time::Instant,
}

impl Clerk {
    /// Works until every sender of orders is gone, then closes the snapshot and says what it holds.
    pub(super) fn work(mut self) -> Result<Info, SnapshotError> {
        let mut counted = Counted::default();
        let so_far = self.snapshot.so_far()?;
        if so_far.users > 0 {
            let SoFar { users, users_listed, users_done, rows } = so_far;
            self.events.send(Event::Resumed { users, users_listed, users_done, rows });
        }
        while let Some(order) = self.orders.blocking_recv() {
            let control =
                if order.is_of_pages() { self.commit_pages(order, &mut counted)? } else { Some(order) };
            if let Some(order) = control {
                self.control(order)?;
            }
        }
        self.snapshot.begin()?;
        self.count(&mut counted)?;
        self.snapshot.commit()?;
        let info = self.snapshot.info()?;
        if info.finished.is_some() {
            self.snapshot.close_if_free()?;
        }
        Ok(info)
    }

    /// Commits this order and those that wait behind it, up to one that needs a transaction of its own; that is returned.
    fn commit_pages(&mut self, first: Order, counted: &mut Counted) -> Result<Option<Order>, SnapshotError> {
        let mut done = Vec::new();
        let mut more_work = false;
        let mut next = Some(first);
        let mut gathered = false;
        self.snapshot.begin()?;
        while let Some(order) = next.take() {
            match order {
                Order::Page(unit, page, _place) => {
                    let stored = self.snapshot.store_page(&unit, &page)?;
                    more_work |= stored.more_work;
                    done.push(committed(stored));
                }
                Order::Detail(unit, detail, issues) => {
                    let stored = self.snapshot.store_detail(&unit, &detail, &issues)?;
                    more_work |= stored.more_work;
                    done.push(committed(stored));
                }
                Order::Restart(unit) => self.snapshot.restart_unit(unit)?,
                Order::Fail { unit, why } => {
                    self.snapshot.fail_unit(unit.id, &why)?;
                    done.push(Event::UnitFailed { subject: unit.target.to_string(), error: why });
                }
                Order::Vanish { unit, evidence } => {
                    self.snapshot.vanish_unit(&unit, &evidence)?;
                    done.push(Event::Vanished { subject: unit.target.to_string() });
                }
                other => {
                    next = Some(other);
                    break;
                }
            }
            if done.len() < PAGES_PER_COMMIT {
                next = self.orders.try_recv().ok();
                if next.is_none() && !gathered {
                    gathered = true;
                    std::thread::sleep(GATHER);
                    next = self.orders.try_recv().ok();
                }
            }
        }
        self.count(counted)?;
        self.snapshot.commit()?;
        if !done.is_empty() {
            self.say(done);
        }
        if more_work {
            self.more_work.notify_one();
        }
        Ok(next)
    }

    fn control(&mut self, order: Order) -> Result<(), SnapshotError> {
        match order {
            Order::Pending { most, taken, reply } => answer(reply, self.snapshot.pending(most, &taken)?),
            Order::Reconcile { round, last, reply } => answer(reply, self.snapshot.reconcile(round, last)?),
            Order::NextRound { reply } => answer(reply, self.snapshot.next_round()?),
            Order::Finish { now, reply } => answer(reply, self.snapshot.finish(&now)?),
            _ => unreachable!("commit_pages takes every other order"),
        }
        Ok(())
    }

    fn say(&self, events: Vec<Event>) {
        for event in events {
            self.events.send(event);
        }
        let estimate = self.snapshot.estimate();
        self.events.send(Event::Estimated {
            requests: estimate.requests,
            done: estimate.done,
            // Without counters the pages of a list are known when it ends.
            exact: estimate.is_exact() && self.snapshot.identity().source.has_counters(),
            seconds_left: (self.seconds_left)(estimate),
        });
    }

    /// Adds this run's requests and seconds since the last commit to the crawl's.
    fn count(&self, counted: &mut Counted) -> Result<(), SnapshotError> {
        let requests = (self.count_requests)();
        let seconds = self.began.elapsed().as_secs_f64();
        let [total, retried, throttled] =
            std::array::from_fn(|index| requests[index] - counted.requests[index]);
        self.snapshot.count_requests(total, retried, throttled)?;
        self.snapshot.count_seconds(seconds - counted.seconds)?;
        *counted = Counted { requests, seconds };
        Ok(())
    }
}

/// Gives an answer. Nobody waits for it any more where the run is ending.
fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("the run is ending: an answer is not waited for");
    }
}

/// What of this run's requests and seconds is in the snapshot already.
#[derive(Default)]
struct Counted {
    requests: [u64; 3],
    seconds: f64,
}

fn committed(stored: StoredPage) -> Event {
    Event::Committed { entity: stored.entity, rows: stored.rows, list_complete: stored.complete }
}
