//! What the journal does for conversations that are created together with participants: whether all of them are ready, and what is
//! written down of each.
//!
//! **Invariant:** a participant that came with its conversation is its own operation's outcome, written in the same transaction as the
//! conversation's. After a kill either both are known or neither is.

use serde_json::json;

use super::batch::{Batch, BroughtOutcome, BroughtParticipant};
use super::journal_thread::{AfterCommit, JournalThread};
use super::lookup::OperationEnd;
use super::resolved;
use crate::model::Entity;
use crate::plan::{Move, Operation, OperationKind, OperationState, PlanError};

impl JournalThread {
    /// The batch of a create, if every participant can come with it: it is to be created in this run, its user is there as planned, and
    /// nothing was tried with it yet.
    pub(super) fn ready(&self, number: i64, batch: Batch) -> Result<Option<Batch>, PlanError> {
        let wanted = |kind| self.only.as_ref().is_none_or(|only| only.contains(&kind));
        if !wanted(OperationKind::CreateParticipant) {
            return Ok(None);
        }
        let mut is_covered = wanted(OperationKind::UpdateUserConversation);
        for fields in &batch.participants {
            let Some(identity) = fields.get("identity").and_then(|identity| identity.as_str()) else {
                return Ok(None);
            };
            let of = |kind| self.journal.pending_in_conversation(number, kind, identity);
            let Some(participant) = of(OperationKind::CreateParticipant)? else { return Ok(None) };
            let user = &participant.operation.subject.user_sid;
            let has_user = match user {
                Some(user) => self.journal.counterpart(Entity::User, &user.to_string())?.is_some(),
                None => true,
            };
            if !has_user || participant.started.is_some() || self.held_by(&participant.operation)?.is_some() {
                return Ok(None);
            }
            is_covered = is_covered && of(OperationKind::UpdateUserConversation)?.is_some();
        }
        Ok(Some(Batch { is_covered, ..batch }))
    }

    /// Writes down the outcome of the participants that came with a conversation.
    pub(super) fn end_brought(
        &mut self,
        number: i64,
        brought: &[BroughtParticipant],
        answers: &mut Vec<AfterCommit>,
    ) -> Result<(), PlanError> {
        for BroughtParticipant { identity, outcome } in brought {
            let kind = OperationKind::CreateParticipant;
            let Some(pending) = self.journal.pending_in_conversation(number, kind, identity)? else {
                continue;
            };
            match outcome {
                BroughtOutcome::AsPlanned(sid) => {
                    let end = OperationEnd {
                        state: OperationState::Done,
                        reason: None,
                        result: json!({ "sid": sid, "known_by": OperationEnd::BATCH }),
                        sid: sid.clone(),
                    };
                    self.end(pending.number, &pending.operation, &end, answers)?;
                }
                BroughtOutcome::Dropped(sid) => {
                    if let Some((entity, source)) = resolved::creates(&pending.operation) {
                        self.journal.set_counterpart(entity, &source, sid)?;
                    }
                }
                BroughtOutcome::NotSeen => {
                    self.journal.started(pending.number, &crate::clock::now().to_string())?;
                }
            }
        }
        Ok(())
    }

    /// Takes the SID of a participant from the update of its view, which is where one is learned that came with its conversation and was
    /// not read back.
    pub(super) fn note_participant(
        &mut self,
        operation: &Operation,
        end: &OperationEnd,
    ) -> Result<(), PlanError> {
        let is_view = operation.kind == OperationKind::UpdateUserConversation;
        if !is_view || self.journal.header().kind != Move::Copy {
            return Ok(());
        }
        let Some((entity, source)) = resolved::participant(operation) else { return Ok(()) };
        if self.journal.counterpart(entity, &source)?.is_some() {
            return Ok(());
        }
        match (end.state, &end.sid) {
            (OperationState::Done | OperationState::Existing, Some(sid)) => {
                self.journal.set_counterpart(entity, &source, sid)
            }
            _ => self.journal.set_missing(entity, &source),
        }
    }
}
