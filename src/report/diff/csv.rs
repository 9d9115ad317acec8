//! Differences as CSV: a row for each record, and for each field that differs.

use std::borrow::Cow;
use std::io::{self, Write};

use ::csv::{Terminator, WriterBuilder};
use serde_json::Value;

use crate::diff::Difference;
use crate::model::spreadsheet::is_formula;
use crate::printable::mask_addresses;

const HEADER: [&str; 8] = ["mark", "entity", "sid", "name", "field", "old", "new", "reason"];

pub(super) fn header(out: &mut dyn Write) -> io::Result<()> {
    row(out, HEADER)
}

pub(super) fn rows(out: &mut dyn Write, difference: &Difference, spreadsheet_safe: bool) -> io::Result<()> {
    let mark = difference.mark.sign().to_string();
    let name = difference.name.as_deref().unwrap_or_default();
    let reason = difference.reason.as_deref().unwrap_or_default();
    let begin = [mark.as_str(), difference.entity.plural(), &difference.sid, name];
    let mut write = |field: &str, old: &str, new: &str| {
        let [mark, entity, sid, name] = begin;
        if !spreadsheet_safe {
            return row(out, [mark, entity, sid, name, field, old, new, reason]);
        }
        let [sid, name, old, new, reason] = [sid, name, old, new, reason].map(defused);
        row(out, [mark, entity, &sid, &name, field, &old, &new, &reason])
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

/// A text with an apostrophe in front where a spreadsheet would take it for a formula.
fn defused(text: &str) -> Cow<'_, str> {
    if is_formula(text) { format!("'{text}").into() } else { text.into() }
}

fn row(out: &mut dyn Write, fields: [&str; 8]) -> io::Result<()> {
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    writer.write_record(fields)?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    out.write_all(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{FieldChange, Mark};
    use crate::model::Entity;

    #[test]
    fn no_text_runs_as_a_formula_if_asked_for() {
        let difference = Difference {
            mark: Mark::Different,
            entity: Entity::User,
            sid: "US1".to_owned(),
            conversation: None,
            name: Some("=cmd|' /C calc'!A0".to_owned()),
            changes: vec![FieldChange {
                field: "friendly_name",
                old: Value::from("=1+1|cmd"),
                new: Value::from("\u{ff1d}1"),
            }],
            record: None,
            reason: None,
        };
        let written = |spreadsheet_safe| {
            let mut out = Vec::new();
            rows(&mut out, &difference, spreadsheet_safe).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(false), "*,users,US1,=cmd|' /C calc'!A0,friendly_name,=1+1|cmd,\u{ff1d}1,\n");
        assert_eq!(written(true), "*,users,US1,'=cmd|' /C calc'!A0,friendly_name,'=1+1|cmd,'\u{ff1d}1,\n");
    }
}
