//! Digests of lists: of each user's channels, each channel's members, invites and messages, of each user's and channel's own
//! record, and of all of them in a service.
//!
//! They let two snapshots be compared without reading what is the same in both. A crawl does not keep them, since a snapshot
//! need not be compared with any; an audit does, and the next audit reads the few lists that changed. Where only one of two
//! snapshots has them, a comparison makes the other's for itself, in a temporary table; where neither has, `group_digest` costs less.
//!
//! Why that pays: rows are stored by the numbers of users and channels and compared by their SIDs, which are random. Digests
//! are computed in the order of storage, and then few lists are looked up out of order.
//!
//! A list's digest is the sum of its rows' digests (`row_hash`), so the order in which rows were read or stored does not
//! matter. A service's digest is the sum of digests of its lists' digests with their SIDs, so that a row that went from one list
//! to another shows.
//!
//! **Invariant:** digests are of a finished crawl. They are dropped when it resumes.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use crate::model::Entity;
use crate::snapshot::diff::column::{columns, select};
use crate::snapshot::diff::row_encoding::half;
use crate::snapshot::diff::row_hash::RowHasher;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::properties::{self, LIST_DIGESTS};
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::scopes::Scopes;
use crate::snapshot::unit::UnitKind;
use crate::snapshot::write::writer::SnapshotWriter;

/// The version of how digests are computed. A new column needs a new version, since equal rows get other digests.
const VERSION: &str = "3";

/// The lists that have digests.
const LISTS: [(UnitKind, Entity); 6] = [
    (UnitKind::User, Entity::User),
    (UnitKind::Channel, Entity::Channel),
    (UnitKind::UserChannels, Entity::Membership),
    (UnitKind::Members, Entity::Member),
    (UnitKind::Invites, Entity::Invite),
    (UnitKind::Messages, Entity::Message),
];

/// How the lists of one kind are stored.
pub(in crate::snapshot) struct StoredList {
    pub(in crate::snapshot) entity: Entity,
    /// The table of the users or channels that they are of.
    pub(in crate::snapshot) parents: &'static str,
    table: &'static str,
    parent: &'static str,
    key: &'static str,
}

impl StoredList {
    pub(in crate::snapshot) fn of(kind: UnitKind) -> Option<Self> {
        let (_, entity) = LISTS.into_iter().find(|(list, _)| *list == kind)?;
        let (table, parent, key, parents) = match kind {
            UnitKind::User => ("user_row WHERE listed", "id", "sid", "user_row"),
            UnitKind::Channel => ("channel_row WHERE listed", "id", "sid", "channel_row"),
            UnitKind::UserChannels => ("membership_row", "user", "channel_sid", "user_row"),
            UnitKind::Members => ("member_row", "channel", "sid", "channel_row"),
            UnitKind::Messages => ("message_row", "channel", "sid", "channel_row"),
            _ => ("invite_row", "channel", "sid", "channel_row"),
        };
        Some(Self { entity, parents, table, parent, key })
    }

    /// All rows in the order in which they are stored: the number of the user or channel, the key, the scope, the fields.
    pub(in crate::snapshot) fn rows(&self) -> String {
        let Self { table, parent, key, .. } = self;
        format!("SELECT {parent}, {key}, {} FROM {table} ORDER BY {parent}", select(self.entity))
    }
}

/// The lists of a service (parameter 1) and of a kind (parameter 2) by the SID of their user or channel.
pub(in crate::snapshot) const PARENTS: &str = "SELECT parent, sid, rows, digest FROM list_digest
    WHERE service = ?1 AND kind = ?2 AND parent > 0 ORDER BY sid";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::snapshot) struct ListDigest {
    pub(in crate::snapshot) rows: u64,
    sum: u128,
}

impl ListDigest {
    /// Reads a row of [`PARENTS`].
    pub(in crate::snapshot) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let bytes: [u8; 16] = row.get(3)?;
        Ok(Self { rows: row.get::<_, i64>(2)?.cast_unsigned(), sum: u128::from_be_bytes(bytes) })
    }

    fn add(&mut self, row: u128) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(row);
    }

    /// Adds a list of a service, by the SID it is of.
    fn join(&mut self, sid: &[u8], list: Self) {
        if list.rows > 0 {
            self.rows += list.rows;
            let hasher =
                Sha256::new().chain_update(list.sum.to_be_bytes()).chain_update(list.rows.to_be_bytes());
            self.sum = self.sum.wrapping_add(half(hasher.chain_update(sid)));
        }
    }
}

/// Whether a snapshot keeps digests of its lists.
pub(in crate::snapshot) fn has_digests(snapshot: &Snapshot) -> Result<bool, SnapshotError> {
    snapshot.sql(|connection| Ok(properties::get(connection, LIST_DIGESTS)?.as_deref() == Some(VERSION)))
}

/// Prepares digests of an entity's lists: those that the snapshot keeps, or temporary ones.
pub(in crate::snapshot) fn prepare(snapshot: &Snapshot, kind: UnitKind) -> Result<(), SnapshotError> {
    if has_digests(snapshot)? {
        return Ok(());
    }
    snapshot.sql(|connection| {
        // A temporary table takes precedence over one of the file with the same name.
        create(connection, "CREATE TEMP TABLE IF NOT EXISTS")?;
        let made = "SELECT 1 FROM temp.list_digest WHERE kind = ?1";
        if connection.prepare_cached(made)?.exists([kind.number()])? {
            return Ok(());
        }
        write(connection, kind, &snapshot.scopes)
    })
}

/// The digest of all lists of a kind in a service.
pub(in crate::snapshot) fn of_all(
    snapshot: &Snapshot,
    service: i64,
    kind: UnitKind,
) -> Result<Option<ListDigest>, SnapshotError> {
    snapshot.sql(|connection| {
        connection
            .prepare_cached(
                "SELECT parent, sid, rows, digest FROM list_digest
                 WHERE service = ?1 AND kind = ?2 AND sid = '' AND parent = 0",
            )?
            .query_row([service, kind.number()], ListDigest::read)
            .optional()
    })
}

/// Writes the digests of a finished crawl's lists into its snapshot.
pub(in crate::snapshot) fn keep_all(writer: &SnapshotWriter) -> Result<(), SnapshotError> {
    writer.begin()?;
    writer.sql(|connection| {
        connection.execute_batch("DROP TABLE IF EXISTS list_digest")?;
        create(connection, "CREATE TABLE")?;
        let scopes = Scopes::read(connection)?;
        for (kind, _) in LISTS {
            write(connection, kind, &scopes)?;
        }
        properties::set(connection, LIST_DIGESTS, VERSION)
    })?;
    writer.commit()
}

fn create(connection: &Connection, how: &str) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "{how} list_digest (
           service INTEGER NOT NULL, kind INTEGER NOT NULL,
           sid NOT NULL,               -- of the user or channel; '' for all of the service
           parent INTEGER NOT NULL,    -- user_row.id or channel_row.id; 0 for all of the service
           rows INTEGER NOT NULL, digest BLOB NOT NULL,
           PRIMARY KEY (service, kind, sid, parent)
         ) WITHOUT ROWID;
         CREATE TEMP TABLE IF NOT EXISTS fresh_digest (parent INTEGER PRIMARY KEY, rows, digest);"
    ))
}

/// Digests the lists of one kind: first in the order in which rows are stored, then sorted as they will be read.
fn write(connection: &Connection, kind: UnitKind, scopes: &Scopes) -> rusqlite::Result<()> {
    let Some(stored) = StoredList::of(kind) else { return Ok(()) };
    let parents = stored.parents;
    connection.execute_batch("DELETE FROM fresh_digest")?;
    let mut rows = connection.prepare(&stored.rows())?;
    let mut rows = rows.query([])?;
    let mut hasher = RowHasher::kept(scopes);
    let mut current: Option<(i64, ListDigest)> = None;
    while let Some(row) = rows.next()? {
        let of: i64 = row.get(0)?;
        if let Some((last, digest)) = current
            && last != of
        {
            keep(connection, last, digest)?;
            current = None;
        }
        let digest = hasher.digest(None, row, columns(stored.entity).len())?;
        current.get_or_insert((of, ListDigest::default())).1.add(digest);
    }
    if let Some((last, digest)) = current {
        keep(connection, last, digest)?;
    }
    connection.execute(
        &format!(
            "INSERT INTO list_digest (service, kind, sid, parent, rows, digest)
             SELECT p.service, ?1, p.sid, p.id, coalesce(f.rows, 0), coalesce(f.digest, zeroblob(16))
             FROM {parents} p LEFT JOIN fresh_digest f ON f.parent = p.id ORDER BY p.service, p.sid"
        ),
        [kind.number()],
    )?;
    sum_up(connection, kind)
}

fn keep(connection: &Connection, parent: i64, digest: ListDigest) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO fresh_digest (parent, rows, digest) VALUES (?1, ?2, ?3)")?
        .execute(params![parent, digest.rows.cast_signed(), digest.sum.to_be_bytes()])
        .map(|_| ())
}

/// The digests of all lists of each service.
fn sum_up(connection: &Connection, kind: UnitKind) -> rusqlite::Result<()> {
    let services: Vec<i64> = connection
        .prepare_cached("SELECT id FROM service_row ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for service in services {
        let mut all = ListDigest::default();
        let mut statement = connection.prepare_cached(PARENTS)?;
        let mut rows = statement.query([service, kind.number()])?;
        while let Some(row) = rows.next()? {
            all.join(row.get_ref(1)?.as_bytes()?, ListDigest::read(row)?);
        }
        connection
            .prepare_cached(
                "INSERT INTO list_digest (service, kind, sid, parent, rows, digest) VALUES (?1, ?2, '', 0, ?3, ?4)",
            )?
            .execute(params![service, kind.number(), all.rows.cast_signed(), all.sum.to_be_bytes()])?;
    }
    Ok(())
}
