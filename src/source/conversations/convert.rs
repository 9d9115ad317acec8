//! From Conversations' JSON to the model, one function for each resource. Nothing here does I/O.
//!
//! **Invariant:** bad data is an issue, never an error: a row becomes a record with issues, or an issue that holds the row.

use crate::model::{
    AccountSid, Channel, ChannelSid, ConversationState, Entity, Issue, IssueKind, Member, Membership,
    MembershipStatus, Message, NotificationLevel, Role, RoleType, Service, ServiceSid, User, UserSid,
};
use crate::source::media::media;
use crate::source::notes::{Asked, Notes, json, owned, time};
use crate::twilio::conversations::wire;
use crate::twilio::wire::{Oddities, Text};

/// The permissions of Conversations' roles (Twilio's console and the Terraform provider know these).
pub(super) const PERMISSIONS: [&str; 22] = [
    "addNonChatParticipant",
    "addParticipant",
    "createConversation",
    "deleteAnyMessage",
    "deleteConversation",
    "deleteOwnMessage",
    "editAnyMessage",
    "editAnyMessageAttributes",
    "editAnyParticipantAttributes",
    "editAnyUserInfo",
    "editConversationAttributes",
    "editConversationName",
    "editNotificationLevel",
    "editOwnMessage",
    "editOwnMessageAttributes",
    "editOwnParticipantAttributes",
    "editOwnUserInfo",
    "joinConversation",
    "leaveConversation",
    "removeParticipant",
    "sendMediaMessage",
    "sendMessage",
];

fn account(notes: &mut Notes, text: Option<Text<'_>>, asked: Asked<'_>) -> Option<AccountSid> {
    notes.parent("account_sid", text, Some(asked.account))
}

fn service_of(notes: &mut Notes, text: Option<Text<'_>>, asked: Asked<'_>) -> Option<ServiceSid> {
    notes.parent("chat_service_sid", text, asked.service)
}

/// A service's own record, as far as Conversations has one.
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
        default_service_role_sid: None,
        default_channel_role_sid: None,
        default_channel_creator_role_sid: None,
        read_status_enabled: None,
        reachability_enabled: None,
        typing_indicator_timeout: None,
        consumption_report_interval: None,
        limits: None,
        pre_webhook_url: None,
        post_webhook_url: None,
        webhook_method: None,
        webhook_filters: None,
        pre_webhook_retry_count: None,
        post_webhook_retry_count: None,
        notifications: None,
        media: None,
        configuration: None,
        extra: None,
    };
    service.extra = notes.finish(Entity::Service, || service.sid.to_string(), issues);
    Some(service)
}

/// A role, with the type and the permissions by Conversations' own names.
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
        service_sid: service_of(&mut notes, row.chat_service_sid, asked),
        friendly_name: owned(row.friendly_name),
        r#type: notes.choice("type", row.r#type, RoleType::from_wire, RoleType::is_conversations),
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
        service_sid: service_of(&mut notes, row.chat_service_sid, asked),
        attributes: owned(row.attributes),
        friendly_name: owned(row.friendly_name),
        role_sid: notes.sid("role_sid", row.role_sid),
        identity: owned(row.identity),
        is_online: row.is_online,
        is_notifiable: row.is_notifiable,
        date_created: time(row.date_created),
        date_updated: time(row.date_updated),
        joined_channels_count: None,
        extra: None,
    };
    user.extra = notes.finish(Entity::User, || user.sid.to_string(), issues);
    Some(user)
}

/// A conversation.
pub(super) fn conversation(
    row: wire::Conversation<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    issues: &mut Vec<Issue>,
) -> Option<Channel> {
    let mut notes = Notes::new(odd);
    let mut channel = Channel {
        sid: notes.sid("sid", row.sid)?,
        account_sid: account(&mut notes, row.account_sid, asked),
        service_sid: service_of(&mut notes, row.chat_service_sid, asked),
        friendly_name: owned(row.friendly_name),
        unique_name: owned(row.unique_name),
        attributes: owned(row.attributes),
        r#type: None,
        date_created: time(row.date_created),
        date_updated: time(row.date_updated),
        created_by: None,
        members_count: None,
        messages_count: None,
        state: notes.choice("state", row.state, ConversationState::from_wire, ConversationState::is_known),
        timers: json(row.timers),
        messaging_service_sid: notes.sid("messaging_service_sid", row.messaging_service_sid),
        bindings: json(row.bindings),
        extra: None,
    };
    channel.extra = notes.finish(Entity::Channel, || channel.sid.to_string(), issues);
    Some(channel)
}

/// A User Conversation of the user asked for. The keys that are the conversation's are read with the conversation.
pub(super) fn user_conversation(
    row: wire::UserConversation<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    user: &UserSid,
    issues: &mut Vec<Issue>,
) -> Option<Membership> {
    let mut notes = Notes::new(odd);
    let level = row.notification_level;
    let mut membership = Membership {
        account_sid: account(&mut notes, row.account_sid, asked),
        service_sid: service_of(&mut notes, row.chat_service_sid, asked),
        channel_sid: notes.sid("conversation_sid", row.conversation_sid)?,
        user_sid: notes.key_parent("user_sid", row.user_sid, user),
        member_sid: notes.sid("participant_sid", row.participant_sid),
        status: Some(MembershipStatus::Joined),
        last_consumed_message_index: row.last_read_message_index,
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

/// A participant of the conversation asked for. One that takes part by SMS or another channel has a `messaging_binding`, kept
/// in `extra`.
pub(super) fn participant(
    row: wire::Participant<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    conversation: &ChannelSid,
    issues: &mut Vec<Issue>,
) -> Option<Member> {
    let mut notes = Notes::new(odd);
    notes.keep_published("messaging_binding", row.messaging_binding);
    let mut member = Member {
        sid: notes.sid("sid", row.sid)?,
        account_sid: account(&mut notes, row.account_sid, asked),
        channel_sid: notes.key_parent("conversation_sid", row.conversation_sid, conversation),
        service_sid: service_of(&mut notes, row.chat_service_sid, asked),
        identity: owned(row.identity),
        role_sid: notes.sid("role_sid", row.role_sid),
        last_consumed_message_index: row.last_read_message_index,
        last_consumption_timestamp: time(row.last_read_timestamp),
        date_created: time(row.date_created),
        date_updated: time(row.date_updated),
        attributes: owned(row.attributes),
        extra: None,
    };
    member.extra = notes.finish(Entity::Member, || member.sid.to_string(), issues);
    Some(member)
}

/// A message of the conversation asked for. Whether it was edited is not said: the specification's null `date_updated` for one
/// that was not is contradicted by its own examples.
pub(super) fn message(
    row: wire::Message<'_>,
    odd: Oddities,
    asked: Asked<'_>,
    conversation: &ChannelSid,
    issues: &mut Vec<Issue>,
) -> Option<Message> {
    let mut notes = Notes::new(odd);
    let mut message = Message {
        sid: notes.sid("sid", row.sid)?,
        account_sid: account(&mut notes, row.account_sid, asked),
        attributes: owned(row.attributes),
        service_sid: service_of(&mut notes, row.chat_service_sid, asked),
        channel_sid: notes.key_parent("conversation_sid", row.conversation_sid, conversation),
        date_created: time(row.date_created),
        date_updated: time(row.date_updated),
        last_updated_by: None,
        was_edited: None,
        from: owned(row.author),
        body: owned(row.body),
        index: row.index,
        r#type: None,
        media: media(row.media),
        participant_sid: notes.sid("participant_sid", row.participant_sid),
        delivery: json(row.delivery),
        content_sid: notes.sid("content_sid", row.content_sid),
        extra: None,
    };
    message.extra = notes.finish(Entity::Message, || message.sid.to_string(), issues);
    Some(message)
}
