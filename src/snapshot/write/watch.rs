//! A crawl reads back what it wrote: the pages of its file are compared with what was committed.
//!
//! **Invariant:** a snapshot that changed by other means while it was crawled is never complete: the crawl ends without a verdict, the
//! file keeps that it was altered, and no later run resumes it.

use std::cell::RefCell;
use std::path::Path;

use rusqlite::Connection;

use crate::snapshot::error::SnapshotError;
use crate::snapshot::format::SNAPSHOT;
use crate::snapshot::properties;
use crate::snapshot::schema::CHECKPOINT_PAGES;
use crate::storage::{PageSums, StorageError};

/// The property of a snapshot that was altered while it was crawled.
const ALTERED: &str = "altered";

/// What the pages of a crawl's file should be; nothing for a file that is not crawled into.
#[derive(Debug, Default)]
pub(super) struct PageWatch(RefCell<Option<PageSums>>);

impl PageWatch {
    /// Begins to watch: from now on what is in the file is what this run writes.
    pub(super) fn begin(&self, connection: &Connection, path: &Path) -> Result<(), SnapshotError> {
        let wrap = |source| SnapshotError::from_sqlite(path, source);
        if properties::get(connection, ALTERED).map_err(wrap)?.is_some() {
            return Err(changed_meanwhile(path));
        }
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0").map_err(wrap)?;
        let pages = PageSums::of(path).map_err(|source| SnapshotError::file(path, source))?;
        self.0.replace(Some(pages));
        Ok(())
    }

    /// Takes note of what was committed, and moves a long log into the file.
    pub(super) fn committed(&self, connection: &Connection, path: &Path) -> Result<(), SnapshotError> {
        match self.follow(path)? {
            Some(frames) if frames >= u64::from(CHECKPOINT_PAGES) => {
                move_log(connection, path, frames).map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// Moves what was committed into the file, as far as no reader needs the log. Says whether all of it was moved.
    pub(super) fn move_log(&self, connection: &Connection, path: &Path) -> Result<bool, SnapshotError> {
        match self.follow(path)? {
            Some(frames) => move_log(connection, path, frames),
            None => connection
                .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(false))
                .map_err(|source| SnapshotError::from_sqlite(path, source)),
        }
    }

    /// Compares the file with what was written, where all of that was moved into it.
    pub(super) fn compare(
        &self,
        connection: &Connection,
        path: &Path,
        all_moved: bool,
    ) -> Result<(), SnapshotError> {
        let changed = match self.0.borrow_mut().as_mut() {
            Some(pages) => pages.changed(all_moved).map_err(|source| SnapshotError::file(path, source))?,
            None => 0,
        };
        if changed == 0 { Ok(()) } else { altered(connection, path) }
    }

    /// The frames of the log that are as they were written.
    fn follow(&self, path: &Path) -> Result<Option<u64>, SnapshotError> {
        let mut pages = self.0.borrow_mut();
        let frames = pages.as_mut().map(PageSums::follow).transpose();
        frames.map_err(|source| SnapshotError::file(path, source))
    }
}

fn move_log(connection: &Connection, path: &Path, frames: u64) -> Result<bool, SnapshotError> {
    let (log, moved) = connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        })
        .map_err(|source| SnapshotError::from_sqlite(path, source))?;
    if u64::try_from(log) == Ok(frames) { Ok(moved == log) } else { altered(connection, path) }
}

/// Ends the crawl: the file keeps that it was altered.
fn altered<T>(connection: &Connection, path: &Path) -> Result<T, SnapshotError> {
    properties::set(connection, ALTERED, "true")
        .map_err(|source| SnapshotError::from_sqlite(path, source))?;
    Err(changed_meanwhile(path))
}

fn changed_meanwhile(path: &Path) -> SnapshotError {
    StorageError::ChangedMeanwhile { kind: &SNAPSHOT, path: path.to_path_buf() }.into()
}
