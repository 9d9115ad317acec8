//! The target's records as fields, in the order of the tables.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::fields::{EMAIL, MESSAGING_SERVICE, PROJECTED_ADDRESS};
use super::item::Actual;
use crate::mapping::Value;
use crate::model::{Channel, Member, Sid, SidKind, StoredSid, Timestamp};

fn text(value: Option<&String>) -> Value<'_> {
    value.map_or(Value::Null, |text| Value::Text(text))
}

fn time(value: Option<&Timestamp>) -> Value<'_> {
    value.map_or(Value::Null, Value::Time)
}

/// What a participant's `messaging_binding` says, which the model keeps among what it has no field for.
#[derive(Deserialize)]
struct ParticipantExtra<'a> {
    #[serde(borrow)]
    messaging_binding: Option<ProjectedBinding<'a>>,
}

#[derive(Deserialize)]
struct ProjectedBinding<'a> {
    #[serde(borrow)]
    projected_address: Option<&'a str>,
}

/// The address of a chat user in a group text message.
pub(in crate::plan) fn projected_address(member: &Member) -> Option<&str> {
    let extra: ParticipantExtra<'_> = serde_json::from_str(&member.extra.as_ref()?.0).ok()?;
    extra.messaging_binding?.projected_address.filter(|address| !address.is_empty())
}

#[derive(Deserialize)]
struct ConversationBindings<'a> {
    #[serde(borrow)]
    email: Option<&'a RawValue>,
}

/// The sender of a conversation's e-mails: the JSON object of its address and name.
pub(in crate::plan) fn email(channel: &Channel) -> Option<&str> {
    let bindings: ConversationBindings<'_> = serde_json::from_str(&channel.bindings.as_ref()?.0).ok()?;
    bindings.email.map(RawValue::get)
}

pub(super) fn sid<K: SidKind>(sid: Option<&Sid<K>>) -> Value<'_> {
    match sid.map(Sid::stored) {
        None => Value::Null,
        Some(StoredSid::Digits(digits)) => Value::Sid(K::PREFIX, digits),
        Some(StoredSid::Verbatim(text)) => Value::Text(text),
    }
}

/// The value of a field; none where the target's side that has it was not read.
pub(super) fn value<'a>(actual: &Actual<'a>, field: &str) -> Option<Value<'a>> {
    Some(match (actual, field) {
        (Actual::Role(role), "friendly_name") => text(role.friendly_name.as_ref()),
        (Actual::Role(role), "type") => {
            role.r#type.as_ref().map_or(Value::Null, |kind| Value::Text(kind.as_str()))
        }
        (Actual::Role(role), "permissions") => role.permissions.as_deref().map_or(Value::Null, Value::List),
        (Actual::User(user), "identity") => text(user.identity.as_ref()),
        (Actual::User(user), "friendly_name") => text(user.friendly_name.as_ref()),
        (Actual::User(user), "attributes") => text(user.attributes.as_ref()),
        (Actual::User(user), "role_sid") => sid(user.role_sid.as_ref()),
        (Actual::Channel(channel), "unique_name") => text(channel.unique_name.as_ref()),
        (Actual::Channel(channel), "friendly_name") => text(channel.friendly_name.as_ref()),
        (Actual::Channel(channel), "attributes") => text(channel.attributes.as_ref()),
        (Actual::Channel(channel), "state") => {
            channel.state.as_ref().map_or(Value::Null, |state| Value::Text(state.as_str()))
        }
        (Actual::Channel(channel), "date_created") => time(channel.date_created.as_ref()),
        (Actual::Channel(channel), "date_updated") => time(channel.date_updated.as_ref()),
        (Actual::Channel(channel), EMAIL) => email(channel).map_or(Value::Null, Value::Json),
        (Actual::Channel(channel), MESSAGING_SERVICE) => sid(channel.messaging_service_sid.as_ref()),
        (Actual::Message(message), "author") => text(message.from.as_ref()),
        (Actual::Message(message), "body") => text(message.body.as_ref()),
        (Actual::Message(message), "attributes") => text(message.attributes.as_ref()),
        (Actual::Message(message), "date_created") => time(message.date_created.as_ref()),
        (Actual::Message(message), "date_updated") => time(message.date_updated.as_ref()),
        (Actual::Message(message), "media") => {
            message.media.as_ref().map_or(Value::Null, |media| Value::Json(&media.0))
        }
        (Actual::Participant { member: Some(member), .. }, "identity") => text(member.identity.as_ref()),
        (Actual::Participant { member: Some(member), .. }, "sid") => sid(Some(&member.sid)),
        (Actual::Participant { member: Some(member), .. }, "role_sid") => sid(member.role_sid.as_ref()),
        (Actual::Participant { member: Some(member), .. }, "attributes") => text(member.attributes.as_ref()),
        (Actual::Participant { member: Some(member), .. }, "date_created") => {
            time(member.date_created.as_ref())
        }
        (Actual::Participant { member: Some(member), .. }, "date_updated") => {
            time(member.date_updated.as_ref())
        }
        (Actual::Participant { member, membership }, "last_read_message_index") => {
            // Both sides have it, and they are the same.
            let of_member = member.and_then(|member| member.last_consumed_message_index);
            let of_user = membership.and_then(|membership| membership.last_consumed_message_index);
            of_member.or(of_user).map_or(Value::Null, Value::Integer)
        }
        (Actual::Participant { member: Some(member), .. }, "last_read_timestamp") => {
            time(member.last_consumption_timestamp.as_ref())
        }
        (Actual::Participant { member: Some(member), .. }, PROJECTED_ADDRESS) => {
            projected_address(member).map_or(Value::Null, Value::Text)
        }
        (Actual::Participant { membership: Some(membership), .. }, "notification_level") => {
            let level = membership.notification_level.as_ref();
            level.map_or(Value::Null, |level| Value::Text(level.as_str()))
        }
        (Actual::Participant { .. }, _) => return None,
        _ => Value::Null,
    })
}
