//! From the JSON of both APIs to the model, by the one [table](crate::model::table) of records. Nothing here does I/O.
//!
//! **Invariant:** bad data is an issue, never an error: a row becomes a record with issues, or an issue that holds the row.
//!
//! **Invariant:** what an API does not say is null in the model, not guessed. Of Conversations that is a channel's type, creator and
//! counts, a user's count, a message's type, whether it was edited and by whom. A membership is joined there, because
//! Conversations lists no other.

use super::media::media;
use super::notes::{Asked, Notes, owned, time};
use crate::model::{
    Api, Binding, Channel, ChannelType, ConversationState, Entity, Invite, Issue, Member, Membership,
    MembershipStatus, Message, NotificationLevel, Role, RoleType, Service, User, records,
};
use crate::twilio::records::{chat, conversations};
use crate::twilio::wire::{Oddities, Wire};

/// The permissions of an API's roles, sorted. Chat: Twilio's "Chat permissions" page, and roles that its own samples record.
/// Conversations: Twilio's console and the Terraform provider.
pub(super) fn permissions(api: Api) -> &'static [&'static str] {
    match api {
        Api::Chat => &[
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
        ],
        Api::Conversations => &[
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
        ],
    }
}

/// A record that both APIs send, each as a row of its own.
pub(super) trait FromRow: Sized {
    type Chat<'a>: Wire<'a>;
    type Conversations<'a>: Wire<'a>;

    fn from_chat(
        row: Self::Chat<'_>,
        odd: Oddities,
        asked: Asked<'_>,
        issues: &mut Vec<Issue>,
    ) -> Option<Self>;

    fn from_conversations(
        row: Self::Conversations<'_>,
        odd: Oddities,
        asked: Asked<'_>,
        issues: &mut Vec<Issue>,
    ) -> Option<Self>;
}

/// The first of some blocks.
macro_rules! first {
    ($first:block $($other:block)*) => {
        $first
    };
}

/// A field that the API has, by its place and kind.
macro_rules! field {
    (key (sid ServiceSid) $key:literal $value:expr, $notes:ident $asked:ident) => {
        $notes.parent($key, $value, $asked.service)?
    };
    (key (sid $sid:ident) $key:literal $value:expr, $notes:ident $asked:ident) => {
        $notes.sid($key, $value)?
    };
    (account (sid $sid:ident) $key:literal $value:expr, $notes:ident $asked:ident) => {
        $notes.parent($key, $value, Some($asked.account))
    };
    (service (sid $sid:ident) $key:literal $value:expr, $notes:ident $asked:ident) => {
        $notes.parent($key, $value, $asked.service)
    };
    (user (sid $sid:ident) $key:literal $value:expr, $notes:ident $asked:ident) => {
        $notes.key_parent($key, $value, $asked.user)?
    };
    (channel (sid $sid:ident) $key:literal $value:expr, $notes:ident $asked:ident) => {
        $notes.key_parent($key, $value, $asked.channel)?
    };
    (own (sid $sid:ident) $key:literal $value:expr, $notes:ident $asked:ident) => {
        $notes.sid($key, $value)
    };
    (own (choice $choice:ident) $key:literal $value:expr, $notes:ident $asked:ident) => {
        $notes.choice::<$choice>($key, $value, $asked.api)
    };
    (own permissions $key:literal $value:expr, $notes:ident $asked:ident) => {
        $notes.known_texts($key, $value, permissions($asked.api))
    };
    (own text $key:literal $value:expr, $notes:ident $asked:ident) => {
        owned($value)
    };
    (own message_type $key:literal $value:expr, $notes:ident $asked:ident) => {
        owned($value)
    };
    (own date $key:literal $value:expr, $notes:ident $asked:ident) => {
        time($value)
    };
    (own json $key:literal $value:expr, $notes:ident $asked:ident) => {
        $notes.json($key, $value)
    };
    (own media $key:literal $value:expr, $notes:ident $asked:ident) => {
        media($notes.json($key, $value))
    };
    (own $plain:ident $key:literal $value:expr, $notes:ident $asked:ident) => {
        $value
    };
}

/// A field that the API does not have.
macro_rules! absent {
    (key) => {
        return None
    };
    (user) => {
        return None
    };
    (channel) => {
        return None
    };
    ($place:ident) => {
        None
    };
}

/// A key that is not a field.
macro_rules! beside {
    (channel $key:expr, $value:expr, $notes:ident $asked:ident) => {
        $notes.key_parent($key, $value, $asked.channel);
    };
    (kept $key:expr, $value:expr, $notes:ident $asked:ident) => {
        $notes.keep_published($key, $value);
    };
    (ignored $key:expr, $value:expr, $notes:ident $asked:ident) => {};
}

/// What names a record in its issues.
macro_rules! subject {
    (Membership $record:ident) => {
        format!("{}/{}", $record.user_sid, $record.channel_sid)
    };
    ($Record:ident $record:ident) => {
        $record.sid.to_string()
    };
}

macro_rules! conversions {
    ($($(#[$doc:meta])* $Record:ident $record:ident $plural:literal {
        $($(#[$field_doc:meta])* $field:ident: $place:ident $kind:tt, $pii:ident, $sample:literal
            $(, chat $chat:literal)? $(, conversations $conversations:literal)? $(, always $always:ident)?;)*
        $(@beside chat { $($chat_key:ident: $chat_how:ident;)* })?
        $(@beside conversations { $($conversations_key:ident: $conversations_how:ident;)* })?
    })*) => {$(
        impl FromRow for $Record {
            type Chat<'a> = chat::$Record<'a>;
            type Conversations<'a> = conversations::$Record<'a>;

            fn from_chat(
                row: chat::$Record<'_>,
                odd: Oddities,
                asked: Asked<'_>,
                issues: &mut Vec<Issue>,
            ) -> Option<Self> {
                let mut notes = Notes::new(odd);
                $($(beside!($chat_how stringify!($chat_key), row.$chat_key, notes asked);)*)?
                let mut record = Self {
                    $($field: first!(
                        $({ field!($place $kind $chat row.$field, notes asked) })?
                        { absent!($place) }
                    ),)*
                };
                record.extra = notes.finish(Entity::$Record, || subject!($Record record), issues);
                Some(record)
            }

            #[allow(unreachable_code, unused, clippy::diverging_sub_expression,
                reason = "Conversations has no field of an invite")]
            fn from_conversations(
                row: conversations::$Record<'_>,
                odd: Oddities,
                asked: Asked<'_>,
                issues: &mut Vec<Issue>,
            ) -> Option<Self> {
                let mut notes = Notes::new(odd);
                $($(beside!($conversations_how stringify!($conversations_key), row.$conversations_key, notes asked);)*)?
                let mut record = Self {
                    $($field: first!(
                        $({ field!($place $kind $conversations row.$field, notes asked) })?
                        $({ Some(MembershipStatus::$always) })?
                        { absent!($place) }
                    ),)*
                };
                record.extra = notes.finish(Entity::$Record, || subject!($Record record), issues);
                Some(record)
            }
        }
    )*};
}
records!(conversions);
