//! Users who are carried over from an older snapshot (`carry`): their units, and the way back.

use std::path::Path;

use rusqlite::params;

use crate::model::{Membership, ServiceSid, Share, User};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::unit::{UnitKind, state};
use crate::snapshot::write::carry::CarryOver;
use crate::snapshot::write::frontier;
use crate::snapshot::write::writer::SnapshotWriter;

/// From now on users who look unchanged since `base` are carried over, but for a share of them.
pub(in crate::snapshot) fn carry_over_from(
    writer: &mut SnapshotWriter,
    base: &Path,
    read_anyway: Share,
) -> Result<(), SnapshotError> {
    let carry = CarryOver::open(base, read_anyway)?;
    let from = carry.started()?;
    writer.begin()?;
    writer.sql(|connection| carry.record(connection, &from))?;
    writer.commit()?;
    writer.carry = Some(carry);
    Ok(())
}

/// The channels of a user that is carried over; none where it has to be read.
pub(in crate::snapshot) fn memberships(
    writer: &SnapshotWriter,
    service: i64,
    user: &User,
) -> Result<Option<Vec<Membership>>, SnapshotError> {
    let Some(carry) = &writer.carry else { return Ok(None) };
    let sid: ServiceSid = frontier::sid_of(writer, "SELECT sid FROM service_row WHERE id = ?1", service)?;
    carry.memberships(&sid, user)
}

/// Adds a carried user's unit, which is complete. `expected_pages` is what reading its channels would take. Returns whether the unit
/// is new.
pub(in crate::snapshot) fn add_unit(
    writer: &SnapshotWriter,
    service: i64,
    user: i64,
    expected_pages: i64,
    rows: usize,
) -> Result<bool, SnapshotError> {
    let added = writer.sql(|connection| {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO unit (service, kind, parent, expected_pages, state, rows)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                service,
                UnitKind::UserChannels.number(),
                user,
                expected_pages,
                state::COMPLETE,
                i64::try_from(rows).unwrap_or(i64::MAX)
            ])
    })?;
    Ok(added > 0)
}

/// Has a user read after all who was carried over and, listed once more in this crawl, does not look unchanged any longer.
pub(in crate::snapshot) fn read_after_all(
    writer: &SnapshotWriter,
    service: i64,
    id: i64,
) -> Result<bool, SnapshotError> {
    let was_carried = writer.sql(|connection| {
        connection
            .prepare_cached(
                "SELECT 1 FROM unit WHERE kind = ?1 AND parent = ?2 AND service = ?3 AND state = ?4 AND pages = 0",
            )?
            .exists(params![UnitKind::UserChannels.number(), id, service, state::COMPLETE])
    })?;
    if was_carried {
        frontier::read_again(writer, service, UnitKind::UserChannels, id, 1)?;
    }
    Ok(was_carried)
}
