//! Limits of the server: requests in flight, requests in any sliding second, and writes in any sliding second.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug, Default)]
pub(crate) struct SlidingSecond {
    moments: VecDeque<Instant>,
}

impl SlidingSecond {
    /// How many there were in the second before `now`.
    pub(crate) fn count(&mut self, now: Instant) -> usize {
        while self.moments.front().is_some_and(|first| now.saturating_duration_since(*first) >= SECOND) {
            self.moments.pop_front();
        }
        self.moments.len()
    }

    pub(crate) fn add(&mut self, now: Instant) {
        self.moments.push_back(now);
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// The limits and what counts against them.
#[derive(Debug)]
pub(crate) struct RequestLimits {
    rate: Option<u32>,
    max_concurrent: Option<u32>,
    accepted: Mutex<SlidingSecond>,
    in_flight: AtomicU32,
}

/// One accepted request; gives its place back when dropped.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    limits: &'a RequestLimits,
    /// How many are in flight, this one included.
    pub(crate) in_flight: u32,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.limits.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

impl RequestLimits {
    pub(crate) fn new(rate: Option<u32>, max_concurrent: Option<u32>) -> Self {
        Self { rate, max_concurrent, accepted: Mutex::default(), in_flight: AtomicU32::new(0) }
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Acquire)
    }

    /// Takes the request in, unless that is above a limit. What is refused counts against none.
    pub(crate) fn enter(&self, now: Instant) -> Option<Slot<'_>> {
        let limit = self.max_concurrent.unwrap_or(u32::MAX);
        let others = self
            .in_flight
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |others| {
                (others < limit).then_some(others + 1)
            })
            .ok()?;
        let place = Slot { limits: self, in_flight: others + 1 };
        if let Some(rate) = self.rate {
            let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
            if accepted.count(now) >= rate as usize {
                return None;
            }
            accepted.add(now);
        }
        Some(place)
    }
}

/// The limits of writes: one for each conversation, one for each service.
///
/// Twilio documents 30 writes a second for each, averaged over five seconds. Here it is any sliding second, which is the
/// strictest reading: a client that keeps to it keeps to the other.
#[derive(Debug)]
pub(crate) struct WriteWindows {
    rate: Option<u32>,
    accepted: Mutex<HashMap<(String, Option<u128>), SlidingSecond>>,
}

impl WriteWindows {
    pub(crate) fn new(rate: Option<u32>) -> Self {
        Self { rate, accepted: Mutex::default() }
    }

    /// Takes a write in, to a conversation or else to the service itself, unless that is above its limit.
    pub(crate) fn enter(&self, service: &str, conversation: Option<u128>, now: Instant) -> bool {
        let Some(rate) = self.rate else { return true };
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let second = accepted.entry((service.to_owned(), conversation)).or_default();
        let below = second.count(now) < rate as usize;
        if below {
            second.add(now);
        }
        below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sliding_second_takes_no_more_than_the_rate() {
        let limits = RequestLimits::new(Some(3), None);
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert!([0, 10, 20].into_iter().all(|moment| limits.enter(at(moment)).is_some()));
        assert!(limits.enter(at(999)).is_none());
        assert!(limits.enter(at(1_000)).is_some());
        assert!(limits.enter(at(1_005)).is_none());
        assert!(limits.enter(at(1_010)).is_some());
    }

    #[test]
    fn each_conversation_and_the_service_have_a_limit_of_their_own() {
        let limits = WriteWindows::new(Some(1));
        let start = Instant::now();
        assert!(limits.enter("IS1", None, start) && !limits.enter("IS1", None, start));
        assert!(limits.enter("IS1", Some(1), start) && !limits.enter("IS1", Some(1), start));
        assert!(limits.enter("IS1", Some(2), start) && limits.enter("IS2", None, start));
        assert!(limits.enter("IS1", None, start + SECOND));
    }

    #[test]
    fn a_place_is_given_back() {
        let limits = RequestLimits::new(None, Some(2));
        let now = Instant::now();
        let (first, second) = (limits.enter(now), limits.enter(now));
        assert!(first.is_some() && second.is_some_and(|place| place.in_flight == 2));
        let third = limits.enter(now).unwrap();
        assert!(limits.enter(now).is_none());
        drop((first, third));
        assert_eq!(limits.in_flight(), 0);
    }
}
