//! Reading rows back into the model's records. Each record has one list of columns, used by every query for it.

use std::collections::HashMap;

use rusqlite::{Connection, Result, Row};

use super::encode::{optional, required};
use crate::model::{AccountSid, Channel, Invite, Member, Membership, Role, Service, ServiceSid, User};

/// The pairs of SIDs that rows were sent with, by number.
#[derive(Debug, Default)]
pub(super) struct Scopes(HashMap<i64, (Option<AccountSid>, Option<ServiceSid>)>);

impl Scopes {
    pub(super) fn read(connection: &Connection) -> Result<Self> {
        let mut statement = connection.prepare("SELECT id, account, service FROM scope")?;
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, (optional(row, 1)?, optional(row, 2)?))))?;
        rows.collect::<Result<_>>().map(Self)
    }

    /// The pair that a row's column names.
    pub(super) fn of(
        &self,
        row: &Row<'_>,
        column: usize,
    ) -> Result<(Option<AccountSid>, Option<ServiceSid>)> {
        Ok(self.pair(row.get(column)?))
    }

    /// The pair of a number.
    pub(super) fn pair(&self, id: Option<i64>) -> (Option<AccountSid>, Option<ServiceSid>) {
        id.and_then(|id| self.0.get(&id)).cloned().unwrap_or_default()
    }
}

pub(super) const SERVICE: &str = "s.sid, s.scope, s.friendly_name, s.date_created, s.date_updated,
    s.default_service_role_sid, s.default_channel_role_sid, s.default_channel_creator_role_sid, s.read_status_enabled,
    s.reachability_enabled, s.typing_indicator_timeout, s.consumption_report_interval, s.limits, s.pre_webhook_url,
    s.post_webhook_url, s.webhook_method, s.webhook_filters, s.pre_webhook_retry_count, s.post_webhook_retry_count,
    s.notifications, s.media, s.configuration, s.extra";

/// How many columns [`SERVICE`] has.
pub(super) const SERVICE_COLUMNS: usize = 23;

pub(super) fn service(row: &Row<'_>, scopes: &Scopes) -> Result<Service> {
    let (account_sid, _) = scopes.of(row, 1)?;
    Ok(Service {
        sid: required(row, 0)?,
        account_sid,
        friendly_name: row.get(2)?,
        date_created: optional(row, 3)?,
        date_updated: optional(row, 4)?,
        default_service_role_sid: optional(row, 5)?,
        default_channel_role_sid: optional(row, 6)?,
        default_channel_creator_role_sid: optional(row, 7)?,
        read_status_enabled: row.get(8)?,
        reachability_enabled: row.get(9)?,
        typing_indicator_timeout: row.get(10)?,
        consumption_report_interval: row.get(11)?,
        limits: optional(row, 12)?,
        pre_webhook_url: row.get(13)?,
        post_webhook_url: row.get(14)?,
        webhook_method: row.get(15)?,
        webhook_filters: optional(row, 16)?,
        pre_webhook_retry_count: row.get(17)?,
        post_webhook_retry_count: row.get(18)?,
        notifications: optional(row, 19)?,
        media: optional(row, 20)?,
        configuration: optional(row, 21)?,
        extra: optional(row, 22)?,
    })
}

pub(super) const ROLE: &str =
    "r.sid, r.scope, r.friendly_name, r.type, r.permissions, r.date_created, r.date_updated, r.extra";

pub(super) fn role(row: &Row<'_>, scopes: &Scopes) -> Result<Role> {
    let (account_sid, service_sid) = scopes.of(row, 1)?;
    let permissions: Option<String> = row.get(4)?;
    Ok(Role {
        sid: required(row, 0)?,
        account_sid,
        service_sid,
        friendly_name: row.get(2)?,
        r#type: optional(row, 3)?,
        permissions: permissions.and_then(|text| serde_json::from_str(&text).ok()),
        date_created: optional(row, 5)?,
        date_updated: optional(row, 6)?,
        extra: optional(row, 7)?,
    })
}

pub(super) const USER: &str =
    "u.sid, u.scope, u.attributes, u.friendly_name, u.role_sid, u.identity, u.is_online,
    u.is_notifiable, u.date_created, u.date_updated, u.joined_channels_count, u.extra";
/// How many columns [`USER`] has.
pub(super) const USER_COLUMNS: usize = 12;

/// Reads a user whose columns begin at `first`.
pub(super) fn user(row: &Row<'_>, first: usize, scopes: &Scopes) -> Result<User> {
    let (account_sid, service_sid) = scopes.of(row, first + 1)?;
    Ok(User {
        sid: required(row, first)?,
        account_sid,
        service_sid,
        attributes: row.get(first + 2)?,
        friendly_name: row.get(first + 3)?,
        role_sid: optional(row, first + 4)?,
        identity: row.get(first + 5)?,
        is_online: row.get(first + 6)?,
        is_notifiable: row.get(first + 7)?,
        date_created: optional(row, first + 8)?,
        date_updated: optional(row, first + 9)?,
        joined_channels_count: row.get(first + 10)?,
        extra: optional(row, first + 11)?,
    })
}

pub(super) const CHANNEL: &str =
    "c.sid, c.scope, c.friendly_name, c.unique_name, c.attributes, c.type, c.date_created,
    c.date_updated, c.created_by, c.members_count, c.messages_count, c.state, c.timers, c.messaging_service_sid, c.bindings,
    c.extra";

pub(super) fn channel(row: &Row<'_>, scopes: &Scopes) -> Result<Channel> {
    let (account_sid, service_sid) = scopes.of(row, 1)?;
    Ok(Channel {
        sid: required(row, 0)?,
        account_sid,
        service_sid,
        friendly_name: row.get(2)?,
        unique_name: row.get(3)?,
        attributes: row.get(4)?,
        r#type: optional(row, 5)?,
        date_created: optional(row, 6)?,
        date_updated: optional(row, 7)?,
        created_by: row.get(8)?,
        members_count: row.get(9)?,
        messages_count: row.get(10)?,
        state: optional(row, 11)?,
        timers: optional(row, 12)?,
        messaging_service_sid: optional(row, 13)?,
        bindings: optional(row, 14)?,
        extra: optional(row, 15)?,
    })
}

pub(super) const MEMBERSHIP: &str =
    "m.channel_sid, m.scope, m.member_sid, m.status, m.last_consumed_message_index,
    m.unread_messages_count, m.notification_level, m.extra, u.sid";
/// How many columns [`MEMBERSHIP`] has.
pub(super) const MEMBERSHIP_COLUMNS: usize = 9;

pub(super) fn membership(row: &Row<'_>, scopes: &Scopes) -> Result<Membership> {
    let (account_sid, service_sid) = scopes.of(row, 1)?;
    Ok(Membership {
        account_sid,
        service_sid,
        channel_sid: required(row, 0)?,
        user_sid: required(row, 8)?,
        member_sid: optional(row, 2)?,
        status: optional(row, 3)?,
        last_consumed_message_index: row.get(4)?,
        unread_messages_count: row.get(5)?,
        notification_level: optional(row, 6)?,
        extra: optional(row, 7)?,
    })
}

pub(super) const MEMBER: &str = "x.sid, x.scope, x.identity, x.role_sid, x.last_consumed_message_index,
    x.last_consumption_timestamp, x.date_created, x.date_updated, x.attributes, x.extra, c.sid";

pub(super) fn member(row: &Row<'_>, scopes: &Scopes) -> Result<Member> {
    let (account_sid, service_sid) = scopes.of(row, 1)?;
    Ok(Member {
        sid: required(row, 0)?,
        account_sid,
        channel_sid: required(row, 10)?,
        service_sid,
        identity: row.get(2)?,
        role_sid: optional(row, 3)?,
        last_consumed_message_index: row.get(4)?,
        last_consumption_timestamp: optional(row, 5)?,
        date_created: optional(row, 6)?,
        date_updated: optional(row, 7)?,
        attributes: row.get(8)?,
        extra: optional(row, 9)?,
    })
}

pub(super) const INVITE: &str =
    "i.sid, i.scope, i.identity, i.date_created, i.date_updated, i.role_sid, i.created_by,
    i.extra, c.sid";

pub(super) fn invite(row: &Row<'_>, scopes: &Scopes) -> Result<Invite> {
    let (account_sid, service_sid) = scopes.of(row, 1)?;
    Ok(Invite {
        sid: required(row, 0)?,
        account_sid,
        channel_sid: required(row, 8)?,
        service_sid,
        identity: row.get(2)?,
        date_created: optional(row, 3)?,
        date_updated: optional(row, 4)?,
        role_sid: optional(row, 5)?,
        created_by: row.get(6)?,
        extra: optional(row, 7)?,
    })
}
