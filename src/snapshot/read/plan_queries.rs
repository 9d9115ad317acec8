//! What a plan asks about an entire snapshot: what vanished, and which identities differ only in case.

use rusqlite::Row;
use rusqlite::functions::FunctionFlags;

use crate::model::{ChannelSid, UserSid};
use crate::snapshot::encode::required;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::read::service_view::ServiceView;
use crate::snapshot::schema::write_out;

/// Visits users and channels that were listed and are gone: `user` or `channel`, the SID, and what showed it.
pub(crate) fn vanished<E: From<SnapshotError>>(
    snapshot: &Snapshot,
    mut visit: impl FnMut(&str, &str, &str) -> Result<(), E>,
) -> Result<(), E> {
    let wrap = |source| E::from(SnapshotError::from_sqlite(snapshot.path(), source));
    let mut statement = snapshot
        .connection
        .prepare("SELECT entity, sid, evidence FROM vanished ORDER BY entity, sid")
        .map_err(wrap)?;
    let mut rows = statement.query([]).map_err(wrap)?;
    while let Some(row) = rows.next().map_err(wrap)? {
        let [entity, sid, evidence] = three_texts(row).map_err(wrap)?;
        visit(&entity, &sid, &evidence)?;
    }
    Ok(())
}

fn three_texts(row: &Row<'_>) -> rusqlite::Result<[String; 3]> {
    Ok([row.get(0)?, row.get(1)?, row.get(2)?])
}

/// Visits users whose identities differ from another one's in case only: the user's SID, its identity and the other one.
pub(crate) fn identities_alike<E: From<SnapshotError>>(
    service: &ServiceView<'_>,
    mut visit: impl FnMut(&str, &str, &str) -> Result<(), E>,
) -> Result<(), E> {
    let snapshot = service.snapshot;
    let wrap = |source| E::from(SnapshotError::from_sqlite(snapshot.path(), source));
    // SQLite's own lower() knows only ASCII.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    snapshot
        .connection
        .create_scalar_function("fold_case", 1, flags, |context| Ok(context.get::<String>(0)?.to_lowercase()))
        .map_err(wrap)?;
    let sql = write_out(
        "SELECT @US(u.sid), u.identity,
           CASE WHEN u.identity = f.least THEN f.greatest ELSE f.least END
         FROM (SELECT fold_case(identity) AS folded, min(identity) AS least, max(identity) AS greatest
               FROM user_row WHERE service = ?1 AND listed AND identity IS NOT NULL
               GROUP BY folded HAVING least <> greatest) f
         JOIN user_row u ON fold_case(u.identity) = f.folded
         WHERE u.service = ?1 AND u.listed AND u.identity IS NOT NULL ORDER BY u.sid",
    );
    let mut statement = snapshot.connection.prepare(&sql).map_err(wrap)?;
    let mut rows = statement.query([service.number]).map_err(wrap)?;
    while let Some(row) = rows.next().map_err(wrap)? {
        let [sid, identity, other] = three_texts(row).map_err(wrap)?;
        visit(&sid, &identity, &other)?;
    }
    Ok(())
}

/// Visits users that memberships have and the snapshot has not: the SID, how many channels, and one of them.
pub(crate) fn unlisted_users<E: From<SnapshotError>>(
    service: &ServiceView<'_>,
    mut visit: impl FnMut(&UserSid, u64, &ChannelSid) -> Result<(), E>,
) -> Result<(), E> {
    let wrap = |source| E::from(SnapshotError::from_sqlite(service.snapshot.path(), source));
    let sql = "SELECT u.sid, count(*), min(m.channel_sid) FROM user_row u CROSS JOIN membership_row m ON m.user = u.id
               WHERE u.service = ?1 AND NOT u.listed GROUP BY u.sid ORDER BY u.sid";
    let mut statement = service.snapshot.connection.prepare(sql).map_err(wrap)?;
    let mut rows = statement.query([service.number]).map_err(wrap)?;
    while let Some(row) = rows.next().map_err(wrap)? {
        let (user, channel) = (required(row, 0).map_err(wrap)?, required(row, 2).map_err(wrap)?);
        visit(&user, row.get::<_, i64>(1).map_err(wrap)?.cast_unsigned(), &channel)?;
    }
    Ok(())
}
