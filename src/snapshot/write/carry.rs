//! Carrying users over from an older snapshot instead of reading their channels again.
//!
//! A user whose `joined_channels_count` and `date_updated` did not change has probably the same channels as
//! before. That is a heuristic: neither shows that a channel was left and another one joined, or that a read position moved. A
//! share of the users is therefore always read, and where Members are read, the evidence compares both sides of
//! every channel as always; a user that does not agree is read after all.
//!
//! **Invariant:** what was carried over is recognized for good: its unit is complete without a page.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use crate::model::{Membership, ServiceSid, Share, User};
use crate::snapshot::columns::StoredRecord as _;
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::properties;
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::scopes::Scopes;
use crate::snapshot::unit::{UnitKind, state};

/// The older snapshot, and the users that are read all the same.
#[derive(Debug)]
pub(in crate::snapshot) struct CarryOver {
    base: Snapshot,
    read_anyway: Share,
}

/// What a snapshot has from an older one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Carried {
    /// When the crawl of the older one was begun.
    pub from: String,
    /// The share of users that were read whatever their counts say, as `2/7`.
    pub read_anyway: String,
    /// Users whose channels were carried over.
    pub users: u64,
    pub user_channels: u64,
}

impl CarryOver {
    /// From a finished snapshot, but for a share of the users.
    pub(in crate::snapshot) fn open(base: &Path, read_anyway: Share) -> Result<Self, SnapshotError> {
        Ok(Self { base: Snapshot::open(base)?, read_anyway })
    }

    /// Notes in the new snapshot what it is carried over from.
    pub(in crate::snapshot) fn record(&self, connection: &Connection, from: &str) -> rusqlite::Result<()> {
        properties::set(connection, "carried_from", from)?;
        properties::set(connection, "carried_read_anyway", &self.read_anyway.to_string())
    }

    /// When the crawl of the older snapshot was begun.
    pub(in crate::snapshot) fn started(&self) -> Result<String, SnapshotError> {
        Ok(self.base.identity()?.started)
    }

    /// The channels of a user that looks unchanged; none where it has to be read.
    pub(in crate::snapshot) fn memberships(
        &self,
        service: &ServiceSid,
        user: &User,
    ) -> Result<Option<Vec<Membership>>, SnapshotError> {
        if self.read_anyway.has(&user.sid)
            || user.joined_channels_count.is_none()
            || user.date_updated.is_none()
        {
            return Ok(None);
        }
        self.base.sql(|connection| {
            let Some(id) = unchanged_user(connection, service, user)? else { return Ok(None) };
            memberships_of(connection, &self.base.scopes, id, user).map(Some)
        })
    }
}

/// The number of a user whose list was read and whose counts are the same.
fn unchanged_user(
    connection: &Connection,
    service: &ServiceSid,
    user: &User,
) -> rusqlite::Result<Option<i64>> {
    let mut find = connection.prepare_cached(
        "SELECT u.id FROM service_row s JOIN user_row u ON u.service = s.id
           JOIN unit ON unit.kind = ?5 AND unit.parent = u.id AND unit.service = s.id
         WHERE s.sid = ?1 AND u.sid = ?2 AND u.listed AND u.joined_channels_count = ?3 AND u.date_updated = ?4
           AND unit.state = ?6
           AND NOT EXISTS (SELECT 1 FROM disagreement d WHERE d.kind = 'user_count' AND d.parent = u.id)",
    )?;
    bind!(
        find,
        service,
        user.sid,
        user.joined_channels_count,
        user.date_updated,
        UnitKind::UserChannels.number(),
        state::COMPLETE
    );
    find.raw_query().next()?.map(|row| row.get(0)).transpose()
}

/// The channels of a user, by its number.
fn memberships_of(
    connection: &Connection,
    scopes: &Scopes,
    id: i64,
    user: &User,
) -> rusqlite::Result<Vec<Membership>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM membership_row m JOIN user_row u ON u.id = m.user WHERE m.user = ?1",
        Membership::SELECT
    ))?;
    let rows = statement.query_map([id], |row| Membership::read(row, 0, scopes))?;
    rows.map(|row| row.map(|row| Membership { user_sid: user.sid.clone(), ..row })).collect()
}

/// What a snapshot has from an older one.
pub(in crate::snapshot) fn carried(connection: &Connection) -> rusqlite::Result<Option<Carried>> {
    let Some(from) = properties::get(connection, "carried_from")? else { return Ok(None) };
    let (users, user_channels) = connection
        .query_row(
            "SELECT count(*), coalesce(sum(rows), 0) FROM unit WHERE kind = ?1 AND state = ?2 AND pages = 0",
            [UnitKind::UserChannels.number(), state::COMPLETE],
            |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned())),
        )
        .optional()?
        .unwrap_or_default();
    let read_anyway = properties::get(connection, "carried_read_anyway")?.unwrap_or_default();
    Ok(Some(Carried { from, read_anyway, users, user_channels }))
}
