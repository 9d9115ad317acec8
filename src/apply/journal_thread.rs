//! The journal thread: the only thread that reads and writes the plan while it is performed.
//!
//! It puts all waiting requests into one transaction and answers after the commit. While a commit goes to disk the next
//! requests gather, so that a slow disk makes transactions larger, not more frequent.
//!
//! **Invariant:** a request is answered after its commit, so an operation that is reported as started may be sent.
//!
//! **Invariant:** when the plan cannot be written the run stops: nothing is sent that could not be recorded first.

use std::collections::BTreeMap;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::dependencies::{self, WaitingOperation};
use super::error::ApplyError;
use super::lookup::OperationEnd;
use super::resolved::{self, ResolvedOperation, UnresolvedSid};
use crate::clock::{self, AtWork};
use crate::event::{Event, Events};
use crate::model::Entity;
use crate::plan::{
    Journal, LaneName, Move, Operation, OperationKind, OperationState, PendingOperation, PlanError,
};

/// Waiting requests. A task waits for the answer to the request that starts its operation, so there are no more than tasks.
const CHANNEL_CAPACITY: usize = 256;

/// The most requests of one transaction.
const MOST_PER_COMMIT: usize = 256;

pub(super) type OperationCounts = BTreeMap<OperationKind, BTreeMap<OperationState, u64>>;

enum JournalRequest {
    /// Retry what earlier runs could not do.
    Start { reply: oneshot::Sender<OperationCounts> },
    /// Load operations that an earlier run had begun, after this one.
    Begun { after: i64, most: usize, reply: oneshot::Sender<Vec<ResolvedOperation>> },
    /// Sort the lanes of a kind, longest first. These operations of earlier kinds wait; what depends on them is passed over.
    Open { kind: OperationKind, waiting: Vec<WaitingOperation>, reply: oneshot::Sender<u64> },
    /// Every kind was opened. How many operations were passed over for what waits?
    EndPass { reply: oneshot::Sender<u64> },
    /// Load operations of these lanes, and of so many new ones.
    Fill { lanes: Vec<(LaneName, i64)>, new: usize, most: usize, reply: oneshot::Sender<LoadedLanes> },
    /// An operation is about to be sent.
    Begin { number: i64, reply: oneshot::Sender<()> },
    /// It was not sent.
    Withdraw { number: i64 },
    /// It is left for another run.
    Leave { number: i64 },
    /// It has come to its end.
    End { item: Box<ResolvedOperation>, end: Box<OperationEnd> },
}

/// Operations that were loaded.
#[derive(Debug)]
pub(super) struct LoadedLanes {
    pub(super) lanes: Vec<LaneLoad>,
    /// Every lane of the kind has been given out.
    pub(super) no_more_lanes: bool,
}

/// Operations of one lane.
#[derive(Debug)]
pub(super) struct LaneLoad {
    pub(super) name: LaneName,
    /// How many it has in all; of use where the lane is new.
    pub(super) operations: u64,
    pub(super) items: Vec<ResolvedOperation>,
    /// The last one that was looked at.
    pub(super) cursor: i64,
    pub(super) exhausted: bool,
    /// Those that cannot be done now: what they depend on has failed, or is not done yet.
    pub(super) passed_over: u64,
}

/// Sends requests to the journal thread; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct JournalHandle(mpsc::Sender<(JournalRequest, AtWork)>);

/// What the thread returns when it ends.
#[derive(Debug)]
pub(super) struct JournalEnd {
    pub(super) journal: Journal,
    /// What this run has brought to an end.
    pub(super) ended: OperationCounts,
}

pub(super) type JournalTask = tokio::task::JoinHandle<Result<JournalEnd, PlanError>>;

impl JournalHandle {
    /// Starts the thread. It ends when every [`JournalHandle`] is dropped; where it fails, it cancels `broken` first.
    pub(super) fn start(
        journal: Journal,
        only: Option<Vec<OperationKind>>,
        events: Events,
        broken: CancellationToken,
    ) -> (Self, JournalTask) {
        let (requests, receiver) = mpsc::channel(CHANNEL_CAPACITY);
        let task = clock::spawn_blocking(move || {
            let thread = JournalThread {
                journal,
                only,
                events,
                ended: OperationCounts::new(),
                open: None,
                holds: false,
                passed_over: 0,
            };
            let ended = thread.work(receiver);
            if ended.is_err() {
                broken.cancel();
            }
            ended
        });
        (Self(requests), task)
    }

    pub(super) async fn open_plan(&self) -> Result<OperationCounts, ApplyError> {
        self.ask(|reply| JournalRequest::Start { reply }).await
    }

    pub(super) async fn begun(&self, after: i64, most: usize) -> Result<Vec<ResolvedOperation>, ApplyError> {
        self.ask(|reply| JournalRequest::Begun { after, most, reply }).await
    }

    pub(super) async fn open(
        &self,
        kind: OperationKind,
        waiting: Vec<WaitingOperation>,
    ) -> Result<u64, ApplyError> {
        self.ask(|reply| JournalRequest::Open { kind, waiting, reply }).await
    }

    pub(super) async fn end_pass(&self) -> Result<u64, ApplyError> {
        self.ask(|reply| JournalRequest::EndPass { reply }).await
    }

    /// Asks for operations; they come when they are there.
    pub(super) async fn fill(
        &self,
        lanes: Vec<(LaneName, i64)>,
        new: usize,
        most: usize,
    ) -> Result<oneshot::Receiver<LoadedLanes>, ApplyError> {
        let (reply, filled) = oneshot::channel();
        self.send(JournalRequest::Fill { lanes, new, most, reply }).await?;
        Ok(filled)
    }

    pub(super) async fn begin(&self, number: i64) -> Result<(), ApplyError> {
        self.ask(|reply| JournalRequest::Begin { number, reply }).await
    }

    pub(super) async fn withdraw(&self, number: i64) -> Result<(), ApplyError> {
        self.send(JournalRequest::Withdraw { number }).await
    }

    pub(super) async fn leave(&self, number: i64) -> Result<(), ApplyError> {
        self.send(JournalRequest::Leave { number }).await
    }

    pub(super) async fn end(&self, item: ResolvedOperation, end: OperationEnd) -> Result<(), ApplyError> {
        self.send(JournalRequest::End { item: Box::new(item), end: Box::new(end) }).await
    }

    async fn send(&self, request: JournalRequest) -> Result<(), ApplyError> {
        self.0.send((request, clock::at_work())).await.map_err(|_gone| ApplyError::JournalThreadGone)
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<T>) -> JournalRequest,
    ) -> Result<T, ApplyError> {
        let (reply, answer) = oneshot::channel();
        self.send(request(reply)).await?;
        answer.await.map_err(|_gone| ApplyError::JournalThreadGone)
    }
}

pub(super) struct JournalThread {
    pub(super) journal: Journal,
    /// The kinds that are performed; none is all.
    pub(super) only: Option<Vec<OperationKind>>,
    events: Events,
    ended: OperationCounts,
    open: Option<CurrentKind>,
    /// Whether operations of earlier kinds wait, so that what depends on them is passed over.
    holds: bool,
    /// Operations that were passed over for that in this pass.
    passed_over: u64,
}

/// The kind that is being performed.
struct CurrentKind {
    kind: OperationKind,
    /// The last lane that was given out.
    rank: i64,
    /// Nothing of an earlier kind is left, so that what is missing now will not come.
    is_next: bool,
}

/// What is sent once the transaction is on disk.
pub(super) enum AfterCommit {
    Reply(Box<dyn FnOnce() + Send>),
    Event(Event),
}

impl JournalThread {
    fn work(
        mut self,
        mut requests: mpsc::Receiver<(JournalRequest, AtWork)>,
    ) -> Result<JournalEnd, PlanError> {
        while let Some((first, at_work)) = requests.blocking_recv() {
            let mut answers = Vec::new();
            let mut waiting = vec![at_work];
            self.journal.begin()?;
            self.perform(first, &mut answers)?;
            for _ in 1..MOST_PER_COMMIT {
                let Ok((request, at_work)) = requests.try_recv() else { break };
                waiting.push(at_work);
                self.perform(request, &mut answers)?;
            }
            self.journal.commit()?;
            for answer in answers {
                match answer {
                    AfterCommit::Reply(reply) => reply(),
                    AfterCommit::Event(event) => self.events.send(event),
                }
            }
            drop(waiting);
        }
        Ok(JournalEnd { journal: self.journal, ended: self.ended })
    }

    fn perform(&mut self, request: JournalRequest, answers: &mut Vec<AfterCommit>) -> Result<(), PlanError> {
        match request {
            JournalRequest::Start { reply } => {
                self.journal.retry_failed()?;
                let mut noted = Ok(());
                self.journal.blocked_creates(|operation| {
                    if let (Ok(()), Some((entity, source))) = (&noted, resolved::creates(operation)) {
                        noted = self.journal.set_missing(entity, &source);
                    }
                })?;
                noted?;
                answer(answers, reply, self.journal.counts()?);
            }
            JournalRequest::Begun { after, most, reply } => {
                let mut items = Vec::new();
                for PendingOperation { number, operation, started } in self.journal.begun(after, most)? {
                    // What was begun had all its SIDs.
                    items.extend(self.resolve(number, operation, started.as_deref())?.ok());
                }
                answer(answers, reply, items);
            }
            JournalRequest::Open { kind, waiting, reply } => {
                for WaitingOperation { number, keys } in waiting {
                    self.holds = true;
                    self.journal.set_aside(number)?;
                    keys.iter().try_for_each(|key| self.journal.hold(key))?;
                }
                let operations = self.journal.open_lanes(kind)?;
                let is_next = !self.journal.has_pending_before(kind)?;
                self.open = Some(CurrentKind { kind, rank: 0, is_next });
                answer(answers, reply, operations);
            }
            JournalRequest::EndPass { reply } => {
                self.journal.hold_nothing()?;
                self.holds = false;
                answer(answers, reply, std::mem::take(&mut self.passed_over));
            }
            JournalRequest::Fill { lanes, new, most, reply } => {
                let filled = self.fill(lanes, new, most, answers)?;
                answer(answers, reply, filled);
            }
            JournalRequest::Begin { number, reply } => {
                self.journal.started(number, &clock::now().to_string())?;
                answer(answers, reply, ());
            }
            JournalRequest::Withdraw { number } => self.journal.withdrawn(number)?,
            JournalRequest::Leave { number } => self.journal.set_aside(number)?,
            JournalRequest::End { item, end } => {
                let kind = item.planned_kind();
                let ResolvedOperation { number, mut operation, brought, .. } = *item;
                operation.kind = kind;
                self.end(number, &operation, &end, answers)?;
                self.end_brought(number, &brought, answers)?;
            }
        }
        Ok(())
    }

    pub(super) fn end(
        &mut self,
        number: i64,
        operation: &Operation,
        end: &OperationEnd,
        answers: &mut Vec<AfterCommit>,
    ) -> Result<(), PlanError> {
        self.journal.ended(number, end.state, end.reason.as_deref(), &end.result)?;
        if operation.kind.is_create()
            && let Some((entity, source)) = resolved::creates(operation)
        {
            match (end.state, &end.sid) {
                (OperationState::Done | OperationState::Existing, Some(sid)) => {
                    self.journal.set_counterpart(entity, &source, sid)?;
                    if end.state == OperationState::Existing && !end.is_made_here() {
                        self.journal.set_found(entity, &source)?;
                    }
                }
                // It came with its conversation, and its SID with the answer to another operation.
                (OperationState::Done, None) if end.is_of_batch() => {}
                _ => self.journal.set_missing(entity, &source)?,
            }
        }
        self.note_participant(operation, end)?;
        // A channel that stays public has no participants to be added to.
        if let (OperationKind::MakePrivate, OperationState::Failed | OperationState::Blocked) =
            (operation.kind, end.state)
            && let Some(channel) = &operation.subject.channel_sid
        {
            self.journal.set_missing(Entity::Channel, &channel.to_string())?;
        }
        *self.ended.entry(operation.kind).or_default().entry(end.state).or_default() += 1;
        let (kind, state) = (operation.kind.name(), end.state.name());
        answers.push(AfterCommit::Event(Event::Performed { kind, state }));
        // What depends on a failure is counted and not reported one by one: the failure was.
        if let (OperationState::Failed | OperationState::Blocked, Some(reason)) = (end.state, &end.reason)
            && !reason.starts_with(Journal::DEPENDS_ON_FAILED)
        {
            let subject = format!("{kind} {}", resolved::subject(operation));
            let error = reason.clone();
            answers.push(AfterCommit::Event(Event::NotPerformed { subject, error }));
        }
        Ok(())
    }

    fn fill(
        &mut self,
        lanes: Vec<(LaneName, i64)>,
        new: usize,
        most: usize,
        answers: &mut Vec<AfterCommit>,
    ) -> Result<LoadedLanes, PlanError> {
        let Some(CurrentKind { kind, rank, is_next }) = self.open else {
            return Ok(LoadedLanes { lanes: Vec::new(), no_more_lanes: true });
        };
        let mut rank = rank;
        let mut no_more_lanes = false;
        let mut wanted: Vec<(LaneName, i64, u64)> =
            lanes.into_iter().map(|(name, after)| (name, after, 0)).collect();
        if new > 0 {
            let found = self.journal.next_lanes(rank, new)?;
            no_more_lanes = found.len() < new;
            for lane in found {
                rank = lane.rank;
                wanted.push((lane.name, 0, lane.operations));
            }
        }
        self.open = Some(CurrentKind { kind, rank, is_next });
        let mut filled = Vec::with_capacity(wanted.len());
        for (name, after, operations) in wanted {
            let pending = self.journal.pending(kind, &name, after, most)?;
            let mut lane = LaneLoad {
                name,
                operations,
                exhausted: pending.len() < most,
                cursor: pending.last().map_or(after, |last| last.number),
                items: Vec::new(),
                passed_over: 0,
            };
            for pending in pending {
                let (number, operation) = (pending.number, pending.operation);
                if let Some(reason) = self.held_by(&operation)? {
                    lane.passed_over += 1;
                    let end = OperationEnd::held(&reason);
                    self.end(number, &operation, &end, answers)?;
                    continue;
                }
                // A closed conversation would take none of what is unfinished any more.
                if (resolved::closes(&operation) && self.journal.has_unfinished_before(number)?)
                    || self.depends_on_what_waits(&operation)?
                {
                    lane.passed_over += 1;
                    self.pass_over(&operation)?;
                    continue;
                }
                let resolved = match self.heard(&operation)? {
                    Some(unresolved) => Err(unresolved),
                    None => self.resolve(number, operation.clone(), pending.started.as_deref())?,
                };
                match resolved {
                    Ok(item) => lane.items.push(item),
                    Err(unresolved) => {
                        lane.passed_over += 1;
                        match self.unresolved(&unresolved, is_next)? {
                            Some(end) => self.end(number, &operation, &end, answers)?,
                            None => self.pass_over(&operation)?,
                        }
                    }
                }
            }
            filled.push(lane);
        }
        Ok(LoadedLanes { lanes: filled, no_more_lanes })
    }

    fn resolve(
        &self,
        number: i64,
        operation: Operation,
        started: Option<&str>,
    ) -> Result<Result<ResolvedOperation, UnresolvedSid>, PlanError> {
        let found = match resolved::writes_to(&operation) {
            Some((entity, source)) => self.journal.is_found(entity, &source)?,
            None => false,
        };
        // What the journal has is a date; a text that is none still says that it was started.
        let sent_at = started.map(|text| text.parse().unwrap_or_else(|_not_a_date| clock::now()));
        let counterpart = |entity: Entity, source: &str| self.journal.counterpart(entity, source);
        let resolved = ResolvedOperation::resolve(number, operation, sent_at, counterpart)?;
        let Ok(mut item) = resolved else { return Ok(resolved) };
        item.found = found;
        if let Some(batch) = item.batch.take() {
            item.batch = self.ready(number, batch)?;
        }
        // Who has a SID and is still to be created came with the conversation, and something was dropped.
        if item.operation.kind == OperationKind::CreateParticipant
            && let Some((entity, source)) = resolved::creates(&item.operation)
            && let Some(sid) = self.journal.counterpart(entity, &source)?
        {
            item = item.into_repair(&sid);
        }
        Ok(Ok(item))
    }

    /// The participant that is not there yet, where muting the source would leave the user without any notification.
    fn heard(&self, operation: &Operation) -> Result<Option<UnresolvedSid>, PlanError> {
        let Some((entity, source)) = resolved::hears_instead(operation) else { return Ok(None) };
        if self.journal.header().kind == Move::Undo || self.journal.counterpart(entity, &source)?.is_some() {
            return Ok(None);
        }
        Ok(Some(UnresolvedSid { entity, source }))
    }

    fn depends_on_what_waits(&self, operation: &Operation) -> Result<bool, PlanError> {
        if self.holds {
            for key in dependencies::depends_on(operation) {
                if self.journal.is_held(&key)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Leaves an operation for the next pass, and with it what depends on it.
    fn pass_over(&mut self, operation: &Operation) -> Result<(), PlanError> {
        if self.holds {
            self.passed_over += 1;
            dependencies::writes(operation).iter().try_for_each(|key| self.journal.hold(key))?;
        }
        Ok(())
    }

    /// What an operation needs and will not get.
    pub(super) fn held_by(&self, operation: &Operation) -> Result<Option<String>, PlanError> {
        for (entity, source) in resolved::needs(operation) {
            if self.journal.is_missing(entity, &source)? {
                return Ok(Some(source));
            }
        }
        Ok(None)
    }

    /// The end of an operation that refers to what has no SID: none while that may still come.
    fn unresolved(
        &self,
        unresolved: &UnresolvedSid,
        is_next: bool,
    ) -> Result<Option<OperationEnd>, PlanError> {
        let UnresolvedSid { entity, source } = unresolved;
        if self.journal.is_missing(*entity, source)? {
            return Ok(Some(OperationEnd::held(source)));
        }
        Ok(is_next.then(|| {
            OperationEnd::blocked(format!("no_counterpart: nothing in the plan makes {source}; plan again"))
        }))
    }
}

fn answer<T: Send + 'static>(answers: &mut Vec<AfterCommit>, reply: oneshot::Sender<T>, value: T) {
    answers.push(AfterCommit::Reply(Box::new(move || {
        // Who asked may have been cancelled meanwhile.
        drop(reply.send(value));
    })));
}
