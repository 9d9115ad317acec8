//! One service of a snapshot, with what a comparison needs besides ordered walks: records by their SIDs and by the names that
//! applications know them by.
//!
//! **Invariant:** lookups by identity and unique name go over indexes: those that a crawl makes when it ends, or ones made once in a
//! temporary file of SQLite's own. A snapshot is only read, and memory does not grow with the data.

use std::rc::Rc;

use rusqlite::Connection;

use crate::model::{AccountSid, Channel, ChannelSid, RowRecords, Service, ServiceSid, User, UserSid};
use crate::snapshot::columns::StoredRecord;
use crate::snapshot::encode::{Bind, bind, bind_two, optional};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::read::walk;
use crate::snapshot::read::walk_row::Walk;

/// One service of a snapshot.
#[derive(Debug)]
pub struct ServiceView<'s> {
    pub(in crate::snapshot) snapshot: &'s Snapshot,
    pub(in crate::snapshot) number: i64,
    pub(in crate::snapshot) service: Rc<Service>,
    pub(in crate::snapshot) account: AccountSid,
    /// Whether memberships can be read by channel from the index that a crawl makes when it ends.
    pub(in crate::snapshot) indexed: bool,
    /// Whether users and channels can be found by name over the indexes that a crawl makes when it ends.
    pub(in crate::snapshot) has_name_indexes: bool,
}

/// How many users of a channel, or channels of a user, there are by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JoinedCount {
    /// With the status `joined`.
    pub joined: u64,
    /// With the status `invited`.
    pub invited: u64,
}

/// The account of a service: the one that was crawled, where Conversations left it out of the record.
pub(in crate::snapshot) fn account_of(
    snapshot: &Snapshot,
    service: &Service,
) -> Result<AccountSid, SnapshotError> {
    match &service.account_sid {
        Some(account) => Ok(account.clone()),
        None => Ok(snapshot.identity()?.account_sid),
    }
}

/// A service of a snapshot; none where the snapshot does not have it.
pub(in crate::snapshot) fn of<'s>(
    snapshot: &'s Snapshot,
    sid: &ServiceSid,
) -> Result<Option<ServiceView<'s>>, SnapshotError> {
    let found = snapshot.services()?.into_iter().find(|(_, service)| service.sid == *sid);
    let Some((number, service)) = found else { return Ok(None) };
    let account = account_of(snapshot, &service)?;
    let indexed = snapshot.is_indexed()?;
    let has_name_indexes = snapshot.has_name_indexes()?;
    snapshot.sql(|connection| {
        if !has_name_indexes {
            make_name_tables(connection)?;
        }
        if indexed { Ok(()) } else { make_index_by_channel(connection) }
    })?;
    Ok(Some(ServiceView { snapshot, number, service: Rc::new(service), account, indexed, has_name_indexes }))
}

/// Temporary objects are in files of SQLite's own, so they are possible in a file that is opened only for reading. Rows come in the
/// order of the tables' keys: in any other, a table that is larger than the cache is read and written again for each of them.
fn make_name_tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS user_name (service INTEGER, identity TEXT, id INTEGER,
           PRIMARY KEY (service, identity, id)) WITHOUT ROWID;
         INSERT OR IGNORE INTO temp.user_name SELECT service, identity, id FROM main.user_row
           WHERE listed AND identity IS NOT NULL ORDER BY service, identity, id;
         CREATE TEMP TABLE IF NOT EXISTS channel_name (service INTEGER, unique_name TEXT, id INTEGER,
           PRIMARY KEY (service, unique_name, id)) WITHOUT ROWID;
         INSERT OR IGNORE INTO temp.channel_name SELECT service, unique_name, id FROM main.channel_row
           WHERE listed AND unique_name IS NOT NULL ORDER BY service, unique_name, id;",
    )
}

/// A crawl that was broken off has no index by channel.
pub(in crate::snapshot) fn make_index_by_channel(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS by_channel (service INTEGER, channel_sid, member_sid, user INTEGER,
           PRIMARY KEY (service, channel_sid, user)) WITHOUT ROWID;
         INSERT OR IGNORE INTO temp.by_channel SELECT service, channel_sid, member_sid, user FROM main.membership_row
           ORDER BY service, channel_sid, user;",
    )
}

impl ServiceView<'_> {
    /// The service's own record.
    pub fn record(&self) -> &Service {
        &self.service
    }

    pub fn account(&self) -> &AccountSid {
        &self.account
    }

    /// [`Snapshot::walk`] over this service only.
    pub fn walk<E: From<SnapshotError>>(
        &self,
        walk: Walk,
        mut visit: impl FnMut(&RowRecords<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        walk::walk(self.snapshot, walk, Some(self.number), &mut visit)
    }

    pub fn user(&self, sid: &UserSid) -> Result<Option<User>, SnapshotError> {
        self.find("user_row u WHERE service = ?1 AND sid = ?2 AND listed", sid)
    }

    /// The user of an identity. Should there be two, the one that was crawled first.
    pub fn user_of_identity(&self, identity: &str) -> Result<Option<User>, SnapshotError> {
        let rows = if self.has_name_indexes {
            "user_row u INDEXED BY user_by_identity
             WHERE u.identity = ?2 AND u.service = ?1 AND u.listed ORDER BY u.id LIMIT 1"
        } else {
            "temp.user_name n CROSS JOIN user_row u ON u.id = n.id
             WHERE n.service = ?1 AND n.identity = ?2 ORDER BY n.id LIMIT 1"
        };
        self.find(rows, identity)
    }

    pub fn channel(&self, sid: &ChannelSid) -> Result<Option<Channel>, SnapshotError> {
        self.find("channel_row c WHERE service = ?1 AND sid = ?2 AND listed", sid)
    }

    /// The channel of a unique name. The API keeps them unique within a service.
    pub fn channel_of_unique_name(&self, name: &str) -> Result<Option<Channel>, SnapshotError> {
        let rows = if self.has_name_indexes {
            "channel_row c INDEXED BY channel_by_unique_name
             WHERE c.unique_name = ?2 AND c.service = ?1 AND c.listed ORDER BY c.id LIMIT 1"
        } else {
            "temp.channel_name n CROSS JOIN channel_row c ON c.id = n.id
             WHERE n.service = ?1 AND n.unique_name = ?2 ORDER BY n.id LIMIT 1"
        };
        self.find(rows, name)
    }

    /// How many users and channels the service has.
    pub fn users_and_channels(&self) -> Result<(u64, u64), SnapshotError> {
        self.sql(|connection, number| {
            let mut statement = connection.prepare_cached(
                "SELECT (SELECT count(*) FROM user_row WHERE service = ?1 AND listed),
                   (SELECT count(*) FROM channel_row WHERE service = ?1 AND listed)",
            )?;
            statement.query_row([number], |row| {
                let (users, channels): (i64, i64) = (row.get(0)?, row.get(1)?);
                Ok((users.cast_unsigned(), channels.cast_unsigned()))
            })
        })
    }

    /// How many channels a user is on.
    pub fn channels_of_user(&self, sid: &UserSid) -> Result<JoinedCount, SnapshotError> {
        self.sql(|connection, number| {
            let mut statement = connection.prepare_cached(
                "SELECT count(*) FILTER (WHERE m.status = 1), count(*) FILTER (WHERE m.status = 2)
                 FROM user_row u CROSS JOIN membership_row m ON m.user = u.id WHERE u.service = ?1 AND u.sid = ?2",
            )?;
            bind!(statement, number, sid);
            counted(&mut statement)
        })
    }

    /// How many users are on a channel, by the users' side.
    pub fn users_of_channel(&self, sid: &ChannelSid) -> Result<JoinedCount, SnapshotError> {
        self.sql(|connection, number| {
            let mut statement = connection.prepare_cached(if self.indexed {
                "SELECT count(*) FILTER (WHERE status = 1), count(*) FILTER (WHERE status = 2)
                 FROM membership_row INDEXED BY membership_by_channel WHERE service = ?1 AND channel_sid = ?2"
            } else {
                "SELECT count(*) FILTER (WHERE m.status = 1), count(*) FILTER (WHERE m.status = 2)
                 FROM temp.by_channel s CROSS JOIN membership_row m ON m.user = s.user AND m.channel_sid = s.channel_sid
                 WHERE s.service = ?1 AND s.channel_sid = ?2"
            })?;
            bind!(statement, number, sid);
            counted(&mut statement)
        })
    }

    /// Visits every channel in the order of SIDs: those that the snapshot has, and those that only memberships name.
    pub fn channels<E: From<SnapshotError>>(
        &self,
        mut visit: impl FnMut(&ChannelSid, Option<&Channel>) -> Result<(), E>,
    ) -> Result<(), E> {
        let wrap = |source| E::from(SnapshotError::from_sqlite(self.snapshot.path(), source));
        let mut named = self.next_channel_of_memberships(None)?;
        let sql = format!(
            "SELECT {} FROM channel_row c WHERE service = ?1 AND listed ORDER BY sid",
            Channel::SELECT
        );
        let mut statement = self.snapshot.connection.prepare_cached(&sql).map_err(wrap)?;
        let mut rows = statement.query([self.number]).map_err(wrap)?;
        while let Some(row) = rows.next().map_err(wrap)? {
            let channel = Channel::read(row, 0, &self.snapshot.scopes).map_err(wrap)?;
            while let Some(sid) = named.as_ref().filter(|sid| **sid < channel.sid) {
                visit(sid, None)?;
                named = self.next_channel_of_memberships(Some(sid))?;
            }
            visit(&channel.sid, Some(&channel))?;
            if named.as_ref() == Some(&channel.sid) {
                named = self.next_channel_of_memberships(Some(&channel.sid))?;
            }
        }
        while let Some(sid) = &named {
            visit(sid, None)?;
            named = self.next_channel_of_memberships(Some(sid))?;
        }
        Ok(())
    }

    /// The next channel that memberships name: one step over the index for each channel, not for each row.
    fn next_channel_of_memberships(
        &self,
        after: Option<&ChannelSid>,
    ) -> Result<Option<ChannelSid>, SnapshotError> {
        self.sql(|connection, number| {
            let table = if self.indexed {
                "membership_row INDEXED BY membership_by_channel"
            } else {
                "temp.by_channel"
            };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT channel_sid FROM {table} WHERE service = ?1 AND channel_sid > ?2 ORDER BY channel_sid LIMIT 1"
            ))?;
            if let Some(sid) = after {
                bind!(statement, number, sid);
            } else {
                bind!(statement, number, 0_i64); // numbers sort before texts and bytes
            }
            let mut rows = statement.raw_query();
            Ok(rows.next()?.map(|row| optional(row, 0)).transpose()?.flatten())
        })
    }

    /// The first record of these rows, where `?1` is the service and `?2` the key.
    pub(in crate::snapshot) fn find<T: StoredRecord>(
        &self,
        rows: &str,
        key: impl Bind,
    ) -> Result<Option<T>, SnapshotError> {
        self.sql(|connection, number| {
            let mut statement = connection.prepare_cached(&format!("SELECT {} FROM {rows}", T::SELECT))?;
            bind_two(&mut statement, number, key)?;
            let mut rows = statement.raw_query();
            rows.next()?.map(|row| T::read(row, 0, &self.snapshot.scopes)).transpose()
        })
    }

    /// [`find`](Self::find) for all of them: what belongs to one user.
    pub(in crate::snapshot) fn find_all<T: StoredRecord>(
        &self,
        rows: &str,
        key: impl Bind,
    ) -> Result<Vec<T>, SnapshotError> {
        self.sql(|connection, number| {
            let mut statement = connection.prepare_cached(&format!("SELECT {} FROM {rows}", T::SELECT))?;
            bind_two(&mut statement, number, key)?;
            let mut rows = statement.raw_query();
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(T::read(row, 0, &self.snapshot.scopes)?);
            }
            Ok(found)
        })
    }

    /// Runs SQL with the service's number and sorts its errors.
    pub(in crate::snapshot) fn sql<T>(
        &self,
        run: impl FnOnce(&Connection, i64) -> rusqlite::Result<T>,
    ) -> Result<T, SnapshotError> {
        self.snapshot.sql(|connection| run(connection, self.number))
    }
}

fn counted(statement: &mut rusqlite::Statement<'_>) -> rusqlite::Result<JoinedCount> {
    let mut rows = statement.raw_query();
    let Some(row) = rows.next()? else { return Ok(JoinedCount::default()) };
    Ok(JoinedCount {
        joined: row.get::<_, i64>(0)?.cast_unsigned(),
        invited: row.get::<_, i64>(1)?.cast_unsigned(),
    })
}
