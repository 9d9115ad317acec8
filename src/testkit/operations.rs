//! Operations of a copy, one of each kind.

use serde_json::{Value, json};

use super::plan::{fields, target};
use crate::model::{ChannelSid, MemberSid, RoleSid, ServiceSid, UserSid};
use crate::plan::{Operation, OperationKind, PlannedMessage, Subject};

fn operation(kind: OperationKind, subject: Subject, before: Value, after: Value) -> Operation {
    let subject = Subject { service_sid: Some(target()), ..subject };
    Operation { kind, subject, before: fields(before), after: fields(after) }
}

pub(crate) fn create_role(role: u128) -> Operation {
    let subject = Subject { role_sid: Some(RoleSid::from_digits(role)), ..Subject::default() };
    let after = json!({"friendly_name": "agent", "type": "conversation", "permissions": ["sendMessage", "leaveConversation"]});
    operation(OperationKind::CreateRole, subject, json!({}), after)
}

pub(crate) fn create_user(user: u128) -> Operation {
    let identity = format!("user-{user}");
    let after = json!({"identity": identity, "friendly_name": "Ada"});
    let subject = Subject {
        user_sid: Some(UserSid::from_digits(user)),
        identity: Some(identity),
        ..Subject::default()
    };
    operation(OperationKind::CreateUser, subject, json!({}), after)
}

pub(crate) fn create_conversation(channel: u128) -> Operation {
    let sid = ChannelSid::from_digits(channel);
    let unique_name = format!("chatferry-{sid}");
    let after = json!({"unique_name": unique_name, "friendly_name": "Support"});
    let subject = Subject { channel_sid: Some(sid), unique_name: Some(unique_name), ..Subject::default() };
    operation(OperationKind::CreateConversation, subject, json!({}), after)
}

fn membership(channel: u128, user: u128) -> Subject {
    Subject {
        channel_sid: Some(ChannelSid::from_digits(channel)),
        user_sid: Some(UserSid::from_digits(user)),
        member_sid: Some(MemberSid::from_digits(channel << 32 | user)),
        identity: Some(format!("user-{user}")),
        ..Subject::default()
    }
}

pub(crate) fn create_participant(channel: u128, user: u128) -> Operation {
    let after =
        json!({"identity": format!("user-{user}"), "role_sid": format!("{{{}}}", RoleSid::from_digits(1))});
    operation(OperationKind::CreateParticipant, membership(channel, user), json!({}), after)
}

pub(crate) fn update_participant(channel: u128, user: u128) -> Operation {
    operation(
        OperationKind::UpdateParticipant,
        membership(channel, user),
        json!({}),
        json!({"last_read_message_index": 5}),
    )
}

/// An update of a participant that was there when the plan was made.
pub(crate) fn update_known_participant(channel: u128, user: u128) -> Operation {
    let known = Subject {
        target_sid: Some(MemberSid::from_digits(0xaa).to_string()),
        conversation_sid: Some(ChannelSid::from_digits(0xbb).to_string()),
        ..membership(channel, user)
    };
    operation(
        OperationKind::UpdateParticipant,
        known,
        json!({"last_read_message_index": 3}),
        json!({"last_read_message_index": 5}),
    )
}

pub(crate) fn create_message(channel: u128, index: i64) -> Operation {
    let subject = Subject {
        channel_sid: Some(ChannelSid::from_digits(channel)),
        message: Some(PlannedMessage { index, position: index }),
        ..Subject::default()
    };
    let after = json!({"author": "user-1", "body": format!("message {index}"), "date_created": "2020-01-02T03:04:05Z"});
    operation(OperationKind::CreateMessage, subject, json!({}), after)
}

fn last(channel: u128, after: Value) -> Operation {
    let subject = create_conversation(channel).subject;
    operation(OperationKind::UpdateConversation, subject, json!({}), after)
}

pub(crate) fn close_conversation(channel: u128) -> Operation {
    last(channel, json!({"state": "closed"}))
}

pub(crate) fn set_timers(channel: u128) -> Operation {
    last(channel, json!({"timers.closed": "PT600S"}))
}

pub(crate) fn make_private(channel: u128) -> Operation {
    let subject = Subject {
        service_sid: Some(ServiceSid::from_digits(1)),
        channel_sid: Some(ChannelSid::from_digits(channel)),
        ..Subject::default()
    };
    let made = operation(
        OperationKind::MakePrivate,
        subject.clone(),
        json!({"type": "public"}),
        json!({"type": "private"}),
    );
    Operation { subject, ..made }
}

pub(crate) fn update_user_channel(channel: u128, user: u128) -> Operation {
    Operation { kind: OperationKind::UpdateUserChannel, ..mute_source(channel, user) }
}

pub(crate) fn mute_source(channel: u128, user: u128) -> Operation {
    let level = |level: &str| json!({"notification_level": level});
    let muted =
        operation(OperationKind::MuteSource, membership(channel, user), level("default"), level("muted"));
    let subject = Subject { service_sid: Some(ServiceSid::from_digits(1)), ..muted.subject };
    Operation { subject, ..muted }
}
