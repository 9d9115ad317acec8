//! Feeds the rows of one record to what writes them, in one walk.

use std::sync::Arc;

use super::error::ExportError;
use super::lists::ListReader;
use super::passed::{RowsPassed, TakeRow};
use super::select::walk_of;
use super::source::RowSource;
use super::unique::UniqueValues;
use crate::event::{Event, Events};
use crate::mapping::{ColumnType, Evaluator, MappedRecord, RowOutcome, UnwrittenFields, Value};
use crate::model::{Entity, Timestamp};

/// How many rows pass between two progress events.
const ROWS_PER_EVENT: u64 = 1 << 16;

/// The lists of a record, without a count of their items.
pub(crate) fn lists_of<'m>(
    source: &impl RowSource,
    record: &'m MappedRecord,
) -> Result<Vec<ListReader<'m>>, ExportError> {
    let mut lists = Vec::new();
    for list in &record.lists {
        let feed =
            |record: &MappedRecord, take: &mut TakeRow<'_>| pass(source, record, &Events::none(), take);
        lists.push(ListReader::collect(list, record.entity, feed)?.0);
    }
    Ok(lists)
}

/// Feeds every row of a record to what writes them.
pub(super) fn pass(
    source: &impl RowSource,
    record: &MappedRecord,
    events: &Events,
    write: &mut TakeRow<'_>,
) -> Result<RowsPassed, ExportError> {
    let mut passed = RowsPassed::default();
    let positions = |is_wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..record.columns.len()).filter(|&position| is_wanted(position)).collect()
    };
    let dates = positions(&|position| record.columns[position].column_type == ColumnType::Datetime);
    let key = positions(&|position| record.key.contains(&record.columns[position].name));
    let unwritten = UnwrittenFields::of(record);
    let mut unique = UniqueValues::of(record);
    let mut evaluator = Evaluator::new(record);
    let mut lists = Vec::new();
    for list in &record.lists {
        let feed = |record: &MappedRecord, take: &mut TakeRow<'_>| pass(source, record, events, take);
        let (reader, of_list) = ListReader::collect(list, record.entity, feed)?;
        passed.lists.insert(list.record.name.clone(), of_list);
        lists.push(reader);
    }
    if record.has_no_rows() && !record.other_members && record.entity != Entity::Service {
        passed.filtered = source.count(record.entity)?;
        events.send(Event::Exporting { record: record.name.clone(), rows: 0 });
        return Ok(passed);
    }
    source.walk(&walk_of(record), &mut |records| {
        lists.iter_mut().try_for_each(|list| list.enter(records))?;
        let mut is_first = true;
        loop {
            if !lists.is_empty() {
                evaluator.set_lists(lists.iter().map(ListReader::text).collect::<Vec<Arc<str>>>());
            }
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
            write(&row, records)?;
            for &position in &dates {
                if let Value::Time(Timestamp::Verbatim(text)) = row.value(position) {
                    passed.odd_date(position, text);
                }
            }
            passed.null_in_key |= key.iter().any(|&position| row.value(position) == Value::Null);
            passed.rows += 1;
            if is_first {
                unique.take(source, &evaluator, records)?;
                passed.with_unwritten_fields += u64::from(unwritten.are_in(records));
            }
            if passed.rows.is_multiple_of(ROWS_PER_EVENT) {
                events.send(Event::Exporting { record: record.name.clone(), rows: passed.rows });
            }
            // A list that is longer than one row may have makes further rows.
            is_first = false;
            if !lists.iter().any(ListReader::has_more) {
                return Ok(());
            }
            lists.iter_mut().try_for_each(ListReader::take)?;
        }
    })?;
    events.send(Event::Exporting { record: record.name.clone(), rows: passed.rows });
    Ok(passed)
}
