//! Finds two rows of a record that have the same value in a column that is unique.
//!
//! Fingerprints of the values are kept, in bounded memory. Two that are equal are looked for by a second walk, which gives the names of
//! both rows, or finds that their values differ after all.

use sha2::{Digest as _, Sha256};

use super::error::ExportError;
use super::select::walk_of;
use super::source::RowSource;
use crate::mapping::{Evaluator, MappedRecord, RowOutcome, Unique, Value, row_sid};
use crate::model::{RowRecords, ServiceSid};
use crate::storage::NumberSet;

/// The values of a record's unique columns.
#[derive(Debug)]
pub(super) struct UniqueValues<'m> {
    record: &'m MappedRecord,
    columns: Vec<(usize, NumberSet)>,
}

impl<'m> UniqueValues<'m> {
    pub(super) fn of(record: &'m MappedRecord) -> Self {
        let columns = record.columns.iter().enumerate().filter(|(_, column)| column.unique != Unique::No);
        Self { record, columns: columns.map(|(position, _)| (position, NumberSet::default())).collect() }
    }

    /// Takes the values of a row.
    pub(super) fn take(
        &mut self,
        source: &impl RowSource,
        evaluator: &Evaluator<'_>,
        records: &RowRecords<'_>,
    ) -> Result<(), ExportError> {
        for (column, seen) in &mut self.columns {
            let Some(value) = evaluator.row(records).value(*column).to_text() else { continue };
            let mut digest = Sha256::new_with_prefix(value.as_bytes());
            if self.record.columns[*column].unique == Unique::InService {
                digest.update([0]);
                digest.update(records.service.sid.to_string());
            }
            let mut fingerprint = [0; 16];
            fingerprint.copy_from_slice(digest.finalize().get(..16).unwrap_or_default());
            let is_new = seen
                .insert(u128::from_be_bytes(fingerprint))
                .map_err(|error| ExportError::Temporary(error.into()))?;
            if is_new {
                continue;
            }
            if let Some(first) = first_with(source, self.record, *column, &value, &records.service.sid)? {
                let named = |original: &str, sid: &str| format!("{sid} (`{original}`)");
                let sid = row_sid(self.record.entity, records);
                let services = [first.service, records.service.sid.clone()];
                return Err(ExportError::NotUnique {
                    services: (services[0] != services[1])
                        .then(|| Box::new(services.map(|sid| sid.to_string()))),
                    place: format!(
                        "column `{}` of record `{}`",
                        self.record.columns[*column].name, self.record.name
                    ),
                    value: value.into_owned(),
                    first: named(&first.original, &first.sid),
                    second: named(&evaluator.original(*column, records), &sid),
                });
            }
        }
        Ok(())
    }
}

/// The first row that has a value.
struct FirstRow {
    service: ServiceSid,
    sid: String,
    /// What the value is made from.
    original: String,
}

fn first_with(
    source: &impl RowSource,
    record: &MappedRecord,
    column: usize,
    value: &str,
    service: &ServiceSid,
) -> Result<Option<FirstRow>, ExportError> {
    let mut evaluator = Evaluator::new(record);
    let mut found = None;
    let is_everywhere = record.columns[column].unique == Unique::Everywhere;
    source.walk(&walk_of(record), &mut |records| {
        let counts = is_everywhere || records.service.sid == *service;
        if counts && found.is_none() && matches!(evaluator.evaluate(records), Ok(RowOutcome::Row(_))) {
            let value_here = evaluator.row(records).value(column);
            if value_here != Value::Null && value_here.to_text().as_deref() == Some(value) {
                found = Some(FirstRow {
                    service: records.service.sid.clone(),
                    sid: row_sid(record.entity, records),
                    original: evaluator.original(column, records),
                });
            }
        }
        Ok(())
    })?;
    Ok(found)
}
