//! The plan that takes back what another plan did, made of that plan's journal alone.
//!
//! What was updated gets its former values; what was created is removed, and with a conversation its participants. The order is
//! the reverse of what was done. What cannot be taken back is reported, each with its reason.
//!
//! **Invariant:** deleted is only what the journal proves that chatferry created (see `file::created`): an operation that is done,
//! with the SID that the answer gave. What was there already (`existing`) is never touched.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::check::CANNOT_BE_UNDONE;
use super::equality;
use super::error::PlanError;
use super::file::{CreatedRecords, Entry, PlanDraft, PlanFile, done_reversed};
use super::finding::PlanFinding;
use super::operation::{
    JsonFields, Operation, OperationKind, OperationState, Subject, WriteLimit, in_braces,
};
use super::overview::{Batches, Header, MediaTotals, Move, PlanVerdict, Step, Totals};
use super::pace::{self, KindWork, RequestPace};
use crate::model::Entity;

/// What an undo plan says about itself: the two services of the plan that it undoes, and that plan's digest.
pub(crate) fn header(undone: &PlanFile) -> Header {
    Header {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        kind: Move::Undo,
        mute_source: false,
        undoes: Some(undone.digest().to_owned()),
        messages: None,
        media: None,
        ..undone.header().clone()
    }
}

/// Refuses a plan of which it is not known what was done.
pub(crate) fn check_outcomes(undone: &PlanFile) -> Result<(), PlanError> {
    match undone.begun()? {
        0 => Ok(()),
        begun => Err(PlanError::OutcomeUnknown { path: undone.path().to_path_buf(), begun }),
    }
}

/// Plans to take back what `undone` did. `pace` is for the estimate of time.
pub(crate) fn undo(undone: &PlanFile, draft: &mut PlanDraft, pace: RequestPace) -> Result<Totals, PlanError> {
    let created = CreatedRecords::gather(undone)?;
    let mut counted: BTreeMap<OperationKind, u64> = BTreeMap::new();
    let mut findings = 0;
    done_reversed(undone, |entry| {
        let Undone { operation, lost } = reverse(undone, &created, entry)?;
        if let Some(operation) = operation {
            draft.operation(&operation, None)?;
            *counted.entry(operation.kind).or_default() += 1;
        }
        if !lost.is_empty() {
            findings += 1;
            draft.finding(&finding(entry, lost.join("; ")))?;
        }
        Ok::<(), PlanError>(())
    })?;
    Ok(totals(&counted, findings, pace))
}

/// What takes an operation back, and what of it stays.
#[derive(Debug, Default, PartialEq)]
struct Undone {
    operation: Option<Operation>,
    lost: Vec<String>,
}

impl Undone {
    fn lost(detail: &str) -> Self {
        Self { operation: None, lost: vec![detail.to_owned()] }
    }
}

fn reverse(undone: &PlanFile, created: &CreatedRecords<'_>, entry: &Entry) -> Result<Undone, PlanError> {
    let made = |kind| created.sid(kind, entry);
    let kind = entry.operation.kind;
    Ok(match kind {
        OperationKind::MakePrivate => Undone::lost("it was made private, which Twilio cannot take back"),
        OperationKind::CreateRole => delete(OperationKind::DeleteRole, entry, made(kind)?),
        OperationKind::CreateUser => delete(OperationKind::DeleteUser, entry, made(kind)?),
        OperationKind::CreateConversation => delete(OperationKind::DeleteConversation, entry, made(kind)?),
        // Removed with their conversation.
        OperationKind::CreateParticipant
        | OperationKind::CreateMessage
        | OperationKind::UpdateParticipant
        | OperationKind::UpdateUserConversation
        | OperationKind::UpdateConversation
            if made(OperationKind::CreateConversation)?.is_some() =>
        {
            Undone::default()
        }
        OperationKind::CreateParticipant => delete(OperationKind::DeleteParticipant, entry, made(kind)?),
        OperationKind::CreateMessage => {
            Undone::lost("it is in a conversation that was there before, and stays")
        }
        // Removed with the participant or user.
        OperationKind::UpdateParticipant | OperationKind::UpdateUserConversation
            if made(OperationKind::CreateParticipant)?.is_some() =>
        {
            Undone::default()
        }
        OperationKind::UpdateUser if made(OperationKind::CreateUser)?.is_some() => Undone::default(),
        OperationKind::UpdateConversation if is_closed(&entry.operation.after) => {
            Undone::lost("it was closed, and a closed conversation takes no update any more")
        }
        OperationKind::UpdateUser
        | OperationKind::UpdateParticipant
        | OperationKind::UpdateUserConversation
        | OperationKind::UpdateConversation
        | OperationKind::MuteSource
        | OperationKind::UpdateUserChannel => restore(undone, entry)?,
        OperationKind::DeleteParticipant
        | OperationKind::DeleteConversation
        | OperationKind::DeleteUser
        | OperationKind::DeleteRole => {
            Undone::lost("it was deleted; plan the migration again to create it once more")
        }
    })
}

fn is_closed(after: &JsonFields) -> bool {
    after.get("state").is_some_and(|state| state == "closed")
}

/// Removes what an operation created.
fn delete(kind: OperationKind, entry: &Entry, made: Option<String>) -> Undone {
    let Some(sid) = made else {
        return Undone::lost("the journal does not prove that chatferry created it, so it is left alone");
    };
    let mut subject = entry.operation.subject.clone();
    if kind == OperationKind::DeleteParticipant && subject.conversation_sid.is_none() {
        return Undone::lost(
            "the journal does not say in which conversation it was created, so it is left alone",
        );
    }
    subject.target_sid = Some(sid);
    // By what distinguishes it, and not by what may have changed since: a date, or a name that its owner corrected.
    let mut before = entry.operation.after.clone();
    before.retain(|key, _| matches!(key.as_str(), "identity" | "unique_name" | "friendly_name" | "type"));
    if kind != OperationKind::DeleteRole {
        before.shift_remove("friendly_name");
    }
    let operation = Operation { kind, subject, before, after: JsonFields::new() };
    Undone { operation: Some(operation), lost: Vec::new() }
}

/// Writes the former values back.
fn restore(undone: &PlanFile, entry: &Entry) -> Result<Undone, PlanError> {
    let Operation { kind, subject, before: planned, after: written } = &entry.operation;
    let seen = entry.result.as_ref().and_then(|result| result.get("before")).and_then(Value::as_object);
    let former = seen.unwrap_or(planned);
    let (mut before, mut after, mut lost) = (JsonFields::new(), JsonFields::new(), Vec::new());
    for (key, now) in written {
        let value = former.get(key).or_else(|| planned.get(key)).unwrap_or(&Value::Null);
        if value == now || equality::is_compared(key) && equality::same_values(key, value, now) {
            continue;
        }
        if !kind.can_send(key, value) {
            lost.push(format!("{key} stays {now}: it was {value} before, which cannot be set"));
            continue;
        }
        before.insert(key.clone(), resolved(undone, key, now)?);
        after.insert(key.clone(), resolved(undone, key, value)?);
    }
    let operation =
        (!after.is_empty()).then(|| Operation { kind: *kind, subject: subject.clone(), before, after });
    Ok(Undone { operation, lost })
}

/// The value with the SID of a role that was created in the place of the one that stood for it.
fn resolved(undone: &PlanFile, key: &str, value: &Value) -> Result<Value, PlanError> {
    let source = value.as_str().and_then(in_braces);
    Ok(match source {
        Some(source) if key == "role_sid" => {
            undone.counterpart(Entity::Role, source)?.map_or_else(|| value.clone(), Value::String)
        }
        _ => value.clone(),
    })
}

fn text(sid: Option<&impl ToString>) -> Option<String> {
    sid.map(ToString::to_string)
}

fn finding(entry: &Entry, detail: String) -> PlanFinding {
    let Operation { kind, subject, .. } = &entry.operation;
    let Subject { role_sid, user_sid, channel_sid, member_sid, target_sid, identity, unique_name, .. } =
        subject;
    let (user, channel) = (text(user_sid.as_ref()), text(channel_sid.as_ref()));
    let (entity, sid) = match kind {
        OperationKind::CreateRole | OperationKind::DeleteRole => (Entity::Role, text(role_sid.as_ref())),
        OperationKind::CreateUser | OperationKind::UpdateUser | OperationKind::DeleteUser => {
            (Entity::User, user)
        }
        OperationKind::MakePrivate
        | OperationKind::CreateConversation
        | OperationKind::UpdateConversation
        | OperationKind::DeleteConversation => (Entity::Channel, channel),
        OperationKind::CreateParticipant
        | OperationKind::UpdateParticipant
        | OperationKind::DeleteParticipant => (Entity::Member, text(member_sid.as_ref())),
        OperationKind::CreateMessage => {
            let index = subject.message.map(|message| message.index).unwrap_or_default();
            (Entity::Message, channel.map(|channel| format!("{channel}/{index}")))
        }
        OperationKind::UpdateUserConversation
        | OperationKind::MuteSource
        | OperationKind::UpdateUserChannel => {
            let both = user.zip(channel).map(|(user, channel)| format!("{user}/{channel}"));
            (Entity::Membership, both)
        }
    };
    PlanFinding {
        check: &CANNOT_BE_UNDONE,
        entity,
        sid: sid.or_else(|| target_sid.clone()).unwrap_or_default(),
        name: identity.clone().or_else(|| unique_name.clone()),
        detail,
    }
}

fn totals(counted: &BTreeMap<OperationKind, u64>, findings: u64, pace: RequestPace) -> Totals {
    let steps: Vec<Step> = OperationKind::ALL
        .into_iter()
        .filter_map(|kind| {
            let operations = *counted.get(&kind)?;
            let limited_writes = match kind.write_limit() {
                WriteLimit::Service => operations,
                WriteLimit::Conversation => 1, // of how many each has most is not counted
            };
            // Each is looked at before it is written to.
            let work = KindWork { kind, requests: operations * 2, limited_writes, answers: 2 };
            Some(work.step(pace))
        })
        .collect();
    Totals {
        verdict: match (counted.is_empty(), findings) {
            (true, 0) => PlanVerdict::NothingToDo,
            (true, _) => PlanVerdict::CannotBeUndone,
            (false, 0) => PlanVerdict::Ready,
            (false, _) => PlanVerdict::ReadyExceptBlocked,
        },
        operations: counted
            .iter()
            .map(|(kind, count)| (*kind, BTreeMap::from([(OperationState::Pending, *count)])))
            .collect(),
        noop: BTreeMap::new(),
        findings: BTreeMap::from([(CANNOT_BE_UNDONE.code.to_owned(), findings)]),
        requests: steps.iter().map(|step| step.requests).sum(),
        estimated_seconds: pace::seconds(&steps),
        steps,
        sizes: Vec::new(),
        participants_limit: 0,
        blocked_by: BTreeMap::new(),
        batches: Batches::default(),
        media: MediaTotals::default(),
        not_checked: BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests;
