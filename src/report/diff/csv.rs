//! Differences as CSV: a row for each record, and for each field that differs.

use std::io::{self, Write};

use ::csv::{Terminator, WriterBuilder};
use serde_json::Value;

use crate::diff::Difference;
use crate::printable::mask_addresses;

const HEADER: [&str; 8] = ["mark", "entity", "sid", "name", "field", "old", "new", "reason"];

/// Writes the header.
pub(super) fn header(out: &mut dyn Write) -> io::Result<()> {
    row(out, HEADER)
}

/// Writes the rows of a difference.
pub(super) fn rows(out: &mut dyn Write, difference: &Difference) -> io::Result<()> {
    let mark = difference.mark.sign().to_string();
    let name = difference.name.as_deref().unwrap_or_default();
    let reason = difference.reason.as_deref().unwrap_or_default();
    let begin = [mark.as_str(), difference.entity.plural(), &difference.sid, name];
    let mut write = |field: &str, old: &str, new: &str| {
        let [mark, entity, sid, name] = begin;
        row(out, [mark, entity, sid, name, field, old, new, reason])
    };
    if difference.changes.is_empty() {
        return write("", "", "");
    }
    difference
        .changes
        .iter()
        .try_for_each(|change| write(change.field, &text(&change.old), &text(&change.new)))
}

/// A value as its own text; null is empty.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => mask_addresses(text).into_owned(),
        other => mask_addresses(&other.to_string()).into_owned(),
    }
}

fn row(out: &mut dyn Write, fields: [&str; 8]) -> io::Result<()> {
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    writer.write_record(fields)?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    out.write_all(&bytes)
}
