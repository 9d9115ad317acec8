//! One aligned item: what should be there, what is there, and how the two compare.

use super::copied_messages::CopiedMessages;
use crate::mapping::{CellError, Value};
use crate::model::{
    Channel, ChannelSid, Entity, Invite, Member, Membership, Message, Role, RowRecords, User, UserSid,
};
use crate::plan::finding::PlanCheck;

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing<'a> {
    /// It is in the target as it should be.
    Same,
    /// It is there, and some of its fields differ.
    Different,
    /// It is not in the target.
    Missing,
    /// It is only in the target.
    Extra,
    /// The mapping failed on its row, so what should be there is not known.
    Failed(&'a CellError),
    /// The same name was asked for before: two records of the source would be one in the target.
    Duplicate,
    /// Its unique name is that of another conversation of the target.
    Taken,
    /// Memberships name the channel, or the channel's list names the member, and nothing else in the snapshot does.
    OneSided,
}

/// A field on both sides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldPair<'a> {
    /// Conversations' name of it.
    pub name: &'static str,
    /// What it should be; none where nothing is said of it.
    pub desired: Option<Value<'a>>,
    /// What it is; null where there is no item.
    pub actual: Value<'a>,
    /// Whether the two differ.
    pub differs: bool,
}

/// What the target has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Actual<'a> {
    Role(&'a Role),
    User(&'a User),
    Channel(&'a Channel),
    Participant { member: Option<&'a Member>, membership: Option<&'a Membership> },
    Message(&'a Message),
}

/// The conversation that an item is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conversation {
    /// Its channel in the source.
    pub sid: ChannelSid,
    /// Its name for people.
    pub name: Option<String>,
    /// Its unique name in the target, where it is to have one.
    pub unique_name: Option<String>,
    /// Its SID in the target, where it is there.
    pub target_sid: Option<ChannelSid>,
    /// Whether it is a public channel.
    pub is_public: bool,
    /// Participants that it should have; exact where there are more than [`AlignOptions::exact_above`](super::AlignOptions).
    pub participants: u64,
    /// Users of the source that are members.
    pub joined: u64,
    /// Where its messages go; none where they are not aligned.
    pub messages: Option<CopiedMessages>,
}

/// What is known of a message of the source besides itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AlignedMessage<'a> {
    /// What its author is called in the target, where that is another name.
    pub author: Option<&'a str>,
    /// Whether its author is a user of either side, or the system.
    pub is_known: bool,
    /// Why it is not copied, if so.
    pub left_out: Option<&'static PlanCheck>,
    /// The index that it gets in the target; none where it cannot be created in its place.
    pub position: Option<i64>,
}

/// One aligned item.
///
/// `entity` says what it is: a role, a user, a channel, a participant (`Member`), a user's own view of a conversation
/// (`Membership`), an invitation that becomes nothing (`Invite`), or a message.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    pub entity: Entity,
    pub standing: Standing<'a>,
    /// Its fields, where it should be there.
    pub fields: Vec<FieldPair<'a>>,
    /// The source's records, unless it is only in the target.
    pub source: Option<RowRecords<'a>>,
    /// The target's records, where it is there.
    pub actual: Option<Actual<'a>>,
    /// The conversation, for channels, participants, views and invitations of the source.
    pub conversation: Option<&'a Conversation>,
    /// The invitation that a participant is made of.
    pub invite: Option<&'a Invite>,
    /// Of a message.
    pub message: Option<AlignedMessage<'a>>,
    /// Instead of a message: so many of the conversation, which are the same by their digest.
    pub same_messages: Option<u64>,
}

impl<'a> Item<'a> {
    pub(crate) fn field(&self, name: &str) -> Option<&FieldPair<'a>> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// What a field should be: none for null and for what nothing is said of.
    pub(crate) fn desired(&self, name: &str) -> Option<Value<'a>> {
        self.field(name)?.desired.filter(|value| *value != Value::Null)
    }

    /// The text that a field should have.
    pub(crate) fn desired_text(&self, name: &str) -> Option<String> {
        self.desired(name)?.to_text().map(std::borrow::Cow::into_owned)
    }

    /// The source's user, as its User Channel names it.
    pub(crate) fn user_sid(&self) -> Option<&'a UserSid> {
        let source = self.source.as_ref()?;
        source.membership.map(|membership| &membership.user_sid).or(source.user.map(|user| &user.sid))
    }

    /// Its SID in the source, or in the target where the source has none; for a membership `US…/CH…`.
    pub(crate) fn sid(&self) -> String {
        let Some(source) = &self.source else { return self.target_sid().unwrap_or_default() };
        match self.entity {
            Entity::Role => source.role.map(|role| role.sid.to_string()),
            Entity::User => source.user.map(|user| user.sid.to_string()),
            Entity::Channel => source.channel.map(|channel| channel.sid.to_string()),
            Entity::Message => source.message.map(|message| message.sid.to_string()),
            _ => match (source.membership, source.member, self.invite) {
                (Some(membership), ..) => Some(format!("{}/{}", membership.user_sid, membership.channel_sid)),
                (_, Some(member), _) => Some(member.sid.to_string()),
                (_, _, Some(invite)) => Some(invite.sid.to_string()),
                _ => None,
            },
        }
        .or_else(|| self.conversation.map(|conversation| conversation.sid.to_string()))
        .unwrap_or_default()
    }

    /// Its SID in the target; of a user's view of a conversation `US…/CH…`.
    pub(crate) fn target_sid(&self) -> Option<String> {
        Some(match self.actual? {
            Actual::Role(role) => role.sid.to_string(),
            Actual::User(user) => user.sid.to_string(),
            Actual::Channel(channel) => channel.sid.to_string(),
            Actual::Message(message) => message.sid.to_string(),
            Actual::Participant { membership: Some(membership), .. } if self.entity == Entity::Membership => {
                format!("{}/{}", membership.user_sid, membership.channel_sid)
            }
            Actual::Participant { member, membership } => {
                let of_member = member.map(|member| &member.sid);
                of_member.or_else(|| membership?.member_sid.as_ref())?.to_string()
            }
        })
    }

    /// Its name for people: identity, unique name or friendly name.
    pub(crate) fn name(&self) -> Option<String> {
        let of_source = self.source.as_ref().and_then(|source| match self.entity {
            Entity::Role => source.role.and_then(|role| role.friendly_name.clone()),
            Entity::User => source.user.and_then(|user| user.identity.clone()),
            Entity::Channel => source.channel.and_then(channel_name),
            Entity::Message => source.message.and_then(|message| message.from.clone()),
            _ => {
                let member = source.member.and_then(|member| member.identity.clone());
                let user = || source.user.and_then(|user| user.identity.clone());
                let invite = || self.invite.and_then(|invite| invite.identity.clone());
                self.desired_text("identity").or(member).or_else(user).or_else(invite)
            }
        });
        let of_target = || match self.actual? {
            Actual::Role(role) => role.friendly_name.clone(),
            Actual::User(user) => user.identity.clone(),
            Actual::Channel(channel) => channel_name(channel),
            Actual::Participant { member, .. } => member?.identity.clone(),
            Actual::Message(message) => message.from.clone(),
        };
        of_source.or_else(of_target)
    }
}

/// A channel's name for people.
pub(super) fn channel_name(channel: &Channel) -> Option<String> {
    channel.friendly_name.clone().filter(|name| !name.is_empty()).or_else(|| channel.unique_name.clone())
}
