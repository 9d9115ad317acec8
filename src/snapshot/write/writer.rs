//! A snapshot opened for writing: its file, its lock, its transactions.
//!
//! The other files of this folder write to it, as functions over the writer; `interface` lists them all.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::model::{AccountSid, Entity, ServiceSid, Share};
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::format::SNAPSHOT;
use crate::snapshot::properties::{self, CrawlIdentity};
use crate::snapshot::schema;
use crate::snapshot::unit::Estimate;
use crate::snapshot::write::carry::CarryOver;
use crate::snapshot::write::watch::PageWatch;
use crate::storage::{self, FileLock};

/// The account and service that a row was sent with. Rows that follow one another nearly always have the same.
type Scope = (Option<AccountSid>, Option<ServiceSid>);

/// How many rows a full page of an entity's lists has, at the API that is read.
pub(crate) type LargestPage = fn(Entity) -> u32;

/// A snapshot opened for writing, under its lock.
#[derive(Debug)]
pub struct SnapshotWriter {
    pub(super) connection: Connection,
    path: PathBuf,
    last_scope: Option<(Scope, i64)>,
    estimate: Cell<Estimate>,
    pub(in crate::snapshot) identity: CrawlIdentity,
    largest_page: LargestPage,
    /// Whether the crawl is limited to the table `focus`.
    pub(in crate::snapshot) focused: bool,
    /// Whether the crawl is of one person: of channels it reads only what is that user's.
    pub(in crate::snapshot) of_one_person: bool,
    /// The share that is read by the other route too.
    pub(in crate::snapshot) cross_check: Option<Share>,
    /// What users are carried over from, if any are.
    pub(in crate::snapshot) carry: Option<CarryOver>,
    /// After the connection, since it must outlive it.
    watch: PageWatch,
    /// After the connection, since it must outlive it.
    pub(super) lock: Option<FileLock>,
}

impl SnapshotWriter {
    /// Opens the snapshot of an earlier run. Nothing is written to it before [`SnapshotWriter::resume`].
    pub fn open(path: &Path, largest_page: LargestPage) -> Result<Self, SnapshotError> {
        drop(schema::open_to_read(path)?);
        let lock = storage::lock(&SNAPSHOT, path)?;
        let connection = schema::open_to_write(path)?;
        let wrap = |source| SnapshotError::from_sqlite(path, source);
        let identity = CrawlIdentity::read(&connection).map_err(wrap)?;
        let mut writer = Self::new(connection, path, identity, largest_page, Some(lock));
        writer.focused = writer.sql(properties::is_limited)?;
        writer.of_one_person = writer.sql(properties::is_of_one_person)?;
        writer.cross_check = writer.sql(properties::cross_check)?;
        Ok(writer)
    }

    pub(super) fn new(
        connection: Connection,
        path: &Path,
        identity: CrawlIdentity,
        largest_page: LargestPage,
        lock: Option<FileLock>,
    ) -> Self {
        Self {
            connection,
            path: path.to_path_buf(),
            last_scope: None,
            estimate: Cell::new(Estimate::default()),
            identity,
            largest_page,
            focused: false,
            of_one_person: false,
            cross_check: None,
            carry: None,
            watch: PageWatch::default(),
            lock,
        }
    }

    /// Removes the snapshot, where it can be crawled again.
    pub fn discard(mut self) -> Result<(), SnapshotError> {
        self.close_connection()?;
        Ok(storage::discard(&SNAPSHOT, &self.path)?)
    }

    /// Makes the finished snapshot one self-contained file, so that it can be copied and read from read-only media. While
    /// another process reads it, it keeps its write-ahead log; a later run, or the process that closes it last, joins the two.
    pub fn close_if_free(mut self) -> Result<(), SnapshotError> {
        let is_finished = self.sql(properties::finished)?.is_some();
        if storage::fold_log(&SNAPSHOT, &self.path, &self.connection)? && is_finished {
            self.close_connection()?;
            storage::seal(&SNAPSHOT, &self.path)?;
        }
        Ok(())
    }

    /// Closes the file before anything but SQLite touches it.
    fn close_connection(&mut self) -> Result<(), SnapshotError> {
        self.connection =
            Connection::open_in_memory().map_err(|source| SnapshotError::from_sqlite(&self.path, source))?;
        Ok(())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file has a write-ahead log.
    pub fn has_log(&self) -> bool {
        storage::has_log(&self.path)
    }

    pub fn identity(&self) -> &CrawlIdentity {
        &self.identity
    }

    /// Rows of a full page.
    pub(in crate::snapshot) fn page_of(&self, entity: Entity) -> i64 {
        i64::from((self.largest_page)(entity).max(1))
    }

    /// How much work the crawl is, as known so far.
    pub fn estimate(&self) -> Estimate {
        self.estimate.get()
    }

    pub(in crate::snapshot) fn set_estimate(&self, estimate: Estimate) {
        self.estimate.set(estimate);
    }

    /// Begins a transaction.
    pub fn begin(&self) -> Result<(), SnapshotError> {
        self.sql(|connection| connection.execute_batch("BEGIN IMMEDIATE"))
    }

    pub fn commit(&self) -> Result<(), SnapshotError> {
        storage::kill_point("snapshot");
        self.sql(|connection| connection.execute_batch("COMMIT"))?;
        storage::kill_point("snapshot");
        self.watch.committed(&self.connection, &self.path)
    }

    /// Begins to write as a crawl does: with a write-ahead log, and watching that no one else changes the file.
    pub(super) fn begin_watch(&self) -> Result<(), SnapshotError> {
        self.watch.begin(&self.connection, &self.path)
    }

    /// Moves what was committed into the file. Says whether all of it was moved.
    pub(in crate::snapshot) fn move_log(&self) -> Result<bool, SnapshotError> {
        self.watch.move_log(&self.connection, &self.path)
    }

    /// Compares the file with what was written, where all of that was moved into it.
    pub(in crate::snapshot) fn compare_pages(&self, all_moved: bool) -> Result<(), SnapshotError> {
        self.watch.compare(&self.connection, &self.path, all_moved)
    }

    /// Undoes the open transaction, if there is one.
    pub fn rollback(&self) {
        if !self.connection.is_autocommit() {
            // A rollback fails only where SQLite has rolled back by itself.
            drop(self.connection.execute_batch("ROLLBACK"));
        }
    }

    /// Runs SQL and sorts its errors.
    pub(in crate::snapshot) fn sql<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, SnapshotError> {
        run(&self.connection).map_err(|source| SnapshotError::from_sqlite(&self.path, source))
    }

    /// The number of the pair of SIDs that a row was sent with.
    pub(in crate::snapshot) fn scope(
        &mut self,
        account: Option<&AccountSid>,
        service: Option<&ServiceSid>,
    ) -> Result<i64, SnapshotError> {
        if let Some(((last_account, last_service), id)) = &self.last_scope
            && last_account.as_ref() == account
            && last_service.as_ref() == service
        {
            return Ok(*id);
        }
        let key = (account.cloned(), service.cloned());
        let id = self.scope_number(&key)?;
        self.last_scope = Some((key, id));
        Ok(id)
    }

    fn scope_number(&self, key: &Scope) -> Result<i64, SnapshotError> {
        self.sql(|connection| {
            let mut find =
                connection.prepare_cached("SELECT id FROM scope WHERE account IS ?1 AND service IS ?2")?;
            bind!(find, key.0, key.1);
            let mut rows = find.raw_query();
            if let Some(row) = rows.next()? {
                return row.get(0);
            }
            drop(rows);
            let mut insert =
                connection.prepare_cached("INSERT INTO scope (account, service) VALUES (?1, ?2)")?;
            bind!(insert, key.0, key.1);
            insert.raw_execute()?;
            Ok(connection.last_insert_rowid())
        })
    }
}

impl Drop for SnapshotWriter {
    fn drop(&mut self) {
        self.rollback();
    }
}
