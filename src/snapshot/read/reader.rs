//! A snapshot opened for reading. A crawl may go on writing to it meanwhile; what is read is one state of it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::model::{Api, Service, ServiceSid};
use crate::snapshot::columns::StoredRecord as _;
use crate::snapshot::encode::required;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::format::SNAPSHOT;
use crate::snapshot::properties::{self, CrawlIdentity, Verdict};
use crate::snapshot::schema;
use crate::snapshot::scopes::Scopes;
use crate::storage;

/// A snapshot opened for reading.
#[derive(Debug)]
pub struct Snapshot {
    pub(in crate::snapshot) connection: Connection,
    pub(in crate::snapshot) scopes: Scopes,
    path: PathBuf,
}

impl Snapshot {
    /// Compares the file of a finished snapshot with its seal, before it is opened: reads all of it once.
    pub(crate) fn check_file(path: &Path) -> Result<(), SnapshotError> {
        Ok(storage::check_seal(&SNAPSHOT, path)?)
    }

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
    pub fn source(&self) -> Result<Api, SnapshotError> {
        self.sql(properties::source)
    }

    pub fn identity(&self) -> Result<CrawlIdentity, SnapshotError> {
        self.sql(CrawlIdentity::read)
    }

    /// Its judgement of its own completeness.
    pub fn verdict(&self) -> Result<Verdict, SnapshotError> {
        self.sql(properties::verdict)
    }

    /// Whether its crawl has ended.
    pub(crate) fn is_finished(&self) -> Result<bool, SnapshotError> {
        Ok(self.sql(properties::finished)?.is_some())
    }

    pub fn services_in(&self) -> Result<Vec<ServiceSid>, SnapshotError> {
        Ok(self.service_numbers()?.into_iter().map(|(_, sid)| sid).collect())
    }

    pub(in crate::snapshot) fn service_numbers(&self) -> Result<Vec<(i64, ServiceSid)>, SnapshotError> {
        self.sql(|connection| {
            let mut statement = connection.prepare("SELECT id, sid FROM service_row ORDER BY sid")?;
            statement.query_map([], |row| Ok((row.get(0)?, required(row, 1)?)))?.collect()
        })
    }

    /// Every service, by its number.
    pub(in crate::snapshot) fn services(&self) -> Result<Vec<(i64, Service)>, SnapshotError> {
        let sql = format!("SELECT {}, s.id FROM service_row s ORDER BY s.sid", Service::SELECT);
        let read = || {
            let mut statement = self.connection.prepare(&sql)?;
            let rows = statement.query_map([], |row| {
                Ok((row.get(Service::COLUMNS)?, Service::read(row, 0, &self.scopes)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|source| SnapshotError::from_sqlite(self.path(), source))
    }

    /// Whether the crawl has come far enough to make the indexes that a walk by channel reads.
    pub(in crate::snapshot) fn is_indexed(&self) -> Result<bool, SnapshotError> {
        self.has_both(["membership_by_channel", "user_sid_by_id"])
    }

    /// Whether the crawl has come far enough to make the indexes by identity and unique name.
    pub(in crate::snapshot) fn has_name_indexes(&self) -> Result<bool, SnapshotError> {
        self.has_both(["user_by_identity", "channel_by_unique_name"])
    }

    fn has_both(&self, indexes: [&str; 2]) -> Result<bool, SnapshotError> {
        self.sql(|connection| {
            let count = "SELECT count(*) = 2 FROM sqlite_schema WHERE name IN (?1, ?2)";
            connection.query_row(count, indexes, |row| row.get(0))
        })
    }

    /// Runs SQL and sorts its errors.
    pub(in crate::snapshot) fn sql<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, SnapshotError> {
        run(&self.connection).map_err(|source| SnapshotError::from_sqlite(&self.path, source))
    }
}
