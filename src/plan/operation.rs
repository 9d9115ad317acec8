//! One operation of a plan: what would be written, to what, and what is there before.
//!
//! **Invariant:** an operation is complete without the snapshot that it was made from: kind, subject, `before` and `after` give the
//! request, by `request` alone. The one exception is a message, whose `after` is read from the snapshot (`message_texts`): a plan would
//! repeat every text.

use serde::{Deserialize, Serialize};

use crate::model::{ChannelSid, InviteSid, MemberSid, RoleSid, ServiceSid, UserSid};

/// What an operation does.
///
/// The order is the order of dependency: what a later kind refers to, an earlier one has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Makes a public channel private, by Chat v3. One way.
    MakePrivate,
    CreateRole,
    CreateUser,
    UpdateUser,
    CreateConversation,
    CreateParticipant,
    /// Creates a message, after those of its conversation that come before it. One at a time in a conversation: Twilio numbers them as
    /// they come.
    CreateMessage,
    /// Updates a participant: also sets how far it has read, which a create does not take, where its view is not written anyway.
    UpdateParticipant,
    /// Updates a User Conversation: the notification level, and with it how far a new participant has read.
    UpdateUserConversation,
    /// Updates a conversation. Last of what is written to it, since a closed one takes nothing any more.
    UpdateConversation,
    /// Mutes the User Channel that was copied, so that no one is notified twice.
    MuteSource,
    /// Removes a participant that chatferry created. In an undo plan alone, as the other deletes.
    DeleteParticipant,
    /// Removes a conversation that chatferry created.
    DeleteConversation,
    /// Removes a user that chatferry created.
    DeleteUser,
    /// Removes a role that chatferry created.
    DeleteRole,
    /// Updates a User Channel of Chat: the notification level and the read horizon. Only in a plan of user channels.
    UpdateUserChannel,
}

impl OperationKind {
    /// Every kind, in the order in which they are performed.
    pub const ALL: [Self; 16] = [
        Self::MakePrivate,
        Self::CreateRole,
        Self::CreateUser,
        Self::UpdateUser,
        Self::CreateConversation,
        Self::CreateParticipant,
        Self::CreateMessage,
        Self::UpdateParticipant,
        Self::UpdateUserConversation,
        Self::UpdateConversation,
        Self::MuteSource,
        Self::DeleteParticipant,
        Self::DeleteConversation,
        Self::DeleteUser,
        Self::DeleteRole,
        Self::UpdateUserChannel,
    ];

    /// Its name in files and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::MakePrivate => "make_private",
            Self::CreateRole => "create_role",
            Self::CreateUser => "create_user",
            Self::UpdateUser => "update_user",
            Self::CreateConversation => "create_conversation",
            Self::CreateParticipant => "create_participant",
            Self::CreateMessage => "create_message",
            Self::UpdateParticipant => "update_participant",
            Self::UpdateUserConversation => "update_user_conversation",
            Self::UpdateConversation => "update_conversation",
            Self::MuteSource => "mute_source",
            Self::DeleteParticipant => "delete_participant",
            Self::DeleteConversation => "delete_conversation",
            Self::DeleteUser => "delete_user",
            Self::DeleteRole => "delete_role",
            Self::UpdateUserChannel => "update_user_channel",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The write limit that it counts against. This is the only place that says so: the lanes of a plan's file, the estimates and
    /// the turns of a run all ask here.
    pub(crate) const fn write_limit(self) -> WriteLimit {
        match self {
            Self::CreateRole
            | Self::CreateUser
            | Self::UpdateUser
            | Self::CreateConversation
            | Self::DeleteConversation
            | Self::DeleteUser
            | Self::DeleteRole => WriteLimit::Service,
            Self::MakePrivate
            | Self::CreateParticipant
            | Self::CreateMessage
            | Self::UpdateParticipant
            | Self::UpdateUserConversation
            | Self::UpdateConversation
            | Self::MuteSource
            | Self::UpdateUserChannel
            | Self::DeleteParticipant => WriteLimit::Conversation,
        }
    }

    /// The API that it writes to.
    pub(crate) const fn endpoint(self) -> Endpoint {
        match self {
            Self::MakePrivate | Self::MuteSource | Self::UpdateUserChannel => Endpoint::SourceChat,
            _ => Endpoint::TargetConversations,
        }
    }

    /// Whether it creates something.
    pub fn is_create(self) -> bool {
        matches!(
            self,
            Self::CreateRole
                | Self::CreateUser
                | Self::CreateConversation
                | Self::CreateParticipant
                | Self::CreateMessage
        )
    }

    /// Whether it removes something.
    pub fn is_delete(self) -> bool {
        matches!(
            self,
            Self::DeleteParticipant | Self::DeleteConversation | Self::DeleteUser | Self::DeleteRole
        )
    }
}

/// The API, and on which side of the migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Chat v2 or v3 of the source's account.
    SourceChat,
    /// Conversations v1 of the target's account.
    TargetConversations,
}

/// What shares one of Twilio's write limits ("Conversations limits": actions a second).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteLimit {
    /// All that creates or deletes a conversation of the service, and every write of its users and roles.
    Service,
    /// All that updates one conversation, and every write of its participants and messages.
    Conversation,
}

impl WriteLimit {
    /// Writes a second: of one conversation as of one service.
    pub(crate) const PER_SECOND: f64 = 30.0;
}

/// How far an operation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// To be done.
    Pending,
    Done,
    /// It existed already, as planned: nothing was written.
    Existing,
    /// Refused by Twilio for a reason of its own; `reason` says which.
    Failed,
    /// Cannot be done as things are; `reason` says why. An operation that depends on a failed one is blocked too.
    Blocked,
}

impl OperationState {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Done, Self::Existing, Self::Failed, Self::Blocked];

    /// Its name in files and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Existing => "existing",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
        }
    }
}

/// Values by Conversations' own key names, in a fixed order.
///
/// The value of `role_sid` is the SID of a role of the target where that is known, and otherwise `{RL…}` with the source's SID
/// in braces: the role that stands for it once it is created.
pub type JsonFields = serde_json::Map<String, serde_json::Value>;

/// The SID of the source's role that a text in braces stands for.
pub(crate) fn in_braces(text: &str) -> Option<&str> {
    text.strip_prefix('{')?.strip_suffix('}')
}

/// The value of a key; of `outer.inner` also that within the object `outer`.
pub(crate) fn value_at<'f>(fields: &'f JsonFields, key: &str) -> Option<&'f serde_json::Value> {
    fields.get(key).or_else(|| {
        let mut splits = key.match_indices('.').map(|(dot, _)| key.split_at(dot));
        splits.find_map(|(outer, inner)| fields.get(outer)?.get(inner.trim_start_matches('.')))
    })
}

/// What an operation is about: SIDs of the **source**, and the names by which the target knows it.
///
/// In place, source and target SIDs are the same. Serialized it has what is known of it and no other key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Subject {
    /// The service that is written to: the target's, or the source's for `make_private` and `mute_source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_sid: Option<ServiceSid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_sid: Option<RoleSid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_sid: Option<UserSid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_sid: Option<ChannelSid>,
    /// The member; none for a participant that is made of an invite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_sid: Option<MemberSid>,
    /// The invite that a participant is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite_sid: Option<InviteSid>,
    /// The user's or member's identity; of a message its author's, where the mapping gives that user another one than the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The unique name that the conversation has in the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_name: Option<String>,
    /// The SID in the target of what is written, where it was known when the plan was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_sid: Option<String>,
    /// The SID of the conversation in the target, where it was known when the plan was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_sid: Option<String>,
    /// The SID of the user in the target, where it was known when the plan was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_user_sid: Option<String>,
    /// The message of the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<PlannedMessage>,
}

/// Which message of a channel is copied, and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PlannedMessage {
    /// Its index in the source.
    pub index: i64,
    /// Its index in the target, which numbers from 0 without gaps.
    pub position: i64,
}

/// The key of `after` under which a conversation that is created names the participants that it brings. Each is a create of its own
/// too, which is done with it, or by itself where Twilio does not take them together.
pub(crate) const PARTICIPANTS: &str = "participants";

/// The most participants that one request creates together with their conversation (description of `Participant`, and error 50426).
pub(crate) const MOST_PARTICIPANTS: usize = 10;

#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What it does.
    pub kind: OperationKind,
    pub subject: Subject,
    /// The values of `after`'s keys as they are before. Empty for what is created.
    pub before: JsonFields,
    /// The values that are written.
    pub after: JsonFields,
}
