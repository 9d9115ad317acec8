//! An operation as the plan file has it: with its number, id, state and outcome.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::plan::operation::{Operation, OperationKind, OperationState, Subject};
use crate::storage::hex;

/// An operation of a plan file. Serialized it is one line of `plan show --format ndjson`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its place in the order of performance, from 1.
    pub number: i64,
    /// See [`Operation::id`].
    pub id: String,
    /// What it does.
    pub operation: Operation,
    /// How far it has come.
    pub state: OperationState,
    /// Why it failed or is blocked.
    pub reason: Option<String>,
    /// What was made and found when it was performed.
    pub result: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WantedOperations {
    /// Of these kinds; none is all.
    pub kinds: Option<Vec<OperationKind>>,
    /// In these states; none is all.
    pub states: Option<Vec<OperationState>>,
}

impl Operation {
    /// A name that stays the same in every plan that contains this operation: 16 hexadecimal digits of the SHA-256 of its kind
    /// and natural key (service, and the SIDs or the identity that say which record it is). A conversation may be updated twice, the
    /// second time to close it, so for it the fields' names belong to the key.
    pub fn id(&self) -> String {
        let Subject {
            service_sid,
            role_sid,
            user_sid,
            channel_sid,
            member_sid,
            invite_sid,
            identity,
            target_sid,
            message,
            ..
        } = &self.subject;
        let service = service_sid.as_ref().map(ToString::to_string);
        let role = role_sid.as_ref().map(ToString::to_string);
        let user = user_sid.as_ref().map(ToString::to_string);
        let channel = channel_sid.as_ref().map(ToString::to_string);
        let member = member_sid.as_ref().map(ToString::to_string);
        let invite = invite_sid.as_ref().map(ToString::to_string);
        let (first, second) = match self.kind {
            OperationKind::MakePrivate | OperationKind::CreateConversation => (channel, None),
            OperationKind::UpdateConversation => {
                let fields: Vec<&str> = self.after.keys().map(String::as_str).collect();
                (channel, Some(fields.join(",")))
            }
            OperationKind::CreateRole => (role, None),
            OperationKind::CreateUser | OperationKind::UpdateUser => {
                (user.or_else(|| identity.clone()), None)
            }
            OperationKind::CreateParticipant | OperationKind::UpdateParticipant => {
                (channel, member.or(invite).or_else(|| identity.clone()))
            }
            OperationKind::CreateMessage => (channel, message.map(|message| message.index.to_string())),
            OperationKind::UpdateUserConversation
            | OperationKind::MuteSource
            | OperationKind::UpdateUserChannel => (channel, user.or_else(|| identity.clone())),
            OperationKind::DeleteParticipant
            | OperationKind::DeleteConversation
            | OperationKind::DeleteUser
            | OperationKind::DeleteRole => (target_sid.clone(), None),
        };
        let mut hasher = Sha256::new();
        for part in [Some(self.kind.name().to_owned()), service, first, second] {
            let part = part.unwrap_or_default();
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut id = hex(&hasher.finalize());
        id.truncate(16);
        id
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_struct("Entry", 8)?;
        line.serialize_field("id", &self.id)?;
        line.serialize_field("kind", self.operation.kind.name())?;
        line.serialize_field("subject", &self.operation.subject)?;
        line.serialize_field("before", &self.operation.before)?;
        line.serialize_field("after", &self.operation.after)?;
        line.serialize_field("request", &self.operation.request())?;
        line.serialize_field("state", self.state.name())?;
        line.serialize_field("reason", &self.reason)?;
        line.end()
    }
}
