//! The text of `mapping list` and `mapping check`.

use super::format;
use crate::printable::{Printable, PrintableLine, Tone, json, padded};

/// A mapping's records, with what they are.
#[derive(Debug)]
pub(crate) struct ListedMapping<'m> {
    pub(crate) name: &'m str,
    pub(crate) description: &'m str,
    pub(crate) records: Vec<(&'m str, &'m str)>,
}

/// An expression that failed on a row.
#[derive(Debug)]
pub(crate) struct FailedExpression<'r> {
    pub(crate) record: &'r str,
    pub(crate) column: &'r str,
    /// `row 1 of the snapshot`
    pub(crate) on: &'r str,
    pub(crate) message: &'r str,
    /// Whether it would end an export.
    pub(crate) fatal: bool,
}

pub(crate) fn list(mapping: &ListedMapping<'_>) -> Printable {
    let mut text =
        Printable::from(PrintableLine::toned(Tone::Heading, mapping.name).and(": ").and(mapping.description));
    text.extend(
        mapping.records.iter().map(|(name, description)| format!("  {} {description}", padded(name, 20))),
    );
    text
}

/// The beginning of a check: what the mapping has.
pub(crate) fn checked(mapping: &str, records: usize, columns: usize) -> Printable {
    let (records, columns) = (records as u64, columns as u64);
    let (records, columns) = (format::counted(records, "record"), format::counted(columns, "column"));
    format!("mapping {mapping}: {records}, {columns}").into()
}

pub(crate) fn failure(failed: &FailedExpression<'_>) -> PrintableLine {
    let FailedExpression { record, column, on, message, fatal } = failed;
    let end = if *fatal { ", which would end an export" } else { "" };
    PrintableLine::from("  ")
        .and_toned(if *fatal { Tone::Bad } else { Tone::Caution }, &format!("{record}.{column}"))
        .and(&format!(" fails on {on}{end}: {message}"))
}

/// The first rows of a record.
pub(crate) fn rows(record: &str, rows: &[serde_json::Value]) -> Printable {
    let mut text = Printable::from(format!("{record}:"));
    text.extend(rows.iter().map(|row| format!("  {}", json::to_string(row).unwrap_or_default())));
    text
}

pub(crate) fn nothing_failed() -> PrintableLine {
    PrintableLine::toned(Tone::Good, "every expression works on made-up rows, with all values and with nulls")
}
