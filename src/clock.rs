//! The one place that asks the machine what time it is. Everything else is given the time.

/// Now, to the second.
pub(crate) fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// A seed for the jitter of waits: another one for each run, so that two runs do not wait in step.
pub(crate) fn seed() -> u64 {
    let nanoseconds = u64::try_from(jiff::Timestamp::now().subsec_nanosecond()).unwrap_or_default();
    nanoseconds << 32 | u64::from(std::process::id())
}
