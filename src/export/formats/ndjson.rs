//! NDJSON: one JSON object on each line, with every key of the record in the record's order.
//!
//! **Invariant:** one row is one line. Nested JSON is passed on as the API sent it, except that line ends between its tokens
//! become spaces, and that DEL and C1 controls, which a terminal would obey, become escapes.

use std::io::{self, Write};

use super::output::Output;
use super::row_writer::RowWriter;
use crate::mapping::{MappedColumn, MappedRow, Value, push_seconds, push_sid};
use crate::model::Timestamp;
use crate::printable::json::escape_from;

pub(super) struct NdjsonWriter<W: Write> {
    output: Output<W>,
    /// What precedes each value: `{"first":`, then `,"next":`.
    keys: Vec<Vec<u8>>,
}

impl<W: Write> NdjsonWriter<W> {
    pub(super) fn new(columns: &[MappedColumn], output: Output<W>) -> Self {
        let keys = columns
            .iter()
            .enumerate()
            .map(|(position, column)| {
                let mut key = vec![if position == 0 { b'{' } else { b',' }];
                serde_json::to_writer(&mut key, &column.name).expect("text is written to memory");
                key.push(b':');
                key
            })
            .collect();
        Self { output, keys }
    }
}

impl<W: Write> RowWriter<W> for NdjsonWriter<W> {
    fn row(&mut self, row: &MappedRow<'_>) -> io::Result<()> {
        let out = &mut self.output.buffer;
        for (key, value) in self.keys.iter().zip(row.values()) {
            out.extend_from_slice(key);
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
        }
        out.extend_from_slice(b"}\n");
        self.output.row_done()
    }

    fn finish(self: Box<Self>) -> io::Result<Output<W>> {
        Ok(self.output)
    }
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
