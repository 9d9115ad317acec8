//! The committer: the one thread that writes to the snapshot.
//!
//! It takes what readers send in order, commits as many pages at a time as are waiting, and sends events after the commit.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::page_budget::ReservedBytes;
use crate::event::{Event, Events};
use crate::model::{Issue, ListPage};
use crate::snapshot::{
    Detail, Estimate, Info, Reconciled, SnapshotError, SnapshotWriter, SoFar, StoredPage, Unit, UnitId,
    Verdict,
};

/// Pages in the channel to the committer. Enough that readers rarely wait for a commit; at 100 rows a page some 5 MB. What pages of
/// long texts take beyond that is bounded by the [`ReservedBytes`] of each.
pub(super) const CHANNEL_CAPACITY: usize = 64;

/// Pages in one transaction at most. Beyond some dozens a larger one costs no less per page.
const PAGES_PER_COMMIT: usize = 64;

/// How long a page waits for others to be committed with. A commit costs as much as storing some pages.
const BATCH_WAIT: Duration = Duration::from_millis(10);

/// What the committer is asked to do.
pub(super) enum CommitRequest {
    Unit(Box<UnitChange>),
    Question(Question),
}

/// The outcome of reading a part of a unit. Several go into one transaction.
pub(super) enum UnitChange {
    Page(Unit, ListPage, ReservedBytes),
    /// A record that was fetched by itself.
    Detail(Unit, Detail, Vec<Issue>),
    /// The unit is read again from its first page.
    Restart(UnitId),
    /// The unit could not be read.
    Fail {
        unit: Unit,
        why: String,
    },
    /// The unit's user or channel no longer exists.
    Vanish {
        unit: Unit,
        evidence: String,
    },
}

/// What needs an answer, and a transaction of its own.
pub(super) enum Question {
    /// Units that wait to be read, without those in flight.
    Pending { most: usize, taken: Vec<UnitId>, reply: oneshot::Sender<Vec<Unit>> },
    /// Compare the evidence.
    Reconcile { round: u32, last: bool, reply: oneshot::Sender<Reconciled> },
    /// The number of the next comparison.
    NextRound { reply: oneshot::Sender<u32> },
    /// End the crawl with a verdict.
    Finish { now: String, reply: oneshot::Sender<Verdict> },
}

/// Requests so far in this run: attempts, those sent again, those refused with 429.
pub(super) type CountRequests = Box<dyn Fn() -> [u64; 3] + Send>;

/// The committer and what it works with.
pub(super) struct Committer {
    pub(super) snapshot: SnapshotWriter,
    pub(super) requests: mpsc::Receiver<CommitRequest>,
    /// Notified when a commit brought new units.
    pub(super) more_work: std::sync::Arc<tokio::sync::Notify>,
    pub(super) events: Events,
    pub(super) count_requests: CountRequests,
    pub(super) seconds_left: Box<dyn Fn(Estimate) -> Option<f64> + Send>,
    pub(super) began: std::time::Instant,
}

impl Committer {
    /// Works until every sender of requests is dropped, then closes the snapshot and returns what it holds.
    pub(super) fn work(mut self) -> Result<Info, SnapshotError> {
        let mut counted = Counted::default();
        let so_far = self.snapshot.so_far()?;
        if so_far.users > 0 {
            let SoFar { users, users_listed, users_done, rows } = so_far;
            self.events.send(Event::Resumed { users, users_listed, users_done, rows });
        }
        while let Some(request) = self.requests.blocking_recv() {
            let question = match request {
                CommitRequest::Unit(change) => self.commit_units(*change, &mut counted)?,
                CommitRequest::Question(question) => Some(question),
            };
            if let Some(question) = question {
                self.answer(question)?;
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

    /// Commits this change and those that wait behind it, up to a question; that is returned.
    fn commit_units(
        &mut self,
        first: UnitChange,
        counted: &mut Counted,
    ) -> Result<Option<Question>, SnapshotError> {
        let mut done = Vec::new();
        let mut more_work = false;
        let mut next = Some(first);
        let mut question = None;
        let mut waited = false;
        self.snapshot.begin()?;
        while let Some(change) = next.take() {
            match change {
                UnitChange::Page(unit, page, _reserved) => {
                    let stored = self.snapshot.store_page(&unit, &page)?;
                    more_work |= stored.more_work;
                    done.push(committed(stored));
                }
                UnitChange::Detail(unit, detail, issues) => {
                    let stored = self.snapshot.store_detail(&unit, &detail, &issues)?;
                    more_work |= stored.more_work;
                    done.push(committed(stored));
                }
                UnitChange::Restart(unit) => self.snapshot.restart_unit(unit)?,
                UnitChange::Fail { unit, why } => {
                    self.snapshot.fail_unit(unit.id, &why)?;
                    done.push(Event::UnitFailed { subject: unit.target.to_string(), error: why });
                }
                UnitChange::Vanish { unit, evidence } => {
                    self.snapshot.vanish_unit(&unit, &evidence)?;
                    done.push(Event::Vanished { subject: unit.target.to_string() });
                }
            }
            if done.len() < PAGES_PER_COMMIT {
                let mut received = self.requests.try_recv().ok();
                if received.is_none() && !waited {
                    waited = true;
                    std::thread::sleep(BATCH_WAIT);
                    received = self.requests.try_recv().ok();
                }
                match received {
                    Some(CommitRequest::Unit(change)) => next = Some(*change),
                    Some(CommitRequest::Question(asked)) => question = Some(asked),
                    None => {}
                }
            }
        }
        self.count(counted)?;
        self.snapshot.commit()?;
        if !done.is_empty() {
            self.report(done);
        }
        if more_work {
            self.more_work.notify_one();
        }
        Ok(question)
    }

    fn answer(&mut self, question: Question) -> Result<(), SnapshotError> {
        match question {
            Question::Pending { most, taken, reply } => answer(reply, self.snapshot.pending(most, &taken)?),
            Question::Reconcile { round, last, reply } => {
                answer(reply, self.snapshot.reconcile(round, last)?);
            }
            Question::NextRound { reply } => answer(reply, self.snapshot.next_round()?),
            Question::Finish { now, reply } => answer(reply, self.snapshot.finish(&now)?),
        }
        Ok(())
    }

    fn report(&self, events: Vec<Event>) {
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

/// Gives an answer. No one waits for it where the run is ending.
fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    if reply.send(value).is_err() {
        tracing::debug!("the run is ending: no one waits for an answer");
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
