//! The journal thread: the only thread that reads and writes the plan while it is performed.
//!
//! It puts all waiting requests into one transaction and answers after the commit. While a commit goes to disk the next
//! requests gather, so that a slow disk makes transactions larger, not more frequent.
//!
//! **Invariant:** a request is answered after its commit, so an operation that is reported as started may be sent.
//!
//! **Invariant:** when the plan cannot be written the run stops: nothing is sent that could not be recorded first.

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::dependencies::{self, WaitingOperation};
use super::journal_handle::{JournalHandle, JournalRequest, LaneLoad, LoadedLanes, OperationCounts};
use super::lookup::OperationEnd;
use super::resolved::{self, MessageMedia, ResolvedOperation, UnresolvedSid};
use crate::clock::{self, AtWork};
use crate::event::{Event, Events};
use crate::model::Entity;
use crate::plan::{
    Journal, LaneName, Move, Operation, OperationKind, OperationState, PendingOperation, PlanError,
    PlannedMedia, message_queue,
};

/// The most requests of one transaction.
const MOST_PER_COMMIT: usize = 256;

/// What the thread returns when it ends.
#[derive(Debug)]
pub(super) struct JournalEnd {
    pub(super) journal: Journal,
    /// What this run has brought to an end.
    pub(super) ended: OperationCounts,
}

pub(super) type JournalTask = tokio::task::JoinHandle<Result<JournalEnd, PlanError>>;

/// Starts the thread. It ends when every [`JournalHandle`] is dropped; where it fails, it cancels `broken` first.
pub(super) fn start(
    journal: Journal,
    only: Option<Vec<OperationKind>>,
    events: Events,
    broken: CancellationToken,
) -> (JournalHandle, JournalTask) {
    let (handle, receiver) = JournalHandle::new();
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
    (handle, task)
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
        self.journal.end_transaction()?;
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
            JournalRequest::MessageBefore { number, reply } => {
                answer(answers, reply, message_queue::index_before(&self.journal, number)?);
            }
            JournalRequest::Uploaded { source, target, reply } => {
                self.journal.set_uploaded(&source, &target)?;
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
        self.count(operation.kind, end.state, answers);
        self.note_messages(number, operation, end, answers)?;
        let kind = operation.kind.name();
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

    fn count(&mut self, kind: OperationKind, state: OperationState, answers: &mut Vec<AfterCommit>) {
        *self.ended.entry(kind).or_default().entry(state).or_default() += 1;
        answers.push(AfterCommit::Event(Event::Performed { kind: kind.name(), state: state.name() }));
    }

    /// Keeps the messages of a conversation in their order: those after one that failed wait until it is there.
    fn note_messages(
        &mut self,
        number: i64,
        operation: &Operation,
        end: &OperationEnd,
        answers: &mut Vec<AfterCommit>,
    ) -> Result<(), PlanError> {
        match (operation.kind, end.state) {
            (OperationKind::CreateConversation, OperationState::Done)
                if self.journal.header().messages.is_some() =>
            {
                message_queue::set_fresh(&self.journal, number)
            }
            (OperationKind::CreateMessage, OperationState::Failed) => {
                let held = OperationEnd::held(&format!("message {}", resolved::subject(operation)));
                let reason = held.reason.unwrap_or_default();
                for _ in 0..message_queue::hold_up(&self.journal, number, &reason)? {
                    self.count(operation.kind, OperationState::Blocked, answers);
                }
                Ok(())
            }
            _ => Ok(()),
        }
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
            let is_first = after == 0;
            if is_first && self.is_held_up(kind, pending.first())? {
                filled.push(LaneLoad { exhausted: true, passed_over: lane.operations, ..lane });
                continue;
            }
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
                    || self.reads_what_is_not_there(number, &operation)?
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
                    Ok(mut item) => {
                        let begins =
                            is_first && lane.items.is_empty() && kind == OperationKind::CreateMessage;
                        item.looks_first = begins && !message_queue::is_fresh(&self.journal, number)?;
                        lane.items.push(item);
                    }
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

    /// Whether a message before the next one is not there. It may have been left for another run, and nothing goes before it.
    fn is_held_up(&self, kind: OperationKind, next: Option<&PendingOperation>) -> Result<bool, PlanError> {
        match next {
            Some(next) if kind == OperationKind::CreateMessage => {
                message_queue::is_held_up(&self.journal, next.number)
            }
            _ => Ok(false),
        }
    }

    /// Whether it says that messages were read which are not there yet.
    fn reads_what_is_not_there(&self, number: i64, operation: &Operation) -> Result<bool, PlanError> {
        if self.journal.header().messages.is_none() || !resolved::says_what_was_read(operation) {
            return Ok(false);
        }
        message_queue::has_unfinished_messages(&self.journal, number)
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
        if let Some(planned) = PlannedMedia::of(&item.operation.after) {
            let uploaded = self.journal.uploaded(&planned.sid)?;
            item.media =
                Some(MessageMedia { planned, uploaded, is_ready: false, sha256: None, left_behind: None });
        }
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
