//! A snapshot opened for reading. A crawl may go on writing to it meanwhile; what is read is one state of it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::decode::Scopes;
use super::error::SnapshotError;
use super::{properties, schema};

/// A snapshot opened for reading.
#[derive(Debug)]
pub struct Snapshot {
    pub(super) connection: Connection,
    pub(super) scopes: Scopes,
    path: PathBuf,
}

impl Snapshot {
    /// Opens a snapshot for reading.
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let wrap = |source| SnapshotError::from_sqlite(path, source);
        let connection = schema::open_to_read(path)?;
        // One transaction for as long as it is open, so that everything read is of one moment.
        connection.execute_batch("BEGIN").map_err(wrap)?;
        let scopes = Scopes::read(&connection).map_err(wrap)?;
        Ok(Self { connection, scopes, path: path.to_path_buf() })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The API that was read: `chat` or `conversations`.
    pub fn source(&self) -> Result<String, SnapshotError> {
        Ok(self.sql(|connection| properties::get(connection, "source"))?.unwrap_or_default())
    }

    /// Runs SQL and sorts its errors.
    pub(super) fn sql<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, SnapshotError> {
        run(&self.connection).map_err(|source| SnapshotError::from_sqlite(&self.path, source))
    }
}
