//! JSON that can be looked at in a terminal: DEL and C1 controls are escaped, which JSON itself does not ask for, and addresses are
//! without their credentials.
//!
//! **Invariant:** the value is the same but for credentials. Outside of strings JSON has none of these characters, and within them an escape is the same text.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use super::{is_obeyed, mask_addresses};

/// A value as one line of JSON.
pub(crate) fn to_string(value: &(impl Serialize + ?Sized)) -> Result<String, serde_json::Error> {
    serde_json::to_string(value).map(shown)
}

/// A value as JSON for people: a key on each line.
pub(crate) fn to_string_pretty(value: &(impl Serialize + ?Sized)) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(value).map(shown)
}

/// Writes a value as one line of JSON, without the end of the line.
pub(crate) fn to_writer(mut out: impl Write, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    out.write_all(to_string(value)?.as_bytes())
}

fn shown(json: String) -> String {
    match mask_addresses(&json) {
        Cow::Borrowed(_) => escaped(json),
        Cow::Owned(masked) => escaped(masked),
    }
}

/// JSON with escapes for all that a terminal obeys.
pub(crate) fn escaped(json: String) -> String {
    if !json.contains(is_escaped) {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for letter in json.chars() {
        if is_escaped(letter) {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(safe, "\\u{unit:04x}").expect("writing to a text cannot fail");
            }
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// Escapes DEL and C1 in the JSON that a buffer has from this place on.
pub(crate) fn escape_from(buffer: &mut Vec<u8>, start: usize) {
    let added = buffer.get(start..).unwrap_or_default();
    // DEL is 7f; C1 is c2 followed by 80 to 9f.
    if !added.iter().any(|byte| matches!(byte, 0x7f | 0xc2)) {
        return;
    }
    let has_any = added.contains(&0x7f) || added.windows(2).any(|pair| pair[0] == 0xc2 && pair[1] < 0xa0);
    if !has_any {
        return;
    }
    let added = buffer.split_off(start);
    let mut bytes = added.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.peek()) {
            (0x7f, _) => buffer.extend_from_slice(b"\\u007f"),
            (0xc2, Some(&second)) if second < 0xa0 => {
                buffer.extend_from_slice(format!("\\u{second:04x}").as_bytes());
                bytes.next();
            }
            _ => buffer.push(byte),
        }
    }
}

fn is_escaped(letter: char) -> bool {
    letter >= '\u{7f}' && is_obeyed(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn del_and_c1_are_escaped_and_the_value_is_the_same() {
        let hostile = "a\u{7f}b\u{80}c\u{9b}31m\u{a0}é\u{1b}";
        let json = to_string(hostile).unwrap();
        assert!(!json.contains(is_escaped) && json.contains("\\u009b31m"), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);

        let mut buffer = b"{\"k\":".to_vec();
        let start = buffer.len();
        serde_json::to_writer(&mut buffer, hostile).unwrap();
        escape_from(&mut buffer, start);
        assert_eq!(String::from_utf8(buffer).unwrap(), format!("{{\"k\":{json}"));
    }

    #[test]
    fn what_needs_no_escape_is_untouched() {
        let mut buffer = "\"Zoë 北京 ©\"".as_bytes().to_vec();
        escape_from(&mut buffer, 0);
        assert_eq!(buffer, "\"Zoë 北京 ©\"".as_bytes());
    }
}
