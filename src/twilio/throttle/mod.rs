//! The one place where a request waits before it is sent: first for a slot (how many are in flight), then for its turn
//! (how many a second).
//!
//! **Invariant:** one wait per attempt, and a [`Permit`] is never held during a back-off: a request that waits for `Retry-After` delays
//! only itself.

mod ceiling;
mod concurrency;
mod rate;
mod sharing;
#[cfg(test)]
mod tests;
mod writes;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio::time::Instant;

use self::ceiling::Sent;
use self::concurrency::Aimd;
pub(crate) use self::concurrency::Signal;
use self::rate::RateLimit;
pub(crate) use self::writes::{WriteKey, WriteLimits};
use crate::event::{Event, Events};

/// What the throttle keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The most requests in flight.
    pub concurrency: usize,
    /// The most requests a second; 0 is no limit.
    pub requests_per_second: u32,
    /// The requests in flight that the entire account stays below, as `Twilio-Concurrent-Requests` counts them;
    /// `None` is no limit.
    pub account_concurrency: Option<u32>,
}

/// Paces the requests of one account.
#[derive(Debug)]
pub(crate) struct Throttle {
    rate: RateLimit,
    slots: Semaphore,
    state: Mutex<State>,
    events: Events,
}

#[derive(Debug)]
struct State {
    aimd: Aimd,
    /// Slots that exist: free, held, or owed.
    slots: usize,
    /// Held slots that are not given back when their requests end, because the limit was cut meanwhile.
    owed: usize,
    /// Requests that were let through and have not ended.
    in_flight: usize,
}

impl Throttle {
    /// A throttle that says in `events` when its limit changes.
    pub(crate) fn new(limits: Limits, events: Events) -> Self {
        let aimd = Aimd::new(limits.concurrency, limits.account_concurrency);
        let slots = aimd.limit();
        Self {
            rate: RateLimit::new(limits.requests_per_second),
            slots: Semaphore::new(slots),
            state: Mutex::new(State { aimd, slots, owed: 0, in_flight: 0 }),
            events,
        }
    }

    /// Waits until one more attempt may start.
    pub(crate) async fn permit(self: &Arc<Self>) -> Permit {
        if let Ok(slot) = self.slots.acquire().await {
            slot.forget(); // the permit gives it back, unless it is owed; the semaphore is never closed
        }
        let mut permit = Permit { throttle: Arc::clone(self), sent: None };
        self.rate.wait().await;
        let mut state = self.lock();
        state.in_flight += 1;
        permit.sent = Some(Sent { at: Instant::now(), level: state.in_flight });
        drop(state);
        permit
    }

    /// How many requests may be in flight now.
    pub(crate) fn limit(&self) -> usize {
        self.lock().aimd.limit()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner) // plain numbers: valid at every step
    }

    fn answered(&self, sent: Sent, signal: Signal) {
        let mut state = self.lock();
        let before = state.aimd.limit();
        state.aimd.answered(sent, signal, Instant::now());
        let after = state.aimd.limit();
        self.resize(&mut state, after);
        drop(state);
        if after != before {
            self.events.send(Event::ConcurrencyLimit(after));
        }
    }

    /// Makes the semaphore as large as the limit. Slots that are held cannot be taken back: they are owed.
    fn resize(&self, state: &mut State, limit: usize) {
        let effective = state.slots - state.owed;
        if limit > effective {
            let more = limit - effective;
            let forgiven = more.min(state.owed);
            state.owed -= forgiven;
            state.slots += more - forgiven;
            self.slots.add_permits(more - forgiven);
        } else {
            let fewer = effective - limit;
            let taken = self.slots.forget_permits(fewer);
            state.slots -= taken;
            state.owed += fewer - taken;
        }
    }
}

/// Leave for one attempt. Dropping it ends the attempt.
#[derive(Debug)]
pub(crate) struct Permit {
    throttle: Arc<Throttle>,
    /// `None` until the request may be sent.
    sent: Option<Sent>,
}

impl Permit {
    /// The server answered: the limit learns from it.
    pub(crate) fn answered(self, signal: Signal) {
        if let Some(sent) = self.sent {
            self.throttle.answered(sent, signal);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.throttle.lock();
        if self.sent.is_some() {
            state.in_flight -= 1;
        }
        if state.owed > 0 {
            state.owed -= 1;
            state.slots -= 1;
        } else {
            self.throttle.slots.add_permits(1);
        }
    }
}
