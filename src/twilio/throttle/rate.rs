//! The ceiling on requests a second: governor paces within the second, a window of the last grants bounds every second.
//!
//! **Invariant:** in no second are more than `requests_per_second` let through, the first one included.
//!
//! **Why two:** one token bucket lets through its burst on top of the rate, and a bucket without a burst loses what the
//! timer's granularity costs (a tenth of the rate at 100 a second). The window forgives lateness within its second, so
//! the rate is kept to about one percent, and the bucket spreads the requests so that they do not come at once.
//!
//! **Why a gate:** governor has no queue. A thousand tasks that each poll and sleep cost a millisecond of processor time for
//! each request, and are served in no order. Here the one at the head of a fair lock polls, on tokio's own clock, so that
//! tests run in virtual time.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until};

/// A little more than a second: what leaves here evenly arrives with the network's jitter, and still no second of the
/// receiver's has more than the rate.
pub(super) const WINDOW: Duration = Duration::from_millis(1010);

/// The bucket holds this part of a second's requests.
const BURST_PART: u32 = 20;

/// tokio's clock in governor's terms: the time since the limiter was made.
#[derive(Debug, Clone)]
pub(super) struct TokioClock(pub(super) Instant);

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Lets requests through, first come, first served, at most so many a second.
#[derive(Debug)]
pub(super) struct RateLimit(Option<Mutex<Gate>>);

#[derive(Debug)]
struct Gate {
    bucket: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>,
    clock: TokioClock,
    /// When each of the last `per_second` requests was let through.
    granted: VecDeque<Instant>,
    per_second: usize,
}

impl RateLimit {
    /// A limit of so many requests a second; 0 is none.
    pub(super) fn new(per_second: u32) -> Self {
        Self(NonZeroU32::new(per_second).map(|rate| {
            let burst = NonZeroU32::new(per_second / BURST_PART).unwrap_or(NonZeroU32::MIN);
            let clock = TokioClock(Instant::now());
            let bucket =
                RateLimiter::direct_with_clock(Quota::per_second(rate).allow_burst(burst), clock.clone());
            let per_second = usize::try_from(per_second).unwrap_or(usize::MAX);
            Mutex::new(Gate { bucket, clock, granted: VecDeque::new(), per_second })
        }))
    }

    /// Waits until one more request may start.
    pub(super) async fn wait(&self) {
        let Some(gate) = &self.0 else { return };
        let mut gate = gate.lock().await; // tokio's lock is fair: this is the queue
        while let Err(refused) = gate.bucket.check() {
            sleep(refused.wait_time_from(gate.clock.now())).await;
        }
        if gate.granted.len() >= gate.per_second
            && let Some(oldest) = gate.granted.front()
        {
            sleep_until(*oldest + WINDOW).await; // who gives up here leaves the window as it was
            gate.granted.pop_front();
        }
        gate.granted.push_back(Instant::now());
    }
}
