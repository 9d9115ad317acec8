//! What is known of a record's rows after they have passed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::ExportError;
use crate::mapping::{CellError, MappedRow};
use crate::model::{RowRecords, Timestamp};

/// How many failed rows are listed; the others are only counted. Memory must not grow with the data.
const LISTED: usize = 1_000;

/// What takes the rows of a record, each with the records that it is made from.
pub(super) type TakeRow<'a> = dyn FnMut(&MappedRow<'_>, &RowRecords<'_>) -> Result<(), ExportError> + 'a;

/// What is known of a record's rows after all of them have passed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RowsPassed {
    pub rows: u64,
    /// How many the record's conditions left out.
    pub filtered: u64,
    /// How many rows have fields that no column writes: what the API said beyond the fields that chatferry knows.
    pub with_unwritten_fields: u64,
    /// How many were left out because an expression failed (`on_error = "skip"`).
    pub skipped: u64,
    /// How many cells are null because an expression failed (`on_error = "null"`).
    pub nulled: u64,
    /// The first of both kinds.
    pub failures: Vec<RowFailure>,
    /// How many dates are texts that are no dates: text formats have them as they came, Parquet has null.
    pub unreadable_dates: u64,
    /// The same of the lists in the rows, by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, RowsPassed>,
    /// Date columns that hold at least one text that is not RFC 3339.
    #[serde(skip)]
    pub(super) odd_dates: Vec<usize>,
    /// Whether a part of the key was null in a row, so that the key identifies nothing.
    #[serde(skip)]
    pub(super) null_in_key: bool,
}

/// A row that was left out, or a cell that is null, because an expression failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowFailure {
    /// The row's SID; for a membership `US…/CH…`.
    pub subject: String,
    /// ``column `name` ``.
    pub place: String,
    pub message: String,
    /// Whether the row was left out.
    pub skipped: bool,
}

impl RowsPassed {
    /// Looks at a date that is not in the API's usual form. It is written as it came all the same.
    pub(super) fn odd_date(&mut self, position: usize, text: &str) {
        if text.parse::<jiff::Timestamp>().is_ok() {
            return;
        }
        if !self.odd_dates.contains(&position) {
            self.odd_dates.push(position);
        }
        self.unreadable_dates += u64::from(Timestamp::Verbatim(text.into()).seconds().is_none());
    }

    pub(super) fn failed(&mut self, error: CellError, skipped: bool) {
        *(if skipped { &mut self.skipped } else { &mut self.nulled }) += 1;
        if self.failures.len() < LISTED {
            let CellError { subject, place, message, .. } = error;
            self.failures.push(RowFailure { subject, place, message, skipped });
        }
    }
}
