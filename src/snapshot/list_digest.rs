//! Digests of lists: of each user's channels, each channel's members, invites and messages, of each user's and channel's own
//! record, and of all of them in a service.
//!
//! They let two snapshots be compared without reading what is the same in both. A crawl does not keep them, since a snapshot
//! need not be compared with any; an audit does, and its next night reads the few lists that changed. Where a snapshot has
//! none, a comparison makes them for itself, in a temporary table.
//!
//! Why that pays: rows are stored by the numbers of users and channels and compared by their SIDs, which are random. Digests
//! are made in the order of storage, and then there is little to look up out of it.
//!
//! A list's digest is the sum of its rows' digests, so the order in which rows were read or stored does not matter, and a
//! service's digest is a sum over its lists, each digested with the SID that it is of: otherwise a row that is in another
//! user's list by now, and is the same there, would leave the sum as it was. A row's digest is the first half of its SHA-256.
//!
//! **Invariant:** digests are of a finished crawl. They are dropped when it goes on.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::decode::Scopes;
use super::error::SnapshotError;
use super::merge::{columns, select};
use super::properties;
use super::reader::Snapshot;
use super::unit::Kind;
use super::writer::SnapshotWriter;
use crate::model::Entity;

/// The property that says which digests a snapshot has: the version of how they are made.
const PROPERTY: &str = "list_digests";

/// How digests are made. Another one where a column is added, since equal rows would have other digests then.
const VERSION: &str = "2";

/// The lists that have digests.
const LISTS: [(Kind, Entity); 6] = [
    (Kind::User, Entity::User),
    (Kind::Channel, Entity::Channel),
    (Kind::UserChannels, Entity::Membership),
    (Kind::Members, Entity::Member),
    (Kind::Invites, Entity::Invite),
    (Kind::Messages, Entity::Message),
];

/// The lists of a service (parameter 1) and of a kind (parameter 2) by the SID of their user or channel.
pub(super) const PARENTS: &str = "SELECT parent, sid, rows, digest FROM list_digest
    WHERE service = ?1 AND kind = ?2 AND parent > 0 ORDER BY sid";

/// What stands for a list when two snapshots are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ListDigest {
    pub(super) rows: u64,
    sum: u128,
}

impl ListDigest {
    /// Reads a row of [`PARENTS`].
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let bytes: [u8; 16] = row.get(3)?;
        Ok(Self { rows: row.get::<_, i64>(2)?.cast_unsigned(), sum: u128::from_be_bytes(bytes) })
    }

    fn add(&mut self, row: u128) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(row);
    }

    /// Adds a list, by what stands for it and for the user or channel that it is of. An empty list adds nothing.
    fn join(&mut self, of: ValueRef<'_>, list: Self) {
        if list.rows == 0 {
            return;
        }
        let mut text = Vec::with_capacity(64);
        push(&mut text, of);
        text.extend(list.rows.to_le_bytes());
        text.extend(list.sum.to_le_bytes());
        self.rows += list.rows;
        self.sum = self.sum.wrapping_add(half(&text));
    }
}

impl Snapshot {
    /// Sees to it that digests of an entity's lists are there: those that it keeps, or temporary ones.
    pub(super) fn prepare_digests(&self, kind: Kind) -> Result<(), SnapshotError> {
        self.sql(|connection| {
            if properties::get(connection, PROPERTY)?.as_deref() == Some(VERSION) {
                return Ok(());
            }
            // A temporary table goes before one of the file that has its name.
            create(connection, "CREATE TEMP TABLE IF NOT EXISTS")?;
            let made = "SELECT 1 FROM temp.list_digest WHERE kind = ?1";
            if connection.prepare_cached(made)?.exists([kind.number()])? {
                return Ok(());
            }
            let entity = LISTS.into_iter().find(|(list, _)| *list == kind);
            entity.map_or(Ok(()), |(kind, entity)| write(connection, kind, entity, &self.scopes))
        })
    }

    /// The digest of all lists of a kind in a service.
    pub(super) fn digest_of_all(
        &self,
        service: i64,
        kind: Kind,
    ) -> Result<Option<ListDigest>, SnapshotError> {
        self.sql(|connection| {
            connection
                .prepare_cached(
                    "SELECT parent, sid, rows, digest FROM list_digest
                     WHERE service = ?1 AND kind = ?2 AND sid = '' AND parent = 0",
                )?
                .query_row([service, kind.number()], ListDigest::read)
                .optional()
        })
    }
}

impl SnapshotWriter {
    /// Makes the digests of a finished crawl's lists.
    pub fn write_list_digests(&mut self) -> Result<(), SnapshotError> {
        self.begin()?;
        self.sql(|connection| {
            connection.execute_batch("DROP TABLE IF EXISTS list_digest")?;
            create(connection, "CREATE TABLE")?;
            let scopes = Scopes::read(connection)?;
            for (kind, entity) in LISTS {
                write(connection, kind, entity, &scopes)?;
            }
            properties::set(connection, PROPERTY, VERSION)
        })?;
        self.commit()
    }
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

/// Drops the digests, since what they are of is about to change.
pub(super) fn forget(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM property WHERE key = ?1", [PROPERTY])?;
    connection.execute_batch("DROP TABLE IF EXISTS list_digest")
}

/// Digests the lists of one kind: first in the order in which rows are stored, then sorted as they will be read.
fn write(connection: &Connection, kind: Kind, entity: Entity, scopes: &Scopes) -> rusqlite::Result<()> {
    let (table, parent, key, parents) = match kind {
        Kind::User => ("user_row WHERE listed", "id", "sid", "user_row"),
        Kind::Channel => ("channel_row WHERE listed", "id", "sid", "channel_row"),
        Kind::UserChannels => ("membership_row", "user", "channel_sid", "user_row"),
        Kind::Members => ("member_row", "channel", "sid", "channel_row"),
        Kind::Messages => ("message_row", "channel", "sid", "channel_row"),
        _ => ("invite_row", "channel", "sid", "channel_row"),
    };
    connection.execute_batch("DELETE FROM fresh_digest")?;
    let fields = select(entity);
    let mut rows =
        connection.prepare(&format!("SELECT {parent}, {key}, {fields} FROM {table} ORDER BY {parent}"))?;
    let mut rows = rows.query([])?;
    let mut hasher = RowHasher { scopes, last: None, buffer: Vec::with_capacity(512) };
    let mut current: Option<(i64, ListDigest)> = None;
    while let Some(row) = rows.next()? {
        let of: i64 = row.get(0)?;
        if let Some((last, digest)) = current
            && last != of
        {
            keep(connection, last, digest)?;
            current = None;
        }
        let digest = hasher.digest(row, columns(entity).len())?;
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
fn sum_up(connection: &Connection, kind: Kind) -> rusqlite::Result<()> {
    let services: Vec<i64> = connection
        .prepare_cached("SELECT id FROM service_row ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for service in services {
        let mut all = ListDigest::default();
        let mut statement = connection.prepare_cached(PARENTS)?;
        let mut rows = statement.query([service, kind.number()])?;
        while let Some(row) = rows.next()? {
            all.join(row.get_ref(1)?, ListDigest::read(row)?);
        }
        connection
            .prepare_cached(
                "INSERT INTO list_digest (service, kind, sid, parent, rows, digest) VALUES (?1, ?2, '', 0, ?3, ?4)",
            )?
            .execute(params![service, kind.number(), all.rows.cast_signed(), all.sum.to_be_bytes()])?;
    }
    Ok(())
}

struct RowHasher<'s> {
    scopes: &'s Scopes,
    /// The last scope's number and what stands for it.
    last: Option<(Option<i64>, Vec<u8>)>,
    buffer: Vec<u8>,
}

impl RowHasher<'_> {
    /// The digest of a row: key, scope, and the fields behind it.
    fn digest(&mut self, row: &Row<'_>, fields: usize) -> rusqlite::Result<u128> {
        self.buffer.clear();
        push(&mut self.buffer, row.get_ref(1)?);
        let scope: Option<i64> = row.get(2)?;
        if self.last.as_ref().is_none_or(|(last, _)| *last != scope) {
            // A file numbers its scopes by itself, so what they stand for is digested.
            self.last = Some((scope, format!("{:?}", self.scopes.pair(scope)).into_bytes()));
        }
        if let Some((_, said)) = &self.last {
            push(&mut self.buffer, ValueRef::Text(said));
        }
        // The two fields that every entity begins with are behind its scope.
        for column in 3..=fields {
            push(&mut self.buffer, row.get_ref(column)?);
        }
        Ok(half(&self.buffer))
    }
}

/// The first half of the SHA-256.
fn half(bytes: &[u8]) -> u128 {
    Sha256::digest(bytes).iter().take(16).fold(0, |sum: u128, byte| sum << 8 | u128::from(*byte))
}

/// Appends a value with its type, and with its length where that varies, so that no two rows read alike.
fn push(buffer: &mut Vec<u8>, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => buffer.push(0),
        ValueRef::Integer(number) => {
            buffer.push(1);
            buffer.extend(number.to_le_bytes());
        }
        ValueRef::Real(number) => {
            buffer.push(2);
            buffer.extend(number.to_le_bytes());
        }
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            buffer.push(if matches!(value, ValueRef::Text(_)) { 3 } else { 4 });
            buffer.extend((bytes.len() as u64).to_le_bytes());
            buffer.extend(bytes);
        }
    }
}
