//! Storing the model's records as rows. Every row of a page is stored by its key: the last one of a key counts.

use std::sync::LazyLock;

use crate::model::{Binding, Channel, Entity, Invite, Member, Membership, Message, Role, Service, User};
use crate::snapshot::columns::StoredRecord;
use crate::snapshot::encode::bind;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::unit::{FIRST, Target, Unit, UnitKind};
use crate::snapshot::write::writer::SnapshotWriter;
use crate::snapshot::write::{carried_users, focus, frontier, own_place, selection};

/// The statement that stores a record of each kind. Those of users and channels give the row's number.
static SERVICE: LazyLock<String> = LazyLock::new(|| {
    format!("UPDATE service_row SET fetched = 1, scope = ?2{} WHERE sid = ?1", Service::UPDATE)
});
static ROLE: LazyLock<String> =
    LazyLock::new(|| Role::insert("INSERT OR REPLACE", "service, sid, pass, scope"));
static USER: LazyLock<String> = LazyLock::new(upsert::<User>);
static CHANNEL: LazyLock<String> = LazyLock::new(upsert::<Channel>);
static MEMBERSHIP: LazyLock<String> =
    LazyLock::new(|| Membership::insert("INSERT OR REPLACE", "user, channel_sid, pass, service, scope"));
static MEMBER: LazyLock<String> =
    LazyLock::new(|| Member::insert("INSERT OR REPLACE", "channel, sid, pass, scope"));
static INVITE: LazyLock<String> =
    LazyLock::new(|| Invite::insert("INSERT OR REPLACE", "channel, sid, pass, scope"));
static MESSAGE: LazyLock<String> =
    LazyLock::new(|| Message::insert("INSERT OR REPLACE", "channel, sid, pass, scope"));

static BINDING: LazyLock<String> =
    LazyLock::new(|| Binding::insert("INSERT OR REPLACE", "service, sid, pass, scope"));

fn upsert<T: StoredRecord>() -> String {
    format!(
        "{} ON CONFLICT (service, sid) DO UPDATE SET listed = 1, pass = excluded.pass, scope = excluded.scope{}
         RETURNING id",
        T::insert("INSERT", "service, sid, pass, scope"),
        T::UPSERT
    )
}

/// How many pages a list of so many rows is estimated to take.
fn pages(rows: Option<i64>, page: i64) -> i64 {
    // A count from a server is not trusted to be sane; work that must come first stays above it.
    (rows.unwrap_or(0).max(0) / page + i64::from(rows.unwrap_or(0) % page > 0)).clamp(1, FIRST - 1)
}

/// Services found in the account's list: each brings its own units.
pub(in crate::snapshot) fn store_listed_services(
    writer: &mut SnapshotWriter,
    services: &[Service],
) -> Result<bool, SnapshotError> {
    let mut more_work = false;
    for service in services {
        more_work |= selection::add_service_units(writer, &service.sid)?;
    }
    Ok(more_work)
}

/// A service's own record.
pub(in crate::snapshot) fn store_service(
    writer: &mut SnapshotWriter,
    service: &Service,
) -> Result<(), SnapshotError> {
    let scope = writer.scope(service.account_sid.as_ref(), Some(&service.sid))?;
    frontier::service_number(writer, &service.sid)?;
    writer.sql(|connection| {
        let mut statement = connection.prepare_cached(&SERVICE)?;
        bind!(statement, service.sid, scope; service);
        statement.raw_execute()
    })?;
    Ok(())
}

pub(in crate::snapshot) fn store_roles(
    writer: &mut SnapshotWriter,
    unit: &Unit,
    roles: &[Role],
) -> Result<(), SnapshotError> {
    for role in roles {
        let scope = writer.scope(role.account_sid.as_ref(), role.service_sid.as_ref())?;
        writer.sql(|connection| {
            let mut statement = connection.prepare_cached(&ROLE)?;
            bind!(statement, unit.service, role.sid, unit.pass, scope; role);
            statement.raw_execute()
        })?;
    }
    Ok(())
}

pub(in crate::snapshot) fn store_users(
    writer: &mut SnapshotWriter,
    unit: &Unit,
    users: &[User],
) -> Result<bool, SnapshotError> {
    let mut more_work = false;
    for user in users {
        if selection::is_selected(writer, user)? {
            more_work |= store_user(writer, unit.service, unit.pass, user)?;
        }
    }
    Ok(more_work)
}

/// Stores a user and, where wanted, the unit that reads its channels.
pub(in crate::snapshot) fn store_user(
    writer: &mut SnapshotWriter,
    service: i64,
    pass: u32,
    user: &User,
) -> Result<bool, SnapshotError> {
    let scope = writer.scope(user.account_sid.as_ref(), user.service_sid.as_ref())?;
    let id = writer.sql(|connection| {
        let mut statement = connection.prepare_cached(&USER)?;
        bind!(statement, service, user.sid, pass, scope; user);
        returned_id(&mut statement)
    })?;
    let mut more_work = false;
    if selection::reads_bindings_of(writer, user) {
        more_work |= frontier::add_work(writer, service, UnitKind::UserBindings, id, 1)?;
    }
    if selection::reads_channels_of(writer, user) && focus::is_in_focus_user(writer, user)? {
        let pages = pages(user.joined_channels_count, writer.page_of(Entity::Membership));
        if let Some(memberships) = carried_users::memberships(writer, service, user)? {
            if carried_users::add_unit(writer, service, id, pages, memberships.len())? {
                put_memberships(writer, service, id, 0, &memberships)?;
            }
            return Ok(more_work);
        }
        more_work |= frontier::add_work(writer, service, UnitKind::UserChannels, id, pages)?
            || carried_users::read_after_all(writer, service, id)?;
    }
    Ok(more_work)
}

pub(in crate::snapshot) fn store_channels(
    writer: &mut SnapshotWriter,
    unit: &Unit,
    channels: &[Channel],
) -> Result<bool, SnapshotError> {
    let mut more_work = false;
    for channel in channels {
        more_work |= store_channel(writer, unit.service, unit.pass, channel)?;
    }
    Ok(more_work)
}

/// Stores a channel and, where wanted, the units that read its members, invites and messages.
pub(in crate::snapshot) fn store_channel(
    writer: &mut SnapshotWriter,
    service: i64,
    pass: u32,
    channel: &Channel,
) -> Result<bool, SnapshotError> {
    let scope = writer.scope(channel.account_sid.as_ref(), channel.service_sid.as_ref())?;
    let id = writer.sql(|connection| {
        let mut statement = connection.prepare_cached(&CHANNEL)?;
        bind!(statement, service, channel.sid, pass, scope; channel);
        returned_id(&mut statement)
    })?;
    if writer.of_one_person {
        return add_own_units(writer, service, id, channel);
    }
    let mut more_work = false;
    if selection::reads_members_of(writer, channel) && focus::is_in_focus_channel(writer, channel)? {
        let pages = pages(channel.members_count, writer.page_of(Entity::Member));
        more_work |= frontier::add_work(writer, service, UnitKind::Members, id, pages)?;
    }
    if writer.identity().include.contains(&Entity::Invite) {
        more_work |= frontier::add_work(writer, service, UnitKind::Invites, id, 1)?;
    }
    if writer.identity().include.contains(&Entity::Message) && focus::is_in_focus_channel(writer, channel)? {
        let pages = pages(channel.messages_count, writer.page_of(Entity::Message));
        more_work |= frontier::add_work(writer, service, UnitKind::Messages, id, pages)?;
    }
    Ok(more_work)
}

/// Adds what is read of a channel for one person's sake: its own member, its own invitation, and the messages, which no API gives by
/// author.
fn add_own_units(
    writer: &SnapshotWriter,
    service: i64,
    id: i64,
    channel: &Channel,
) -> Result<bool, SnapshotError> {
    let Some(place) = own_place::own_place(writer, service, &channel.sid)? else { return Ok(false) };
    let wanted = |entity| selection::is_included(writer, entity);
    let mut more_work = false;
    if wanted(Entity::Member) && place.member.is_some() {
        more_work |= frontier::add_work(writer, service, UnitKind::Member, id, 1)?;
    }
    if wanted(Entity::Invite) && !place.has_joined {
        more_work |= frontier::add_work(writer, service, UnitKind::Invites, id, 1)?;
    }
    if wanted(Entity::Message) {
        let pages = pages(channel.messages_count, writer.page_of(Entity::Message));
        more_work |= frontier::add_work(writer, service, UnitKind::Messages, id, pages)?;
    }
    Ok(more_work)
}

pub(in crate::snapshot) fn store_memberships(
    writer: &mut SnapshotWriter,
    unit: &Unit,
    memberships: &[Membership],
) -> Result<(), SnapshotError> {
    put_memberships(writer, unit.service, unit.parent, unit.pass, memberships)
}

/// Stores memberships of a user, by the numbers of its service and itself.
pub(in crate::snapshot) fn put_memberships(
    writer: &mut SnapshotWriter,
    service: i64,
    user: i64,
    pass: u32,
    memberships: &[Membership],
) -> Result<(), SnapshotError> {
    let scopes = memberships
        .iter()
        .map(|row| writer.scope(row.account_sid.as_ref(), row.service_sid.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    writer.sql(|connection| {
        let mut statement = connection.prepare_cached(&MEMBERSHIP)?;
        for (membership, scope) in memberships.iter().zip(scopes) {
            bind!(statement, user, membership.channel_sid, pass, service, scope; membership);
            statement.raw_execute()?;
        }
        Ok(())
    })
}

pub(in crate::snapshot) fn store_members(
    writer: &mut SnapshotWriter,
    unit: &Unit,
    members: &[Member],
) -> Result<(), SnapshotError> {
    let scopes = members
        .iter()
        .map(|row| writer.scope(row.account_sid.as_ref(), row.service_sid.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    writer.sql(|connection| {
        let mut statement = connection.prepare_cached(&MEMBER)?;
        for (member, scope) in members.iter().zip(scopes) {
            bind!(statement, unit.parent, member.sid, unit.pass, scope; member);
            statement.raw_execute()?;
        }
        Ok(())
    })
}

pub(in crate::snapshot) fn store_invites(
    writer: &mut SnapshotWriter,
    unit: &Unit,
    invites: &[Invite],
) -> Result<(), SnapshotError> {
    for invite in invites {
        let scope = writer.scope(invite.account_sid.as_ref(), invite.service_sid.as_ref())?;
        writer.sql(|connection| {
            let mut statement = connection.prepare_cached(&INVITE)?;
            bind!(statement, unit.parent, invite.sid, unit.pass, scope; invite);
            statement.raw_execute()
        })?;
    }
    Ok(())
}

pub(in crate::snapshot) fn store_messages(
    writer: &mut SnapshotWriter,
    unit: &Unit,
    messages: &[Message],
) -> Result<(), SnapshotError> {
    let scopes = messages
        .iter()
        .map(|row| writer.scope(row.account_sid.as_ref(), row.service_sid.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    writer.sql(|connection| {
        let mut statement = connection.prepare_cached(&MESSAGE)?;
        for (message, scope) in messages.iter().zip(scopes) {
            bind!(statement, unit.parent, message.sid, unit.pass, scope; message);
            statement.raw_execute()?;
        }
        Ok(())
    })
}

/// Stores bindings. Of a list of one user only that user's are: what a server gives beside them is no one's business.
pub(in crate::snapshot) fn store_bindings(
    writer: &mut SnapshotWriter,
    unit: &Unit,
    bindings: &[Binding],
) -> Result<(), SnapshotError> {
    for binding in bindings {
        if let Target::UserBindings(_, _, identity) = &unit.target
            && binding.identity.as_ref() != Some(identity)
        {
            continue;
        }
        let scope = writer.scope(binding.account_sid.as_ref(), binding.service_sid.as_ref())?;
        writer.sql(|connection| {
            let mut statement = connection.prepare_cached(&BINDING)?;
            bind!(statement, unit.service, binding.sid, unit.pass, scope; binding);
            statement.raw_execute()
        })?;
    }
    Ok(())
}

/// Runs a statement that returns one number. It must be read to its end to take effect.
fn returned_id(statement: &mut rusqlite::Statement<'_>) -> rusqlite::Result<i64> {
    let mut rows = statement.raw_query();
    let id = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?.get(0)?;
    while rows.next()?.is_some() {}
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_rounded_up_and_at_least_one() {
        for (rows, expected) in
            [(None, 1), (Some(0), 1), (Some(50), 1), (Some(51), 2), (Some(-3), 1), (Some(1000), 20)]
        {
            assert_eq!(pages(rows, 50), expected, "{rows:?}");
        }
        assert!(pages(Some(i64::MAX), 50) < FIRST);
    }
}
