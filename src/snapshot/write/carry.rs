//! Carrying users over from an older snapshot instead of reading their channels again.
//!
//! A user whose `joined_channels_count` and `date_updated` are what they were has, as far as these tell, the channels that it
//! had. That is a heuristic: neither says that a channel was left and another one joined, nor that a read position moved. A
//! share of the users is therefore read whatever they say, and where Members are read, the evidence holds both sides of
//! every channel against each other as always; a user that does not agree is read after all.
//!
//! **Invariant:** what was carried over is recognized for good: its unit is complete without a page.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use crate::model::{Membership, ServiceSid, Share, User};
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::properties;
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::unit::{UnitKind, state};
use crate::snapshot::write::writer::SnapshotWriter;

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
    /// Their user channels.
    pub user_channels: u64,
}

impl SnapshotWriter {
    /// From now on users who look unchanged since `base` are carried over, but for a share of them.
    pub fn carry_over_from(&mut self, base: &Path, read_anyway: Share) -> Result<(), SnapshotError> {
        let base = Snapshot::open(base)?;
        let from = base.identity()?.started;
        self.begin()?;
        self.sql(|connection| {
            properties::set(connection, "carried_from", &from)?;
            properties::set(connection, "carried_read_anyway", &read_anyway.to_string())
        })?;
        self.commit()?;
        self.carry = Some(CarryOver { base, read_anyway });
        Ok(())
    }

    /// Carries a user's channels over, if it looks unchanged. `expected_pages` is what reading them would take.
    pub(in crate::snapshot) fn carry_user(
        &mut self,
        service: i64,
        id: i64,
        user: &User,
        expected_pages: i64,
    ) -> Result<bool, SnapshotError> {
        let Some(carry) = self.carry.take() else { return Ok(false) };
        let carried = self.carry_user_from(&carry, service, id, user, expected_pages);
        self.carry = Some(carry);
        carried
    }

    fn carry_user_from(
        &mut self,
        carry: &CarryOver,
        service: i64,
        id: i64,
        user: &User,
        expected_pages: i64,
    ) -> Result<bool, SnapshotError> {
        if carry.read_anyway.has(&user.sid)
            || user.joined_channels_count.is_none()
            || user.date_updated.is_none()
        {
            return Ok(false);
        }
        let sid: ServiceSid = self.sid_of("SELECT sid FROM service_row WHERE id = ?1", service)?;
        let Some(base_id) = carry.base.unchanged_user(&sid, user)? else { return Ok(false) };
        let memberships = carry.base.memberships_of(base_id, user)?;
        let added = self.sql(|connection| {
            connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO unit (service, kind, parent, expected_pages, state, rows)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    service,
                    UnitKind::UserChannels.number(),
                    id,
                    expected_pages,
                    state::COMPLETE,
                    i64::try_from(memberships.len()).unwrap_or(i64::MAX)
                ])
        })?;
        if added > 0 {
            self.put_memberships(service, id, 0, &memberships)?;
        }
        Ok(true)
    }
}

impl SnapshotWriter {
    /// Has a user read after all who was carried over and, listed once more in this crawl, does not look unchanged any longer.
    pub(in crate::snapshot) fn put_down(&self, service: i64, id: i64) -> Result<bool, SnapshotError> {
        let was_carried = self.sql(|connection| {
            connection
                .prepare_cached(
                    "SELECT 1 FROM unit WHERE kind = ?1 AND parent = ?2 AND service = ?3 AND state = ?4 AND pages = 0",
                )?
                .exists(params![UnitKind::UserChannels.number(), id, service, state::COMPLETE])
        })?;
        if was_carried {
            self.read_again(service, UnitKind::UserChannels, id, 1)?;
        }
        Ok(was_carried)
    }
}

impl Snapshot {
    /// What it has from an older one, and did not read itself.
    pub fn carried(&self) -> Result<Option<Carried>, SnapshotError> {
        self.sql(carried)
    }

    /// The number here of a user whose list was read and whose counts are the same.
    fn unchanged_user(&self, service: &ServiceSid, user: &User) -> Result<Option<i64>, SnapshotError> {
        self.sql(|connection| {
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
        })
    }

    /// The channels of a user, by its number here.
    fn memberships_of(&self, id: i64, user: &User) -> Result<Vec<Membership>, SnapshotError> {
        self.sql(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM membership_row m JOIN user_row u ON u.id = m.user WHERE m.user = ?1",
                crate::snapshot::decode::MEMBERSHIP
            ))?;
            let rows =
                statement.query_map([id], |row| crate::snapshot::decode::membership(row, &self.scopes))?;
            rows.map(|row| row.map(|row| Membership { user_sid: user.sid.clone(), ..row })).collect()
        })
    }
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
