//! The lanes in hand: which operation is next, so that no limit is waited for while another has turns to give.
//!
//! A lane is what shares a write limit: a conversation, or the service as a whole. Of the lanes that have a turn, the one with most
//! left to do goes first: what takes longest at 30 a second begins first and is never held up by what would be done long before.
//!
//! **Invariant:** so many lanes with so many operations each are in hand, however large the plan is.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use tokio::time::Instant;

use super::item::Item;
use super::keeper::Filled;
use super::perform::Work;
use crate::plan::LaneName;
use crate::twilio::throttle::{WriteKey, WriteLimits};

/// Lanes in hand. At 30 writes a second each they are far more than any account may send.
pub(super) const LANES: usize = 64;

/// Operations of a lane in hand: half a second of turns.
pub(super) const LOADED: usize = 16;

/// Operations of a lane that are looked up ahead of their turns.
const AHEAD: usize = 8;

/// Operations of the longest lane that may be on their way although every slot is taken. Its turns come one by one and slots in
/// bursts, so that others would take the slots that it has no turn for yet; these wait for a moment, at the head of the queue.
pub(super) const EXTRA: usize = 8;

/// One lane in hand.
#[derive(Debug)]
struct Lane {
    id: u64,
    name: LaneName,
    key: String,
    /// Operations that were not begun, those not loaded included.
    left: u64,
    queue: VecDeque<Item>,
    /// Looked up, and to be written.
    ready: VecDeque<Work>,
    /// Being looked up.
    looking: usize,
    in_flight: usize,
    /// The last operation that was loaded.
    cursor: i64,
    exhausted: bool,
    not_before: Option<Instant>,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    /// Look it up. True where it is begun with that.
    Look(Work, bool),
    /// Write it.
    Write(Work, bool),
    /// Nothing before this time, or before something else has changed.
    Wait(Option<Instant>),
}

/// The lanes in hand.
#[derive(Debug)]
pub(super) struct Lanes {
    service: String,
    in_hand: Vec<Lane>,
    next_id: u64,
    /// There may be lanes that are not in hand.
    more: bool,
    filling: bool,
    /// Nothing more is begun.
    closed: bool,
}

impl Lanes {
    /// None in hand. `service` is the service whose limit holds for what is of no conversation.
    pub(super) fn new(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            in_hand: Vec::new(),
            next_id: 0,
            more: true,
            filling: false,
            closed: false,
        }
    }

    /// Whether nothing is left in hand or to be loaded.
    pub(super) fn is_done(&self) -> bool {
        let at_rest = |lane: &Lane| lane.ready.is_empty() && lane.in_flight == 0;
        if self.closed { self.in_hand.iter().all(at_rest) } else { !self.has_more() && !self.filling }
    }

    /// Whether something was not begun.
    pub(super) fn has_more(&self) -> bool {
        self.more || !self.in_hand.is_empty()
    }

    /// From now on what was begun is brought to its end, and nothing else.
    pub(super) fn begin_no_more(&mut self) {
        self.closed = true;
    }

    /// What is to be loaded, if anything is: lanes to go on with, by their last operation, and how many new ones.
    pub(super) fn wanted(&mut self) -> Option<(Vec<(LaneName, i64)>, usize)> {
        if self.filling || self.closed {
            return None;
        }
        let lanes: Vec<_> = self
            .in_hand
            .iter()
            .filter(|lane| !lane.exhausted && lane.queue.len() < LOADED / 2)
            .map(|lane| (lane.name.clone(), lane.cursor))
            .collect();
        let room = LANES.saturating_sub(self.in_hand.len());
        let new = if self.more && room >= LANES / 4 { room } else { 0 };
        if lanes.is_empty() && new == 0 {
            return None;
        }
        self.filling = true;
        Some((lanes, new))
    }

    /// Takes what was loaded.
    pub(super) fn fill(&mut self, filled: Filled) {
        self.filling = false;
        self.more &= !filled.no_more_lanes;
        for loaded in filled.lanes {
            let known = self.in_hand.iter().position(|lane| lane.name == loaded.name);
            let place = known.unwrap_or_else(|| self.add(loaded.name, loaded.operations));
            let lane = &mut self.in_hand[place];
            lane.cursor = loaded.cursor;
            lane.exhausted = loaded.exhausted;
            lane.left = lane.left.saturating_sub(loaded.passed_over);
            lane.queue.extend(loaded.items);
        }
        self.drop_finished();
    }

    /// Takes a lane in hand, and gives its place.
    fn add(&mut self, name: LaneName, operations: u64) -> usize {
        let key = if name.is_service() { self.service.clone() } else { name.key() };
        self.in_hand.push(Lane {
            id: self.next_id,
            name,
            key,
            left: operations,
            queue: VecDeque::new(),
            ready: VecDeque::new(),
            looking: 0,
            in_flight: 0,
            cursor: 0,
            exhausted: false,
            not_before: None,
        });
        self.next_id += 1;
        self.in_hand.len() - 1
    }

    /// Chooses what to do next, of all lanes or of the longest. What is chosen is in flight until
    /// [`came_back`](Self::came_back).
    pub(super) fn next(&mut self, limits: &WriteLimits, of_longest: bool) -> Next {
        let now = Instant::now();
        let least = if of_longest { self.in_hand.iter().map(|lane| lane.left).max().unwrap_or(0) } else { 0 };
        loop {
            let mut wake: Option<Instant> = None;
            let mut best: Option<(usize, bool)> = None;
            for (index, lane) in self.in_hand.iter().enumerate().filter(|(_, lane)| lane.left >= least) {
                let waits = lane.not_before.filter(|at| *at > now);
                let first = lane.queue.front().filter(|_| !self.closed);
                let looks = first.is_some_and(Item::needs_look);
                let writes = !lane.ready.is_empty() || (!looks && first.is_some());
                let may_look = looks && lane.ready.len() + lane.looking < AHEAD;
                if let (true, Some(at)) = (writes, waits) {
                    wake = Some(wake.map_or(at, |wake| wake.min(at)));
                }
                let may_write = writes && waits.is_none();
                let better = best.is_none_or(|(best, _)| lane.left > self.in_hand[best].left);
                if (may_write || may_look) && better {
                    best = Some((index, may_write));
                }
            }
            let Some((index, writes)) = best else { return Next::Wait(wake) };
            let lane = &mut self.in_hand[index];
            if !writes {
                let Some(item) = lane.queue.pop_front() else { return Next::Wait(wake) };
                lane.left = lane.left.saturating_sub(1);
                lane.looking += 1;
                lane.in_flight += 1;
                return Next::Look(Work::new(item, lane.id), true);
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
            lane.in_flight += 1;
            if let Some(work) = lane.ready.pop_front() {
                return Next::Write(work, false);
            }
            lane.left = lane.left.saturating_sub(1);
            let item = lane.queue.pop_front().expect("it is chosen for what is in its queue");
            return Next::Write(Work::new(item, lane.id), true);
        }
    }

    /// An operation that was in flight is no longer. `looked` says that it was looked up; `again` gives it back to be written.
    pub(super) fn came_back(&mut self, lane: u64, looked: bool, again: Option<Work>) {
        if let Some(lane) = self.in_hand.iter_mut().find(|other| other.id == lane) {
            lane.in_flight = lane.in_flight.saturating_sub(1);
            lane.looking = lane.looking.saturating_sub(usize::from(looked));
            lane.ready.extend(again);
        }
        self.drop_finished();
    }

    fn drop_finished(&mut self) {
        self.in_hand.retain(|lane| {
            !(lane.exhausted && lane.queue.is_empty() && lane.ready.is_empty() && lane.in_flight == 0)
        });
    }
}
