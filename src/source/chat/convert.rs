//! From Programmable Chat's JSON to the model, one function for each resource. Nothing here does I/O.
//!
//! **Invariant:** bad data is an issue, never an error: a row becomes a record with issues, or an issue that holds the row.

use crate::model::{
    AccountSid, Channel, ChannelSid, ChannelType, Entity, Invite, Issue, IssueKind, Member, Membership,
    MembershipStatus, Message, NotificationLevel, Role, RoleType, Service, ServiceSid, User, UserSid,
};
use crate::source::media::media;
use crate::source::notes::{Asked, Notes, json, owned, time};
use crate::twilio::chat::wire;
use crate::twilio::wire::{Oddities, Text};

/// The permissions of Chat's roles (Twilio's "Chat permissions" page, and roles that its own samples record).
pub(super) const PERMISSIONS: [&str; 22] = [
    "addMember",
    "createChannel",
    "deleteAnyMessage",
    "deleteOwnMessage",
    "destroyChannel",
    "editAnyMemberAttributes",
    "editAnyMessage",
    "editAnyMessageAttributes",
    "editAnyUserInfo",
    "editChannelAttributes",
    "editChannelName",
    "editNotificationLevel",
    "editOwnMemberAttributes",
    "editOwnMessage",
    "editOwnMessageAttributes",
    "editOwnUserInfo",
    "inviteMember",
    "joinChannel",
    "leaveChannel",
    "removeMember",
    "sendMediaMessage",
    "sendMessage",
];

fn account(notes: &mut Notes, text: Option<Text<'_>>, asked: Asked<'_>) -> Option<AccountSid> {
    notes.parent("account_sid", text, Some(asked.account))
}

fn service_of(notes: &mut Notes, text: Option<Text<'_>>, asked: Asked<'_>) -> Option<ServiceSid> {
    notes.parent("service_sid", text, asked.service)
}

/// A service.
pub(super) fn service(
    row: wire::Service<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    issues: &mut Vec<Issue>,
) -> Option<Service> {
    let mut notes = Notes::new(odd);
    let mut service = Service {
        sid: notes.parent("sid", row.sid, asked.service)?,
        account_sid: account(&mut notes, row.account_sid, asked),
        friendly_name: owned(row.friendly_name),
        date_created: time(row.date_created),
        date_updated: time(row.date_updated),
        default_service_role_sid: notes.sid("default_service_role_sid", row.default_service_role_sid),
        default_channel_role_sid: notes.sid("default_channel_role_sid", row.default_channel_role_sid),
        default_channel_creator_role_sid: notes
            .sid("default_channel_creator_role_sid", row.default_channel_creator_role_sid),
        read_status_enabled: row.read_status_enabled,
        reachability_enabled: row.reachability_enabled,
        typing_indicator_timeout: row.typing_indicator_timeout,
        consumption_report_interval: row.consumption_report_interval,
        limits: json(row.limits),
        pre_webhook_url: owned(row.pre_webhook_url),
        post_webhook_url: owned(row.post_webhook_url),
        webhook_method: owned(row.webhook_method),
        webhook_filters: json(row.webhook_filters),
        pre_webhook_retry_count: row.pre_webhook_retry_count,
        post_webhook_retry_count: row.post_webhook_retry_count,
        notifications: json(row.notifications),
        media: json(row.media),
        configuration: None,
        extra: None,
    };
    service.extra = notes.finish(Entity::Service, || service.sid.to_string(), issues);
    Some(service)
}

/// A role.
pub(super) fn role(
    row: wire::Role<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    issues: &mut Vec<Issue>,
) -> Option<Role> {
    let mut notes = Notes::new(odd);
    for permission in row.permissions.iter().flatten() {
        if PERMISSIONS.binary_search(&&*permission.0).is_err() {
            notes.note("permissions", IssueKind::UnknownValue, &permission.0);
        }
    }
    let mut role = Role {
        sid: notes.sid("sid", row.sid)?,
        account_sid: account(&mut notes, row.account_sid, asked),
        service_sid: service_of(&mut notes, row.service_sid, asked),
        friendly_name: owned(row.friendly_name),
        r#type: notes.choice("type", row.r#type, RoleType::from_wire, RoleType::is_chats),
        permissions: row.permissions.map(|list| list.into_iter().map(|text| text.0.into_owned()).collect()),
        date_created: time(row.date_created),
        date_updated: time(row.date_updated),
        extra: None,
    };
    role.extra = notes.finish(Entity::Role, || role.sid.to_string(), issues);
    Some(role)
}

/// A user.
pub(super) fn user(
    row: wire::User<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    issues: &mut Vec<Issue>,
) -> Option<User> {
    let mut notes = Notes::new(odd);
    let mut user = User {
        sid: notes.sid("sid", row.sid)?,
        account_sid: account(&mut notes, row.account_sid, asked),
        service_sid: service_of(&mut notes, row.service_sid, asked),
        attributes: owned(row.attributes),
        friendly_name: owned(row.friendly_name),
        role_sid: notes.sid("role_sid", row.role_sid),
        identity: owned(row.identity),
        is_online: row.is_online,
        is_notifiable: row.is_notifiable,
        date_created: time(row.date_created),
        date_updated: time(row.date_updated),
        joined_channels_count: row.joined_channels_count,
        extra: None,
    };
    user.extra = notes.finish(Entity::User, || user.sid.to_string(), issues);
    Some(user)
}

/// A channel.
pub(super) fn channel(
    row: wire::Channel<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    issues: &mut Vec<Issue>,
) -> Option<Channel> {
    let mut notes = Notes::new(odd);
    let mut channel = Channel {
        sid: notes.sid("sid", row.sid)?,
        account_sid: account(&mut notes, row.account_sid, asked),
        service_sid: service_of(&mut notes, row.service_sid, asked),
        friendly_name: owned(row.friendly_name),
        unique_name: owned(row.unique_name),
        attributes: owned(row.attributes),
        r#type: notes.choice("type", row.r#type, ChannelType::from_wire, ChannelType::is_known),
        date_created: time(row.date_created),
        date_updated: time(row.date_updated),
        created_by: owned(row.created_by),
        members_count: row.members_count,
        messages_count: row.messages_count,
        state: None,
        timers: None,
        messaging_service_sid: None,
        bindings: None,
        extra: None,
    };
    channel.extra = notes.finish(Entity::Channel, || channel.sid.to_string(), issues);
    Some(channel)
}

/// A User Channel of the user asked for.
pub(super) fn membership(
    row: wire::UserChannel<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    user: &UserSid,
    issues: &mut Vec<Issue>,
) -> Option<Membership> {
    let mut notes = Notes::new(odd);
    let level = row.notification_level;
    let mut membership = Membership {
        account_sid: account(&mut notes, row.account_sid, asked),
        service_sid: service_of(&mut notes, row.service_sid, asked),
        channel_sid: notes.sid("channel_sid", row.channel_sid)?,
        user_sid: notes.key_parent("user_sid", row.user_sid, user),
        member_sid: notes.sid("member_sid", row.member_sid),
        status: notes.choice("status", row.status, MembershipStatus::from_wire, MembershipStatus::is_known),
        last_consumed_message_index: row.last_consumed_message_index,
        unread_messages_count: row.unread_messages_count,
        notification_level: notes.choice(
            "notification_level",
            level,
            NotificationLevel::from_wire,
            NotificationLevel::is_known,
        ),
        extra: None,
    };
    let subject = || format!("{}/{}", membership.user_sid, membership.channel_sid);
    membership.extra = notes.finish(Entity::Membership, subject, issues);
    Some(membership)
}

/// A member of the channel asked for.
pub(super) fn member(
    row: wire::Member<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    channel: &ChannelSid,
    issues: &mut Vec<Issue>,
) -> Option<Member> {
    let mut notes = Notes::new(odd);
    let mut member = Member {
        sid: notes.sid("sid", row.sid)?,
        account_sid: account(&mut notes, row.account_sid, asked),
        channel_sid: notes.key_parent("channel_sid", row.channel_sid, channel),
        service_sid: service_of(&mut notes, row.service_sid, asked),
        identity: owned(row.identity),
        role_sid: notes.sid("role_sid", row.role_sid),
        last_consumed_message_index: row.last_consumed_message_index,
        last_consumption_timestamp: time(row.last_consumption_timestamp),
        date_created: time(row.date_created),
        date_updated: time(row.date_updated),
        attributes: owned(row.attributes),
        extra: None,
    };
    member.extra = notes.finish(Entity::Member, || member.sid.to_string(), issues);
    Some(member)
}

/// An invite to the channel asked for.
pub(super) fn invite(
    row: wire::Invite<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    channel: &ChannelSid,
    issues: &mut Vec<Issue>,
) -> Option<Invite> {
    let mut notes = Notes::new(odd);
    let mut invite = Invite {
        sid: notes.sid("sid", row.sid)?,
        account_sid: account(&mut notes, row.account_sid, asked),
        channel_sid: notes.key_parent("channel_sid", row.channel_sid, channel),
        service_sid: service_of(&mut notes, row.service_sid, asked),
        identity: owned(row.identity),
        date_created: time(row.date_created),
        date_updated: time(row.date_updated),
        role_sid: notes.sid("role_sid", row.role_sid),
        created_by: owned(row.created_by),
        extra: None,
    };
    invite.extra = notes.finish(Entity::Invite, || invite.sid.to_string(), issues);
    Some(invite)
}

/// A message of the channel asked for.
pub(super) fn message(
    row: wire::Message<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    channel: &ChannelSid,
    issues: &mut Vec<Issue>,
) -> Option<Message> {
    let mut notes = Notes::new(odd);
    notes.key_parent("to", row.to, channel); // the channel once more: kept only where it is another one
    let mut message = Message {
        sid: notes.sid("sid", row.sid)?,
        account_sid: account(&mut notes, row.account_sid, asked),
        attributes: owned(row.attributes),
        service_sid: service_of(&mut notes, row.service_sid, asked),
        channel_sid: notes.key_parent("channel_sid", row.channel_sid, channel),
        date_created: time(row.date_created),
        date_updated: time(row.date_updated),
        last_updated_by: owned(row.last_updated_by),
        was_edited: row.was_edited,
        from: owned(row.from),
        body: owned(row.body),
        index: row.index,
        r#type: owned(row.r#type),
        media: media(row.media),
        participant_sid: None,
        delivery: None,
        content_sid: None,
        extra: None,
    };
    message.extra = notes.finish(Entity::Message, || message.sid.to_string(), issues);
    Some(message)
}
