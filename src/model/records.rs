//! The records of the intermediate model: one plain struct for each resource of Programmable Chat, made from the
//! [table](super::table).
//!
//! Field names are Chat's (OpenAPI `chat.v2.service.*`), without `url` and `links`, which say nothing of their own. A field is
//! `None` when the API sent null, left the key out, or sent a value of another type; the last is an [`Issue`](super::Issue) too.
//!
//! Conversations is read into the same structs: a conversation is a [`Channel`], a participant a [`Member`], a User
//! Conversation a [`Membership`]. What one of the two APIs does not have is `None` there.

use serde::Serialize;

use super::sid::{
    AccountSid, BindingSid, ChannelSid, ContentSid, CredentialSid, InviteSid, MemberSid, MessageSid,
    MessagingServiceSid, RoleSid, ServiceSid, UserSid,
};
use super::table::records;
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

/// The type of a field, by its place and kind.
macro_rules! field_type {
    (key (sid $sid:ident)) => { $sid };
    (user (sid $sid:ident)) => { $sid };
    (channel (sid $sid:ident)) => { $sid };
    ($place:ident (sid $sid:ident)) => { Option<$sid> };
    ($place:ident (choice $choice:ident)) => { Option<$choice> };
    ($place:ident text) => { Option<String> };
    ($place:ident message_type) => { Option<String> };
    ($place:ident flag) => { Option<bool> };
    ($place:ident number) => { Option<i64> };
    ($place:ident index) => { Option<i64> };
    ($place:ident date) => { Option<Timestamp> };
    ($place:ident json) => { Option<JsonText> };
    ($place:ident media) => { Option<JsonText> };
    ($place:ident permissions) => { Option<Vec<String>> };
    ($place:ident extra) => { Extra };
}

/// The value of a field in a sample, from what the table gives for it.
macro_rules! sample_value {
    (key (sid $sid:ident) $full:ident $value:literal) => {
        $sid::from_digits($value)
    };
    (user (sid $sid:ident) $full:ident $value:literal) => {
        $sid::from_digits($value)
    };
    (channel (sid $sid:ident) $full:ident $value:literal) => {
        $sid::from_digits($value)
    };
    ($place:ident (sid $sid:ident) $full:ident $value:literal) => {
        $full.then(|| $sid::from_digits($value))
    };
    ($place:ident (choice $choice:ident) $full:ident $value:literal) => {
        $full.then(|| $choice::from_wire($value))
    };
    ($place:ident text $full:ident $value:literal) => {
        $full.then(|| String::from($value))
    };
    ($place:ident message_type $full:ident $value:literal) => {
        $full.then(|| String::from($value))
    };
    ($place:ident flag $full:ident $value:literal) => {
        $full.then_some($value)
    };
    ($place:ident number $full:ident $value:literal) => {
        $full.then_some($value)
    };
    ($place:ident index $full:ident $value:literal) => {
        $full.then_some($value)
    };
    ($place:ident date $full:ident $value:literal) => {
        $full.then_some(Timestamp::Seconds($value))
    };
    ($place:ident permissions $full:ident $value:literal) => {
        $full.then(|| $value.split(' ').map(str::to_owned).collect())
    };
    ($place:ident $json:ident $full:ident $value:literal) => {
        $full.then(|| JsonText($value.into()))
    };
}

macro_rules! structs {
    ($($(#[$doc:meta])* $Record:ident $record:ident $plural:literal {
        $($(#[$field_doc:meta])* $field:ident: $place:ident $kind:tt, $pii:ident, $sample:literal
            $(, chat $chat:literal)? $(, conversations $conversations:literal)? $(, always $always:ident)?;)*
        $(@beside $api:ident { $($key:ident: $how:ident;)* })?
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[allow(clippy::struct_field_names, reason = "names are Twilio's")]
        pub struct $Record {
            $($(#[$field_doc])* pub $field: field_type!($place $kind),)*
        }

        impl $Record {
            /// A made-up record: with a value in every field, or with null wherever null can be.
            pub(crate) fn sample(full: bool) -> Self {
                Self { $($field: sample_value!($place $kind full $sample),)* }
            }
        }
    )*};
}
records!(structs);

impl Membership {
    /// Whether the user is a member, as `joined_channels_count` and `members_count` count it.
    pub fn is_joined(&self) -> bool {
        self.status == Some(MembershipStatus::Joined)
    }
}
