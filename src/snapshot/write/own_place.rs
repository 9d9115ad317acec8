//! Who the one person is whose crawl this is, and what it is on each channel.

use crate::model::{ChannelSid, MemberSid};
use crate::snapshot::encode::{FromStored, bind};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::write::writer::SnapshotWriter;

/// The identity of the one person whose crawl this is; none of another crawl.
pub(in crate::snapshot) fn the_one_person(
    writer: &SnapshotWriter,
    service: i64,
) -> Result<Option<String>, SnapshotError> {
    if !writer.of_one_person {
        return Ok(None);
    }
    writer.sql(|connection| {
        let mut statement = connection
            .prepare_cached("SELECT identity FROM user_row WHERE service = ?1 AND listed LIMIT 1")?;
        statement.query([service])?.next()?.map(|row| row.get(0)).transpose().map(Option::flatten)
    })
}

/// What the one person is on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::snapshot) struct OwnPlace {
    pub(in crate::snapshot) member: Option<MemberSid>,
    pub(in crate::snapshot) has_joined: bool,
}

pub(in crate::snapshot) fn own_place(
    writer: &SnapshotWriter,
    service: i64,
    channel: &ChannelSid,
) -> Result<Option<OwnPlace>, SnapshotError> {
    writer.sql(|connection| {
        let mut statement = connection.prepare_cached(
            "SELECT member_sid, status IS 1 FROM membership_row WHERE service = ?1 AND channel_sid = ?2 LIMIT 1",
        )?;
        bind!(statement, service, channel);
        let mut rows = statement.raw_query();
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(OwnPlace { member: MemberSid::from_stored(row.get_ref(0)?), has_joined: row.get(1)? }))
    })
}
