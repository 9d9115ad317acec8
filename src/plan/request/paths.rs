//! Where an operation's request goes: the path, part by part.

use super::Segment;
use crate::model::Entity;
use crate::plan::operation::{Operation, OperationKind, Subject};

/// Where a conversation is created together with participants.
pub(crate) const WITH_PARTICIPANTS: &str = "ConversationWithParticipants";

/// The path of an operation.
pub(super) fn segments(operation: &Operation) -> Vec<Segment> {
    let subject = &operation.subject;
    let service = text(subject.service_sid.as_ref().map(ToString::to_string).unwrap_or_default());
    let source = |sid: Option<String>| text(sid.unwrap_or_default());
    let mut path = Vec::with_capacity(7);
    path.push(word(match operation.kind {
        OperationKind::MakePrivate => "v3",
        OperationKind::MuteSource | OperationKind::UpdateUserChannel => "v2",
        _ => "v1",
    }));
    path.extend([word("Services"), service]);
    match operation.kind {
        OperationKind::MakePrivate => {
            path.extend([word("Channels"), source(shown(subject.channel_sid.as_ref()))]);
        }
        OperationKind::CreateRole => path.push(word("Roles")),
        OperationKind::CreateUser => path.push(word("Users")),
        OperationKind::UpdateUser => {
            let known = subject.target_sid.as_ref().or(subject.target_user_sid.as_ref());
            path.extend([word("Users"), user(subject, known)]);
        }
        OperationKind::CreateConversation if operation.brought().is_empty() => {
            path.push(word("Conversations"));
        }
        OperationKind::CreateConversation => path.push(word(WITH_PARTICIPANTS)),
        OperationKind::UpdateConversation => {
            let known = subject.target_sid.as_ref().or(subject.conversation_sid.as_ref());
            path.extend([word("Conversations"), conversation(subject, known)]);
        }
        OperationKind::CreateParticipant => {
            let conversation = conversation(subject, subject.conversation_sid.as_ref());
            path.extend([word("Conversations"), conversation, word("Participants")]);
        }
        OperationKind::CreateMessage => {
            let conversation = conversation(subject, subject.conversation_sid.as_ref());
            path.extend([word("Conversations"), conversation, word("Messages")]);
        }
        OperationKind::UpdateParticipant | OperationKind::DeleteParticipant => {
            let conversation = conversation(subject, subject.conversation_sid.as_ref());
            path.extend([word("Conversations"), conversation, word("Participants"), participant(subject)]);
        }
        OperationKind::UpdateUserConversation => {
            let user = user(subject, subject.target_user_sid.as_ref());
            let conversation = conversation(subject, subject.conversation_sid.as_ref());
            path.extend([word("Users"), user, word("Conversations"), conversation]);
        }
        OperationKind::MuteSource | OperationKind::UpdateUserChannel => {
            let user = source(shown(subject.user_sid.as_ref()));
            let channel = source(shown(subject.channel_sid.as_ref()));
            path.extend([word("Users"), user, word("Channels"), channel]);
        }
        // What is removed was created, so its SID is known.
        OperationKind::DeleteConversation => {
            path.extend([word("Conversations"), source(subject.target_sid.clone())]);
        }
        OperationKind::DeleteUser => path.extend([word("Users"), source(subject.target_sid.clone())]),
        OperationKind::DeleteRole => path.extend([word("Roles"), source(subject.target_sid.clone())]),
    }
    path
}

fn conversation(subject: &Subject, known: Option<&String>) -> Segment {
    known_or(known, Entity::Channel, subject.channel_sid.as_ref())
}

fn user(subject: &Subject, known: Option<&String>) -> Segment {
    known_or(known, Entity::User, subject.user_sid.as_ref())
}

fn participant(subject: &Subject) -> Segment {
    let known = subject.target_sid.as_ref();
    match &subject.member_sid {
        None if subject.invite_sid.is_some() => known_or(known, Entity::Invite, subject.invite_sid.as_ref()),
        member => known_or(known, Entity::Member, member.as_ref()),
    }
}

/// The target's SID, or what stands for it until it is known.
fn known_or(known: Option<&String>, entity: Entity, source: Option<&impl ToString>) -> Segment {
    match known {
        Some(sid) => text(sid.clone()),
        None => Segment::Counterpart { entity, source: shown(source).unwrap_or_default() },
    }
}

fn shown(sid: Option<&impl ToString>) -> Option<String> {
    sid.map(ToString::to_string)
}

fn word(word: &str) -> Segment {
    text(word.to_owned())
}

fn text(text: String) -> Segment {
    Segment::Text(text)
}
