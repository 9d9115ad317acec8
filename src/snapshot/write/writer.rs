//! The one writer of a snapshot: opening it, transactions, and the commit of a page.
//!
//! **Invariant:** a commit is rows and cursor together. [`SnapshotWriter::store_page`] does both inside the transaction that
//! the caller opened with [`SnapshotWriter::begin`].

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::model::{
    AccountSid, Channel, Entity, Issue, IssueKind, ListPage, Records, Service, ServiceSid, Share, User,
};
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::properties::CrawlIdentity;
use crate::snapshot::schema::{self, SNAPSHOT};
use crate::snapshot::unit::{Estimate, FIRST, Target, Unit, state};
use crate::snapshot::write::carry::CarryOver;
use crate::storage::{self, Access, FileLock, PageSums, SqliteDraft};

/// The account and service that a row was sent with. Rows that follow one another nearly always have the same.
type Scope = (Option<AccountSid>, Option<ServiceSid>);

/// How many rows a full page of an entity's lists has, at the API that is read.
pub(crate) type LargestPage = fn(Entity) -> u32;

/// A snapshot opened for writing, under its lock.
#[derive(Debug)]
pub struct SnapshotWriter {
    connection: Connection,
    path: PathBuf,
    last_scope: Option<(Scope, i64)>,
    estimate: Cell<Estimate>,
    pub(in crate::snapshot) identity: CrawlIdentity,
    largest_page: LargestPage,
    /// Whether the crawl is limited to the table `focus`.
    pub(in crate::snapshot) focused: bool,
    /// The share that is read by the other route too.
    pub(in crate::snapshot) cross_check: Option<Share>,
    /// What users are carried over from, if any are.
    pub(in crate::snapshot) carry: Option<CarryOver>,
    /// What the pages of the file should be, of a crawl. After the connection, since it must outlive it.
    pub(super) pages: RefCell<Option<PageSums>>,
    /// After the connection, since it must outlive it.
    lock: Option<FileLock>,
}

/// A record that is fetched by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// A service.
    Service(Box<Service>),
    /// A user.
    User(Box<User>),
    /// A channel.
    Channel(Box<Channel>),
}

/// What a committed page was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPage {
    /// What it held.
    pub entity: Entity,
    /// Rows as received.
    pub rows: u64,
    /// The unit is complete.
    pub complete: bool,
    /// New units wait to be read.
    pub more_work: bool,
}

impl SnapshotWriter {
    /// Makes a new snapshot for a crawl. There must be no file of that name.
    pub fn create(
        path: &Path,
        identity: &CrawlIdentity,
        largest_page: LargestPage,
    ) -> Result<Self, SnapshotError> {
        Self::create_with(path, identity, largest_page, |_| Ok::<_, SnapshotError>(()))
    }

    /// Makes a new snapshot, with what else belongs to it from the beginning.
    pub(in crate::snapshot) fn create_with<E: From<SnapshotError>>(
        path: &Path,
        identity: &CrawlIdentity,
        largest_page: LargestPage,
        fill: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<Self, E> {
        let draft = SqliteDraft::begin_new(&SNAPSHOT, path, Access::Private).map_err(SnapshotError::from)?;
        let connection = schema::create(&draft, path)?;
        let mut writer = Self::new(connection, path, identity.clone(), largest_page, None);
        writer.begin()?;
        writer.write_identity(identity)?;
        writer.add_first_units(identity)?;
        fill(&mut writer)?;
        writer.commit()?;
        // A file is closed before it is renamed: SQLite remembers the name for its log.
        let wrap = |source| SnapshotError::from_sqlite(path, source);
        writer.connection = Connection::open_in_memory().map_err(wrap)?;
        writer.lock = Some(draft.publish().map_err(SnapshotError::from)?);
        writer.connection = schema::open_to_write(path)?;
        writer.sql(|connection| connection.execute_batch("PRAGMA journal_mode = WAL"))?;
        writer.watch_pages()?;
        Ok(writer)
    }

    /// Opens the snapshot of an earlier run. Nothing is written to it before [`SnapshotWriter::resume`].
    pub fn open(path: &Path, largest_page: LargestPage) -> Result<Self, SnapshotError> {
        drop(schema::open_to_read(path)?);
        let lock = storage::lock(&SNAPSHOT, path)?;
        let connection = schema::open_to_write(path)?;
        let wrap = |source| SnapshotError::from_sqlite(path, source);
        let identity = CrawlIdentity::read(&connection).map_err(wrap)?;
        let mut writer = Self::new(connection, path, identity, largest_page, Some(lock));
        writer.focused = writer.sql(crate::snapshot::write::focus::is_limited)?;
        writer.cross_check = writer.sql(crate::snapshot::completeness::cross_check::share)?;
        Ok(writer)
    }

    fn new(
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
            cross_check: None,
            carry: None,
            pages: RefCell::new(None),
            lock,
        }
    }

    /// Removes the snapshot: one that is only another reading of what can be read again.
    pub fn discard(mut self) -> Result<(), SnapshotError> {
        self.close_connection()?;
        Ok(storage::discard(&SNAPSHOT, &self.path)?)
    }

    /// Closes the file before anything but SQLite touches it.
    fn close_connection(&mut self) -> Result<(), SnapshotError> {
        self.connection =
            Connection::open_in_memory().map_err(|source| SnapshotError::from_sqlite(&self.path, source))?;
        Ok(())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a write-ahead log stands beside the file.
    pub fn has_log(&self) -> bool {
        storage::has_log(&self.path)
    }

    /// What the crawl is of.
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

    /// Commits it.
    pub fn commit(&self) -> Result<(), SnapshotError> {
        storage::kill_point("snapshot");
        self.sql(|connection| connection.execute_batch("COMMIT"))?;
        storage::kill_point("snapshot");
        self.follow_log()
    }

    /// Undoes it, as far as it was not undone already.
    pub fn rollback(&self) {
        if !self.connection.is_autocommit() {
            // A rollback fails only where SQLite has rolled back by itself.
            drop(self.connection.execute_batch("ROLLBACK"));
        }
    }

    /// Makes the finished snapshot one self-contained file, so that it can be copied and read from read-only media. While
    /// another process reads it, it stays beside its write-ahead log; a later run, or whoever closes it last, joins the two.
    pub fn close_if_free(mut self) -> Result<(), SnapshotError> {
        let is_finished = self.finished()?.is_some();
        if storage::fold_log(&SNAPSHOT, &self.path, &self.connection)? && is_finished {
            self.close_connection()?;
            storage::seal(&SNAPSHOT, &self.path)?;
        }
        Ok(())
    }

    /// Runs SQL and sorts its errors.
    pub(in crate::snapshot) fn sql<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, SnapshotError> {
        run(&self.connection).map_err(|source| SnapshotError::from_sqlite(&self.path, source))
    }

    /// Stores a page: its rows, its issues and the unit's cursor.
    pub fn store_page(&mut self, unit: &Unit, page: &ListPage) -> Result<StoredPage, SnapshotError> {
        let mut more_work = false;
        match &page.records {
            Records::Services(services) => more_work |= self.store_listed_services(services)?,
            Records::Roles(roles) => self.store_roles(unit, roles)?,
            Records::Users(users) => more_work |= self.store_users(unit, users)?,
            Records::Channels(channels) => more_work |= self.store_channels(unit, channels)?,
            Records::Memberships(memberships) => self.store_memberships(unit, memberships)?,
            Records::Members(members) => self.store_members(unit, members)?,
            Records::Invites(invites) => self.store_invites(unit, invites)?,
            Records::Messages(messages) => self.store_messages(unit, messages)?,
        }
        self.store_issues(&page.issues)?;
        let complete = page.next.is_none();
        self.advance(unit, page.received, page.next.as_deref())?;
        if complete && unit.pass > 0 {
            self.drop_former_passes(unit)?;
        }
        Ok(StoredPage { entity: unit.target.entity(), rows: page.received as u64, complete, more_work })
    }

    /// Moves the unit's cursor.
    fn advance(&self, unit: &Unit, received: usize, next: Option<&str>) -> Result<(), SnapshotError> {
        let state = if next.is_none() { state::COMPLETE } else { state::PENDING };
        let (pages, expected) = self.sql(|connection| {
            let mut statement = connection.prepare_cached(
                "UPDATE unit SET state = ?2, next = ?3, pages = pages + 1, rows = rows + ?4 WHERE id = ?1
                 RETURNING pages, expected_pages",
            )?;
            bind!(statement, unit.id.0, state, next, i64::try_from(received).unwrap_or(i64::MAX));
            let mut rows = statement.raw_query();
            let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let numbers = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
            while rows.next()?.is_some() {} // a RETURNING statement must be read to its end
            Ok(numbers)
        })?;
        let expected = if expected >= FIRST { 1 } else { expected };
        let mut estimate = self.estimate.get();
        estimate.done += 1;
        if next.is_some() && pages >= expected {
            estimate.requests += 1;
        } else if next.is_none() && pages < expected {
            estimate.requests = estimate.requests.saturating_sub((expected - pages).cast_unsigned());
        }
        if next.is_none() && unit.target.brings_work() {
            estimate.open_lists = estimate.open_lists.saturating_sub(1);
        }
        self.estimate.set(estimate);
        Ok(())
    }

    /// Stores a record that was fetched by itself; its unit is complete.
    pub fn store_detail(
        &mut self,
        unit: &Unit,
        detail: &Detail,
        issues: &[Issue],
    ) -> Result<StoredPage, SnapshotError> {
        let more_work = match detail {
            Detail::Service(service) => self.store_service(service).map(|()| false)?,
            Detail::User(user) => {
                // A user that is fetched is one of the crawl's; this notes that it was found.
                self.is_selected(user)?;
                self.store_user(unit.service, unit.pass, user)?
            }
            Detail::Channel(channel) => self.store_channel(unit.service, unit.pass, channel)?,
        };
        self.store_issues(issues)?;
        self.advance(unit, 1, None)?;
        Ok(StoredPage { entity: unit.target.entity(), rows: 1, complete: true, more_work })
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

    /// Keeps what was odd about records.
    pub(in crate::snapshot) fn store_issues(&self, issues: &[Issue]) -> Result<(), SnapshotError> {
        if issues.is_empty() {
            return Ok(());
        }
        self.sql(|connection| {
            let mut statement = connection.prepare_cached(
                "INSERT OR REPLACE INTO issue (entity, subject, field, kind, value) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for issue in issues {
                // Two unusable rows have no SID to tell them apart; the row itself does.
                let subject = match (issue.kind, issue.subject.as_str()) {
                    (IssueKind::Unusable, "") => issue.value.as_str(),
                    (_, subject) => subject,
                };
                bind!(statement, issue.entity.plural(), subject, issue.field, issue.kind.name(), issue.value);
                statement.raw_execute()?;
            }
            Ok(())
        })
    }

    /// Once a list has been read again to its end, what only its former reading had is gone.
    fn drop_former_passes(&self, unit: &Unit) -> Result<(), SnapshotError> {
        let (table, column, parent) = match unit.target {
            Target::UserChannels(..) => ("membership_row", "user", unit.parent),
            Target::Members(..) => ("member_row", "channel", unit.parent),
            Target::Invites(..) => ("invite_row", "channel", unit.parent),
            Target::Messages(..) => ("message_row", "channel", unit.parent),
            Target::Roles(_) => ("role_row", "service", unit.service),
            // Users and channels stay: units and rows refer to them. Those that are gone answer 404 and are recorded.
            _ => return Ok(()),
        };
        self.sql(|connection| {
            connection
                .prepare_cached(&format!("DELETE FROM {table} WHERE {column} = ?1 AND pass < ?2"))?
                .execute(rusqlite::params![parent, unit.pass])
        })?;
        Ok(())
    }
}

impl Drop for SnapshotWriter {
    fn drop(&mut self) {
        self.rollback();
    }
}
