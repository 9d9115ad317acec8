//! The records of the intermediate model: one plain struct for each resource of Programmable Chat.
//!
//! Field names are the API's (OpenAPI `chat.v2.service.*`), without `url` and `links`, which say nothing of their own. A
//! field is `None` when the API sent null, left the key out, or sent a value of another type; the last is an
//! [`Issue`](super::Issue) too.
//!
//! Conversations is read into the same structs: a conversation is a [`Channel`], a participant a [`Member`], a User
//! Conversation a [`Membership`]. What one of the two APIs does not have is `None` there.

use serde::Serialize;

use super::sid::{
    AccountSid, ChannelSid, ContentSid, InviteSid, MemberSid, MessageSid, MessagingServiceSid, RoleSid,
    ServiceSid, UserSid,
};
use super::value::{
    ChannelType, ConversationState, MembershipStatus, NotificationLevel, RoleType, Timestamp,
};

/// JSON text as the API sent it, for nested objects whose shape is Twilio's business (`limits`, `notifications`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText(pub Box<str>);

impl Serialize for JsonText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&serde_json::value::RawValue>(&self.0) {
            Ok(raw) => raw.serialize(serializer),
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }
}

/// What a record said beyond its fields: a JSON object of unknown keys, values of another type than the field's, and
/// parents other than the ones asked for, verbatim. `None` for nearly every record.
pub(crate) type Extra = Option<JsonText>;

/// A Chat service (OpenAPI `chat.v2.service`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Service {
    /// `IS…`
    pub sid: ServiceSid,
    /// The account that owns it.
    pub account_sid: Option<AccountSid>,
    /// Its name for people.
    pub friendly_name: Option<String>,
    /// When it was created.
    pub date_created: Option<Timestamp>,
    /// When it was last changed.
    pub date_updated: Option<Timestamp>,
    /// The role of a user without another.
    pub default_service_role_sid: Option<RoleSid>,
    /// The role of a member without another.
    pub default_channel_role_sid: Option<RoleSid>,
    /// The role of a channel's creator.
    pub default_channel_creator_role_sid: Option<RoleSid>,
    /// Whether message consumption horizons are kept.
    pub read_status_enabled: Option<bool>,
    /// Whether `is_online` and `is_notifiable` are kept.
    pub reachability_enabled: Option<bool>,
    /// In seconds.
    pub typing_indicator_timeout: Option<i64>,
    /// In seconds.
    pub consumption_report_interval: Option<i64>,
    /// `{"channel_members": …, "user_channels": …}`
    pub limits: Option<JsonText>,
    /// Webhook called before an event.
    pub pre_webhook_url: Option<String>,
    /// Webhook called after an event.
    pub post_webhook_url: Option<String>,
    /// `GET` or `POST`.
    pub webhook_method: Option<String>,
    /// The events that call a webhook, a JSON array.
    pub webhook_filters: Option<JsonText>,
    /// How often a pre-event webhook is tried again.
    pub pre_webhook_retry_count: Option<i64>,
    /// How often a post-event webhook is tried again.
    pub post_webhook_retry_count: Option<i64>,
    /// Push notification templates, a JSON object.
    pub notifications: Option<JsonText>,
    /// Media limits, a JSON object.
    pub media: Option<JsonText>,
    /// Conversations' configuration resources as sent, a JSON object: `account` (`/v1/Configuration`), `service`
    /// (`/v1/Services/{IS}/Configuration`), `webhooks` and `notifications` below that; null where one could not be read.
    pub configuration: Option<JsonText>,
    /// See [`Extra`].
    pub extra: Extra,
}

/// A role (OpenAPI `chat.v2.service.role`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Role {
    /// `RL…`
    pub sid: RoleSid,
    /// The account that owns it.
    pub account_sid: Option<AccountSid>,
    /// The service it belongs to.
    pub service_sid: Option<ServiceSid>,
    /// Its name for people.
    pub friendly_name: Option<String>,
    /// What it is for.
    pub r#type: Option<RoleType>,
    /// What it permits, in the API's order; unknown permissions verbatim.
    pub permissions: Option<Vec<String>>,
    /// When it was created.
    pub date_created: Option<Timestamp>,
    /// When it was last changed.
    pub date_updated: Option<Timestamp>,
    /// See [`Extra`].
    pub extra: Extra,
}

/// A user (OpenAPI `chat.v2.service.user`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct User {
    /// `US…`
    pub sid: UserSid,
    /// The account that owns it.
    pub account_sid: Option<AccountSid>,
    /// The service it belongs to.
    pub service_sid: Option<ServiceSid>,
    /// JSON in a string, verbatim.
    pub attributes: Option<String>,
    /// Its name for people.
    pub friendly_name: Option<String>,
    /// Its role in the service.
    pub role_sid: Option<RoleSid>,
    /// The application's own name of the user.
    pub identity: Option<String>,
    /// Null in every list; only a single fetch says it.
    pub is_online: Option<bool>,
    /// Whether it can be reached by push.
    pub is_notifiable: Option<bool>,
    /// When it was created.
    pub date_created: Option<Timestamp>,
    /// When it was last changed.
    pub date_updated: Option<Timestamp>,
    /// How many channels it has joined: evidence for the crawl's verdict.
    pub joined_channels_count: Option<i64>,
    /// See [`Extra`].
    pub extra: Extra,
}

/// A channel (OpenAPI `chat.v2.service.channel`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Channel {
    /// `CH…`
    pub sid: ChannelSid,
    /// The account that owns it.
    pub account_sid: Option<AccountSid>,
    /// The service it belongs to.
    pub service_sid: Option<ServiceSid>,
    /// Its name for people.
    pub friendly_name: Option<String>,
    /// Its name for programs, unique in the service.
    pub unique_name: Option<String>,
    /// JSON in a string, verbatim.
    pub attributes: Option<String>,
    /// Public or private.
    pub r#type: Option<ChannelType>,
    /// When it was created.
    pub date_created: Option<Timestamp>,
    /// When it was last changed.
    pub date_updated: Option<Timestamp>,
    /// The identity that created it, or `system`.
    pub created_by: Option<String>,
    /// How many members it has: evidence for the crawl's verdict.
    pub members_count: Option<i64>,
    /// How many messages it has.
    pub messages_count: Option<i64>,
    /// Conversations' state of it.
    pub state: Option<ConversationState>,
    /// When Conversations makes it inactive and closed, a JSON object.
    pub timers: Option<JsonText>,
    /// The messaging service of its SMS and `WhatsApp` participants.
    pub messaging_service_sid: Option<MessagingServiceSid>,
    /// Its email binding, a JSON object.
    pub bindings: Option<JsonText>,
    /// See [`Extra`].
    pub extra: Extra,
}

/// A user's place on a channel: Twilio's User Channel (OpenAPI `chat.v2.service.user.user_channel`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Membership {
    /// The account that owns it.
    pub account_sid: Option<AccountSid>,
    /// The service it belongs to.
    pub service_sid: Option<ServiceSid>,
    /// The channel.
    pub channel_sid: ChannelSid,
    /// The user.
    pub user_sid: UserSid,
    /// The Member that the user is in the channel, if joined.
    pub member_sid: Option<MemberSid>,
    /// Joined, invited, or not participating.
    pub status: Option<MembershipStatus>,
    /// The index of the last message read. Null is not 0: it says that nothing was ever marked as read.
    pub last_consumed_message_index: Option<i64>,
    /// Null until a read horizon was set once.
    pub unread_messages_count: Option<i64>,
    /// Whether push notifications are sent.
    pub notification_level: Option<NotificationLevel>,
    /// See [`Extra`].
    pub extra: Extra,
}

impl Membership {
    /// Whether the user is a member, as `joined_channels_count` and `members_count` count it.
    pub fn is_joined(&self) -> bool {
        self.status == Some(MembershipStatus::Joined)
    }
}

/// A member of a channel (OpenAPI `chat.v2.service.channel.member`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    /// `MB…`
    pub sid: MemberSid,
    /// The account that owns it.
    pub account_sid: Option<AccountSid>,
    /// The channel it is a member of.
    pub channel_sid: ChannelSid,
    /// The service it belongs to.
    pub service_sid: Option<ServiceSid>,
    /// The user's identity.
    pub identity: Option<String>,
    /// Its role in the channel.
    pub role_sid: Option<RoleSid>,
    /// The index of the last message read; null is not 0.
    pub last_consumed_message_index: Option<i64>,
    /// When that was.
    pub last_consumption_timestamp: Option<Timestamp>,
    /// When it joined.
    pub date_created: Option<Timestamp>,
    /// When it was last changed.
    pub date_updated: Option<Timestamp>,
    /// JSON in a string, verbatim.
    pub attributes: Option<String>,
    /// See [`Extra`].
    pub extra: Extra,
}

/// A pending invitation (OpenAPI `chat.v2.service.channel.invite`). Conversations has no counterpart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Invite {
    /// `IN…`
    pub sid: InviteSid,
    /// The account that owns it.
    pub account_sid: Option<AccountSid>,
    /// The channel it invites to.
    pub channel_sid: ChannelSid,
    /// The service it belongs to.
    pub service_sid: Option<ServiceSid>,
    /// The invited identity.
    pub identity: Option<String>,
    /// When it was created.
    pub date_created: Option<Timestamp>,
    /// When it was last changed.
    pub date_updated: Option<Timestamp>,
    /// The role that the member would get.
    pub role_sid: Option<RoleSid>,
    /// Who invited.
    pub created_by: Option<String>,
    /// See [`Extra`].
    pub extra: Extra,
}

/// A message (OpenAPI `chat.v2.service.channel.message`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// `IM…`
    pub sid: MessageSid,
    /// The account that owns it.
    pub account_sid: Option<AccountSid>,
    /// JSON in a string, verbatim.
    pub attributes: Option<String>,
    /// The service it belongs to.
    pub service_sid: Option<ServiceSid>,
    /// The channel it was sent to.
    pub channel_sid: ChannelSid,
    /// When it was sent.
    pub date_created: Option<Timestamp>,
    /// When it was last changed.
    pub date_updated: Option<Timestamp>,
    /// Who changed it last.
    pub last_updated_by: Option<String>,
    /// Whether it was edited.
    pub was_edited: Option<bool>,
    /// The sender's identity.
    pub from: Option<String>,
    /// The text.
    pub body: Option<String>,
    /// Its position in the channel; indices may skip.
    pub index: Option<i64>,
    /// `text` or `media`.
    pub r#type: Option<String>,
    /// `{sid, size, content_type, filename}`: a JSON object from Chat, an array of such from Conversations. Never an address:
    /// those that Twilio gives for media are temporary.
    pub media: Option<JsonText>,
    /// The sender as a participant. Conversations alone says it.
    pub participant_sid: Option<MemberSid>,
    /// How it was delivered to participants outside of chat, a JSON object. Conversations alone says it.
    pub delivery: Option<JsonText>,
    /// The template that it was made from. Conversations alone says it.
    pub content_sid: Option<ContentSid>,
    /// See [`Extra`].
    pub extra: Extra,
}
