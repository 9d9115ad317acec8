//! What a crawl is limited to: its services, what is included of each, and the users selected.

use crate::model::{Channel, Entity, ServiceSid, User, UserSid};
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::properties::CrawlIdentity;
use crate::snapshot::unit::{FIRST, Unit, UnitKind};
use crate::snapshot::write::frontier;
use crate::snapshot::write::writer::SnapshotWriter;

pub(in crate::snapshot) fn add_first_units(
    writer: &SnapshotWriter,
    identity: &CrawlIdentity,
) -> Result<(), SnapshotError> {
    if identity.services.is_empty() {
        frontier::add_work(writer, 0, UnitKind::Services, 0, FIRST)?;
    }
    for service in &identity.services {
        add_service_units(writer, service)?;
    }
    Ok(())
}

/// A service's own record and the lists that are asked for.
pub(in crate::snapshot) fn add_service_units(
    writer: &SnapshotWriter,
    sid: &ServiceSid,
) -> Result<bool, SnapshotError> {
    let service = frontier::service_number(writer, sid)?;
    let include = &writer.identity().include;
    let wanted = |entity| include.contains(&entity);
    let mut added = frontier::add_work(writer, service, UnitKind::Service, 0, FIRST)?;
    if wanted(Entity::Role) {
        added |= frontier::add_work(writer, service, UnitKind::Roles, 0, FIRST)?;
    }
    if let Some(selected) = &writer.identity().users {
        return Ok(select_users(writer, service, selected)? || added);
    }
    if wanted(Entity::Binding) {
        added |= frontier::add_work(writer, service, UnitKind::Bindings, 0, 1)?;
    }
    if wanted(Entity::User) || wanted(Entity::Membership) {
        added |= frontier::add_work(writer, service, UnitKind::Users, 0, FIRST)?;
    }
    let of_channels = [Entity::Channel, Entity::Member, Entity::Invite, Entity::Message];
    if of_channels.into_iter().any(wanted) {
        added |= frontier::add_work(writer, service, UnitKind::Channels, 0, FIRST)?;
    }
    Ok(added)
}

/// Limits the crawl to some users of the service. Those given by SID are fetched; for identities the list is searched,
/// since an identity has no place in a path. Of one person it has: the list may have thousands of pages, and who is answered counts only
/// under the name that was asked for.
fn select_users(writer: &SnapshotWriter, service: i64, selected: &[String]) -> Result<bool, SnapshotError> {
    let mut added = false;
    let mut identities = false;
    for key in selected {
        writer.sql(|connection| {
            connection.prepare_cached("INSERT OR IGNORE INTO selection (key) VALUES (?1)")?.execute([key])
        })?;
        // A path would go elsewhere by `.` and `..`.
        let by_name = writer.of_one_person && !matches!(key.as_str(), "." | "..");
        let Some(sid) = key.parse().ok().or_else(|| by_name.then(|| UserSid::from_wire(key))) else {
            identities = true;
            continue;
        };
        let user = writer.sql(|connection| {
            let mut insert = connection
                .prepare_cached("INSERT INTO user_row (service, sid, pass, listed) VALUES (?1, ?2, 0, 0)")?;
            bind!(insert, service, sid);
            insert.raw_execute()?;
            Ok(connection.last_insert_rowid())
        })?;
        added |= frontier::add_work(writer, service, UnitKind::User, user, FIRST)?;
    }
    if identities {
        added |= frontier::add_work(writer, service, UnitKind::Users, 0, FIRST)?;
    }
    Ok(added)
}

/// Whether a user belongs to the crawl; marks it as found.
pub(in crate::snapshot) fn is_selected(writer: &SnapshotWriter, user: &User) -> Result<bool, SnapshotError> {
    if writer.identity().users.is_none() {
        return Ok(true);
    }
    writer.sql(|connection| {
        let found = connection
            .prepare_cached("UPDATE selection SET found = 1 WHERE key IN (?1, ?2)")?
            .execute(rusqlite::params![user.sid.to_string(), user.identity])?;
        Ok(found > 0)
    })
}

/// Whether a user that was fetched by itself is stored. One that was asked for by its identity has its SID from now on.
pub(in crate::snapshot) fn is_fetched(
    writer: &SnapshotWriter,
    unit: &Unit,
    user: &User,
) -> Result<bool, SnapshotError> {
    let selected = is_selected(writer, user)?;
    if !writer.of_one_person {
        return Ok(true);
    }
    if selected {
        writer.sql(|connection| {
            let mut statement =
                connection.prepare_cached("UPDATE user_row SET sid = ?2 WHERE id = ?1 AND NOT listed")?;
            bind!(statement, unit.parent, user.sid);
            statement.raw_execute()
        })?;
    }
    Ok(selected)
}

/// Whether this user's bindings are read by themselves: of a crawl of some users. Others are read in the list of the service.
pub(in crate::snapshot) fn reads_bindings_of(writer: &SnapshotWriter, user: &User) -> bool {
    is_included(writer, Entity::Binding) && writer.identity().users.is_some() && user.identity.is_some()
}

/// Whether members are read of any channel, as data or as evidence.
pub(in crate::snapshot) fn reads_members(writer: &SnapshotWriter) -> bool {
    reads(writer, Entity::Member)
}

/// Whether this channel's members are read.
pub(in crate::snapshot) fn reads_members_of(writer: &SnapshotWriter, channel: &Channel) -> bool {
    is_included(writer, Entity::Member)
        || (reads_members(writer) && writer.cross_check.is_some_and(|share| share.has(&channel.sid)))
}

/// Whether this user's channels are read.
pub(in crate::snapshot) fn reads_channels_of(writer: &SnapshotWriter, user: &User) -> bool {
    is_included(writer, Entity::Membership)
        || (reads(writer, Entity::Membership) && writer.cross_check.is_some_and(|share| share.has(&user.sid)))
}

pub(in crate::snapshot) fn is_included(writer: &SnapshotWriter, entity: Entity) -> bool {
    writer.identity().include.contains(&entity)
}

/// Whether a side of memberships is read, completely or in part.
fn reads(writer: &SnapshotWriter, side: Entity) -> bool {
    let other = if side == Entity::Member { Entity::Membership } else { Entity::Member };
    is_included(writer, side) || (writer.cross_check.is_some() && is_included(writer, other))
}
