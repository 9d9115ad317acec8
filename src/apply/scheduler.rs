//! The scheduler: one kind after the other, and within a kind whatever may be sent next.
//!
//! A kind ends when its last operation has ended, or only waits to be sent again; then the next one starts meanwhile, without what
//! depends on that. What was passed over is performed in another pass through the kinds, once something that waited has ended.
//!
//! **Invariant:** a turn is taken for an operation that is on disk as begun, and when a request may be in flight, so that it is used at
//! once. A turn that waits is a write that comes too close to the next.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::error::ApplyError;
use super::journal_handle::LoadedLanes;
use super::lanes::{FreeSlots, LOADED, Lanes, NextAction, NextOfLane, Returned};
use super::performer::{ActiveOperation, Performer, TaskStep};
use super::{ApplyEnd, ApplyOptions, Waits};
use crate::clock;
use crate::event::{Event, Events};
use crate::plan::{Endpoint, OperationKind, OperationState};
use crate::twilio::throttle::WriteLimits;

/// Operations that are being prepared at a time. They wait for the journal, mostly.
const PREPARING: usize = 32;

/// What the latency is taken for before anything was measured, in seconds, and how much the last answer weighs.
const LATENCY: f64 = 0.2;
const LAST: f64 = 0.1;

/// Operations of a killed run that are looked up at a time. There are few: it had begun what it was about to send.
const SETTLED_AT_ONCE: usize = 32;

/// Operations in a row that could not be sent at all, until the run gives up. Each has used up its own attempts.
const LEFT_IN_A_ROW: u32 = 25;

/// A running apply.
pub(super) struct WriteScheduler {
    pub(super) performer: Performer,
    limits: WriteLimits,
    events: Events,
    stop: CancellationToken,
    deadline: Option<Instant>,
    /// How many operations may still be begun.
    quota: Option<u64>,
    stop_after_errors: Option<u64>,
    failed: u64,
    left_in_a_row: u32,
    ending: Option<ApplyEnd>,
    endpoint: Endpoint,
    conversation_rate: f64,
    /// How long a write takes, lately, in seconds.
    latency: f64,
    /// Writes in flight.
    writing: usize,
    /// Operations of the kind that have not come to their end.
    left: u64,
    pub(super) waits: Waits,
}

/// What is loaded, in flight and asked for.
struct ActiveWork {
    lanes: Lanes,
    tasks: JoinSet<TaskDone>,
    filling: Option<oneshot::Receiver<LoadedLanes>>,
    /// The error that ends the run.
    fatal: Option<ApplyError>,
}

impl ActiveWork {
    fn new(service: &str) -> Self {
        Self { lanes: Lanes::new(service), tasks: JoinSet::new(), filling: None, fatal: None }
    }
}

/// How far the scheduler works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WorkEnd {
    /// Everything has ended.
    AllEnded,
    /// Everything has ended, or waits to be sent again.
    OnlyWaits,
    /// The same, and at least one operation has ended.
    OneEnded,
}

/// A task's end: when it was sent if it was a write, and how far it came.
type TaskDone = (Option<Instant>, Result<TaskStep, ApplyError>);

impl WriteScheduler {
    pub(super) fn new(
        performer: Performer,
        options: &ApplyOptions,
        events: &Events,
        stop: &CancellationToken,
    ) -> Self {
        let after = |duration: Duration| Instant::now() + duration;
        Self {
            performer,
            limits: WriteLimits::new(options.conversation_rate, options.service_rate),
            events: events.clone(),
            stop: stop.clone(),
            deadline: options.max_duration.map(after),
            quota: options.limit,
            stop_after_errors: options.stop_after_errors.map(NonZeroU32::get).map(u64::from),
            failed: 0,
            left_in_a_row: 0,
            ending: None,
            endpoint: Endpoint::TargetConversations,
            conversation_rate: f64::from(options.conversation_rate.get()),
            latency: LATENCY,
            writing: 0,
            left: 0,
            waits: Waits::default(),
        }
    }

    /// Looks up what an earlier run had begun and not brought to an end. Afterwards it is known what was done: what was not is as
    /// if it had never begun. `Some` where the run has ended.
    pub(super) async fn settle(&mut self) -> Result<Option<ApplyEnd>, ApplyError> {
        let mut after = 0;
        loop {
            let begun = self.performer.journal.begun(after, SETTLED_AT_ONCE).await?;
            let Some(last) = begun.last() else { return Ok(self.ending.clone()) };
            after = last.number;
            let mut looks = JoinSet::new();
            for item in begun {
                let performer = self.performer.clone();
                looks.spawn(async move { performer.look(ActiveOperation::new(item, 0)).await });
            }
            let mut fatal = None;
            while let Some(looked) = looks.join_next().await {
                match looked.map_err(ApplyError::Stopped)? {
                    Ok(TaskStep::ToWrite(work)) => {
                        self.performer.journal.withdraw(work.resolved.number).await?;
                    }
                    Ok(step) => drop(self.note(step)),
                    Err(error) => fatal = Some(error),
                }
            }
            if let Some(error) = fatal {
                return Err(error);
            }
            if self.stop.is_cancelled() {
                self.ending.get_or_insert(ApplyEnd::Interrupted);
            }
            if self.ending.is_some() {
                return Ok(self.ending.clone());
            }
        }
    }

    /// Performs what is pending of these kinds, on a service whose limit holds for it. `Some` where the run has ended.
    pub(super) async fn perform(
        &mut self,
        kinds: &[OperationKind],
        service: &str,
        overlaps: bool,
    ) -> Result<Option<ApplyEnd>, ApplyError> {
        let mut work = ActiveWork::new(service);
        let mut is_over_limit = false;
        loop {
            for kind in kinds {
                if self.stop.is_cancelled() {
                    self.ending.get_or_insert(ApplyEnd::Interrupted);
                }
                if self.ending.is_some() || is_over_limit {
                    break;
                }
                let to_do = self.performer.journal.open(*kind, work.lanes.all_waiting()).await?;
                if to_do == 0 {
                    continue;
                }
                if self.quota == Some(0) {
                    is_over_limit = true;
                    break;
                }
                self.left = to_do + work.lanes.waiting() as u64;
                self.endpoint = kind.endpoint();
                work.lanes.open();
                // Nearly everything depends on roles, and there are few.
                let may_wait = overlaps && *kind != OperationKind::CreateRole;
                self.work(&mut work, if may_wait { WorkEnd::OnlyWaits } else { WorkEnd::AllEnded }).await?;
                is_over_limit = self.quota == Some(0) && work.lanes.has_unbegun();
            }
            let passed_over = self.performer.journal.end_pass().await?;
            let again = passed_over > 0 && self.ending.is_none() && !is_over_limit;
            self.work(&mut work, if again { WorkEnd::OneEnded } else { WorkEnd::AllEnded }).await?;
            if !again || self.ending.is_some() {
                break;
            }
        }
        for begun in work.lanes.take_begun() {
            if let Err(error) = self.performer.withdraw(begun).await {
                work.fatal.get_or_insert(error);
            }
        }
        if is_over_limit {
            self.ending.get_or_insert(ApplyEnd::LimitReached);
        }
        work.fatal.map_or_else(|| Ok(self.ending.clone()), Err)
    }

    /// Works until then, or until the run is to end and nothing is in flight.
    async fn work(&mut self, work: &mut ActiveWork, until: WorkEnd) -> Result<(), ApplyError> {
        let ActiveWork { lanes, tasks, filling, fatal } = work;
        let mut ended = 0_u64;
        loop {
            let mut wake = None;
            if self.ending.is_none() {
                if let Some((known, new)) = lanes.wanted() {
                    *filling = Some(self.performer.journal.fill(known, new, LOADED).await?);
                }
                wake = self.hand_out(lanes, tasks);
            }
            let is_reached = match until {
                _ if self.ending.is_some() || lanes.is_done() => true,
                WorkEnd::AllEnded => false,
                WorkEnd::OnlyWaits => lanes.only_waits(),
                WorkEnd::OneEnded => ended > 0 && lanes.only_waits(),
            };
            if tasks.is_empty() && is_reached {
                return Ok(());
            }
            // Where nothing is in flight, what is left waits: for its retry, or for a turn under a write limit.
            let idle = (tasks.is_empty() && filling.is_none()).then(|| lanes.waits_for());
            let is_crowded = self.is_crowded(lanes);
            let since = Instant::now();
            if let Some(Some(kind)) = idle {
                let operations = lanes.waiting() as u64;
                self.events.send(Event::WaitsForRetry { kind: kind.name(), operations });
            }
            tokio::select! {
                biased;
                Some(done) = tasks.join_next() => {
                    let (sent, step) = done.map_err(ApplyError::Stopped)?;
                    self.measure(sent);
                    match step {
                        Ok(step) => {
                            if let TaskStep::Left { number, .. } = step {
                                self.performer.journal.leave(number).await?;
                            }
                            let (lane, returned) = self.note(step);
                            if matches!(returned, Returned::Ended(_)) {
                                ended += 1;
                                self.left = self.left.saturating_sub(1);
                            }
                            lanes.came_back(lane, sent.is_none(), returned);
                        }
                        Err(error) => {
                            // What is in flight is brought to its end, and nothing more is started.
                            fatal.get_or_insert(error);
                            self.ending.get_or_insert(ApplyEnd::Interrupted);
                            self.stop.cancel();
                        }
                    }
                }
                filled = filled(filling) => {
                    *filling = None;
                    lanes.fill(filled?);
                }
                () = self.stop.cancelled(), if self.ending.is_none() => self.ending = Some(ApplyEnd::Interrupted),
                () = clock::sleep_until(self.deadline), if self.ending.is_none() => {
                    self.ending = Some(ApplyEnd::TimeUp);
                    self.stop.cancel();
                }
                () = clock::sleep_until(wake), if wake.is_some() => {}
            }
            let waited = match idle {
                Some(Some(kind)) => self.waits.retries.entry(kind).or_default(),
                Some(None) => &mut self.waits.limits,
                None if is_crowded => &mut self.waits.slots,
                None => continue,
            };
            *waited += since.elapsed();
        }
    }

    /// Whether something is ready to be sent and as much is in flight as may be, since Twilio has refused more.
    fn is_crowded(&self, lanes: &Lanes) -> bool {
        let client = self.performer.clients.of(self.endpoint);
        self.writing >= client.concurrency_limit() && lanes.has_ready() && client.counters().throttled > 0
    }

    /// Starts what may be started. Gives the time at which more may be.
    fn hand_out(&mut self, lanes: &mut Lanes, tasks: &mut JoinSet<TaskDone>) -> Option<Instant> {
        loop {
            if self.quota == Some(0) {
                lanes.begin_no_more(); // those that were begun are brought to their end
            }
            let slots = if self.performer.batches.is_trying() {
                0 // the outcome of the first batch decides how the others are sent
            } else {
                self.performer.clients.of(self.endpoint).concurrency_limit()
            };
            let room = FreeSlots {
                to_prepare: PREPARING.saturating_sub(tasks.len().saturating_sub(self.writing)),
                to_write: slots.saturating_sub(self.writing),
                reserved: lanes.reserved(self.conversation_rate, self.latency, slots, self.left),
            };
            let performer = self.performer.clone();
            match lanes.next(&self.limits, room) {
                NextAction::Wait(wake) => return wake,
                NextAction::Prepare(work) => {
                    self.quota = self.quota.map(|quota| quota.saturating_sub(1));
                    tasks.spawn(async move { (None, performer.prepare(work).await) });
                }
                NextAction::Write(work) => {
                    self.writing += 1;
                    performer.batches.sends(work.batch());
                    let sent = Instant::now();
                    tasks.spawn(async move { (Some(sent), Box::pin(performer.write(work)).await) });
                }
            }
        }
    }

    /// Takes note that a task has ended that was sent then, or none that had nothing to send.
    fn measure(&mut self, sent: Option<Instant>) {
        if let Some(sent) = sent {
            self.writing = self.writing.saturating_sub(1);
            self.latency += LAST * (sent.elapsed().as_secs_f64() - self.latency);
        }
    }

    /// Takes note of how far an operation has come. Gives its lane, and how it comes back to it.
    fn note(&mut self, step: TaskStep) -> (u64, Returned) {
        match step {
            TaskStep::ToWrite(work) => (work.lane, Returned::ToWrite(*work)),
            TaskStep::Waits { work, after } => (work.lane, Returned::Waits(*work, Instant::now() + after)),
            TaskStep::Interrupted { lane } => (lane, Returned::Ended(NextOfLane::GoesOn)),
            TaskStep::Ended { lane, kind, state } => {
                self.left_in_a_row = 0;
                self.failed += u64::from(state == OperationState::Failed);
                if self.stop_after_errors.is_some_and(|most| self.failed >= most) {
                    self.ending.get_or_insert(ApplyEnd::TooManyErrors);
                }
                (lane, Returned::Ended(next_of_lane(kind, Some(state))))
            }
            TaskStep::Left { lane, kind, why, .. } => {
                tracing::debug!(%why, "left for another run");
                self.left_in_a_row += 1;
                if self.left_in_a_row >= LEFT_IN_A_ROW {
                    self.ending.get_or_insert(ApplyEnd::GaveUp(why));
                    self.stop.cancel();
                }
                (lane, Returned::Ended(next_of_lane(kind, None)))
            }
        }
    }
}

/// What the end of an operation means for the next one of its lane; without a state it was left for another run.
fn next_of_lane(kind: OperationKind, state: Option<OperationState>) -> NextOfLane {
    match (kind, state) {
        (OperationKind::CreateMessage, Some(OperationState::Existing)) => NextOfLane::LooksFirst,
        (OperationKind::CreateMessage, Some(OperationState::Failed | OperationState::Blocked) | None) => {
            NextOfLane::IsHeldUp
        }
        _ => NextOfLane::GoesOn,
    }
}

/// What was asked for, once it is there; never where nothing was.
async fn filled(filling: &mut Option<oneshot::Receiver<LoadedLanes>>) -> Result<LoadedLanes, ApplyError> {
    match filling {
        Some(receiver) => receiver.await.map_err(|_gone| ApplyError::JournalThreadGone),
        None => std::future::pending().await,
    }
}
