//! The keeper: the one thread that reads and writes the plan while it is performed.
//!
//! It takes the orders that are waiting into one transaction and answers after the commit. While a commit goes to disk the next
//! orders gather, so that a slow disk makes transactions larger and not more.
//!
//! **Invariant:** an order is answered after its commit. Who was told that an operation is begun may send it.
//!
//! **Invariant:** when the plan cannot be written the run stops: nothing more is sent that could not be written down.

use std::collections::BTreeMap;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::error::ApplyError;
use super::item::{self, Item, Unresolved};
use super::look_up::{End, is_create};
use crate::event::{Event, Events};
use crate::model::Entity;
use crate::plan::{Journal, Kind, LaneName, Move, Operation, PendingOperation, PlanError, State};

/// Orders on their way. Tasks wait for the answer to an order that begins an operation, so there are no more than tasks.
const ON_THE_WAY: usize = 256;

/// Orders in one transaction at most.
const PER_COMMIT: usize = 256;

/// Operations by kind and state.
pub(super) type Counts = BTreeMap<Kind, BTreeMap<State, u64>>;

/// What the keeper is asked.
enum Order {
    /// Take up what earlier runs could not do.
    Start { reply: oneshot::Sender<Counts> },
    /// Load operations that an earlier run had begun, after this one.
    Begun { after: i64, most: usize, reply: oneshot::Sender<Vec<Item>> },
    /// Sort the lanes of a kind, longest first.
    Open { kind: Kind, reply: oneshot::Sender<u64> },
    /// Load operations of these lanes, and of so many new ones.
    Fill { lanes: Vec<(LaneName, i64)>, new: usize, most: usize, reply: oneshot::Sender<Filled> },
    /// An operation is about to be sent.
    Begin { number: i64, reply: oneshot::Sender<()> },
    /// It was not sent.
    Withdraw { number: i64 },
    /// It has come to its end.
    End { item: Box<Item>, end: Box<End> },
}

/// Operations that were loaded.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) lanes: Vec<FilledLane>,
    /// Every lane of the kind has been given out.
    pub(super) no_more_lanes: bool,
}

/// Operations of one lane.
#[derive(Debug)]
pub(super) struct FilledLane {
    pub(super) name: LaneName,
    /// How many it has in all; of use where the lane is new.
    pub(super) operations: u64,
    pub(super) items: Vec<Item>,
    /// The last one that was looked at.
    pub(super) cursor: i64,
    pub(super) exhausted: bool,
    /// Those that cannot be done now: what they depend on has failed, or is not done yet.
    pub(super) passed_over: u64,
}

/// The way to the keeper; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Keeper(mpsc::Sender<Order>);

/// What the keeper gives back at its end.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) journal: Journal,
    /// What this run has brought to an end.
    pub(super) ended: Counts,
}

/// The keeper's thread.
pub(super) type Thread = tokio::task::JoinHandle<Result<Kept, PlanError>>;

impl Keeper {
    /// Starts the thread. It ends when every [`Keeper`] is dropped; where it fails, it cancels `broken` first.
    pub(super) fn start(journal: Journal, events: Events, broken: CancellationToken) -> (Self, Thread) {
        let (orders, receiver) = mpsc::channel(ON_THE_WAY);
        let thread = tokio::task::spawn_blocking(move || {
            let desk = Desk { journal, events, ended: Counts::new(), open: None };
            let kept = desk.work(receiver);
            if kept.is_err() {
                broken.cancel();
            }
            kept
        });
        (Self(orders), thread)
    }

    pub(super) async fn open_plan(&self) -> Result<Counts, ApplyError> {
        self.ask(|reply| Order::Start { reply }).await
    }

    pub(super) async fn begun(&self, after: i64, most: usize) -> Result<Vec<Item>, ApplyError> {
        self.ask(|reply| Order::Begun { after, most, reply }).await
    }

    pub(super) async fn open(&self, kind: Kind) -> Result<u64, ApplyError> {
        self.ask(|reply| Order::Open { kind, reply }).await
    }

    /// Asks for operations; they come when they are there.
    pub(super) async fn fill(
        &self,
        lanes: Vec<(LaneName, i64)>,
        new: usize,
        most: usize,
    ) -> Result<oneshot::Receiver<Filled>, ApplyError> {
        let (reply, filled) = oneshot::channel();
        self.send(Order::Fill { lanes, new, most, reply }).await?;
        Ok(filled)
    }

    pub(super) async fn begin(&self, number: i64) -> Result<(), ApplyError> {
        self.ask(|reply| Order::Begin { number, reply }).await
    }

    pub(super) async fn withdraw(&self, number: i64) -> Result<(), ApplyError> {
        self.send(Order::Withdraw { number }).await
    }

    pub(super) async fn end(&self, item: Item, end: End) -> Result<(), ApplyError> {
        self.send(Order::End { item: Box::new(item), end: Box::new(end) }).await
    }

    async fn send(&self, order: Order) -> Result<(), ApplyError> {
        self.0.send(order).await.map_err(|_gone| ApplyError::KeeperGone)
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, ApplyError> {
        let (reply, answer) = oneshot::channel();
        self.send(order(reply)).await?;
        answer.await.map_err(|_gone| ApplyError::KeeperGone)
    }
}

/// The thread's own things.
struct Desk {
    journal: Journal,
    events: Events,
    ended: Counts,
    open: Option<OpenKind>,
}

/// The kind that is being performed.
struct OpenKind {
    kind: Kind,
    /// The last lane that was given out.
    rank: i64,
    /// Nothing of an earlier kind is left, so that what is missing now will not come.
    is_next: bool,
}

/// What is told once the transaction is on disk.
enum Answer {
    Reply(Box<dyn FnOnce() + Send>),
    Event(Event),
}

impl Desk {
    fn work(mut self, mut orders: mpsc::Receiver<Order>) -> Result<Kept, PlanError> {
        while let Some(first) = orders.blocking_recv() {
            let mut answers = Vec::new();
            self.journal.begin()?;
            self.perform(first, &mut answers)?;
            for _ in 1..PER_COMMIT {
                let Ok(order) = orders.try_recv() else { break };
                self.perform(order, &mut answers)?;
            }
            self.journal.commit()?;
            for answer in answers {
                match answer {
                    Answer::Reply(reply) => reply(),
                    Answer::Event(event) => self.events.send(event),
                }
            }
        }
        Ok(Kept { journal: self.journal, ended: self.ended })
    }

    fn perform(&mut self, order: Order, answers: &mut Vec<Answer>) -> Result<(), PlanError> {
        match order {
            Order::Start { reply } => {
                self.journal.take_up()?;
                let mut noted = Ok(());
                self.journal.blocked_creates(|operation| {
                    if let (Ok(()), Some((entity, source))) = (&noted, item::creates(operation)) {
                        noted = self.journal.set_missing(entity, &source);
                    }
                })?;
                noted?;
                answer(answers, reply, self.journal.counts()?);
            }
            Order::Begun { after, most, reply } => {
                let mut items = Vec::new();
                for PendingOperation { number, operation, started } in self.journal.begun(after, most)? {
                    // What was begun had all its SIDs.
                    items.extend(self.resolve(number, operation, started)?.ok());
                }
                answer(answers, reply, items);
            }
            Order::Open { kind, reply } => {
                let operations = self.journal.open_lanes(kind)?;
                let is_next = !self.journal.has_pending_before(kind)?;
                self.open = Some(OpenKind { kind, rank: 0, is_next });
                answer(answers, reply, operations);
            }
            Order::Fill { lanes, new, most, reply } => {
                let filled = self.fill(lanes, new, most, answers)?;
                answer(answers, reply, filled);
            }
            Order::Begin { number, reply } => {
                self.journal.started(number, &crate::clock::now().to_string())?;
                answer(answers, reply, ());
            }
            Order::Withdraw { number } => self.journal.withdrawn(number)?,
            Order::End { item, end } => {
                let Item { number, operation, .. } = *item;
                self.end(number, &operation, &end, answers)?;
            }
        }
        Ok(())
    }

    fn end(
        &mut self,
        number: i64,
        operation: &Operation,
        end: &End,
        answers: &mut Vec<Answer>,
    ) -> Result<(), PlanError> {
        self.journal.ended(number, end.state, end.reason.as_deref(), &end.result)?;
        if is_create(operation.kind)
            && let Some((entity, source)) = item::creates(operation)
        {
            match (end.state, &end.sid) {
                (State::Done | State::Existing, Some(sid)) => {
                    self.journal.set_counterpart(entity, &source, sid)?;
                    if end.state == State::Existing {
                        self.journal.set_found(entity, &source)?;
                    }
                }
                _ => self.journal.set_missing(entity, &source)?,
            }
        }
        // A channel that stays public has no participants to be added to.
        if let (Kind::MakePrivate, State::Failed | State::Blocked) = (operation.kind, end.state)
            && let Some(channel) = &operation.subject.channel_sid
        {
            self.journal.set_missing(Entity::Channel, &channel.to_string())?;
        }
        *self.ended.entry(operation.kind).or_default().entry(end.state).or_default() += 1;
        let (kind, state) = (operation.kind.name(), end.state.name());
        answers.push(Answer::Event(Event::Performed { kind, state }));
        // What depends on a failure is counted and not told one by one: the failure was.
        if let (State::Failed | State::Blocked, Some(reason)) = (end.state, &end.reason)
            && !reason.starts_with(Journal::DEPENDS_ON_FAILED)
        {
            let subject = format!("{kind} {}", item::subject(operation));
            let error = reason.clone();
            answers.push(Answer::Event(Event::NotPerformed { subject, error }));
        }
        Ok(())
    }

    fn fill(
        &mut self,
        lanes: Vec<(LaneName, i64)>,
        new: usize,
        most: usize,
        answers: &mut Vec<Answer>,
    ) -> Result<Filled, PlanError> {
        let Some(OpenKind { kind, rank, is_next }) = self.open else {
            return Ok(Filled { lanes: Vec::new(), no_more_lanes: true });
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
        self.open = Some(OpenKind { kind, rank, is_next });
        let mut filled = Vec::with_capacity(wanted.len());
        for (name, after, operations) in wanted {
            let pending = self.journal.pending(kind, &name, after, most)?;
            let mut lane = FilledLane {
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
                    let end = End::held(&reason);
                    self.end(number, &operation, &end, answers)?;
                    continue;
                }
                if item::closes(&operation) && self.journal.has_unfinished_before(number)? {
                    lane.passed_over += 1; // a closed conversation would take none of that any more
                    continue;
                }
                let resolved = match self.heard(&operation)? {
                    Some(unresolved) => Err(unresolved),
                    None => self.resolve(number, operation.clone(), pending.started)?,
                };
                match resolved {
                    Ok(item) => lane.items.push(item),
                    Err(unresolved) => {
                        lane.passed_over += 1;
                        if let Some(end) = self.unresolved(&unresolved, is_next)? {
                            self.end(number, &operation, &end, answers)?;
                        }
                    }
                }
            }
            filled.push(lane);
        }
        Ok(Filled { lanes: filled, no_more_lanes })
    }

    fn resolve(
        &self,
        number: i64,
        operation: Operation,
        started: bool,
    ) -> Result<Result<Item, Unresolved>, PlanError> {
        let found = match item::writes_to(&operation) {
            Some((entity, source)) => self.journal.is_found(entity, &source)?,
            None => false,
        };
        let counterpart = |entity: Entity, source: &str| self.journal.counterpart(entity, source);
        let resolved = Item::resolve(number, operation, started, counterpart)?;
        Ok(resolved.map(|mut item| {
            item.found = found;
            item
        }))
    }

    /// The participant that is not there yet, where muting the source would leave the user without any notification.
    fn heard(&self, operation: &Operation) -> Result<Option<Unresolved>, PlanError> {
        let Some((entity, source)) = item::hears_instead(operation) else { return Ok(None) };
        if self.journal.header().kind == Move::Undo || self.journal.counterpart(entity, &source)?.is_some() {
            return Ok(None);
        }
        Ok(Some(Unresolved { entity, source }))
    }

    /// What an operation needs and will not get.
    fn held_by(&self, operation: &Operation) -> Result<Option<String>, PlanError> {
        for (entity, source) in item::needs(operation) {
            if self.journal.is_missing(entity, &source)? {
                return Ok(Some(source));
            }
        }
        Ok(None)
    }

    /// The end of an operation that refers to what has no SID: none while that may still come.
    fn unresolved(&self, unresolved: &Unresolved, is_next: bool) -> Result<Option<End>, PlanError> {
        let Unresolved { entity, source } = unresolved;
        if self.journal.is_missing(*entity, source)? {
            return Ok(Some(End::held(source)));
        }
        Ok(is_next
            .then(|| End::blocked(format!("no_counterpart: nothing in the plan makes {source}; plan again"))))
    }
}

fn answer<T: Send + 'static>(answers: &mut Vec<Answer>, reply: oneshot::Sender<T>, value: T) {
    answers.push(Answer::Reply(Box::new(move || {
        // Who asked may have been cancelled meanwhile.
        drop(reply.send(value));
    })));
}
