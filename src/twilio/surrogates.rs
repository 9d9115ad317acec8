//! Texts that hold half of a UTF-16 surrogate pair, as a client makes that cuts an emoji in two.
//!
//! JSON can write such a half (`\ud83d`), and no Rust text can hold it. It becomes U+FFFD, and everything around it stays.

use std::borrow::Cow;

/// The JSON with U+FFFD for each unpaired half; borrowed where there is none.
pub(crate) fn repaired(json: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    let bytes = json.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            at += 1;
            continue;
        }
        let Some(half) = unit(bytes, at) else {
            at += 2; // an escape of one character, such as `\\` or `\"`
            continue;
        };
        let is_pair =
            is_leading(half) && unit(bytes, at + UNIT).is_some_and(|next| (0xdc00..=0xdfff).contains(&next));
        if is_pair {
            at += 2 * UNIT;
            continue;
        }
        if (0xd800..=0xdfff).contains(&half) {
            out.push_str(json.get(copied..at).unwrap_or_default());
            out.push_str("\\ufffd");
            copied = at + UNIT;
        }
        at += UNIT;
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(json.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// The length of an escape such as `\ud83d`.
const UNIT: usize = 6;

/// The UTF-16 unit that is escaped at a position.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + UNIT)?.strip_prefix(b"\\u")?;
    let digits =
        std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

fn is_leading(unit: u16) -> bool {
    (0xd800..=0xdbff).contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_becomes_the_replacement_character_and_the_rest_stays() {
        for (json, expected) in [
            (r#""cut \ud83d""#, r#""cut \ufffd""#),
            (r#""\uDE00 back""#, r#""\ufffd back""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\n\ud83dx\u0041""#, r#""\ufffd\n\ufffdx\u0041""#),
            (r#"{"a": "\ude00", "ä\ud800": 1}"#, r#"{"a": "\ufffd", "ä\ufffd": 1}"#),
        ] {
            assert_eq!(repaired(json), expected);
            assert!(serde_json::from_str::<serde_json::Value>(&repaired(json)).is_ok());
        }
    }

    #[test]
    fn a_pair_and_a_backslash_before_a_u_are_left_alone() {
        for json in [r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\\\\ud83d \" \u00e9""#, r#""\u12""#, "\"\\", ""]
        {
            assert!(matches!(repaired(json), Cow::Borrowed(same) if same == json), "{json}");
        }
    }
}
