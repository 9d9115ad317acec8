//! Participants that are created together with their conversation, in one request.
//!
//! The create of a conversation is held back until it is known whom it brings: the first participants that are planned for it. They are
//! named in its `after`, and each stays an operation of its own, which is what `apply` sends where Twilio does not take them together.
//!
//! **Invariant:** the plan has the same operations with and without batches, in the same order. A batch adds to what one of them sends.
//!
//! Why only chat participants: a projected address makes a group MMS of the conversation, whose participants Twilio creates later and
//! answers with 202 (error 50386).

use serde_json::{Map, Value as Json};

use crate::plan::operation::{MOST_PARTICIPANTS, Operation, OperationKind, PARTICIPANTS};

/// Operations that are held back for one conversation. What exceeds it is written, and the batch has whom it has by then.
const HELD: usize = 8 * MOST_PARTICIPANTS;

/// A conversation that is created, and what is planned for it so far.
#[derive(Debug)]
pub(super) struct HeldConversation {
    create: Operation,
    participants: Vec<Participant>,
    /// A participant of it is reached through another network too.
    is_group: bool,
    held: Vec<(Operation, Option<&'static str>)>,
}

/// A conversation of which it is known whom it brings.
#[derive(Debug)]
pub(super) struct FinishedConversation {
    pub(super) create: Operation,
    pub(super) followed_by: Vec<(Operation, Option<&'static str>)>,
    pub(super) batch: Option<(u64, bool)>,
}

#[derive(Debug)]
struct Participant {
    fields: Map<String, Json>,
    /// The user's own view is written, and the answer has the participant's SID.
    has_view: bool,
}

impl HeldConversation {
    pub(super) fn new(create: Operation) -> Self {
        Self { create, participants: Vec::new(), is_group: false, held: Vec::new() }
    }

    /// Whether the participant of this identity comes with the conversation.
    pub(super) fn brings(&self, identity: Option<&str>) -> bool {
        let is_it = |participant: &Participant| participant.fields["identity"].as_str() == identity;
        self.participants.iter().any(is_it)
    }

    /// Holds an operation on the conversation. It is given back where the batch is full, or nothing more is held back.
    pub(super) fn hold(&mut self, operation: Operation, blocked: Option<&'static str>) -> Option<Operation> {
        if !self.takes(&operation, blocked) {
            return Some(operation);
        }
        self.held.push((operation, blocked));
        None
    }

    fn takes(&mut self, operation: &Operation, blocked: Option<&'static str>) -> bool {
        if self.held.len() >= HELD || operation.subject.channel_sid != self.create.subject.channel_sid {
            return false;
        }
        match operation.kind {
            OperationKind::CreateParticipant if blocked.is_none() => {
                if self.participants.len() == MOST_PARTICIPANTS {
                    return false;
                }
                match fields(operation) {
                    Some(fields) => self.participants.push(Participant { fields, has_view: false }),
                    None => self.is_group = true,
                }
            }
            OperationKind::UpdateUserConversation if blocked.is_none() => {
                let identity = operation.subject.identity.as_deref();
                let of = |participant: &&mut Participant| participant.fields["identity"].as_str() == identity;
                if let Some(participant) = self.participants.iter_mut().find(of) {
                    participant.has_view = true;
                }
            }
            _ => {}
        }
        true
    }

    /// Whether the views that are written give the SIDs of all whom it brings, so that no list of them is read.
    fn is_covered(&self) -> bool {
        self.participants.iter().all(|participant| participant.has_view)
    }

    /// What is written: the create with whom it brings, what follows it, and how many it brings and whether their views are written.
    pub(super) fn finish(self) -> FinishedConversation {
        let batch = self.is_worth_it().then(|| (self.participants.len() as u64, self.is_covered()));
        let Self { mut create, participants, held, .. } = self;
        if batch.is_some() {
            let participants = participants.into_iter().map(|participant| participant.fields.into());
            create.after.insert(PARTICIPANTS.to_owned(), Json::Array(participants.collect()));
        }
        FinishedConversation { create, followed_by: held, batch }
    }

    /// Whether one request with all of them, and the list of them where it is read, is less than one for each.
    fn is_worth_it(&self) -> bool {
        !self.is_group && self.participants.len() > usize::from(!self.is_covered())
    }
}

/// What a participant is created with; none for who cannot come with the conversation.
fn fields(operation: &Operation) -> Option<Map<String, Json>> {
    let mut fields = operation.after.clone();
    fields.retain(|_, value| !value.is_null());
    let identity = operation.subject.identity.clone()?;
    fields.entry("identity").or_insert_with(|| identity.into());
    (fields["identity"] == operation.subject.identity.clone()? && fields.values().all(Json::is_string))
        .then_some(fields)
        .filter(|fields| !fields.contains_key("messaging_binding.projected_address"))
}
