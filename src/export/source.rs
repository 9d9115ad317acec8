//! What an export reads from: a snapshot, or in tests anything that walks like one.

use tokio_util::sync::CancellationToken;

use super::error::ExportError;
use crate::model::{Entity, RowRecords};
use crate::snapshot::{Info, Snapshot, SnapshotError, Walk, WalkOrder, With};

/// Something whose records can be walked in order.
pub trait RowSource {
    fn info(&self) -> Result<Info, SnapshotError>;

    /// Visits the records of every row in order; the visitor's error ends the walk.
    fn walk(
        &self,
        walk: &Walk,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError>;

    /// How many rows a walk over an entity has.
    fn count(&self, entity: Entity) -> Result<u64, ExportError> {
        let mut count = 0;
        let walk = Walk { entity, order: WalkOrder::ByUser, with: With::default() };
        self.walk(&walk, &mut |_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }
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

    fn count(&self, entity: Entity) -> Result<u64, ExportError> {
        Ok(Snapshot::count(self, entity)?)
    }
}

/// A source whose walks end where the run is to stop.
#[derive(Debug)]
pub(crate) struct StoppableSource<'a, S> {
    pub(crate) source: &'a S,
    pub(crate) stop: CancellationToken,
}

impl<S: RowSource> RowSource for StoppableSource<'_, S> {
    fn info(&self) -> Result<Info, SnapshotError> {
        self.source.info()
    }

    fn walk(
        &self,
        walk: &Walk,
        visit: &mut dyn FnMut(&RowRecords<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        self.source.walk(walk, &mut |records| {
            if self.stop.is_cancelled() { Err(ExportError::Interrupted) } else { visit(records) }
        })
    }

    fn count(&self, entity: Entity) -> Result<u64, ExportError> {
        self.source.count(entity)
    }
}
