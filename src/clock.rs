//! The one place that asks the machine what time it is. Everything else is given the time.

/// Now, to the second.
pub fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}
