//! Twilio's write limits: so many writes a second of each conversation, and so many of each service.
//!
//! The documented limit is 30 a second for each, on average over a sliding window of five seconds ("Conversations limits": actions
//! per second). Reads do not count. `plan::operation` says which write counts against which limit.
//!
//! **Invariant:** in no second does a key get more than its rate, which is the strictest reading of the limit.
//!
//! **Invariant:** nothing waits here. `take` returns how long the key must wait, and the caller serves another key meanwhile.
//!
//! **Invariant:** the state kept is that of the keys of the last seconds, however many there were.
//!
//! **Why two:** as in `rate`. governor spaces the turns; a window of the last ones bounds every second and lets a turn
//! that the timer has delayed be made good.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::rate::{TokioClock, WINDOW};

/// Turns that may come at once: the one that is due, and one that was delayed.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(2).expect("it is not zero");

/// So many keys, and those that have been idle since are forgotten.
const FORGET_AT: usize = 1024;

type Keyed = RateLimiter<String, HashMapStateStore<String>, TokioClock, NoOpMiddleware<Duration>>;

/// Gives each conversation and each service its turns.
#[derive(Debug)]
pub(crate) struct WriteLimits {
    conversations: KeyedLimit,
    services: KeyedLimit,
}

/// What a write counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteKey<'a> {
    /// A conversation, or the channel that it is.
    Conversation(&'a str),
    Service(&'a str),
}

impl WriteLimits {
    /// Limits of so many writes a second of a conversation, and of a service.
    pub(crate) fn new(per_conversation: NonZeroU32, per_service: NonZeroU32) -> Self {
        Self { conversations: KeyedLimit::new(per_conversation), services: KeyedLimit::new(per_service) }
    }

    /// Takes a turn, or returns how long the key must wait.
    pub(crate) fn take(&self, key: WriteKey<'_>) -> Result<(), Duration> {
        match key {
            WriteKey::Conversation(key) => self.conversations.take(key),
            WriteKey::Service(key) => self.services.take(key),
        }
    }
}

/// A limit that each key has for itself.
#[derive(Debug)]
struct KeyedLimit {
    spaced: Keyed,
    clock: TokioClock,
    /// When each key had its last turns: as many as a second may have.
    taken: Mutex<Taken>,
    per_second: usize,
}

#[derive(Debug, Default)]
struct Taken {
    keys: HashMap<String, VecDeque<Instant>>,
    forget_at: usize,
}

impl KeyedLimit {
    fn new(rate: NonZeroU32) -> Self {
        let clock = TokioClock(Instant::now());
        let quota = Quota::per_second(rate).allow_burst(AT_ONCE.min(rate));
        let per_second = usize::try_from(rate.get()).unwrap_or(usize::MAX);
        let spaced = RateLimiter::new(quota, HashMapStateStore::default(), clock.clone());
        Self { spaced, clock, taken: Mutex::default(), per_second }
    }

    fn take(&self, key: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner); // valid at every step
        let last = taken.keys.get(key).filter(|last| last.len() >= self.per_second);
        if let Some(oldest) = last.and_then(VecDeque::front)
            && now < *oldest + WINDOW
        {
            return Err(*oldest + WINDOW - now);
        }
        let key = key.to_owned();
        self.spaced.check_key(&key).map_err(|refused| refused.wait_time_from(self.clock.now()))?;
        let last = taken.keys.entry(key).or_default();
        if last.len() >= self.per_second {
            last.pop_front();
        }
        last.push_back(now);
        if taken.keys.len() >= taken.forget_at.max(FORGET_AT) {
            taken.keys.retain(|_, last| last.back().is_some_and(|last| now < *last + WINDOW));
            taken.forget_at = taken.keys.len() * 2; // so that a look at all of them is rare
            self.spaced.retain_recent();
            self.spaced.shrink_to_fit();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tokio::time::sleep;

    use super::*;
    use crate::testkit::pace::most_in_a_second;

    fn limits(conversation: u32, service: u32) -> WriteLimits {
        WriteLimits::new(NonZeroU32::new(conversation).unwrap(), NonZeroU32::new(service).unwrap())
    }

    /// Takes turns of one key for so long, and gives when.
    async fn turns(limits: &WriteLimits, key: WriteKey<'_>, seconds: u64) -> Vec<Instant> {
        let start = Instant::now();
        let mut taken = Vec::new();
        while start.elapsed() < Duration::from_secs(seconds) {
            match limits.take(key) {
                Ok(()) => taken.push(Instant::now()),
                Err(wait) => sleep(wait).await,
            }
        }
        taken
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_than_the_rate_and_nearly_all_of_it_is_used() {
        for rate in [1_u32, 2, 5, 10, 30, 100] {
            let limits = limits(rate, 7);
            let taken = turns(&limits, WriteKey::Conversation("CH1"), 60).await;
            let most = most_in_a_second(&taken);
            assert!(most <= rate as usize, "{rate}: {most}");
            let share = f64::from(u32::try_from(taken.len()).unwrap()) / f64::from(60 * rate);
            assert!(share > 0.98, "{rate}: {share}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn keys_have_turns_of_their_own_and_idle_ones_are_forgotten() {
        let limits = limits(30, 30);
        let mut taken: BTreeMap<u32, u32> = BTreeMap::new();
        for round in 0..30_u32 {
            for key in 0..1000 {
                let conversation = format!("CH{key}");
                *taken.entry(key).or_default() +=
                    u32::from(limits.take(WriteKey::Conversation(&conversation)).is_ok());
            }
            assert!(round > 0 || limits.take(WriteKey::Service("CH0")).is_ok(), "a service is another key");
            sleep(Duration::from_millis(100)).await;
        }
        assert!(taken.values().all(|turns| *turns == 30), "one every 100 ms is below the rate for each");
        for key in 0..100_000 {
            limits.take(WriteKey::Conversation(&format!("CH{key}"))).unwrap();
            sleep(Duration::from_millis(10)).await;
        }
        assert!(limits.conversations.spaced.len() <= FORGET_AT, "{}", limits.conversations.spaced.len());
        assert!(limits.conversations.taken.lock().unwrap().keys.len() <= FORGET_AT);
    }
}
