//! The moments at which an apply is broken off.
//!
//! Broken off is: all that it does is dropped at once, requests in flight included, and no word reaches the journal any more. What the
//! journal's thread was given before, it commits, as a process might that is killed a moment later.

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::clock;
use crate::plan::{PlanError, PlanFile};

/// How often a lock is tried that a thread is about to give back, and how long between two tries.
const TRIES: u32 = 2_000;
const BETWEEN: Duration = Duration::from_millis(5);

/// So many moments of an apply that takes about this long, in their order.
pub(super) fn moments(seed: u64, kills: u32, estimated: f64) -> Vec<Duration> {
    let mut random = fastrand::Rng::with_seed(seed);
    let parts = f64::from(kills.max(1));
    let moment = |number| {
        let part = (f64::from(number) + 0.1 + 0.8 * random.f64()) / parts;
        Duration::try_from_secs_f64(part * estimated).unwrap_or_default()
    };
    (0..kills).map(moment).collect()
}

/// Waits until the thread that kept the journal has ended.
pub(super) async fn journal_is_free(plan: &Path) -> Result<(), PlanError> {
    let plan = plan.to_path_buf();
    for _ in 0..TRIES {
        match PlanFile::open_alone(&plan) {
            Ok(_) => return Ok(()),
            Err(error) => tracing::debug!(%error, "the journal is still open"),
        }
        let at_work = clock::at_work();
        let waited = clock::spawn_blocking(move || {
            thread::sleep(BETWEEN);
            drop(at_work);
        });
        if waited.await.is_err() {
            break;
        }
    }
    PlanFile::open_alone(&plan).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_their_order_and_of_the_seed() {
        let first = moments(1, 3, 30.0);
        assert_eq!(first, moments(1, 3, 30.0));
        assert_ne!(first, moments(2, 3, 30.0));
        let thirds: Vec<u64> = first.iter().map(|moment| moment.as_secs() / 10).collect();
        assert_eq!(thirds, [0, 1, 2]);
        assert_eq!(moments(1, 0, 30.0), []);
    }
}
