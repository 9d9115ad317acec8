//! The crawl: which request next, what to do when one fails, and whether everything came.
//!
//! Readers (many, bounded) fetch and convert; the clerk (one thread) commits rows and cursor in one transaction; the
//! scheduler hands out units, most pages first, from the frontier in the snapshot:
//!
//! ```text
//! frontier ──units──▶ readers ──pages, one bounded channel──▶ clerk ──commits──▶ snapshot
//!     ▲                                                         │
//!     └───────────────── new users and channels ────────────────┘
//! ```
//!
//! When nothing is left to read, what does not agree is read again once, and the verdict is written.
//!
//! **Invariant:** a failure costs its unit. Only what concerns all of them ends the run: refused credentials, a service
//! that is not there, a snapshot that cannot be written, a server that answers nothing any more.
//!
//! **Invariant:** everything is bounded: units in hand, pages on their way, rounds of reading again.

mod clerk;
pub(crate) mod cost;
mod error;
mod order;
mod reader;
mod room;
mod scheduler;
mod target;
pub(crate) mod views;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub(crate) use self::error::CrawlError;
use self::scheduler::Scheduler;
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
    /// Requests a second at most; 0 for no limit. For estimates alone: the client keeps to it.
    pub requests_per_second: u32,
    /// Stop cleanly after this time.
    pub max_duration: Option<Duration>,
}

/// How a run ended. What was committed is kept in every case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
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
    /// How it ended.
    pub ended: Ended,
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
    // The clerk is asked to end in every case, so that what is on its way is committed even when the run failed.
    let (ended, info) = scheduler.end(ended).await?;
    Ok(CrawlOutcome { ended, info })
}

async fn read_and_judge(scheduler: &mut Scheduler, events: &Events) -> Result<Ended, CrawlError> {
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
    scheduler.finish().await.map(Ended::Finished)
}
