//! What there is to know of a user, channel, role or membership, whether it was generated or written.

use std::borrow::Cow;

use jiff::Timestamp;

use super::as_sent::AsSent;

#[derive(Debug, Clone)]
pub(crate) struct UserRecord {
    pub(crate) digits: u128,
    pub(crate) identity: String,
    pub(crate) friendly_name: Option<String>,
    pub(crate) attributes: Option<String>,
    pub(crate) role_sid: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) sent: AsSent,
}

/// A device that gets push notifications.
#[derive(Debug, Clone)]
pub(crate) struct BindingRecord {
    pub(crate) digits: u128,
    /// None where the service lacks the user.
    pub(crate) user: Option<u32>,
    pub(crate) identity: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) credential_sid: Option<String>,
    /// `apn`, `gcm`, `fcm` or `twilsock`.
    pub(crate) kind: Option<String>,
    /// In the words of Chat.
    pub(crate) message_types: Option<Vec<String>>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) sent: AsSent,
}

/// A channel, which is a conversation when it is private.
#[derive(Debug, Clone)]
pub(crate) struct ChannelRecord {
    pub(crate) digits: u128,
    pub(crate) friendly_name: Option<String>,
    pub(crate) unique_name: Option<String>,
    pub(crate) attributes: Option<String>,
    pub(crate) private: bool,
    /// `active`, `inactive`, `closed` or `initializing`; only Conversations shows it.
    pub(crate) state: &'static str,
    /// When it becomes inactive and closed; only Conversations shows it.
    pub(crate) timers: Timers,
    pub(crate) messaging_service_sid: Option<String>,
    pub(crate) email: Option<EmailBinding>,
    pub(crate) created_by: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) sent: AsSent,
}

/// The sender of a conversation's e-mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmailBinding {
    pub(crate) name: Option<String>,
    pub(crate) address: String,
}

/// How a participant of another network is reached, or a user in a group MMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NetworkBinding {
    /// `sms`, `whatsapp` and the like.
    pub(crate) kind: Cow<'static, str>,
    pub(crate) address: Option<String>,
    pub(crate) proxy_address: Option<String>,
    pub(crate) projected_address: Option<String>,
}

/// When a conversation changes its state by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Timers {
    pub(crate) inactive: Option<Timestamp>,
    pub(crate) closed: Option<Timestamp>,
}

impl ChannelRecord {
    /// A channel with a name of its own and nothing else that is unusual. The writer gives it its SID.
    pub(crate) fn named(friendly_name: String, unique_name: String, now: Timestamp) -> Self {
        Self {
            digits: 0,
            friendly_name: Some(friendly_name),
            unique_name: Some(unique_name),
            attributes: Some("{}".to_owned()),
            private: true,
            state: "active",
            timers: Timers::default(),
            messaging_service_sid: None,
            email: None,
            created_by: Some("system".to_owned()),
            created: now,
            updated: now,
            sent: AsSent::default(),
        }
    }
}

/// A role, with the names that Chat has for its permissions.
#[derive(Debug, Clone)]
pub(crate) struct RoleRecord {
    pub(crate) digits: u128,
    pub(crate) friendly_name: String,
    /// Of the service, not of a channel.
    pub(crate) of_service: bool,
    pub(crate) permissions: Vec<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) sent: AsSent,
}

/// A joined membership that was written to, or was created.
#[derive(Debug, Clone)]
pub(crate) struct MembershipRecord {
    /// None of a participant of another network, which only Conversations shows.
    pub(crate) user: Option<u32>,
    pub(crate) channel: u32,
    /// Of the member's SID.
    pub(crate) digits: u128,
    pub(crate) role_sid: Option<String>,
    pub(crate) attributes: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) last_read_index: Option<i64>,
    pub(crate) last_read: Option<Timestamp>,
    pub(crate) muted: bool,
    pub(crate) binding: Option<NetworkBinding>,
    /// Of one that was read from a snapshot.
    pub(crate) read: Option<Box<ReadMembership>>,
}

/// What only a membership of a snapshot has.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadMembership {
    /// Of a member whose user the snapshot lacks.
    pub(crate) identity: Option<String>,
    /// As the user's list has it, which is read at another moment than the channel's; none once a position was written.
    pub(crate) reading: Option<ReadMark>,
    pub(crate) as_member: AsSent,
    pub(crate) as_user_channel: AsSent,
}

/// A membership as the list of its user has it.
#[derive(Debug, Clone)]
pub(crate) struct UserSide {
    /// As Chat says it.
    pub(crate) status: &'static str,
    /// The digits of the member; none where there is no member.
    pub(crate) member: Option<u128>,
    pub(crate) reading: ReadMark,
    pub(crate) muted: bool,
    pub(crate) sent: AsSent,
}

/// How far a user has read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ReadMark {
    /// The index of the last message read; null until one was.
    pub(crate) index: Option<i64>,
    /// Messages after it; null until one was read.
    pub(crate) unread: Option<i64>,
}

/// A pending invitation.
#[derive(Debug, Clone)]
pub(crate) struct InviteRecord {
    pub(crate) digits: u128,
    /// None of an identity that no user has.
    pub(crate) user: Option<u32>,
    pub(crate) identity: Option<String>,
    pub(crate) role_sid: Option<String>,
    pub(crate) created_by: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) sent: AsSent,
}

/// A message of a channel.
#[derive(Debug, Clone)]
pub(crate) struct MessageRecord {
    pub(crate) digits: u128,
    pub(crate) index: i64,
    pub(crate) author: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) attributes: Option<String>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Option<Timestamp>,
    /// Null where the API says nothing of it.
    pub(crate) was_edited: Option<bool>,
    pub(crate) last_updated_by: Option<String>,
    /// The media of a media message, a JSON object.
    pub(crate) media: Option<String>,
    /// A JSON object.
    pub(crate) delivery: Option<String>,
    pub(crate) content_sid: Option<String>,
    pub(crate) sent: AsSent,
}

impl MessageRecord {
    /// Whether it says the same as another one: whoever sends a message again sends the same.
    pub(crate) fn repeats(&self, other: &Self) -> bool {
        let said = |record: &Self| (record.author.clone(), record.body.clone(), record.attributes.clone());
        said(self) == said(other) && self.created == other.created && self.updated == other.updated
    }
}

impl MembershipRecord {
    /// A user who was added and has read nothing yet. The writer gives the member its SID.
    pub(crate) fn joined(user: Option<u32>, channel: u32, role_sid: String, now: Timestamp) -> Self {
        Self {
            user,
            channel,
            digits: 0,
            role_sid: Some(role_sid),
            attributes: Some("{}".to_owned()),
            created: now,
            updated: now,
            last_read_index: None,
            last_read: None,
            muted: false,
            binding: None,
            read: None,
        }
    }
}

/// Half of a UTF-16 surrogate pair, as a code point of a private plane: a `String` cannot hold it. JSON writes it as an escape.
pub(crate) fn lone_surrogate(half: u16) -> char {
    let offset = u32::from(half) - 0xD800;
    char::from_u32(LONE_SURROGATES + offset).expect("the private plane has these")
}

/// Where [`lone_surrogate`] puts U+D800.
pub(crate) const LONE_SURROGATES: u32 = 0x0010_F000;

/// Unix seconds as a moment.
pub(crate) fn moment(seconds: u32) -> Timestamp {
    Timestamp::constant(i64::from(seconds), 0)
}
