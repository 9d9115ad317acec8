//! CSV as RFC 4180 has it, with LF line ends.
//!
//! Why an encoder of its own: null and the empty text must stay different, and no CSV library decides on quotes by cell. Here
//! null is nothing between two commas and the empty text is `""`, which is how PostgreSQL, DuckDB and Python's
//! `QUOTE_NOTNULL` read them; everyone else sees an empty cell in both.
//!
//! Objects and arrays are their JSON text.
//!
//! **Invariant:** with `spreadsheet_safe`, no text cell begins with a character that makes spreadsheets take it for a formula; an
//! apostrophe is put in front. Numbers, SIDs and well-formed dates cannot be formulas and stay as they are.

use std::io::{self, Write};

use super::output::Output;
use super::row_writer::RowWriter;
use crate::mapping::{MappedColumn, MappedRow, Value, push_seconds, push_sid};
use crate::model::Timestamp;
use crate::model::spreadsheet::is_formula;

/// How CSV is written.
#[derive(Debug, Clone, Copy)]
pub(in crate::export) struct CsvOptions {
    pub(in crate::export) spreadsheet_safe: bool,
}

pub(super) struct CsvWriter<W: Write> {
    output: Output<W>,
    spreadsheet_safe: bool,
}

impl<W: Write> CsvWriter<W> {
    /// Starts a file with its header.
    pub(super) fn new(columns: &[MappedColumn], options: CsvOptions, mut output: Output<W>) -> Self {
        for (position, column) in columns.iter().enumerate() {
            if position > 0 {
                output.buffer.push(b',');
            }
            push_text(&mut output.buffer, &column.name, options.spreadsheet_safe);
        }
        output.buffer.push(b'\n');
        Self { output, spreadsheet_safe: options.spreadsheet_safe }
    }
}

impl<W: Write> RowWriter<W> for CsvWriter<W> {
    fn row(&mut self, row: &MappedRow<'_>) -> io::Result<()> {
        let out = &mut self.output.buffer;
        for (position, value) in row.values().enumerate() {
            if position > 0 {
                out.push(b',');
            }
            match value {
                // A line of nothing at all would not be a row to any reader.
                Value::Null if row.columns.len() == 1 => out.extend_from_slice(b"\"\""),
                Value::Null => {}
                Value::Boolean(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
                Value::Integer(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
                Value::Number(value) => serde_json::to_writer(&mut *out, &value)?,
                Value::Sid(prefix, digits) => push_sid(out, prefix, digits),
                Value::Time(Timestamp::Seconds(seconds)) if push_seconds(out, *seconds) => {}
                Value::Time(time) => push_text(out, &time.to_string(), self.spreadsheet_safe),
                Value::Text(text) | Value::Json(text) => {
                    push_text(out, text, self.spreadsheet_safe);
                }
                Value::List(texts) => {
                    push_text(out, &serde_json::to_string(texts)?, self.spreadsheet_safe);
                }
            }
        }
        out.push(b'\n');
        self.output.row_done()
    }

    fn finish(self: Box<Self>) -> io::Result<Output<W>> {
        Ok(self.output)
    }
}

/// Writes a text cell, quoted where it must be.
fn push_text(out: &mut Vec<u8>, text: &str, spreadsheet_safe: bool) {
    let defused = spreadsheet_safe && is_formula(text);
    let quoted = text.is_empty() || text.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\n' | b'\r'));
    if quoted {
        out.push(b'"');
    }
    if defused {
        out.push(b'\'');
    }
    let mut rest = text.as_bytes();
    while let Some(position) = if quoted { rest.iter().position(|&byte| byte == b'"') } else { None } {
        let (before, after) = rest.split_at(position + 1);
        out.extend_from_slice(before);
        out.push(b'"');
        rest = after;
    }
    out.extend_from_slice(rest);
    if quoted {
        out.push(b'"');
    }
}
