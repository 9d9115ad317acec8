//! One row as a JSON object: every key of the record in the record's order, or without those that have null.
//!
//! **Invariant:** one row is one line. Nested JSON is passed on as the API sent it, except that line ends between its tokens
//! become spaces, and that DEL and C1 controls, which a terminal would obey, become escapes.

use std::io;

use crate::mapping::{MappedRecord, MappedRow, Value, push_seconds, push_sid};
use crate::model::Timestamp;
use crate::printable::json::escape_from;

/// Writes the rows of a record.
#[derive(Debug)]
pub(in crate::export) struct JsonRow {
    keys: Vec<JsonKey>,
    omit_null: bool,
}

/// Where a column stands in its row.
#[derive(Debug)]
struct JsonKey {
    /// The objects that it is in, each as `"name":{`.
    objects: Vec<Vec<u8>>,
    /// `"name":`
    key: Vec<u8>,
}

impl JsonRow {
    pub(in crate::export) fn new(record: &MappedRecord) -> Self {
        let keys = record.columns.iter().map(|column| JsonKey::new(&column.name, record.nested));
        Self { keys: keys.collect(), omit_null: record.omit_null }
    }

    /// Writes a row to the end of `out`, without a line end.
    pub(in crate::export) fn push(&self, out: &mut Vec<u8>, row: &MappedRow<'_>) -> io::Result<()> {
        out.push(b'{');
        let mut open: &[Vec<u8>] = &[];
        let mut is_first = true;
        for (key, value) in self.keys.iter().zip(row.values()) {
            if self.omit_null && value == Value::Null {
                continue;
            }
            if open != key.objects.as_slice() {
                let common =
                    open.iter().zip(&key.objects).take_while(|(open, object)| open == object).count();
                if open.len() > common {
                    out.extend(std::iter::repeat_n(b'}', open.len() - common));
                    is_first = false;
                }
                for object in key.objects.iter().skip(common) {
                    if !is_first {
                        out.push(b',');
                    }
                    out.extend_from_slice(object);
                    is_first = true;
                }
                open = &key.objects;
            }
            if !is_first {
                out.push(b',');
            }
            is_first = false;
            out.extend_from_slice(&key.key);
            push_value(out, value)?;
        }
        out.extend(std::iter::repeat_n(b'}', open.len() + 1));
        Ok(())
    }
}

impl JsonKey {
    fn new(name: &str, nested: bool) -> Self {
        let quoted = |name: &str, end: &[u8]| {
            let mut key = serde_json::to_vec(name).expect("text is written to memory");
            key.extend_from_slice(end);
            key
        };
        let mut parts: Vec<&str> = if nested { name.split('.').collect() } else { vec![name] };
        let last = parts.pop().unwrap_or_default();
        Self { objects: parts.into_iter().map(|part| quoted(part, b":{")).collect(), key: quoted(last, b":") }
    }
}

fn push_value(out: &mut Vec<u8>, value: Value<'_>) -> io::Result<()> {
    let start = out.len();
    let is_text = matches!(value, Value::Text(_) | Value::List(_) | Value::Json(_));
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Value::Integer(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
        Value::Number(value) => serde_json::to_writer(&mut *out, &value)?,
        Value::Sid(prefix, digits) => {
            out.push(b'"');
            push_sid(out, prefix, digits);
            out.push(b'"');
        }
        Value::Time(time) => push_time(out, time)?,
        Value::Text(text) => serde_json::to_writer(&mut *out, text)?,
        Value::List(texts) => serde_json::to_writer(&mut *out, texts)?,
        Value::Json(text) => {
            out.extend_from_slice(text.as_bytes());
            // A line end inside a JSON text is escaped, so any bare one stands between tokens.
            for byte in out.iter_mut().skip(start).filter(|byte| matches!(byte, b'\n' | b'\r')) {
                *byte = b' ';
            }
        }
    }
    if is_text {
        escape_from(out, start);
    }
    Ok(())
}

fn push_time(out: &mut Vec<u8>, time: &Timestamp) -> io::Result<()> {
    if let Timestamp::Seconds(seconds) = time {
        out.push(b'"');
        if push_seconds(out, *seconds) {
            out.push(b'"');
            return Ok(());
        }
        out.pop();
    }
    serde_json::to_writer(&mut *out, time)?;
    Ok(())
}
