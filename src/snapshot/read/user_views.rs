//! Memberships that were read one by one, beside a crawl that left them out.

use std::path::Path;

use crate::model::{Membership, ServiceSid, UserSid};
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::unit::{Target, Unit, UnitId};
use crate::snapshot::write::writer::{LargestPage, SnapshotWriter};

impl SnapshotWriter {
    /// Opens a snapshot whose crawl is over, to store memberships in it while it is read.
    pub fn open_for_views(path: &Path, largest_page: LargestPage) -> Result<Self, SnapshotError> {
        let writer = Self::open(path, largest_page)?;
        writer.sql(|connection| connection.execute_batch("PRAGMA journal_mode = WAL"))?;
        Ok(writer)
    }

    /// Stores memberships of a user whom the snapshot has listed. Says whether it has.
    pub fn store_views(
        &mut self,
        service: &ServiceSid,
        user: &UserSid,
        memberships: &[Membership],
    ) -> Result<bool, SnapshotError> {
        let number = self.service_number(service)?;
        let parent: Option<i64> = self.sql(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT id FROM user_row WHERE service = ?1 AND sid = ?2")?;
            bind!(statement, number, user);
            statement.raw_query().next()?.map(|row| row.get(0)).transpose()
        })?;
        let Some(parent) = parent else { return Ok(false) };
        let unit = Unit {
            id: UnitId(0),
            target: Target::UserChannels(service.clone(), user.clone()),
            cursor: None,
            pass: 0,
            expected_pages: None,
            parent,
            service: number,
        };
        self.store_memberships(&unit, memberships)?;
        Ok(true)
    }
}
