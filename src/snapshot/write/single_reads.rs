//! Memberships that were read one by one, for a snapshot whose crawl left them out.

use std::path::Path;

use crate::model::{Membership, ServiceSid, UserSid};
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::write::writer::{LargestPage, SnapshotWriter};
use crate::snapshot::write::{frontier, rows};

/// Opens a snapshot whose crawl is over, to store memberships in it while it is read.
pub(in crate::snapshot) fn open(
    path: &Path,
    largest_page: LargestPage,
) -> Result<SnapshotWriter, SnapshotError> {
    let writer = SnapshotWriter::open(path, largest_page)?;
    writer.sql(|connection| connection.execute_batch("PRAGMA journal_mode = WAL"))?;
    Ok(writer)
}

/// Stores memberships of a user whom the snapshot has listed. Returns whether it has.
pub(in crate::snapshot) fn store(
    writer: &mut SnapshotWriter,
    service: &ServiceSid,
    user: &UserSid,
    memberships: &[Membership],
) -> Result<bool, SnapshotError> {
    let service = frontier::service_number(writer, service)?;
    let user: Option<i64> = writer.sql(|connection| {
        let mut statement =
            connection.prepare_cached("SELECT id FROM user_row WHERE service = ?1 AND sid = ?2")?;
        bind!(statement, service, user);
        statement.raw_query().next()?.map(|row| row.get(0)).transpose()
    })?;
    let Some(user) = user else { return Ok(false) };
    rows::put_memberships(writer, service, user, 0, memberships)?;
    Ok(true)
}
