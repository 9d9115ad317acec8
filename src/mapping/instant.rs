//! Dates as numbers: seconds or milliseconds since 1970.

use super::file::TimeUnit;
use crate::model::Timestamp;

/// The number of a date; none where it is a text that is no date.
pub(super) fn number(time: &Timestamp, unit: TimeUnit) -> Option<i64> {
    let exact = match time {
        Timestamp::Seconds(_) => None,
        Timestamp::Verbatim(text) => text.parse::<jiff::Timestamp>().ok(),
    };
    match unit {
        TimeUnit::Seconds => time.seconds(),
        TimeUnit::Milliseconds => {
            exact.map(jiff::Timestamp::as_millisecond).or_else(|| time.seconds()?.checked_mul(1_000))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_any_form_has_a_number() {
        let both = |time: &Timestamp| [number(time, TimeUnit::Seconds), number(time, TimeUnit::Milliseconds)];
        assert_eq!(both(&Timestamp::Seconds(1_458_853_550)), [Some(1_458_853_550), Some(1_458_853_550_000)]);
        let rfc_2822 = Timestamp::from_wire("Thu, 24 Mar 2016 21:05:50 +0000");
        assert_eq!(both(&rfc_2822), [Some(1_458_853_550), Some(1_458_853_550_000)]);
        let fraction = Timestamp::from_wire("2016-03-24T21:05:50.123Z");
        assert_eq!(both(&fraction)[1], Some(1_458_853_550_123));
        assert_eq!(both(&Timestamp::from_wire("yesterday")), [None, None]);
    }
}
