//! The one place that asks the machine what time it is. Everything else is given the time.
//!
//! What waits does so by tokio's time. A rehearsal runs on a clock that jumps ahead ([`simulated`]), and nothing that waits has to know.

mod simulated;

use std::time::SystemTime;

use jiff::Timestamp;

pub(crate) use simulated::{AtWork, at_work, end_of, hold_until, run_simulated, spawn_blocking};

/// Now, to the second: by the simulated clock where this thread has one.
pub(crate) fn now() -> Timestamp {
    timestamp(simulated::system_time().unwrap_or_else(system_time))
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn system_time() -> SystemTime {
    SystemTime::now()
}

/// A time of the machine, to the second. One that no date can have, as of a clock beyond the year 9999, is the first or last that
/// one can.
fn timestamp(time: SystemTime) -> Timestamp {
    let is_past = time < SystemTime::UNIX_EPOCH;
    let now = Timestamp::try_from(time).unwrap_or(if is_past { Timestamp::MIN } else { Timestamp::MAX });
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// A seed for the jitter of waits: another one for each run, so that two runs do not wait in step.
pub(crate) fn seed() -> u64 {
    let since = system_time().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let nanoseconds = u64::from(since.subsec_nanos());
    nanoseconds << 32 | u64::from(std::process::id())
}

/// Waits until then; for ever, where there is no then.
pub(crate) async fn sleep_until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_that_no_date_can_show_is_no_panic() {
        let at = |seconds| timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
        assert_eq!(at(1_795_000_000), "2026-11-18T11:06:40Z");
        assert!(at(253_402_300_800).starts_with("9999-12-"), "{}", at(253_402_300_800));
        assert!(at(1 << 40).starts_with("9999-12-"));
        let before = SystemTime::UNIX_EPOCH.checked_sub(Duration::from_secs(1 << 45));
        if let Some(before) = before {
            assert!(timestamp(before).to_string().starts_with("-009999-"));
        }
    }
}
