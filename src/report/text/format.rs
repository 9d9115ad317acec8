//! Numbers and times as people read them. English, and the same everywhere: no locale is asked.

use std::time::Duration;

/// `4,211`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 user`, `4,211 users`: the plural is the singular with an `s`.
pub(crate) fn counted(number: u64, singular: &str) -> String {
    if number == 1 { format!("1 {singular}") } else { format!("{} {singular}s", count(number)) }
}

/// `0.4s`, `12s`, `3m 20s`, `2h 05m`, `3d 4h`: two units at most.
pub(crate) fn duration(duration: Duration) -> String {
    let tenths = duration.as_millis().div_ceil(100);
    if tenths < 100 {
        return format!("{}.{}s", tenths / 10, tenths % 10);
    }
    // Rounded once, to seconds, so that 59.9 s is not `0m 60s`.
    let seconds = duration.as_secs() + u64::from(duration.subsec_millis() >= 500);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {:02}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d {}h", count(seconds / 86_400), seconds % 86_400 / 3_600),
    }
}

/// [`duration`] of seconds; what is no time at all is nothing.
pub(crate) fn seconds(seconds: f64) -> String {
    duration(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// `87.5/s` below a hundred, `1,250/s` above.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second < 99.95 {
        format!("{per_second:.1}/s")
    } else {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least a hundred")]
        let whole = per_second.round() as u64;
        format!("{}/s", count(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "user"), "1 user");
        assert_eq!(counted(0, "user channel"), "0 user channels");
    }

    #[test]
    fn times_have_two_units_at_most() {
        for (seconds_, text) in [
            (0.0, "0.0s"),
            (0.42, "0.5s"),
            (9.8, "9.8s"),
            (59.4, "59s"),
            (59.9, "1m 00s"),
            (200.0, "3m 20s"),
            (7_500.0, "2h 05m"),
            (273_600.0, "3d 4h"),
            (-1.0, "0.0s"),
            (f64::NAN, "0.0s"),
        ] {
            assert_eq!(seconds(seconds_), text, "{seconds_}");
        }
        assert_eq!(rate(87.53), "87.5/s");
        assert_eq!(rate(1_250.4), "1,250/s");
    }
}
