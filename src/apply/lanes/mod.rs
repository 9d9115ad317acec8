//! The active lanes: which operation is next, so that no limit is waited for while another one has a turn.
//!
//! A lane is what shares a write limit: a conversation, or the entire service. Of the lanes that have a turn, the one with the most
//! operations left goes first: what takes longest at 30 a second starts first, and nothing that ends earlier delays it.
//!
//! **Invariant:** an operation that is to be sent again waits by itself. The other operations of its lane, and the other lanes, go on. Messages
//! are the exception: those of a conversation come one after the other, and where one is not there, none after it is begun.
//!
//! Lanes of one kind after the other are loaded into the same place. What is left of a kind when the next one is opened is operations that
//! wait; the new operations of such a lane join it, since they share its limit.
//!
//! **Invariant:** a fixed number of lanes with a fixed number of operations each is loaded, however large the plan is, and no more
//! than [`MOST_WAITING`] operations wait. A lane of which all that is left waits counts among these operations, and not among the lanes.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use tokio::time::Instant;

use super::dependencies::WaitingOperation;
use super::journal_handle::LoadedLanes;
use super::performer::ActiveOperation;
use super::resolved::ResolvedOperation;
use crate::plan::{LaneName, OperationKind};
use crate::twilio::throttle::{WriteKey, WriteLimits};

/// Active lanes. Of messages each has one request in flight at a time, and the fewer are loaded, the longer the last ones are alone.
pub(super) const LANES: usize = 256;

/// Loaded operations of a lane: half a second of turns.
pub(super) const LOADED: usize = 16;

/// A lane that takes so much of the time that all takes is one that slots are kept for.
const NEARLY: f64 = 0.8;

/// Operations of a lane that are looked up and begun ahead of their turns, so that a turn is used at once.
const AHEAD: usize = 8;

/// Operations that may wait to be sent or looked up again while others are begun.
const MOST_WAITING: usize = 512;

#[derive(Debug)]
struct ActiveLane {
    id: u64,
    name: LaneName,
    key: String,
    /// Operations that have not come to their end, those not loaded included.
    left: u64,
    queue: VecDeque<ResolvedOperation>,
    /// Begun, and to be sent.
    ready: VecDeque<ActiveOperation>,
    /// To be sent or looked up again at this time.
    waiting: Vec<(Instant, ActiveOperation)>,
    /// Of these, those whose time has come and that are to be looked up.
    to_look: VecDeque<ActiveOperation>,
    /// Being looked up, or recorded as started.
    preparing: usize,
    /// In flight.
    writing: usize,
    /// The last operation that was loaded.
    cursor: i64,
    exhausted: bool,
    not_before: Option<Instant>,
    /// The next message is looked up before it is sent: the one before it was there already.
    looks_first: bool,
    /// A message is not there, and those after it wait for another run.
    is_held_up: bool,
}

impl ActiveLane {
    /// Whether the next operation may be begun. A message is begun when the one before it is there, since Twilio numbers them as
    /// they come.
    fn may_go_on(&self) -> bool {
        match self.queue.front() {
            Some(next) if next.operation.kind == OperationKind::CreateMessage => {
                self.ready.is_empty() && self.is_still()
            }
            Some(_) => self.ready.len() + self.preparing < AHEAD,
            None => false,
        }
    }

    fn is_still(&self) -> bool {
        self.preparing + self.writing + self.waiting.len() + self.to_look.len() == 0
    }

    /// Whether it has something to load, to begin or to send, or something in flight.
    fn is_at_work(&self) -> bool {
        let begun = self.ready.len() + self.to_look.len() + self.preparing + self.writing;
        !self.exhausted || self.queue.len() + begun > 0
    }

    /// Moves the operations whose wait is over to where they are looked up or sent.
    fn end_waits(&mut self, now: Instant) {
        for (_, work) in self.waiting.extract_if(.., |(until, _)| *until <= now) {
            if work.must_look {
                self.to_look.push_back(work);
            } else {
                self.ready.push_back(work);
            }
        }
    }
}

/// How an operation comes back from a task.
#[derive(Debug)]
pub(super) enum Returned {
    Ended(NextOfLane),
    ToWrite(ActiveOperation),
    /// It is sent or looked up again at this time.
    Waits(ActiveOperation, Instant),
}

/// What the end of an operation means for the one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextOfLane {
    GoesOn,
    /// A message was there already: so may be the next one.
    LooksFirst,
    /// A message is not there: those after it would come before it.
    IsHeldUp,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum NextAction {
    /// Look it up where that is needed, and begin it.
    Prepare(ActiveOperation),
    /// Send it.
    Write(ActiveOperation),
    /// Nothing before this time, or before something else has changed.
    Wait(Option<Instant>),
}

/// How many more may be prepared and sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct FreeSlots {
    pub(super) to_prepare: usize,
    pub(super) to_write: usize,
    /// Of the latter, those that are kept for the longest lane.
    pub(super) reserved: usize,
}

/// The loaded lanes.
#[derive(Debug)]
pub(super) struct Lanes {
    service: String,
    active: Vec<ActiveLane>,
    next_id: u64,
    /// There may be lanes that are not loaded.
    more: bool,
    filling: bool,
    /// Nothing more is begun.
    closed: bool,
}

impl Lanes {
    /// Without lanes. `service` is the service whose limit holds for what is of no conversation.
    pub(super) fn new(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            active: Vec::new(),
            next_id: 0,
            more: false,
            filling: false,
            closed: false,
        }
    }

    /// Opens another kind: its lanes are to be loaded.
    pub(super) fn open(&mut self) {
        self.more = true;
    }

    /// Whether all that is loaded waits to be sent or looked up again, and nothing is left to be loaded.
    pub(super) fn only_waits(&self) -> bool {
        let more = self.more && !self.closed;
        !more
            && !self.filling
            && !self.active.iter().any(|lane| {
                let begun = lane.ready.len() + lane.to_look.len() + lane.preparing + lane.writing;
                if self.closed { begun > 0 } else { lane.is_at_work() }
            })
    }

    /// Whether nothing is loaded or left to be loaded.
    pub(super) fn is_done(&self) -> bool {
        let at_rest = |lane: &ActiveLane| lane.ready.is_empty() && lane.is_still();
        if self.closed { self.active.iter().all(at_rest) } else { !self.has_more() && !self.filling }
    }

    /// Whether something is loaded or to be loaded.
    fn has_more(&self) -> bool {
        self.more || !self.active.is_empty()
    }

    /// Whether something was not begun.
    pub(super) fn has_unbegun(&self) -> bool {
        self.more || self.active.iter().any(|lane| !lane.exhausted || !lane.queue.is_empty())
    }

    /// From now on what was begun is brought to its end, and nothing else.
    pub(super) fn begin_no_more(&mut self) {
        self.closed = true;
    }

    /// What is to be loaded, if anything is: active lanes by their last operation, and how many new ones.
    pub(super) fn wanted(&mut self) -> Option<(Vec<(LaneName, i64)>, usize)> {
        if self.filling || self.closed {
            return None;
        }
        let lanes: Vec<_> = self
            .active
            .iter()
            .filter(|lane| !lane.exhausted && lane.queue.len() < LOADED / 2)
            .map(|lane| (lane.name.clone(), lane.cursor))
            .collect();
        let room = LANES.saturating_sub(self.active.iter().filter(|lane| lane.is_at_work()).count());
        let new = if self.more && room >= LANES / 4 { room } else { 0 };
        if lanes.is_empty() && new == 0 {
            return None;
        }
        self.filling = true;
        Some((lanes, new))
    }

    /// Takes what was loaded.
    pub(super) fn fill(&mut self, filled: LoadedLanes) {
        self.filling = false;
        self.more &= !filled.no_more_lanes;
        for loaded in filled.lanes {
            let known = self.active.iter().position(|lane| lane.name == loaded.name);
            let place = known.unwrap_or_else(|| self.add(loaded.name));
            let lane = &mut self.active[place];
            lane.left += loaded.operations;
            lane.cursor = loaded.cursor;
            lane.exhausted = loaded.exhausted || lane.is_held_up;
            lane.left = lane.left.saturating_sub(loaded.passed_over);
            if !lane.is_held_up {
                lane.queue.extend(loaded.items);
            }
        }
        self.active.iter_mut().for_each(|lane| lane.is_held_up = false);
        self.drop_finished();
    }

    /// Adds a loaded lane, and gives its place.
    fn add(&mut self, name: LaneName) -> usize {
        let key = if name.is_service() { self.service.clone() } else { name.key() };
        self.active.push(ActiveLane {
            id: self.next_id,
            name,
            key,
            left: 0,
            queue: VecDeque::new(),
            ready: VecDeque::new(),
            waiting: Vec::new(),
            to_look: VecDeque::new(),
            preparing: 0,
            writing: 0,
            cursor: 0,
            exhausted: false,
            not_before: None,
            looks_first: false,
            is_held_up: false,
        });
        self.next_id += 1;
        self.active.len() - 1
    }

    /// How many slots are kept free for the longest lane: as many as its rate fills, if it takes longer than all the others
    /// together. Its turns come one by one, and others would take the slots that it has no turn for yet.
    pub(super) fn reserved(&self, rate: f64, latency: f64, slots: usize, all_left: u64) -> usize {
        let Some(longest) = self.active.iter().max_by_key(|lane| lane.left) else { return 0 };
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let (left, all_left, slots_) = (longest.left as f64, all_left as f64, slots as f64);
        if left / rate < NEARLY * all_left * latency / slots_ {
            return 0;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no more than the slots")]
        let filled = (rate * latency).ceil().min(slots_) as usize;
        filled.saturating_sub(longest.writing).min(slots.saturating_sub(1))
    }

    /// Chooses what to do next. What is chosen is in flight until [`came_back`](Self::came_back).
    pub(super) fn next(&mut self, limits: &WriteLimits, room: FreeSlots) -> NextAction {
        let now = Instant::now();
        self.active.iter_mut().for_each(|lane| lane.end_waits(now));
        let longest = self.active.iter().map(|lane| lane.left).max().unwrap_or(0);
        let may_begin = !self.closed && self.waiting() < MOST_WAITING;
        loop {
            let mut wake: Option<Instant> = None;
            let mut wake_at = |at: Instant| wake = Some(wake.map_or(at, |wake| wake.min(at)));
            let mut best: Option<(usize, bool)> = None;
            for (index, lane) in self.active.iter().enumerate() {
                let has_room = room.to_write > room.reserved || (room.to_write > 0 && lane.left == longest);
                let waits = lane.not_before.filter(|at| *at > now);
                if let (true, false, Some(at)) = (has_room, lane.ready.is_empty(), waits) {
                    wake_at(at);
                }
                lane.waiting.iter().for_each(|(until, _)| wake_at(*until));
                let may_write = has_room && !lane.ready.is_empty() && waits.is_none();
                let may_prepare =
                    room.to_prepare > 0 && (!lane.to_look.is_empty() || (may_begin && lane.may_go_on()));
                // Whatever can be sent goes before what can be prepared, and the longest lane first.
                let better = best
                    .is_none_or(|(best, writes)| (may_write, lane.left) > (writes, self.active[best].left));
                if (may_write || may_prepare) && better {
                    best = Some((index, may_write));
                }
            }
            let Some((index, writes)) = best else { return NextAction::Wait(wake) };
            let lane = &mut self.active[index];
            if !writes {
                lane.preparing += 1;
                if let Some(work) = lane.to_look.pop_front() {
                    return NextAction::Prepare(work);
                }
                let resolved = lane.queue.pop_front().expect("it is chosen for what is in its queue");
                let mut work = ActiveOperation::new(resolved, lane.id);
                work.must_look = std::mem::take(&mut lane.looks_first);
                return NextAction::Prepare(work);
            }
            let key = if lane.name.is_service() {
                WriteKey::Service(&lane.key)
            } else {
                WriteKey::Conversation(&lane.key)
            };
            if let Err(wait) = limits.take(key) {
                lane.not_before = Some(now + wait);
                continue;
            }
            lane.not_before = None;
            lane.writing += 1;
            return NextAction::Write(lane.ready.pop_front().expect("it is chosen for what is ready"));
        }
    }

    /// A task has ended.
    pub(super) fn came_back(&mut self, lane: u64, prepared: bool, returned: Returned) {
        if let Some(lane) = self.active.iter_mut().find(|other| other.id == lane) {
            let count = if prepared { &mut lane.preparing } else { &mut lane.writing };
            *count = count.saturating_sub(1);
            match returned {
                Returned::Ended(next) => {
                    lane.left = lane.left.saturating_sub(1);
                    lane.looks_first = next == NextOfLane::LooksFirst;
                    if next == NextOfLane::IsHeldUp {
                        lane.left = 0;
                        lane.queue.clear();
                        lane.exhausted = true;
                        lane.is_held_up = true;
                    }
                }
                Returned::ToWrite(work) => lane.ready.push_back(work),
                Returned::Waits(work, until) => lane.waiting.push((until, work)),
            }
        }
        self.drop_finished();
    }

    /// Whether something is begun that has only to be sent.
    pub(super) fn has_ready(&self) -> bool {
        self.active.iter().any(|lane| !lane.ready.is_empty())
    }

    /// How many operations wait to be sent or looked up again.
    pub(super) fn waiting(&self) -> usize {
        self.active.iter().map(|lane| lane.waiting.len()).sum()
    }

    /// The operations that wait to be sent or looked up again.
    pub(super) fn all_waiting(&self) -> Vec<WaitingOperation> {
        let waiting = self.active.iter().flat_map(|lane| &lane.waiting);
        waiting
            .map(|(_, work)| WaitingOperation::of(work.resolved.number, &work.resolved.operation))
            .collect()
    }

    /// The kind of the operation whose wait ends first.
    pub(super) fn waits_for(&self) -> Option<OperationKind> {
        let waiting = self.active.iter().flat_map(|lane| &lane.waiting);
        waiting.min_by_key(|(until, _)| *until).map(|(_, work)| work.resolved.operation.kind)
    }

    /// What was begun and is not sent any more.
    pub(super) fn take_begun(&mut self) -> Vec<ActiveOperation> {
        let of = |lane: &mut ActiveLane| {
            let waiting = std::mem::take(&mut lane.waiting).into_iter().map(|(_, work)| work);
            let begun = std::mem::take(&mut lane.to_look).into_iter().chain(std::mem::take(&mut lane.ready));
            begun.chain(waiting).collect::<Vec<_>>()
        };
        self.active.iter_mut().flat_map(of).collect()
    }

    fn drop_finished(&mut self) {
        // What is being loaded of a lane that is held up is not begun when it comes.
        let filling = self.filling;
        self.active.retain(|lane| {
            lane.is_held_up && filling
                || !(lane.exhausted && lane.queue.is_empty() && lane.ready.is_empty() && lane.is_still())
        });
    }
}
