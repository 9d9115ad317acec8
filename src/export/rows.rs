//! Feeds the rows of one record to all its writers, in one walk.

use std::io::{self, Write};

use serde::Serialize;

use super::error::ExportError;
use super::formats::RowWriter;
use super::select::{SelectedRecord, walk_of};
use super::source::RowSource;
use crate::event::{Event, Events};
use crate::mapping::{CellError, ColumnType, Evaluator, RowOutcome, UnwrittenFields, Value};
use crate::model::Timestamp;

/// How many rows pass between two progress events.
const ROWS_PER_EVENT: u64 = 1 << 16;
/// How many failed rows are listed; the others are only counted. Memory must not grow with the data.
const LISTED: usize = 1_000;

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
    fn odd_date(&mut self, position: usize, text: &str) {
        if text.parse::<jiff::Timestamp>().is_ok() {
            return;
        }
        if !self.odd_dates.contains(&position) {
            self.odd_dates.push(position);
        }
        self.unreadable_dates += u64::from(Timestamp::Verbatim(text.into()).seconds().is_none());
    }

    fn failed(&mut self, error: CellError, skipped: bool) {
        *(if skipped { &mut self.skipped } else { &mut self.nulled }) += 1;
        if self.failures.len() < LISTED {
            let CellError { subject, place, message, .. } = error;
            self.failures.push(RowFailure { subject, place, message, skipped });
        }
    }
}

/// Feeds every row of a record to all writers. `failed` says what a failure of the writer at a position is.
pub(super) fn pass<W: Write>(
    source: &impl RowSource,
    selected: &SelectedRecord<'_>,
    writers: &mut [Box<dyn RowWriter<W> + '_>],
    events: &Events,
    failed: impl Fn(usize, io::Error) -> ExportError,
) -> Result<RowsPassed, ExportError> {
    let record = selected.record;
    let mut passed = RowsPassed::default();
    let positions = |is_wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..record.columns.len()).filter(|&position| is_wanted(position)).collect()
    };
    let dates = positions(&|position| record.columns[position].column_type == ColumnType::Datetime);
    let key = positions(&|position| record.key.contains(&record.columns[position].name));
    let unwritten = UnwrittenFields::of(record);
    let mut evaluator = Evaluator::new(record);
    source.walk(&walk_of(record), &mut |records| {
        match evaluator.evaluate(records).map_err(ExportError::Row)? {
            RowOutcome::Filtered => {
                passed.filtered += 1;
                return Ok(());
            }
            RowOutcome::Skipped(error) => {
                passed.failed(error, true);
                return Ok(());
            }
            RowOutcome::Row(errors) => errors.into_iter().for_each(|error| passed.failed(error, false)),
        }
        let row = evaluator.row(records);
        for (position, writer) in writers.iter_mut().enumerate() {
            writer.row(&row).map_err(|source| failed(position, source))?;
        }
        for &position in &dates {
            if let Value::Time(Timestamp::Verbatim(text)) = row.value(position) {
                passed.odd_date(position, text);
            }
        }
        passed.null_in_key |= key.iter().any(|&position| row.value(position) == Value::Null);
        passed.rows += 1;
        passed.with_unwritten_fields += u64::from(unwritten.are_in(records));
        if passed.rows.is_multiple_of(ROWS_PER_EVENT) {
            events.send(Event::Exporting { record: record.name.clone(), rows: passed.rows });
        }
        Ok(())
    })?;
    events.send(Event::Exporting { record: record.name.clone(), rows: passed.rows });
    Ok(passed)
}
