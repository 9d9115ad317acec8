//! Dates as instants, for formats that have a type for them.

use crate::model::Timestamp;

/// Milliseconds since 1970; none for a text that is no date.
pub(in crate::export) fn milliseconds(time: &Timestamp) -> Option<i64> {
    if let Timestamp::Verbatim(text) = time
        && let Ok(instant) = text.parse::<jiff::Timestamp>()
    {
        return Some(instant.as_millisecond());
    }
    time.seconds().and_then(|seconds| seconds.checked_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_instants_in_any_form_that_can_be_read() {
        assert_eq!(milliseconds(&Timestamp::from_wire("2016-03-24T21:05:50Z")), Some(1_458_853_550_000));
        assert_eq!(milliseconds(&Timestamp::from_wire("2016-03-24T21:05:50.25Z")), Some(1_458_853_550_250));
        assert_eq!(
            milliseconds(&Timestamp::from_wire("Thu, 24 Mar 2016 21:05:50 +0000")),
            Some(1_458_853_550_000)
        );
        assert_eq!(milliseconds(&Timestamp::from_wire("soon")), None);
    }
}
