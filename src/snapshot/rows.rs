//! Storing the model's records as rows. Every row of a page is stored by its key: the last one of a key counts.

use super::encode::bind;
use super::error::SnapshotError;
use super::unit::{FIRST, Kind, Unit};
use super::writer::SnapshotWriter;
use crate::model::{Channel, Entity, Invite, Member, Membership, Role, Service, User};

/// How many pages a list of so many rows is estimated to take.
fn pages(rows: Option<i64>, page: i64) -> i64 {
    // A count from a server is not trusted to be sane; work that must come first stays above it.
    (rows.unwrap_or(0).max(0) / page + i64::from(rows.unwrap_or(0) % page > 0)).clamp(1, FIRST - 1)
}

impl SnapshotWriter {
    /// Services found in the account's list: each brings its own units.
    pub(super) fn store_listed_services(&mut self, services: &[Service]) -> Result<bool, SnapshotError> {
        let mut more_work = false;
        for service in services {
            more_work |= self.add_service_units(&service.sid)?;
        }
        Ok(more_work)
    }

    /// A service's own record.
    pub fn store_service(&mut self, service: &Service) -> Result<(), SnapshotError> {
        let scope = self.scope(service.account_sid.as_ref(), Some(&service.sid))?;
        self.service_number(&service.sid)?;
        self.sql(|connection| {
            let mut statement = connection.prepare_cached(
                "UPDATE service_row SET fetched = 1, scope = ?2, friendly_name = ?3, date_created = ?4,
                   date_updated = ?5, default_service_role_sid = ?6, default_channel_role_sid = ?7,
                   default_channel_creator_role_sid = ?8, read_status_enabled = ?9, reachability_enabled = ?10,
                   typing_indicator_timeout = ?11, consumption_report_interval = ?12, limits = ?13,
                   pre_webhook_url = ?14, post_webhook_url = ?15, webhook_method = ?16, webhook_filters = ?17,
                   pre_webhook_retry_count = ?18, post_webhook_retry_count = ?19, notifications = ?20, media = ?21,
                   configuration = ?22, extra = ?23
                 WHERE sid = ?1",
            )?;
            bind!(
                statement,
                service.sid,
                scope,
                service.friendly_name,
                service.date_created,
                service.date_updated,
                service.default_service_role_sid,
                service.default_channel_role_sid,
                service.default_channel_creator_role_sid,
                service.read_status_enabled,
                service.reachability_enabled,
                service.typing_indicator_timeout,
                service.consumption_report_interval,
                service.limits,
                service.pre_webhook_url,
                service.post_webhook_url,
                service.webhook_method,
                service.webhook_filters,
                service.pre_webhook_retry_count,
                service.post_webhook_retry_count,
                service.notifications,
                service.media,
                service.configuration,
                service.extra,
            );
            statement.raw_execute()
        })?;
        Ok(())
    }

    pub(super) fn store_roles(&mut self, unit: &Unit, roles: &[Role]) -> Result<(), SnapshotError> {
        for role in roles {
            let scope = self.scope(role.account_sid.as_ref(), role.service_sid.as_ref())?;
            let permissions = role.permissions.as_ref().map(|list| serde_json::json!(list).to_string());
            self.sql(|connection| {
                let mut statement = connection.prepare_cached(
                    "INSERT OR REPLACE INTO role_row (service, sid, pass, scope, friendly_name, type, permissions,
                       date_created, date_updated, extra)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?;
                bind!(
                    statement,
                    unit.service,
                    role.sid,
                    unit.pass,
                    scope,
                    role.friendly_name,
                    role.r#type,
                    permissions,
                    role.date_created,
                    role.date_updated,
                    role.extra,
                );
                statement.raw_execute()
            })?;
        }
        Ok(())
    }

    pub(super) fn store_users(&mut self, unit: &Unit, users: &[User]) -> Result<bool, SnapshotError> {
        let mut more_work = false;
        for user in users {
            if self.is_selected(user)? {
                more_work |= self.store_user(unit.service, unit.pass, user)?;
            }
        }
        Ok(more_work)
    }

    /// Stores a user and, where wanted, the unit that reads its channels.
    pub(super) fn store_user(&mut self, service: i64, pass: u32, user: &User) -> Result<bool, SnapshotError> {
        let scope = self.scope(user.account_sid.as_ref(), user.service_sid.as_ref())?;
        let id = self.sql(|connection| {
            let mut statement = connection.prepare_cached(
                "INSERT INTO user_row (service, sid, pass, scope, attributes, friendly_name, role_sid, identity,
                   is_online, is_notifiable, date_created, date_updated, joined_channels_count, extra)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
                 ON CONFLICT (service, sid) DO UPDATE SET listed = 1, pass = excluded.pass, scope = excluded.scope,
                   attributes = excluded.attributes, friendly_name = excluded.friendly_name,
                   role_sid = excluded.role_sid, identity = excluded.identity, is_online = excluded.is_online,
                   is_notifiable = excluded.is_notifiable, date_created = excluded.date_created,
                   date_updated = excluded.date_updated, joined_channels_count = excluded.joined_channels_count,
                   extra = excluded.extra
                 RETURNING id",
            )?;
            bind!(
                statement,
                service,
                user.sid,
                pass,
                scope,
                user.attributes,
                user.friendly_name,
                user.role_sid,
                user.identity,
                user.is_online,
                user.is_notifiable,
                user.date_created,
                user.date_updated,
                user.joined_channels_count,
                user.extra,
            );
            returned_id(&mut statement)
        })?;
        if self.reads_channels_of(user) && self.is_in_focus_user(user)? {
            let pages = pages(user.joined_channels_count, self.page_of(Entity::Membership));
            if self.carry_user(service, id, user, pages)? {
                return Ok(false);
            }
            return Ok(self.add_work(service, Kind::UserChannels, id, pages)? || self.put_down(service, id)?);
        }
        Ok(false)
    }

    pub(super) fn store_channels(
        &mut self,
        unit: &Unit,
        channels: &[Channel],
    ) -> Result<bool, SnapshotError> {
        let mut more_work = false;
        for channel in channels {
            more_work |= self.store_channel(unit.service, unit.pass, channel)?;
        }
        Ok(more_work)
    }

    /// Stores a channel and, where wanted, the units that read its members, invites and messages.
    pub(super) fn store_channel(
        &mut self,
        service: i64,
        pass: u32,
        channel: &Channel,
    ) -> Result<bool, SnapshotError> {
        let scope = self.scope(channel.account_sid.as_ref(), channel.service_sid.as_ref())?;
        let id = self.sql(|connection| {
            let mut statement = connection.prepare_cached(
                "INSERT INTO channel_row (service, sid, pass, scope, friendly_name, unique_name, attributes, type,
                   date_created, date_updated, created_by, members_count, messages_count, state, timers,
                   messaging_service_sid, bindings, extra)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
                 ON CONFLICT (service, sid) DO UPDATE SET listed = 1, pass = excluded.pass, scope = excluded.scope,
                   friendly_name = excluded.friendly_name, unique_name = excluded.unique_name,
                   attributes = excluded.attributes, type = excluded.type, date_created = excluded.date_created,
                   date_updated = excluded.date_updated, created_by = excluded.created_by,
                   members_count = excluded.members_count, messages_count = excluded.messages_count,
                   state = excluded.state, timers = excluded.timers,
                   messaging_service_sid = excluded.messaging_service_sid, bindings = excluded.bindings,
                   extra = excluded.extra
                 RETURNING id",
            )?;
            bind!(
                statement,
                service,
                channel.sid,
                pass,
                scope,
                channel.friendly_name,
                channel.unique_name,
                channel.attributes,
                channel.r#type,
                channel.date_created,
                channel.date_updated,
                channel.created_by,
                channel.members_count,
                channel.messages_count,
                channel.state,
                channel.timers,
                channel.messaging_service_sid,
                channel.bindings,
                channel.extra,
            );
            returned_id(&mut statement)
        })?;
        let mut more_work = false;
        if self.reads_members_of(channel) && self.is_in_focus_channel(channel)? {
            let pages = pages(channel.members_count, self.page_of(Entity::Member));
            more_work |= self.add_work(service, Kind::Members, id, pages)?;
        }
        if self.identity().include.contains(&Entity::Invite) {
            more_work |= self.add_work(service, Kind::Invites, id, 1)?;
        }
        if self.identity().include.contains(&Entity::Message) && self.is_in_focus_channel(channel)? {
            let pages = pages(channel.messages_count, self.page_of(Entity::Message));
            more_work |= self.add_work(service, Kind::Messages, id, pages)?;
        }
        Ok(more_work)
    }

    pub(super) fn store_memberships(
        &mut self,
        unit: &Unit,
        memberships: &[Membership],
    ) -> Result<(), SnapshotError> {
        self.put_memberships(unit.service, unit.parent, unit.pass, memberships)
    }

    /// Stores memberships of a user, by the numbers of its service and itself.
    pub(super) fn put_memberships(
        &mut self,
        service: i64,
        user: i64,
        pass: u32,
        memberships: &[Membership],
    ) -> Result<(), SnapshotError> {
        let scopes = memberships
            .iter()
            .map(|row| self.scope(row.account_sid.as_ref(), row.service_sid.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        self.sql(|connection| {
            let mut statement = connection.prepare_cached(
                "INSERT OR REPLACE INTO membership_row (user, channel_sid, pass, service, scope, member_sid,
                   status, last_consumed_message_index, unread_messages_count, notification_level, extra)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?;
            for (membership, scope) in memberships.iter().zip(scopes) {
                bind!(
                    statement,
                    user,
                    membership.channel_sid,
                    pass,
                    service,
                    scope,
                    membership.member_sid,
                    membership.status,
                    membership.last_consumed_message_index,
                    membership.unread_messages_count,
                    membership.notification_level,
                    membership.extra,
                );
                statement.raw_execute()?;
            }
            Ok(())
        })
    }

    pub(super) fn store_members(&mut self, unit: &Unit, members: &[Member]) -> Result<(), SnapshotError> {
        let scopes = members
            .iter()
            .map(|row| self.scope(row.account_sid.as_ref(), row.service_sid.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        self.sql(|connection| {
            let mut statement = connection.prepare_cached(
                "INSERT OR REPLACE INTO member_row (channel, sid, pass, scope, identity, role_sid,
                   last_consumed_message_index, last_consumption_timestamp, date_created, date_updated,
                   attributes, extra)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?;
            for (member, scope) in members.iter().zip(scopes) {
                bind!(
                    statement,
                    unit.parent,
                    member.sid,
                    unit.pass,
                    scope,
                    member.identity,
                    member.role_sid,
                    member.last_consumed_message_index,
                    member.last_consumption_timestamp,
                    member.date_created,
                    member.date_updated,
                    member.attributes,
                    member.extra,
                );
                statement.raw_execute()?;
            }
            Ok(())
        })
    }

    pub(super) fn store_invites(&mut self, unit: &Unit, invites: &[Invite]) -> Result<(), SnapshotError> {
        for invite in invites {
            let scope = self.scope(invite.account_sid.as_ref(), invite.service_sid.as_ref())?;
            self.sql(|connection| {
                let mut statement = connection.prepare_cached(
                    "INSERT OR REPLACE INTO invite_row (channel, sid, pass, scope, identity, date_created,
                       date_updated, role_sid, created_by, extra)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?;
                bind!(
                    statement,
                    unit.parent,
                    invite.sid,
                    unit.pass,
                    scope,
                    invite.identity,
                    invite.date_created,
                    invite.date_updated,
                    invite.role_sid,
                    invite.created_by,
                    invite.extra,
                );
                statement.raw_execute()
            })?;
        }
        Ok(())
    }
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
