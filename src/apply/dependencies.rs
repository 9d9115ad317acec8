//! What an operation writes to and what it depends on, as keys: for operations that start while one of an earlier kind waits.
//!
//! **Why** besides the order of kinds: an operation that is to be sent again holds up what depends on it, and nothing else. Until it has
//! come to its end, what depends on it is passed over, and so is what depends on that.

use super::resolved::{self, participant, role_in_braces};
use crate::plan::{Operation, OperationKind};

/// An operation that waits while those of later kinds start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WaitingOperation {
    pub(super) number: i64,
    /// What it writes to.
    pub(super) keys: Vec<String>,
}

impl WaitingOperation {
    pub(super) fn of(number: i64, operation: &Operation) -> Self {
        Self { number, keys: writes(operation) }
    }
}

/// What an operation writes to. What is written of a participant is also written within its conversation.
pub(super) fn writes(operation: &Operation) -> Vec<String> {
    let subject = &operation.subject;
    match operation.kind {
        OperationKind::CreateRole | OperationKind::DeleteRole => {
            subject.role_sid.iter().map(ToString::to_string).collect()
        }
        OperationKind::CreateUser | OperationKind::UpdateUser | OperationKind::DeleteUser => {
            subject.user_sid.iter().map(ToString::to_string).chain(identity(operation)).collect()
        }
        OperationKind::MakePrivate
        | OperationKind::CreateConversation
        | OperationKind::UpdateConversation
        | OperationKind::DeleteConversation => subject.channel_sid.iter().map(ToString::to_string).collect(),
        OperationKind::CreateMessage => messages(operation).into_iter().chain(within(operation)).collect(),
        OperationKind::CreateParticipant
        | OperationKind::UpdateParticipant
        | OperationKind::UpdateUserConversation
        | OperationKind::MuteSource
        | OperationKind::UpdateUserChannel
        | OperationKind::DeleteParticipant => {
            participant(operation).map(|(_, sid)| sid).into_iter().chain(within(operation)).collect()
        }
    }
}

/// What must have come to its end before an operation starts.
pub(super) fn depends_on(operation: &Operation) -> Vec<String> {
    let subject = &operation.subject;
    let mut keys: Vec<String> = Vec::new();
    keys.extend(subject.role_sid.as_ref().map(ToString::to_string));
    keys.extend([&operation.before, &operation.after].into_iter().filter_map(role_in_braces));
    keys.extend(subject.user_sid.as_ref().map(ToString::to_string));
    keys.extend(identity(operation));
    // Whom a conversation brings.
    let brought = operation.brought().iter().filter_map(|fields| fields.get("identity")?.as_str());
    keys.extend(brought.map(named));
    keys.extend(subject.channel_sid.as_ref().map(ToString::to_string));
    keys.extend(participant(operation).map(|(_, sid)| sid));
    keys.extend(resolved::says_what_was_read(operation).then(|| messages(operation)).flatten());
    // The last that is written to a conversation: a closed one takes nothing afterwards.
    keys.extend((operation.kind == OperationKind::UpdateConversation).then(|| within(operation)).flatten());
    keys
}

/// The user by name: an invitation has no SID of one, and a participant's create makes a user where there is none.
fn identity(operation: &Operation) -> Option<String> {
    operation.subject.identity.as_deref().map(named)
}

fn named(identity: &str) -> String {
    format!("identity {identity}")
}

/// The messages of a conversation: what was read is written after them.
fn messages(operation: &Operation) -> Option<String> {
    operation.subject.channel_sid.as_ref().map(|sid| format!("messages {sid}"))
}

fn within(operation: &Operation) -> Option<String> {
    operation.subject.channel_sid.as_ref().map(|sid| format!("within {sid}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::operations::{
        close_conversation, create_conversation, create_message, create_participant, create_role,
        create_user, update_participant,
    };

    fn holds(earlier: &Operation, later: &Operation) -> bool {
        let written = writes(earlier);
        depends_on(later).iter().any(|key| written.contains(key))
    }

    #[test]
    fn what_waits_holds_up_what_depends_on_it_and_nothing_else() {
        let added = create_participant(9, 8);
        for earlier in [create_user(8), create_conversation(9), create_role(1)] {
            assert!(holds(&earlier, &added), "{earlier:?}");
        }
        for earlier in [create_user(7), create_conversation(6), create_role(2)] {
            assert!(!holds(&earlier, &added), "{earlier:?}");
        }
        assert!(holds(&added, &update_participant(9, 8)));
        assert!(!holds(&added, &update_participant(9, 7)), "another one on the same conversation");
        assert!(holds(&added, &close_conversation(9)), "a closed conversation takes no one any more");
        assert!(!holds(&added, &close_conversation(6)));
        let said = create_message(9, 3);
        assert!(holds(&create_conversation(9), &said) && !holds(&added, &said));
        assert!(holds(&said, &update_participant(9, 8)), "what was read is written after the messages");
        assert!(holds(&said, &close_conversation(9)) && !holds(&said, &update_participant(6, 8)));
    }
}
