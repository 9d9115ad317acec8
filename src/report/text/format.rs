//! Numbers and times as people read them. English, whatever the locale.

use std::time::Duration;

use jiff::Timestamp;

use crate::printable::{Printable, PrintableLine, Tone};

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

/// [`duration`] of seconds; what is not a duration counts as zero.
pub(crate) fn seconds(seconds: f64) -> String {
    duration(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// ` (3 hours ago)`; nothing where the time cannot be read.
pub(crate) fn age_of(time: &str, now: Timestamp) -> String {
    time.parse().map(|time| format!(" ({})", age(time, now))).unwrap_or_default()
}

/// `just now`, `5 minutes ago`, `3 hours ago`, `12 days ago`; a time to come is `in the future`.
pub(crate) fn age(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - time.as_second();
    let Ok(seconds) = u64::try_from(seconds) else { return "in the future".to_owned() };
    match seconds {
        0..60 => "just now".to_owned(),
        60..3_600 => format!("{} ago", counted(seconds / 60, "minute")),
        3_600..172_800 => format!("{} ago", counted(seconds / 3_600, "hour")),
        _ => format!("{} ago", counted(seconds / 86_400, "day")),
    }
}

/// `1.5 MB`, in decimal units; below a thousand, `812 bytes`.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "KB")];
    match UNITS.into_iter().find(|(unit, _)| number >= *unit) {
        Some((unit, name)) => {
            format!("{}.{} {name}", count(number / unit), number % unit / (unit / 10))
        }
        None => counted(number, "byte"),
    }
}

/// A word for a shell: as it is, or in single quotes.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=,@%+".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// What to do next, with commands to copy.
pub(crate) fn next_steps(steps: impl IntoIterator<Item = String>) -> Printable {
    let line = |step: String| PrintableLine::toned(Tone::Hint, "next:").and(" ").and(&step);
    steps.into_iter().map(line).collect()
}

/// `87.5/s` below a hundred, `1,250/s` above.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second < 99.95 {
        format!("{per_second:.1}/s")
    } else {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least a hundred")]
        let rounded = per_second.round() as u64;
        format!("{}/s", count(rounded))
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
    fn a_word_can_be_given_to_a_shell() {
        for (text, word) in
            [("snapshot.db", "snapshot.db"), ("my file", "'my file'"), ("it's", r"'it'\''s'"), ("", "''")]
        {
            assert_eq!(shell_word(text), word);
        }
    }

    #[test]
    fn ages_and_sizes_are_round() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        for (seconds, text) in [
            (-5, "in the future"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_200, "2 hours ago"),
            (86_400, "24 hours ago"),
            (864_000, "10 days ago"),
        ] {
            assert_eq!(age(Timestamp::from_second(1_000_000 - seconds).unwrap(), now), text);
        }
        assert_eq!(age_of("1970-01-12T12:46:40Z", now), " (1 hour ago)");
        assert_eq!(age_of("never", now), "");
        for (number, text) in [
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_549, "1.5 KB"),
            (2_000_000, "2.0 MB"),
            (u64::MAX, "18,446,744.0 TB"),
        ] {
            assert_eq!(bytes(number), text);
        }
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
