//! JSON that Twilio sent and that is kept as JSON: such that any reader of JSON takes it.
//!
//! Two things are JSON by its grammar and are refused by most readers, this program's own among them: half of a surrogate pair in a
//! text, and values within values within values. Whoever sends them must not make a record that cannot be read again.

use std::borrow::Cow;

use crate::twilio::surrogates::repaired;

/// The most levels of a value; readers stop at 128, and a value stands within others.
const LEVELS: usize = 100;

/// A JSON text as it can be kept: half of a surrogate pair is U+FFFD, and a value of too many levels is the text that was sent, as a string.
pub(super) fn legible(json: &str) -> Cow<'_, str> {
    let json = repaired(json);
    if levels(&json) > LEVELS { Cow::Owned(json_string(&json)) } else { json }
}

pub(super) fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The most levels of arrays and objects around anything in a JSON text.
fn levels(json: &str) -> usize {
    let (mut level, mut most, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                level += 1;
                most = most.max(level);
            }
            b']' | b'}' if !in_text => level = level.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_can_be_read_again() {
        let nested = |levels: usize| format!("{}\"]}}\"{}", "[".repeat(levels), "]".repeat(levels));
        for json in [nested(3), nested(100), nested(101), nested(5_000), r#"{"a":"\ud800 [\"{"}"#.to_owned()]
        {
            let kept = legible(&json);
            let read: serde_json::Value = serde_json::from_str(&kept).unwrap();
            assert_eq!(read.is_string(), levels(&json) > LEVELS, "{json}");
        }
        assert_eq!(legible(r#"{"a": [1, "]"]}"#), r#"{"a": [1, "]"]}"#);
        assert_eq!((levels("1"), levels(r#""[[""#), levels(r#"[{"a\"[":[]}]"#)), (0, 0, 3));
    }
}
