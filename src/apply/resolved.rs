//! An operation that is ready to be performed: its request with every SID filled in, and what it refers to.
//!
//! **Invariant:** the request is [`Operation::request`] with SIDs in place of what stands for them. Nothing is added to it.

use jiff::Timestamp;
use serde_json::Value;

use super::batch::{Batch, BroughtParticipant};
use crate::model::{Api, Entity};
use crate::plan::{
    Endpoint, FormValue, JsonFields, Operation, OperationKind, PlannedMedia, Segment, WITH_PARTICIPANTS,
    WriteMethod, in_braces, without_media,
};
use crate::twilio::ApiRequest;

/// An operation that a task works on.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct ResolvedOperation {
    /// Its place in the plan.
    pub(super) number: i64,
    /// What it does, with the values as they are written.
    pub(super) operation: Operation,
    /// Where its request goes.
    pub(super) endpoint: Endpoint,
    method: WriteMethod,
    segments: Vec<String>,
    form: Vec<(&'static str, String)>,
    takes_webhook_header: bool,
    /// Since when it may have been sent: by an earlier run that did not record its outcome, or by this one, which did not get an answer.
    pub(super) sent_at: Option<Timestamp>,
    /// What it writes to was to be made by an operation of the plan, which found it there: someone else made it, and may have
    /// written to it.
    pub(super) found: bool,
    /// The participants that it may bring; none where each is created by itself. What else is here is without them.
    pub(super) batch: Option<Batch>,
    /// The outcome of those that it brought.
    pub(super) brought: Vec<BroughtParticipant>,
    /// A participant that came with its conversation, and that something was dropped of: an update sets what its create would have.
    pub(super) repairs: bool,
    /// Of a message: someone else may have written to its conversation, so that it is looked up before it is sent.
    pub(super) looks_first: bool,
    /// Of a message that is looked up: the index in the target of the one before it.
    pub(super) follows: Option<i64>,
    /// Of a message with media: the file, and where it was uploaded to.
    pub(super) media: Option<MessageMedia>,
}

/// The file of a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MessageMedia {
    pub(super) planned: PlannedMedia,
    /// `ME…` of the target: what an earlier run has uploaded, until it is looked up, or this one.
    pub(super) uploaded: Option<String>,
    /// Whether `uploaded` is of this run.
    pub(super) is_ready: bool,
    /// The SHA-256 of its bytes, where this run had them.
    pub(super) sha256: Option<String>,
    /// Why the message is written without it.
    pub(super) left_behind: Option<String>,
}

/// What an operation refers to has no SID in the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnresolvedSid {
    pub(super) entity: Entity,
    pub(super) source: String,
}

impl ResolvedOperation {
    /// Fills in the SIDs that `counterpart` knows.
    pub(super) fn resolve<E>(
        number: i64,
        mut operation: Operation,
        sent_at: Option<Timestamp>,
        mut counterpart: impl FnMut(Entity, &str) -> Result<Option<String>, E>,
    ) -> Result<Result<Self, UnresolvedSid>, E> {
        let planned = operation.request();
        let mut known = |entity: Entity, source: &str| -> Result<Result<String, UnresolvedSid>, E> {
            Ok(counterpart(entity, source)?
                .ok_or_else(|| UnresolvedSid { entity, source: source.to_owned() }))
        };
        let mut segments = Vec::with_capacity(planned.segments.len());
        for segment in planned.segments {
            segments.push(match segment {
                Segment::Text(text) => text,
                Segment::Counterpart { entity, source } => match known(entity, &source)? {
                    Ok(sid) => sid,
                    Err(unresolved) => return Ok(Err(unresolved)),
                },
            });
        }
        let mut form = Vec::with_capacity(planned.form.len());
        let mut participants = Vec::new();
        let mut has_all = true;
        for (name, value) in planned.form {
            let value = match value {
                FormValue::Text(text) => text,
                FormValue::Media { .. } => continue, // the request has it once it is uploaded
                FormValue::Participant(mut fields) => {
                    // Who waits for a role waits alone: the conversation is created without anyone.
                    has_all &= fill_role(&mut fields, &mut known)?;
                    participants.push(fields);
                    continue;
                }
                FormValue::Counterpart { entity, source } => match known(entity, &source)? {
                    Ok(sid) => sid,
                    Err(unresolved) => return Ok(Err(unresolved)),
                },
            };
            form.push((name, value));
        }
        for fields in [&mut operation.before, &mut operation.after] {
            fill_role(fields, &mut known)?;
        }
        if let Some(last) = segments.last_mut().filter(|last| *last == WITH_PARTICIPANTS) {
            "Conversations".clone_into(last);
        }
        let batch = Some(Batch { participants, is_covered: false });
        let batch = batch.filter(|batch| has_all && !batch.participants.is_empty());
        Ok(Ok(Self {
            number,
            operation,
            endpoint: planned.endpoint,
            method: planned.method,
            segments,
            form,
            takes_webhook_header: planned.takes_webhook_header,
            sent_at,
            found: false,
            batch,
            brought: Vec::new(),
            repairs: false,
            looks_first: false,
            follows: None,
            media: None,
        }))
    }

    /// The update that gives a participant, known by its SID, the values that it was to be created with.
    pub(super) fn into_repair(mut self, sid: &str) -> Self {
        let Operation { kind, subject, after, .. } = &mut self.operation;
        *kind = OperationKind::UpdateParticipant;
        subject.target_sid = Some(sid.to_owned());
        after.shift_remove("identity");
        self.segments.push(sid.to_owned());
        self.form.retain(|(name, _)| *name != "Identity");
        self.repairs = true;
        self
    }

    /// The values of a message that is written without its media.
    pub(super) fn without_media(&self) -> Option<JsonFields> {
        self.media.is_some().then(|| without_media(&self.operation.after))
    }

    /// Has the message written without its media, for this reason.
    pub(super) fn leave_media_behind(&mut self, reason: String) {
        let after = without_media(&self.operation.after);
        let attributes = after.get("attributes").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.form.retain(|(name, _)| *name != "Attributes");
        self.form.push(("Attributes", attributes));
        self.operation.after = after;
        if let Some(media) = &mut self.media {
            (media.uploaded, media.left_behind) = (None, Some(reason));
        }
    }

    /// The operation as the plan has it.
    pub(super) fn planned_kind(&self) -> OperationKind {
        if self.repairs { OperationKind::CreateParticipant } else { self.operation.kind }
    }

    /// The request as it is sent: together with participants, or without.
    pub(super) fn request(&self, webhooks: bool, together_with: Option<&Batch>) -> ApiRequest {
        let mut segments = self.segments.clone();
        if let (Some(_), Some(last)) = (together_with, segments.last_mut()) {
            WITH_PARTICIPANTS.clone_into(last);
        }
        let request = match self.method {
            WriteMethod::Post => ApiRequest::post(self.api(), &segments),
            WriteMethod::Delete => ApiRequest::delete(self.api(), &segments),
        };
        let request = self.form.iter().fold(request, |request, (name, value)| request.form(name, value));
        let uploaded = self.media.as_ref().and_then(|media| media.uploaded.as_deref());
        let request = uploaded.into_iter().fold(request, |request, sid| request.form("MediaSid", sid));
        let participants = together_with.into_iter().flat_map(|batch| &batch.participants);
        let request = participants.fold(request, |request, fields| {
            let text = serde_json::to_string(fields).expect("a map of JSON values is written to memory");
            request.form("Participant", &text)
        });
        request.webhooks(self.takes_webhook_header.then_some(webhooks))
    }

    /// The conversation that it writes to, if the plan creates it.
    pub(super) fn new_conversation(&self) -> Option<&str> {
        let mut pairs = self.segments.windows(2).filter(|pair| pair[0] == "Conversations");
        let is_new = self.operation.subject.conversation_sid.is_none()
            && self.endpoint == Endpoint::TargetConversations;
        pairs.next().filter(|_| is_new).map(|pair| pair[1].as_str())
    }

    /// A GET of the participants of the conversation that it creates.
    pub(super) fn participants_of(&self, conversation: &str) -> ApiRequest {
        let segments = self.segments.iter().map(String::as_str);
        ApiRequest::get(self.api(), segments.chain([conversation, "Participants"]))
    }

    /// A GET of what the request writes to, or of something below it.
    pub(super) fn fetch(&self, below: Option<&str>) -> ApiRequest {
        let mut segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        // Chat v3 has no GET; the channel is the same in v2.
        if let Some(version) = segments.first_mut().filter(|version| **version == "v3") {
            *version = "v2";
        }
        ApiRequest::get(self.api(), segments.into_iter().chain(below))
    }

    fn api(&self) -> Api {
        match self.endpoint {
            Endpoint::SourceChat => Api::Chat,
            Endpoint::TargetConversations => Api::Conversations,
        }
    }

    /// The name by which what is created can be found again.
    pub(super) fn name(&self) -> Option<&str> {
        let subject = &self.operation.subject;
        let (key, of_subject) = match self.operation.kind {
            OperationKind::CreateUser | OperationKind::CreateParticipant => ("identity", &subject.identity),
            OperationKind::CreateConversation => ("unique_name", &subject.unique_name),
            _ => return None,
        };
        self.operation.after.get(key).and_then(Value::as_str).or(of_subject.as_deref())
    }

    /// Whether the target is looked up before it is written to. A role is, since its name may be taken twice: no answer says that it
    /// is there already.
    pub(super) fn needs_look(&self) -> bool {
        self.sent_at.is_some()
            || self.looks_first
            || self.was_there()
            || self.operation.kind == OperationKind::CreateRole
    }

    /// The values that it was planned from. Of what was found in the place of what the plan was to make: those of what is new.
    pub(super) fn before(&self) -> JsonFields {
        let mut before = self.operation.before.clone();
        if self.found {
            for key in self.operation.after.keys() {
                let new = match key.as_str() {
                    "last_read_message_index" | "last_read_timestamp" => Value::Null,
                    "notification_level" => "default".into(),
                    "state" => "active".into(),
                    _ => continue,
                };
                before.entry(key.clone()).or_insert(new);
            }
        }
        before
    }

    /// Whether what it writes to was there when the plan was made, so that someone else may have changed it since.
    pub(super) fn was_there(&self) -> bool {
        let Operation { kind, subject, .. } = &self.operation;
        if self.repairs {
            return false;
        }
        if self.found {
            return true;
        }
        match kind {
            OperationKind::CreateRole
            | OperationKind::CreateUser
            | OperationKind::CreateConversation
            | OperationKind::CreateParticipant
            | OperationKind::CreateMessage => false,
            OperationKind::UpdateUser => subject.target_sid.is_some() || subject.target_user_sid.is_some(),
            OperationKind::UpdateConversation => {
                subject.target_sid.is_some() || subject.conversation_sid.is_some()
            }
            OperationKind::UpdateParticipant => subject.target_sid.is_some(),
            OperationKind::UpdateUserConversation => {
                subject.target_user_sid.is_some() && subject.conversation_sid.is_some()
            }
            _ => true,
        }
    }
}

/// Fills in the role that a value in braces stands for; false where there is none yet.
fn fill_role<E>(
    fields: &mut JsonFields,
    known: &mut impl FnMut(Entity, &str) -> Result<Result<String, UnresolvedSid>, E>,
) -> Result<bool, E> {
    let Some(source) = role_in_braces(fields) else { return Ok(true) };
    let Ok(sid) = known(Entity::Role, &source)? else { return Ok(false) };
    fields.insert("role_sid".to_owned(), Value::String(sid));
    Ok(true)
}

/// What an update writes to, where an operation of the plan may have made it.
pub(super) fn writes_to(operation: &Operation) -> Option<(Entity, String)> {
    match operation.kind {
        OperationKind::UpdateParticipant | OperationKind::UpdateUserConversation => participant(operation),
        OperationKind::UpdateConversation => {
            operation.subject.channel_sid.as_ref().map(|sid| (Entity::Channel, sid.to_string()))
        }
        _ => None,
    }
}

/// Whether it writes how far a participant has read.
pub(super) fn says_what_was_read(operation: &Operation) -> bool {
    operation.after.contains_key("last_read_message_index")
}

/// Whether it closes a conversation, which takes nothing afterwards.
pub(super) fn closes(operation: &Operation) -> bool {
    operation.kind == OperationKind::UpdateConversation
        && operation.after.get("state").is_some_and(|state| state == "closed")
}

/// The participant that hears from the target when this mutes the source.
pub(super) fn hears_instead(operation: &Operation) -> Option<(Entity, String)> {
    participant(operation).filter(|_| operation.kind == OperationKind::MuteSource)
}

/// The role of the source that a value of `role_sid` stands for.
pub(super) fn role_in_braces(fields: &JsonFields) -> Option<String> {
    fields.get("role_sid")?.as_str().and_then(in_braces).map(str::to_owned)
}

/// The record of the source that a create makes a counterpart of.
pub(super) fn creates(operation: &Operation) -> Option<(Entity, String)> {
    let subject = &operation.subject;
    Some(match operation.kind {
        OperationKind::CreateRole => (Entity::Role, subject.role_sid.as_ref()?.to_string()),
        OperationKind::CreateUser => (Entity::User, subject.user_sid.as_ref()?.to_string()),
        OperationKind::CreateConversation => (Entity::Channel, subject.channel_sid.as_ref()?.to_string()),
        OperationKind::CreateParticipant => participant(operation)?,
        _ => return None,
    })
}

/// What an operation needs besides what its request names: no one becomes a participant before the user is as planned (a
/// participant's create makes a user, with nothing but the identity), or of a conversation that is not to be seen, no level is
/// set without a participant, and a source is muted only for who hears from the target.
pub(super) fn needs(operation: &Operation) -> Vec<(Entity, String)> {
    let subject = &operation.subject;
    let user = subject.user_sid.as_ref().map(|sid| (Entity::User, sid.to_string()));
    let channel = subject.channel_sid.as_ref().map(|sid| (Entity::Channel, sid.to_string()));
    match operation.kind {
        OperationKind::CreateParticipant => user.into_iter().chain(channel).collect(),
        OperationKind::CreateMessage => channel.into_iter().collect(),
        OperationKind::UpdateUserConversation | OperationKind::MuteSource => {
            user.into_iter().chain(channel).chain(participant(operation)).collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn participant(operation: &Operation) -> Option<(Entity, String)> {
    let subject = &operation.subject;
    let member = subject.member_sid.as_ref().map(|sid| (Entity::Member, sid.to_string()));
    member.or_else(|| subject.invite_sid.as_ref().map(|sid| (Entity::Invite, sid.to_string())))
}

/// The SIDs of what an operation is about: of the source, or of the target where that is all there is.
pub(crate) fn subject(operation: &Operation) -> String {
    let subject = &operation.subject;
    let mut sids: Vec<String> = Vec::new();
    sids.extend(subject.role_sid.as_ref().map(ToString::to_string));
    sids.extend(subject.channel_sid.as_ref().map(ToString::to_string));
    sids.extend(subject.user_sid.as_ref().map(ToString::to_string));
    sids.extend(participant(operation).map(|(_, sid)| sid));
    sids.extend(subject.message.map(|message| message.index.to_string()));
    if sids.is_empty() {
        sids.extend(subject.target_sid.clone());
    }
    sids.join("/")
}
