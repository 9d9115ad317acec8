//! Applying a plan: performs its operations and nothing else, each once, as far as the API allows that.
//!
//! ```text
//! journal ──lanes, operations──▶ scheduler ──look, write──▶ performers ──▶ Twilio
//!    ▲                                                          │
//!    └─────────── journal thread ◀──started, ended ─────────────┘
//! ```
//!
//! The **scheduler** goes through the kinds in the order of dependency. Where all that is left of a kind waits to be sent again, it opens the
//! next one, without what depends on what waits (`dependencies`). Among what is open it serves the lane (a conversation, or the service)
//! that has a turn under Twilio's write limits and the most operations left. A **performer** looks up in the target what may already
//! exist, has the journal thread record that the operation starts, sends it, and judges the answer. The **journal thread** is
//! the only thread that reads and writes the plan.
//!
//! **Invariant:** this is the only stage that writes at Twilio, and it is given a plan by value. Every write is the request of an
//! operation of that plan ([`Operation::request`](crate::plan::Operation::request)) with the target's SIDs filled in.
//!
//! **Invariant:** an operation is on disk as started before its request leaves, and its outcome is on disk before anything that depends
//! on it starts. An operation that was started and has no outcome is looked up before it is sent again.
//!
//! **Invariant:** memory does not grow with the plan: active lanes, loaded operations and waiting journal requests are bounded.

mod batch;
mod batch_writer;
mod dependencies;
mod error;
mod error_codes;
mod failure;
mod journal_batch;
mod journal_handle;
mod journal_thread;
mod lanes;
mod lookup;
mod media;
mod mismatch;
mod performer;
mod resolved;
mod scheduler;
mod target_lock;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub(crate) use self::batch::BatchOutcome;
use self::batch::BatchPolicy;
pub(crate) use self::error::{ApplyError, PlanRefused};
use self::journal_handle::OperationCounts;
use self::journal_thread::JournalEnd;
pub(crate) use self::media::MediaCopier;
pub(crate) use self::performer::Clients;
use self::performer::Performer;
pub(crate) use self::resolved::subject;
use self::scheduler::WriteScheduler;
pub(crate) use self::target_lock::lock_target;
use crate::clock;
use crate::event::{ApplyStep, Event, Events};
use crate::plan::{Journal, Move, NotDone, OperationKind, OperationState, Step};

/// Operations that are named at the end; all are in the plan.
const NAMED: usize = 20;

/// How a plan is performed.
#[derive(Debug, Clone)]
pub(crate) struct ApplyOptions {
    /// These kinds only; none is all.
    pub only: Option<Vec<OperationKind>>,
    /// Begin no more than so many operations.
    pub limit: Option<u64>,
    /// Stop cleanly after this time.
    pub max_duration: Option<Duration>,
    /// Stop once so many operations have failed.
    pub stop_after_errors: Option<NonZeroU32>,
    /// Whether writes fire webhooks.
    pub webhooks: bool,
    /// Writes a second of one conversation.
    pub conversation_rate: NonZeroU32,
    /// Writes a second of the service.
    pub service_rate: NonZeroU32,
    /// The wait before an unknown outcome is looked up; doubled each time.
    pub pause: Duration,
}

/// How a run ended. What was done is in the plan in every case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ApplyEnd {
    /// Everything was performed that can be, of the kinds that were wanted.
    Finished,
    /// The user stopped it.
    Interrupted,
    /// `max_duration` was up.
    TimeUp,
    /// `limit` operations were begun.
    LimitReached,
    /// `stop_after_errors` operations failed.
    TooManyErrors,
    /// So many operations in a row could not be sent that going on makes no sense; the last one's error.
    GaveUp(String),
}

/// How long a run waited: with nothing in flight, because all that could be done had to wait, or with as much as was permitted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Waits {
    /// Before operations were sent or looked up again, by the kind of the one that was next.
    pub retries: BTreeMap<OperationKind, Duration>,
    /// For a turn under Twilio's write limits.
    pub limits: Duration,
    /// For one of the requests in flight to be answered, after 429s have made these few.
    pub slots: Duration,
}

/// What a run did.
#[derive(Debug)]
pub(crate) struct ApplyOutcome {
    pub ended: ApplyEnd,
    /// Every operation of the plan, by kind and state.
    pub operations: BTreeMap<OperationKind, BTreeMap<OperationState, u64>>,
    /// What this run has brought to an end, by kind and state.
    pub performed: BTreeMap<OperationKind, BTreeMap<OperationState, u64>>,
    /// Operations that found what they would have written, but not as planned.
    pub differing: u64,
    /// The first operations that failed or are blocked.
    pub not_done: Vec<NotDone>,
    pub waits: Waits,
    /// Conversations that were created together with participants.
    pub batches: BatchOutcome,
}

/// Performs a plan, or resumes it.
///
/// Cancelling `stop` ends the run cleanly: nothing more is sent, answers to what was sent are waited for and written down.
pub(crate) async fn run(
    journal: Journal,
    clients: Clients,
    options: &ApplyOptions,
    events: &Events,
    stop: &CancellationToken,
) -> Result<ApplyOutcome, ApplyError> {
    let service = journal.header().target.service_sid.clone();
    let planned = journal.totals()?.steps;
    let batches = BatchPolicy::default();
    // What an undo removes may be referred to by what is to be removed before it.
    let overlaps = journal.header().kind != Move::Undo;
    let (journal, thread) =
        journal_thread::start(journal, options.only.clone(), events.clone(), stop.clone());
    let work = Performer {
        clients,
        journal,
        batches: batches.clone(),
        webhooks: options.webhooks,
        pause: options.pause,
        stop: stop.clone(),
    };
    let mut waits = Waits::default();
    let run = PlanRun { options, service: &service, planned: &planned, overlaps, events };
    let ended = perform(work, run, stop, &mut waits).await;
    // Every handle of the journal thread is dropped by now, so the thread ends. Its own error explains why a run lost it.
    let JournalEnd { journal, ended: performed } =
        clock::end_of(thread).await.map_err(ApplyError::Stopped)??;
    let ended = ended?;
    let outcome = ApplyOutcome {
        ended,
        operations: journal.counts()?,
        performed,
        differing: journal.differing()?,
        not_done: journal.not_done(NAMED)?,
        waits,
        batches: batches.outcome(),
    };
    journal.close()?;
    Ok(outcome)
}

/// What a run performs, and how.
struct PlanRun<'a> {
    options: &'a ApplyOptions,
    /// The service whose limit holds for what is of no conversation.
    service: &'a str,
    planned: &'a [Step],
    /// Whether a kind may start while operations of the kind before wait to be sent again.
    overlaps: bool,
    events: &'a Events,
}

async fn perform(
    performer: Performer,
    run: PlanRun<'_>,
    stop: &CancellationToken,
    waits: &mut Waits,
) -> Result<ApplyEnd, ApplyError> {
    let PlanRun { options, service, planned, overlaps, events } = run;
    let counts = performer.journal.open_plan().await?;
    events.send(Event::Applying { steps: steps(&counts, planned, options) });
    let mut scheduler = WriteScheduler::new(performer, options, events, stop);
    if let Some(ended) = scheduler.settle().await? {
        return Ok(ended);
    }
    let kinds = OperationKind::ALL.into_iter();
    let wanted: Vec<_> =
        kinds.filter(|kind| options.only.as_ref().is_none_or(|only| only.contains(kind))).collect();
    let ended = scheduler.perform(&wanted, service, overlaps).await;
    *waits = scheduler.waits;
    Ok(ended?.unwrap_or(ApplyEnd::Finished))
}

/// The work of this run: what the plan blocks is none of it, nor are kinds that are not wanted.
fn steps(counts: &OperationCounts, planned: &[Step], options: &ApplyOptions) -> Vec<ApplyStep> {
    let wanted = |kind: &OperationKind| options.only.as_ref().is_none_or(|only| only.contains(kind));
    let kinds = counts.iter().filter(|(kind, _)| wanted(kind));
    kinds
        .map(|(kind, states)| {
            let of = |state| states.get(&state).copied().unwrap_or_default();
            let ended = of(OperationState::Done) + of(OperationState::Existing) + of(OperationState::Failed);
            let step = planned.iter().find(|step| step.kind == *kind);
            ApplyStep {
                kind: kind.name(),
                operations: ended + of(OperationState::Pending),
                ended,
                seconds: step.map_or(0.0, |step| step.seconds),
            }
        })
        .collect()
}
