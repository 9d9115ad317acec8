//! What an export reads from: a snapshot, or in tests anything that walks like one.

use super::error::ExportError;
use crate::model::RowRecords;
use crate::snapshot::{Info, Snapshot, SnapshotError, Walk};

/// Something whose records can be walked in order.
pub trait RowSource {
    fn info(&self) -> Result<Info, SnapshotError>;

    /// Visits the records of every row in order; the visitor's error ends the walk.
    fn walk(
        &self,
        walk: &Walk,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError>;
}

impl RowSource for Snapshot {
    fn info(&self) -> Result<Info, SnapshotError> {
        Snapshot::info(self)
    }

    fn walk(
        &self,
        walk: &Walk,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        Snapshot::walk(self, walk, visit)
    }
}
