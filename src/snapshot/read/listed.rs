//! What a person asks of one record: a user's channels, a channel's people, the holders of a role, its messages, what did not agree.
//!
//! **Invariant:** a list of one user or channel is read by its key or by an index; a role's holders are found by reading users and
//! members in order, and that read ends with the last row that is wanted.

use std::rc::Rc;

use serde::Serialize;

use crate::model::{
    Channel, ChannelSid, Entity, Member, Membership, MembershipStatus, Message, MessageSid,
    NotificationLevel, Role, RoleSid, Service, ServiceSid, User, UserSid,
};
use crate::snapshot::columns::StoredRecord as _;
use crate::snapshot::encode::{Bind, Position, bind, required};
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::lookup::LookUp;
use crate::snapshot::read::participants::{self, Participation, ParticipationWith};
use crate::snapshot::read::reader::Snapshot;
use crate::snapshot::read::service_view::{self, ServiceView};
use crate::snapshot::read::walk_row::Lookup;

/// Who is on which channel, with the names of both: what lists of a user's channels and of a channel's people show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ListedMembership {
    pub channel_sid: String,
    /// The channel's unique name.
    pub unique_name: Option<String>,
    pub channel_friendly_name: Option<String>,
    pub channel_type: Option<String>,
    pub user_sid: Option<String>,
    pub identity: Option<String>,
    pub user_friendly_name: Option<String>,
    pub member_sid: Option<String>,
    pub status: Option<String>,
    pub role_sid: Option<String>,
    /// The role's name.
    pub role: Option<String>,
    pub unread_messages_count: Option<i64>,
    pub last_consumed_message_index: Option<i64>,
    pub notification_level: Option<String>,
    /// When the member joined.
    pub since: Option<String>,
}

impl ListedMembership {
    fn of(membership: Option<&Membership>, member: Option<&Member>, role: Option<&Role>) -> Self {
        let text = |value: Option<&dyn ToString>| value.map(ToString::to_string);
        let own = membership.and_then(|membership| membership.last_consumed_message_index);
        let channel_sid = membership.map(|membership| &membership.channel_sid);
        let member_sid = member.map(|member| &member.sid);
        Self {
            channel_sid: channel_sid
                .or(member.map(|member| &member.channel_sid))
                .map(ToString::to_string)
                .unwrap_or_default(),
            user_sid: membership.map(|membership| membership.user_sid.to_string()),
            identity: member.and_then(|member| member.identity.clone()),
            member_sid: member_sid
                .or(membership.and_then(|membership| membership.member_sid.as_ref()))
                .map(ToString::to_string),
            status: match membership {
                Some(membership) => membership.status.as_ref().map(|status| status.as_str().to_owned()),
                // Only who has joined is in the list of members.
                None => member.map(|_| MembershipStatus::Joined.as_str().to_owned()),
            },
            role_sid: text(
                member.and_then(|member| member.role_sid.as_ref()).map(|sid| sid as &dyn ToString),
            ),
            role: role.and_then(|role| role.friendly_name.clone()),
            unread_messages_count: membership.and_then(|membership| membership.unread_messages_count),
            last_consumed_message_index: own.or(member.and_then(|member| member.last_consumed_message_index)),
            notification_level: membership
                .and_then(|membership| membership.notification_level.as_ref())
                .map(|level| level.as_str().to_owned()),
            since: text(
                member.and_then(|member| member.date_created.as_ref()).map(|date| date as &dyn ToString),
            ),
            ..Self::default()
        }
    }

    pub(super) fn with_channel(mut self, channel: Option<&Channel>) -> Self {
        if let Some(channel) = channel {
            self.unique_name.clone_from(&channel.unique_name);
            self.channel_friendly_name.clone_from(&channel.friendly_name);
            self.channel_type = channel.r#type.as_ref().map(|kind| kind.as_str().to_owned());
        }
        self
    }

    fn with_user(mut self, user: Option<&User>) -> Self {
        if let Some(user) = user {
            self.user_sid = Some(user.sid.to_string());
            self.user_friendly_name.clone_from(&user.friendly_name);
            if user.identity.is_some() {
                self.identity.clone_from(&user.identity);
            }
        }
        self
    }

    pub(crate) fn is_muted(&self) -> bool {
        self.notification_level.as_deref() == Some(NotificationLevel::Muted.as_str())
    }
}

/// Whoever has a role: a user in the service, or a member in a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RoleHolder {
    pub sid: String,
    pub identity: Option<String>,
    /// The channel in which the member has it; none for a user's role in the service.
    pub channel_sid: Option<String>,
}

pub(in crate::snapshot) fn service_for_single_reads<'s>(
    snapshot: &'s Snapshot,
    sid: &ServiceSid,
) -> Result<Option<ServiceView<'s>>, SnapshotError> {
    let found = snapshot.services()?.into_iter().find(|(_, service)| service.sid == *sid);
    let Some((number, service)) = found else { return Ok(None) };
    let (indexed, has_name_indexes) = (snapshot.is_indexed()?, snapshot.has_name_indexes()?);
    let account = service_view::account_of(snapshot, &service)?;
    Ok(Some(ServiceView { snapshot, number, service: Rc::new(service), account, indexed, has_name_indexes }))
}

pub(in crate::snapshot) fn service_records(snapshot: &Snapshot) -> Result<Vec<Service>, SnapshotError> {
    Ok(snapshot.services()?.into_iter().map(|(_, service)| service).collect())
}

pub(in crate::snapshot) fn role_records(snapshot: &Snapshot) -> Result<Vec<Role>, SnapshotError> {
    snapshot.sql(|connection| {
        let sql = format!("SELECT {} FROM role_row r ORDER BY service, sid", Role::SELECT);
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([], |row| Role::read(row, 0, &snapshot.scopes))?;
        rows.collect()
    })
}

pub(in crate::snapshot) fn largest_channels(
    snapshot: &Snapshot,
    most: u32,
) -> Result<Vec<Channel>, SnapshotError> {
    snapshot.sql(|connection| {
        let mut statement = connection.prepare(&format!(
            "SELECT {} FROM channel_row c WHERE listed ORDER BY members_count DESC, c.sid LIMIT ?1",
            Channel::SELECT
        ))?;
        let rows = statement.query_map([most], |row| Channel::read(row, 0, &snapshot.scopes))?;
        rows.collect()
    })
}

pub(in crate::snapshot) fn each_role_holder<E: From<SnapshotError>>(
    snapshot: &Snapshot,
    mut visit: impl FnMut(&RoleSid, &dyn Fn() -> Result<RoleHolder, SnapshotError>) -> Result<(), E>,
) -> Result<(), E> {
    let wrap = |source| E::from(SnapshotError::from_sqlite(snapshot.path(), source));
    let sorted = |source| SnapshotError::from_sqlite(snapshot.path(), source);
    for (sql, is_member) in [
        ("SELECT role_sid, sid, identity FROM user_row WHERE listed AND role_sid IS NOT NULL", false),
        (
            "SELECT x.role_sid, x.sid, x.identity, c.sid FROM channel_row c CROSS JOIN member_row x ON x.channel = c.id
             WHERE x.role_sid IS NOT NULL",
            true,
        ),
    ] {
        let mut statement = snapshot.connection.prepare(sql).map_err(wrap)?;
        let mut rows = statement.query([]).map_err(wrap)?;
        while let Some(row) = rows.next().map_err(wrap)? {
            let role: RoleSid = required(row, 0).map_err(wrap)?;
            visit(&role, &|| {
                Ok(if is_member {
                    RoleHolder {
                        sid: required::<crate::model::MemberSid>(row, 1).map_err(sorted)?.to_string(),
                        identity: row.get(2).map_err(sorted)?,
                        channel_sid: Some(required::<ChannelSid>(row, 3).map_err(sorted)?.to_string()),
                    }
                } else {
                    RoleHolder {
                        sid: required::<UserSid>(row, 1).map_err(sorted)?.to_string(),
                        identity: row.get(2).map_err(sorted)?,
                        channel_sid: None,
                    }
                })
            })?;
        }
    }
    Ok(())
}

pub(in crate::snapshot) fn role(
    view: &ServiceView<'_>,
    sid: &RoleSid,
) -> Result<Option<Role>, SnapshotError> {
    view.find("role_row r WHERE service = ?1 AND sid = ?2", sid)
}

pub(in crate::snapshot) fn channels_of(
    view: &ServiceView<'_>,
    user: &User,
) -> Result<Vec<ListedMembership>, SnapshotError> {
    let wrap = |source| SnapshotError::from_sqlite(view.snapshot.path(), source);
    let mut look_up = LookUp::new(view.snapshot, view.number)?;
    let mut listed = Vec::new();
    let memberships: Vec<Membership> = view.find_all(
        "user_row u CROSS JOIN membership_row m ON m.user = u.id
         WHERE u.service = ?1 AND u.sid = ?2 ORDER BY m.channel_sid",
        &user.sid,
    )?;
    for membership in &memberships {
        let channel = look_up.channel_if(true, &membership.channel_sid).map_err(wrap)?;
        let member = match &membership.member_sid {
            Some(sid) => look_up.member(&membership.channel_sid, sid).map_err(wrap)?,
            None => None,
        };
        let role_sid = member.as_ref().and_then(|member| member.role_sid.as_ref());
        let role = look_up.role_if(true, role_sid).map_err(wrap)?;
        listed.push(
            ListedMembership::of(Some(membership), member.as_deref(), role.as_deref())
                .with_channel(channel.as_deref())
                .with_user(Some(user)),
        );
    }
    let include = view.snapshot.identity()?.include;
    if let Some(identity) = user.identity.as_ref().filter(|_| !include.contains(&Entity::Membership)) {
        let members: Vec<Member> = view.find_all(
            "channel_row c CROSS JOIN member_row x ON x.channel = c.id
             WHERE c.service = ?1 AND x.identity = ?2 ORDER BY c.sid",
            identity,
        )?;
        for member in members {
            let channel = look_up.channel_if(true, &member.channel_sid).map_err(wrap)?;
            let role = look_up.role_if(true, member.role_sid.as_ref()).map_err(wrap)?;
            listed.push(
                ListedMembership::of(None, Some(&member), role.as_deref())
                    .with_channel(channel.as_deref())
                    .with_user(Some(user)),
            );
        }
    }
    Ok(listed)
}

pub(in crate::snapshot) fn people_of<E: From<SnapshotError>>(
    view: &ServiceView<'_>,
    channel: &ChannelSid,
    visit: &mut dyn FnMut(ListedMembership) -> Result<(), E>,
) -> Result<(), E> {
    if !view.indexed {
        view.snapshot.sql(service_view::make_index_by_channel)?;
    }
    let with = ParticipationWith { user: Lookup::Yes, role: true };
    participants::participations(view, channel, with, &mut |participation: &Participation| {
        let Participation { membership, user, member, role } = participation;
        visit(
            ListedMembership::of(membership.as_ref(), member.as_ref(), role.as_deref())
                .with_user(user.as_deref()),
        )
    })
}

pub(in crate::snapshot) fn messages_of(
    view: &ServiceView<'_>,
    channel: &ChannelSid,
    skip: u64,
    most: u32,
) -> Result<Vec<Message>, SnapshotError> {
    view.sql(|connection, number| {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {} FROM channel_row c CROSS JOIN message_row x ON x.channel = c.id
             WHERE c.service = ?1 AND c.sid = ?2 ORDER BY x.position, x.sid LIMIT ?3 OFFSET ?4",
            Message::SELECT
        ))?;
        bind!(statement, number, channel, i64::from(most), skip.cast_signed());
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Message::read(row, 0, &view.snapshot.scopes)?);
        }
        Ok(found)
    })
}

/// Messages of a channel, in its order: those from this index on, or after this message that has it. Those without an index come last.
pub(in crate::snapshot) fn messages_from(
    view: &ServiceView<'_>,
    channel: &ChannelSid,
    index: Option<i64>,
    after: Option<&MessageSid>,
    most: u32,
) -> Result<Vec<Message>, SnapshotError> {
    view.sql(|connection, number| {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {} FROM channel_row c CROSS JOIN message_row x ON x.channel = c.id
             WHERE c.service = ?1 AND c.sid = ?2 AND (x.position, x.sid) > (?3, ?4) ORDER BY x.position, x.sid LIMIT ?5",
            Message::SELECT
        ))?;
        let most = i64::from(most);
        // No SID comes before the empty text.
        let after: &dyn Bind = match after {
            Some(sid) => sid,
            None => &"",
        };
        bind!(statement, number, channel, Position(index), after, most);
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Message::read(row, 0, &view.snapshot.scopes)?);
        }
        Ok(found)
    })
}

pub(in crate::snapshot) fn message_count_of(
    view: &ServiceView<'_>,
    channel: &ChannelSid,
) -> Result<u64, SnapshotError> {
    view.sql(|connection, number| {
        let mut statement = connection.prepare_cached(
            "SELECT count(*) FROM channel_row c CROSS JOIN message_row x ON x.channel = c.id
             WHERE c.service = ?1 AND c.sid = ?2",
        )?;
        bind!(statement, number, channel);
        let mut rows = statement.raw_query();
        Ok(rows.next()?.map(|row| row.get::<_, i64>(0)).transpose()?.unwrap_or_default().cast_unsigned())
    })
}
