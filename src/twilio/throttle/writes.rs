//! Twilio's write limits: so many writes a second of each conversation, and so many of each service.
//!
//! The documented limit is 30 a second for each, on average over a sliding window of five seconds ("Conversations limits": actions
//! per second). Reads do not count. A write of a conversation is an update of it and whatever is done to its participants; a write
//! of a service creates or deletes a conversation, or does anything to a user or role.
//!
//! **Invariant:** in no window of five seconds does a key get more than five times its rate.
//!
//! **Invariant:** nothing waits here. Who asks is told how long its key has no turn, and serves another key meanwhile.
//!
//! **Invariant:** the state kept is that of the keys of the last seconds, however many there were.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::rate::TokioClock;

/// The window over which Twilio averages, in seconds.
const WINDOW: u32 = 5;

/// What the time between two turns is multiplied with: writes that leave here evenly arrive with the network's jitter.
const JITTER: f64 = 1.01;

/// From this rate on a turn that the timer has delayed is made good by the next one. Below it the loss is nothing.
const FAST: u32 = 10;

/// So many turns, and those of keys that have been idle since are forgotten.
const FORGET_EVERY: u32 = 4096;

type Keyed = RateLimiter<String, HashMapStateStore<String>, TokioClock, NoOpMiddleware<Duration>>;

/// Gives each conversation and each service its turns.
#[derive(Debug)]
pub struct WriteLimits {
    conversations: Keyed,
    services: Keyed,
    clock: TokioClock,
    turns: AtomicU32,
}

/// What a write counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteKey<'a> {
    /// A conversation, or the channel that it is.
    Conversation(&'a str),
    /// A service.
    Service(&'a str),
}

impl WriteLimits {
    /// Limits of so many writes a second of a conversation, and of a service.
    pub fn new(per_conversation: NonZeroU32, per_service: NonZeroU32) -> Self {
        let clock = TokioClock(Instant::now());
        let keyed = |rate| RateLimiter::new(quota(rate), HashMapStateStore::default(), clock.clone());
        Self {
            conversations: keyed(per_conversation),
            services: keyed(per_service),
            clock: clock.clone(),
            turns: AtomicU32::new(0),
        }
    }

    /// Takes a turn, or says how long there is none.
    pub fn take(&self, key: WriteKey<'_>) -> Result<(), Duration> {
        let (limiter, key) = match key {
            WriteKey::Conversation(key) => (&self.conversations, key),
            WriteKey::Service(key) => (&self.services, key),
        };
        limiter.check_key(&key.to_owned()).map_err(|refused| {
            use governor::clock::Clock;
            refused.wait_time_from(self.clock.now())
        })?;
        if self.turns.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.conversations.retain_recent();
            self.conversations.shrink_to_fit();
        }
        Ok(())
    }

    /// How many conversations are remembered.
    pub fn remembered(&self) -> usize {
        self.conversations.len()
    }
}

/// Turns at such distances that a window has no more than it may, the one in hand at its begin included.
fn quota(rate: NonZeroU32) -> Quota {
    let in_hand = NonZeroU32::new(if rate.get() >= FAST { 2 } else { 1 }).unwrap_or(NonZeroU32::MIN);
    let others = (rate.get() * WINDOW).saturating_sub(in_hand.get() - 1).max(1);
    let distance = Duration::from_secs(u64::from(WINDOW)).mul_f64(JITTER) / others;
    // A distance of zero is no quota; a rate so high has no limit to speak of.
    let quota = Quota::with_period(distance).unwrap_or_else(|| Quota::per_second(NonZeroU32::MAX));
    quota.allow_burst(in_hand)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, VecDeque};

    use tokio::time::sleep;

    use super::*;

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

    fn most_in_window(taken: &[Instant]) -> usize {
        let mut window = VecDeque::new();
        taken.iter().fold(0, |most, now| {
            window.push_back(*now);
            while window.front().is_some_and(|first| *now - *first >= Duration::from_secs(5)) {
                window.pop_front();
            }
            most.max(window.len())
        })
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_has_more_than_the_rate_and_nearly_all_of_it_is_used() {
        for rate in [1_u32, 2, 5, 10, 30, 100] {
            let limits = limits(rate, 7);
            let taken = turns(&limits, WriteKey::Conversation("CH1"), 60).await;
            let most = most_in_window(&taken);
            assert!(most <= 5 * rate as usize, "{rate}: {most}");
            let share = f64::from(u32::try_from(taken.len()).unwrap()) / f64::from(60 * rate);
            assert!(share > 0.96, "{rate}: {share}");
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
        sleep(Duration::from_secs(10)).await;
        for _ in 0..2 * FORGET_EVERY {
            let _turn = limits.take(WriteKey::Conversation("CH0"));
            sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(limits.remembered(), 1);
    }
}
