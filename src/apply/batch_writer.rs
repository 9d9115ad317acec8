//! Performs the create of a conversation together with participants, and finds out their outcome.
//!
//! **Invariant:** whatever a batch is answered with that is no success, the conversation is looked up by its unique name before it is
//! created without them: Twilio may have made it, or may have closed what it could not complete (error 50427).
//!
//! **Invariant:** a refused batch ends nothing but itself. Credentials that may not use this one request can use all the others.

use super::batch::{Batch, BatchPolicy, BroughtOutcome, BroughtParticipant};
use super::error::ApplyError;
use super::error_codes;
use super::failure::{WriteFailure, of_all};
use super::lookup::{self, LookupOutcome, OperationEnd};
use super::performer::{ActiveOperation, Performer, TaskStep, answered, read_created};
use crate::plan::OperationState;
use crate::twilio::{OnceSent, RequestError};

/// The code that says that the conversation's unique name is taken.
const NAME_TAKEN: i64 = 50353;

impl Performer {
    /// Creates a conversation together with participants.
    pub(super) async fn write_batch(
        &self,
        mut work: ActiveOperation,
        batch: &Batch,
    ) -> Result<TaskStep, ApplyError> {
        let request = work.resolved.request(self.webhooks, Some(batch));
        let client = self.clients.of(work.resolved.endpoint);
        let mut attempts = work.take_attempts();
        match client.send_once(&request, read_created, &mut attempts).await {
            Ok(OnceSent::Answered(reply)) => {
                let mut end = answered(&work, &reply);
                end.result["participants"] = batch.participants.len().into();
                let sid = end.sid.clone().unwrap_or_default();
                work.resolved.brought = if self.batches.reads_back(batch) {
                    self.read_back(&work, batch, &sid).await
                } else {
                    BatchPolicy::trusted(batch)
                };
                self.batches.created(batch.participants.len());
                self.end(work, end).await
            }
            Ok(OnceSent::RetryAfter(after)) => Ok(work.waits(attempts, after)),
            Err(error) => self.batch_failed(work, error).await,
        }
    }

    async fn batch_failed(&self, work: ActiveOperation, error: RequestError) -> Result<TaskStep, ApplyError> {
        match WriteFailure::of(&error) {
            WriteFailure::Interrupted | WriteFailure::NotDone | WriteFailure::Unknown => {
                self.failed(work, error).await
            }
            WriteFailure::AlreadyThere if error.code == Some(NAME_TAKEN) => self.failed(work, error).await,
            WriteFailure::OfAll if !error.is_forbidden() => Err(of_all(error)),
            WriteFailure::OfAll
            | WriteFailure::AlreadyThere
            | WriteFailure::NotFound
            | WriteFailure::OfItem => self.batch_refused(work, error).await,
        }
    }

    /// Twilio has refused it. Where it left nothing behind, the conversation is created by itself, and its participants after it.
    async fn batch_refused(
        &self,
        mut work: ActiveOperation,
        error: RequestError,
    ) -> Result<TaskStep, ApplyError> {
        let sent_before = work.resolved.sent_at;
        work.mark_sent();
        let found = match lookup::find(self.clients.of(work.resolved.endpoint), &work.resolved).await {
            Ok(found) => found,
            Err(error) => return self.could_not_look(work, error).await,
        };
        if let Some(found) = found
            && let LookupOutcome::Ended(end) = lookup::judge(&work.resolved, Some(&found))
        {
            return self.looked(work, *end).await;
        }
        if !error_codes::is_of_participant(error.code) {
            tracing::debug!(%error, "batches are refused");
            self.batches.refused(error.to_string());
        }
        work.resolved.sent_at = sent_before;
        work.is_single = true;
        Ok(TaskStep::ToWrite(Box::new(work)))
    }

    /// Ends an operation that was looked up. Of a conversation that may have been sent together with participants, they are looked up
    /// too.
    pub(super) async fn looked(
        &self,
        mut work: ActiveOperation,
        end: OperationEnd,
    ) -> Result<TaskStep, ApplyError> {
        if end.result["closed"].is_string() {
            self.batches.refused(end.reason.clone().unwrap_or_default());
        }
        let is_ours = end.state == OperationState::Done || end.is_made_here();
        let batch = work.batch().cloned().filter(|_| work.resolved.sent_at.is_some() && is_ours);
        if let (Some(batch), Some(sid)) = (batch, end.sid.as_deref()) {
            work.resolved.brought = self.read_back(&work, &batch, sid).await;
            let is_there = |one: &&BroughtParticipant| one.outcome != BroughtOutcome::NotSeen;
            if let there @ 1.. = work.resolved.brought.iter().filter(is_there).count() {
                self.batches.created(there);
            }
        }
        self.end(work, end).await
    }

    /// Reads the participants of a conversation, and compares them with those that were sent with it. Where they cannot be read, each is
    /// looked up when it is its turn.
    async fn read_back(&self, work: &ActiveOperation, batch: &Batch, sid: &str) -> Vec<BroughtParticipant> {
        let client = self.clients.of(work.resolved.endpoint);
        match lookup::participants(client, &work.resolved, sid).await {
            Ok(there) => self.batches.read_back(batch, &there),
            Err(error) => {
                tracing::debug!(%error, conversation_sid = sid, "participants could not be read back");
                BatchPolicy::not_seen(batch)
            }
        }
    }
}
