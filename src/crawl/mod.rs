//! The crawl: which request next, what to do when one fails, and whether everything came.
//!
//! Readers (many, bounded) fetch and convert; the committer (one thread) commits rows and cursor in one transaction; the
//! scheduler hands out units, most pages first, from the frontier in the snapshot:
//!
//! ```text
//! frontier ──units──▶ readers ──pages, one bounded channel──▶ committer ──commits──▶ snapshot
//!     ▲                                                           │
//!     └────────────────── new users and channels ─────────────────┘
//! ```
//!
//! When nothing is left to read, what does not agree is read again once, and the verdict is written.
//!
//! **Invariant:** a failure costs its unit. Only what concerns all of them ends the run: refused credentials, a service
//! that does not exist, a snapshot that cannot be written, a server that answers nothing any more.
//!
//! **Invariant:** everything is bounded: units and pages in flight, rounds of reading again.

mod committer;
pub(crate) mod cost;
mod error;
mod failure;
mod message_order;
mod page_budget;
mod reader;
mod refusals;
mod scheduler;
pub(crate) mod single_reads;
mod target;
mod target_error;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub(crate) use self::error::CrawlError;
use self::scheduler::Scheduler;
pub(crate) use self::target_error::{ReadingPurpose, TargetError};
use crate::event::{Event, Events, Phase};
use crate::snapshot::{Info, SnapshotWriter, Verdict};
use crate::source::Source;

/// Rounds in which disagreements are read again. Each is read again once; what another's reading brought up has the next round.
const ROUNDS: u32 = 3;

/// What a crawl needs to know beyond its snapshot.
#[derive(Debug, Clone)]
pub(crate) struct CrawlOptions {
    /// Requests in flight at most.
    pub concurrency: usize,
    /// Requests a second at most; 0 for no limit. Only for estimates: the client keeps to it.
    pub requests_per_second: u32,
    /// Stop cleanly after this time.
    pub max_duration: Option<Duration>,
}

/// How a run ended. What was committed is kept in every case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrawlEnd {
    /// Everything was read that can be.
    Finished(Verdict),
    /// The user stopped it.
    Interrupted,
    /// `max_duration` was up.
    TimeUp,
    /// So many units failed in a row that going on makes no sense; the last one's error.
    GaveUp(String),
}

/// What a run did.
#[derive(Debug, Clone, PartialEq)]
pub struct CrawlOutcome {
    pub ended: CrawlEnd,
    /// What the snapshot says of itself now.
    pub info: Info,
}

/// Reads everything that the snapshot's frontier still has to be read, and judges the result.
///
/// Cancelling `stop` ends the run cleanly: no new requests, those in flight are finished and committed.
pub(crate) async fn run(
    source: Source,
    snapshot: SnapshotWriter,
    options: &CrawlOptions,
    events: &Events,
    stop: &CancellationToken,
) -> Result<CrawlOutcome, CrawlError> {
    let mut scheduler = Scheduler::start(source, snapshot, options, events, stop);
    let ended = read_and_judge(&mut scheduler, events).await;
    // The committer ends in every case, so that what is in flight is committed even when the run failed.
    let (ended, info) = scheduler.end(ended).await?;
    Ok(CrawlOutcome { ended, info })
}

async fn read_and_judge(scheduler: &mut Scheduler, events: &Events) -> Result<CrawlEnd, CrawlError> {
    events.send(Event::Phase(Phase::Reading));
    if let Some(ended) = scheduler.read_pending().await? {
        return Ok(ended);
    }
    let mut round = scheduler.next_round().await?;
    loop {
        let found = scheduler.reconcile(round, round >= ROUNDS).await?;
        if !found.more_work {
            break;
        }
        events.send(Event::Phase(Phase::Reconciling));
        if let Some(ended) = scheduler.read_pending().await? {
            return Ok(ended);
        }
        round += 1;
    }
    events.send(Event::Phase(Phase::Finishing));
    let verdict = scheduler.finish().await?;
    match scheduler.refused_services() {
        Some(refused) => Err(refused),
        None => Ok(CrawlEnd::Finished(verdict)),
    }
}
