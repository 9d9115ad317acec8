//! Writes JSON straight into a text, without a tree in between: a page is one allocation.
//!
//! Deliberately not serde: the simulator states each key where the OpenAPI description states it, and shares
//! no type with the client.

use std::fmt::{Display, Write as _};

use super::data::record::LONE_SURROGATES;

#[derive(Debug)]
pub(crate) struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, empty: true }
    }

    /// Writes a key; the caller writes the value.
    pub(crate) fn value(&mut self, key: &str) -> &mut String {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
        self.out
    }

    /// A key that may need escapes, with its JSON.
    pub(crate) fn member(&mut self, key: &str, json: &str) {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        string(key, self.out);
        self.out.push(':');
        self.out.push_str(json);
    }

    /// A text that may need escapes.
    pub(crate) fn text(&mut self, key: &str, text: &str) {
        string(text, self.value(key));
    }

    pub(crate) fn optional_text(&mut self, key: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(key, text),
            None => self.null(key),
        }
    }

    /// A text that needs no escapes, written by parts: SIDs and URLs.
    pub(crate) fn plain(&mut self, key: &str, write: impl FnOnce(&mut String)) {
        let out = self.value(key);
        out.push('"');
        write(out);
        out.push('"');
    }

    /// A number, or anything whose display is JSON.
    pub(crate) fn number(&mut self, key: &str, number: impl Display) {
        write!(self.value(key), "{number}").expect("writing to a text cannot fail");
    }

    pub(crate) fn optional_number(&mut self, key: &str, number: Option<impl Display>) {
        match number {
            Some(number) => self.number(key, number),
            None => self.null(key),
        }
    }

    pub(crate) fn optional_boolean(&mut self, key: &str, value: Option<bool>) {
        self.raw(key, value.map_or("null", |value| if value { "true" } else { "false" }));
    }

    pub(crate) fn texts<'b>(&mut self, key: &str, texts: impl Iterator<Item = &'b str>) {
        let out = self.value(key);
        out.push('[');
        for (place, text) in texts.enumerate() {
            if place > 0 {
                out.push(',');
            }
            string(text, out);
        }
        out.push(']');
    }

    pub(crate) fn raw(&mut self, key: &str, json: &str) {
        self.value(key).push_str(json);
    }

    pub(crate) fn null(&mut self, key: &str) {
        self.raw(key, "null");
    }

    pub(crate) fn close(self) {
        self.out.push('}');
    }
}

/// Writes a JSON string with the escapes that JSON demands.
pub(crate) fn string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{10F000}'..='\u{10F7FF}' => {
                let half = u32::from(character) - LONE_SURROGATES + 0xD800;
                write!(out, "\\u{half:04x}").expect("writing to a text cannot fail");
            }
            control if control < ' ' => {
                write!(out, "\\u{:04x}", u32::from(control)).expect("writing to a text cannot fail");
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let hostile = "a\"b\\c\nd\te\u{1}f\u{0} 🦊 \u{202e}x";
        let mut out = String::new();
        let mut object = Object::open(&mut out);
        object.text("text", hostile);
        object.optional_text("none", None);
        object.number("number", -5);
        object.optional_boolean("yes", Some(true));
        object.close();
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value, serde_json::json!({"text": hostile, "none": null, "number": -5, "yes": true}));
    }
}
