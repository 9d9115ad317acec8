//! A member by its SID alone: who it is, and on which channel.
//!
//! Members are kept by channel, so each channel is asked once, by its key. Where no members were read, the memberships are read to the
//! first that names it.

use crate::model::{ChannelSid, Entity, MemberSid, ServiceSid};
use crate::snapshot::encode::{bind, required};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::listed::ListedMembership;
use crate::snapshot::read::names::NamedRecord;
use crate::snapshot::read::reader::Snapshot;

const SOURCES: [&str; 2] = [
    "SELECT c.sid FROM channel_row c CROSS JOIN member_row x ON x.channel = c.id AND x.sid = ?2
     WHERE c.service = ?1 LIMIT 1",
    "SELECT channel_sid FROM membership_row WHERE service = ?1 AND member_sid = ?2 LIMIT 1",
];

/// The member of a SID, by its identity.
pub(in crate::snapshot) fn member_of_sid(
    snapshot: &Snapshot,
    text: &str,
) -> Result<Option<NamedRecord>, SnapshotError> {
    for (number, service) in snapshot.service_numbers()? {
        if let Some(channel) = channel_of_member(snapshot, number, text)? {
            let member = listed_member(snapshot, &service, &channel, text)?;
            return Ok(member.map(|member| NamedRecord {
                entity: Entity::Member,
                service_sid: service,
                sid: text.to_owned(),
                name: member.identity,
                friendly_name: member.user_friendly_name,
            }));
        }
    }
    Ok(None)
}

/// What is listed of a member that [`member_of_sid`] found.
pub(in crate::snapshot) fn member_listed(
    snapshot: &Snapshot,
    record: &NamedRecord,
) -> Result<Option<ListedMembership>, SnapshotError> {
    for (number, service) in snapshot.service_numbers()? {
        if service == record.service_sid
            && let Some(channel) = channel_of_member(snapshot, number, &record.sid)?
        {
            return listed_member(snapshot, &service, &channel, &record.sid);
        }
    }
    Ok(None)
}

fn channel_of_member(
    snapshot: &Snapshot,
    service: i64,
    text: &str,
) -> Result<Option<ChannelSid>, SnapshotError> {
    let sid = MemberSid::from_wire(text);
    for sql in SOURCES {
        let found = snapshot.sql(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            bind!(statement, service, sid);
            let mut rows = statement.raw_query();
            rows.next()?.map(|row| required::<ChannelSid>(row, 0)).transpose()
        })?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn listed_member(
    snapshot: &Snapshot,
    service: &ServiceSid,
    channel: &ChannelSid,
    text: &str,
) -> Result<Option<ListedMembership>, SnapshotError> {
    let Some(view) = snapshot.service_for_single_reads(service)? else { return Ok(None) };
    let record = view.channel(channel)?;
    let mut found = None;
    view.people_of::<SnapshotError>(channel, &mut |person| {
        if person.member_sid.as_deref() == Some(text) {
            found = Some(person);
        }
        Ok(())
    })?;
    Ok(found.map(|person| person.with_channel(record.as_ref())))
}
