//! Rows in the binary form of `COPY`.
//!
//! **Invariant:** a text is what it was, except that U+0000, which PostgreSQL cannot store, is U+FFFD.

use crate::export::formats::milliseconds;
use crate::mapping::{ColumnType, MappedRecord, MappedRow, Value};

/// What every such stream begins with: the signature, no flags, no extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
pub(super) const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Microseconds from 1970 to 2000, where PostgreSQL's time begins.
const EPOCH: i64 = 946_684_800_000_000;

const NULL: i32 = -1;

/// Encodes the rows of a record.
pub(super) struct RowEncoder {
    types: Vec<ColumnType>,
    fields: i16,
    run: i64,
    /// Texts in which U+0000 was replaced.
    pub(super) replaced: u64,
}

impl RowEncoder {
    /// For rows of a crawl that began then.
    pub(super) fn new(record: &MappedRecord, run: jiff::Timestamp) -> Self {
        let types: Vec<ColumnType> = record.columns.iter().map(|column| column.column_type).collect();
        let fields = i16::try_from(types.len() + 1).unwrap_or(i16::MAX); // the server takes 1,600
        Self { types, fields, run: run.as_microsecond() - EPOCH, replaced: 0 }
    }

    pub(super) fn push(&mut self, out: &mut Vec<u8>, row: &MappedRow<'_>) {
        out.extend_from_slice(&self.fields.to_be_bytes());
        push_field(out, &self.run.to_be_bytes());
        for (position, value) in row.values().enumerate() {
            let column_type = self.types[position];
            match (column_type, value) {
                (_, Value::Null) => push_null(out),
                (ColumnType::String, value) => match value.to_text() {
                    Some(text) => self.push_text(out, &text),
                    None => push_null(out),
                },
                (ColumnType::Object | ColumnType::Array | ColumnType::Json, Value::Json(text))
                    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() =>
                {
                    push_field(out, text.as_bytes());
                }
                (ColumnType::Object | ColumnType::Array | ColumnType::Json, value) => {
                    push_field(out, value.to_json().to_string().as_bytes());
                }
                (ColumnType::Integer, Value::Integer(value)) => push_field(out, &value.to_be_bytes()),
                (ColumnType::Number, Value::Number(value)) => push_field(out, &value.to_be_bytes()),
                #[expect(clippy::cast_precision_loss, reason = "the column is a number with a fraction")]
                (ColumnType::Number, Value::Integer(value)) => push_field(out, &(value as f64).to_be_bytes()),
                (ColumnType::Boolean, Value::Boolean(value)) => push_field(out, &[u8::from(value)]),
                (ColumnType::Datetime, Value::Time(time)) => {
                    let microseconds = milliseconds(time).and_then(|time| time.checked_mul(1_000));
                    match microseconds.and_then(|time| time.checked_sub(EPOCH)) {
                        Some(time) => push_field(out, &time.to_be_bytes()),
                        None => push_null(out),
                    }
                }
                // A value of another type, which a mapping that loaded does not have.
                (
                    ColumnType::Integer | ColumnType::Number | ColumnType::Boolean | ColumnType::Datetime,
                    _,
                ) => {
                    push_null(out);
                }
            }
        }
    }

    fn push_text(&mut self, out: &mut Vec<u8>, text: &str) {
        if text.contains('\0') {
            self.replaced += 1;
            push_field(out, text.replace('\0', "\u{fffd}").as_bytes());
        } else {
            push_field(out, text.as_bytes());
        }
    }
}

fn push_null(out: &mut Vec<u8>) {
    out.extend_from_slice(&NULL.to_be_bytes());
}

fn push_field(out: &mut Vec<u8>, bytes: &[u8]) {
    // A text of two GiB is longer than an answer may be.
    let length = i32::try_from(bytes.len()).unwrap_or(NULL);
    out.extend_from_slice(&length.to_be_bytes());
    if length >= 0 {
        out.extend_from_slice(bytes);
    }
}
