//! The text of `mapping list` and `mapping check`.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::format;
use crate::printable::{Printable, PrintableLine, Tone, json, padded};

/// A mapping's records, with what they are.
#[derive(Debug)]
pub(crate) struct ListedMapping<'m> {
    pub(crate) name: &'m str,
    pub(crate) description: &'m str,
    pub(crate) records: Vec<(&'m str, &'m str)>,
}

/// What a check found.
#[derive(Debug, Default, Serialize)]
pub(crate) struct MappingCheck {
    pub mapping: String,
    /// How many records and columns it has.
    pub records: usize,
    /// See `records`.
    pub columns: usize,
    /// What failed on a row.
    pub failures: Vec<FailedExpression>,
    /// The first rows of the snapshot, by record.
    pub rows: Map<String, Value>,
    /// How the lines of the snapshot's export compare with the mapping's schemas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<CheckedLines>,
}

/// Lines that were compared with a schema.
#[derive(Debug, Serialize)]
pub(crate) struct CheckedLines {
    /// The rows in them, where all lines follow their schema.
    pub rows: u64,
    /// Why an export with `--check-schema` would fail.
    pub problem: Option<String>,
}

/// An expression that failed on a row.
#[derive(Debug, Serialize)]
pub(crate) struct FailedExpression {
    pub record: String,
    /// The column, or `where`.
    pub column: String,
    pub on: TriedRow,
    pub message: String,
    /// Whether an export would end here.
    pub fatal: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum TriedRow {
    MadeUp,
    Nulls,
    /// The number of a row of the snapshot, from 1.
    OfSnapshot(usize),
}

impl fmt::Display for TriedRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MadeUp => formatter.write_str("a made-up row"),
            Self::Nulls => formatter.write_str("a made-up row of nulls"),
            Self::OfSnapshot(number) => write!(formatter, "row {number} of the snapshot"),
        }
    }
}

impl Serialize for TriedRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl MappingCheck {
    /// Whether nothing failed.
    pub(crate) fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.lines.as_ref().is_none_or(|lines| lines.problem.is_none())
    }

    pub(crate) fn text(&self) -> Printable {
        let (records, columns) = (self.records as u64, self.columns as u64);
        let (records, columns) = (format::counted(records, "record"), format::counted(columns, "column"));
        let mut text = Printable::from(format!("mapping {}: {records}, {columns}", self.mapping));
        text.extend(self.failures.iter().map(failure));
        for (record, rows) in &self.rows {
            text.push(format!("{record}:"));
            let rows = rows.as_array().map_or(&[][..], Vec::as_slice);
            text.extend(rows.iter().map(|row| format!("  {}", json::to_string(row).unwrap_or_default())));
        }
        match &self.lines {
            Some(CheckedLines { problem: Some(problem), .. }) => {
                text.push(
                    PrintableLine::from("  ")
                        .and_toned(Tone::Bad, "an export would end here")
                        .and(": ")
                        .and(problem),
                );
            }
            Some(CheckedLines { rows, problem: None }) => {
                let rows = format::counted(*rows, "row");
                text.push(PrintableLine::toned(
                    Tone::Good,
                    &format!("the lines of {rows} follow their schema"),
                ));
            }
            None => {}
        }
        if self.failures.is_empty() {
            text.push(PrintableLine::toned(
                Tone::Good,
                "every expression works on made-up rows, with all values and with nulls",
            ));
        }
        text
    }
}

/// The cell of an expression that failed, among the rows that are shown.
pub(crate) fn failed_cell(message: &str) -> String {
    format!("⚠ {message}")
}

pub(crate) fn list(mapping: &ListedMapping<'_>) -> Printable {
    let mut text =
        Printable::from(PrintableLine::toned(Tone::Heading, mapping.name).and(": ").and(mapping.description));
    text.extend(
        mapping.records.iter().map(|(name, description)| format!("  {} {description}", padded(name, 20))),
    );
    text
}

fn failure(failed: &FailedExpression) -> PrintableLine {
    let FailedExpression { record, column, on, message, fatal } = failed;
    let end = if *fatal { ", which would end an export" } else { "" };
    PrintableLine::from("  ")
        .and_toned(if *fatal { Tone::Bad } else { Tone::Caution }, &format!("{record}.{column}"))
        .and(&format!(" fails on {on}{end}: {message}"))
}
