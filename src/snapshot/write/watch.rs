//! A crawl reads back what it wrote: the pages of its file are compared with what was committed.
//!
//! **Invariant:** a snapshot that changed by other means while it was crawled is never complete: the crawl ends without a verdict, the
//! file keeps that it was altered, and no later run resumes it.

use crate::snapshot::error::SnapshotError;
use crate::snapshot::properties;
use crate::snapshot::schema::{CHECKPOINT_PAGES, SNAPSHOT};
use crate::snapshot::write::writer::SnapshotWriter;
use crate::storage::{PageSums, StorageError};

/// The property of a snapshot that was altered while it was crawled.
const ALTERED: &str = "altered";

impl SnapshotWriter {
    /// Begins to watch: from now on what is in the file is what this run writes.
    pub(in crate::snapshot) fn watch_pages(&self) -> Result<(), SnapshotError> {
        self.sql(|connection| connection.execute_batch("PRAGMA wal_autocheckpoint = 0"))?;
        let pages = PageSums::of(self.path()).map_err(|source| SnapshotError::file(self.path(), source))?;
        self.pages.replace(Some(pages));
        Ok(())
    }

    /// Takes note of what was committed, and moves a long log into the file.
    pub(super) fn follow_log(&self) -> Result<(), SnapshotError> {
        let Some(frames) = self.followed()? else { return Ok(()) };
        if frames >= u64::from(CHECKPOINT_PAGES) { self.move_frames(frames).map(|_| ()) } else { Ok(()) }
    }

    fn followed(&self) -> Result<Option<u64>, SnapshotError> {
        let mut pages = self.pages.borrow_mut();
        let frames = pages.as_mut().map(PageSums::follow).transpose();
        frames.map_err(|source| SnapshotError::file(self.path(), source))
    }

    /// Moves the log into the file, as far as no reader needs it. Says whether all of it was moved.
    fn move_frames(&self, frames: u64) -> Result<bool, SnapshotError> {
        let (log, moved) = self.sql(|connection| {
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
                Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
            })
        })?;
        if u64::try_from(log) == Ok(frames) { Ok(moved == log) } else { self.altered() }
    }

    /// Moves what was committed into the file. Says whether all of it was moved.
    pub(in crate::snapshot) fn move_log(&self) -> Result<bool, SnapshotError> {
        match self.followed()? {
            Some(frames) => self.move_frames(frames),
            // It is not a crawl's.
            None => self
                .sql(|connection| connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(false))),
        }
    }

    /// Compares the file with what was written, where all of that was moved into it.
    pub(in crate::snapshot) fn check_pages(&self, all_moved: bool) -> Result<(), SnapshotError> {
        let changed = match self.pages.borrow_mut().as_mut() {
            Some(pages) => {
                pages.changed(all_moved).map_err(|source| SnapshotError::file(self.path(), source))?
            }
            None => 0,
        };
        if changed == 0 { Ok(()) } else { self.altered() }
    }

    /// Ends the crawl: the file keeps that it was altered.
    fn altered<T>(&self) -> Result<T, SnapshotError> {
        self.sql(|connection| properties::set(connection, ALTERED, "true"))?;
        Err(self.changed_meanwhile())
    }

    /// Refuses a snapshot that was altered while it was crawled: what it holds is not what was received.
    pub(in crate::snapshot) fn refuse_altered(&self) -> Result<(), SnapshotError> {
        match self.sql(|connection| properties::get(connection, ALTERED))? {
            None => Ok(()),
            Some(_) => Err(self.changed_meanwhile()),
        }
    }

    fn changed_meanwhile(&self) -> SnapshotError {
        StorageError::ChangedMeanwhile { kind: &SNAPSHOT, path: self.path().to_path_buf() }.into()
    }
}
