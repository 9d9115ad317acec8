//! Waits more precisely than tokio's timer.
//!
//! Why: tokio rounds a wait up to whole milliseconds, which makes 20 ms of latency 21 on average. One thread
//! here sleeps on a condition variable, whose wake-up the system does within about 0.1 ms, and wakes the
//! waiting tasks. No thread spins. What the way back to the task costs is measured and taken off the next waits,
//! so that the mean is right.
//!
//! Where the caller says how to wait ([`Delays`]), there is no thread, and the time is the caller's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::options::Delays;

/// The thread and what it waits for.
#[derive(Debug)]
pub(crate) struct Timer {
    shared: Arc<TimerQueue>,
    /// None where the caller says how to wait.
    thread: Option<JoinHandle<()>>,
    delays: Option<Delays>,
    /// How many nanoseconds early a wait ends, so that the task continues in time.
    early: AtomicU64,
}

/// No wait ends earlier than this before its moment.
const MOST_EARLY: Duration = Duration::from_millis(1);

#[derive(Debug, Default)]
struct TimerQueue {
    state: Mutex<TimerState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct TimerState {
    waiting: BTreeMap<(Instant, u64), oneshot::Sender<()>>,
    number: u64,
    stop: bool,
}

impl Timer {
    pub(crate) fn start(delays: Option<Delays>) -> std::io::Result<Self> {
        let shared = Arc::new(TimerQueue::default());
        let thread = if delays.is_none() {
            let of_thread = Arc::clone(&shared);
            let builder = std::thread::Builder::new().name("simulator-timer".to_owned());
            Some(builder.spawn(move || of_thread.run())?)
        } else {
            None
        };
        Ok(Self { shared, thread, delays, early: AtomicU64::new(0) })
    }

    /// Waits until a moment. Returns at once if it is past.
    pub(crate) async fn until(&self, moment: Instant) {
        if moment <= Instant::now() {
            return;
        }
        if let Some(delays) = &self.delays {
            return delays.until(moment).await;
        }
        let early = Duration::from_nanos(self.early.load(Ordering::Relaxed));
        self.sleep_until(moment.checked_sub(early).unwrap_or(moment)).await;
        let now = Instant::now();
        // A sixteenth of the error is learnt from each wait: a hiccup of the machine moves little.
        let error = |later: Instant, earlier: Instant| later.saturating_duration_since(earlier) / 16;
        let learnt = (early + error(now, moment)).saturating_sub(error(moment, now)).min(MOST_EARLY);
        self.early.store(u64::try_from(learnt.as_nanos()).unwrap_or(0), Ordering::Relaxed);
    }

    async fn sleep_until(&self, moment: Instant) {
        let (wake, woken) = oneshot::channel();
        {
            let mut state = self.shared.lock();
            state.number += 1;
            let key = (moment, state.number);
            state.waiting.insert(key, wake);
            let is_first = state.waiting.first_key_value().is_some_and(|(first, _)| *first == key);
            drop(state);
            if is_first {
                self.shared.changed.notify_one();
            }
        }
        // The sender is dropped when the timer stops, which ends the wait too.
        woken.await.unwrap_or(());
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl TimerQueue {
    fn lock(&self) -> MutexGuard<'_, TimerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.lock();
        while !state.stop {
            let now = Instant::now();
            while let Some(first) = state.waiting.first_entry().filter(|first| first.key().0 <= now) {
                // The task that waited may be gone.
                first.remove().send(()).unwrap_or(());
            }
            state = match state.waiting.first_key_value() {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(((moment, _), _)) => {
                    let rest = moment.saturating_duration_since(Instant::now());
                    self.changed.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_wait_ends_too_early_and_a_past_moment_is_no_wait() {
        let timer = Timer::start(None).unwrap();
        timer.until(Instant::now()).await;
        for _ in 0..5 {
            let moment = Instant::now() + Duration::from_millis(4);
            timer.until(moment).await;
            assert!(Instant::now() + MOST_EARLY >= moment);
        }
    }

    #[tokio::test]
    async fn a_stopped_timer_lets_go_of_who_waits() {
        let timer = Timer::start(None).unwrap();
        let shared = Arc::clone(&timer.shared);
        let waiting = timer.until(Instant::now() + Duration::from_hours(1));
        let stopping = async {
            shared.lock().stop = true;
            shared.changed.notify_one();
        };
        tokio::join!(waiting, stopping);
    }
}
