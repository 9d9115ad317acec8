//! Finds what the API said of a record and an export does not write.

use super::field_info::FieldInfo;
use super::record::{MappedColumn, MappedRecord};
use crate::model::{Entity, RowRecords};

/// Finds rows that have fields which no column of a record writes.
#[derive(Debug)]
pub(crate) struct UnwrittenFields {
    walked: Entity,
    /// Whether a column has all of `extra`, or an expression may.
    all: bool,
    names: Vec<&'static str>,
}

impl UnwrittenFields {
    pub(crate) fn of(record: &MappedRecord) -> Self {
        let fields: Vec<&FieldInfo> = record.columns.iter().flat_map(MappedColumn::reads).collect();
        Self {
            walked: record.entity,
            all: fields.iter().any(|field| field.name == "extra"),
            names: fields.iter().map(|field| field.name).collect(),
        }
    }

    pub(crate) fn are_in(&self, records: &RowRecords<'_>) -> bool {
        let Some(extra) = records.extra(self.walked).filter(|_| !self.all) else { return false };
        let keys = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&extra.0);
        // What cannot be read is not written either.
        keys.map_or(true, |keys| keys.keys().any(|key| !self.names.contains(&key.as_str())))
    }
}
