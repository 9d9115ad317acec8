//! Performs one operation: looks it up where that is needed, records that it starts, sends it, and records the outcome.
//!
//! **Invariant:** a write leaves only after the journal has it on disk as started.
//!
//! **Invariant:** a write of unknown outcome is looked up before it is sent again, whatever the reason. A 404 is an unknown outcome
//! too: Twilio has answered it for requests that it had performed.
//!
//! **Invariant:** a success is what the answer shows, not its status. What was sent is compared with what the answer has.
//!
//! **Invariant:** nothing sleeps here. An operation that has to wait goes back to the scheduler, so that its slot is free meanwhile.
//!
//! **Invariant:** a failure is of its operation, unless it is of all of them: refused credentials, an API that is gone, a plan that
//! cannot be written.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::batch::{Batch, BatchPolicy};
use super::error::ApplyError;
use super::error_codes;
use super::failure::{WriteFailure, of_all};
use super::journal_handle::JournalHandle;
use super::lookup::{self, LookupOutcome, OperationEnd};
use super::media::{MediaCopier, MediaStep};
use super::mismatch::{describe, differences};
use super::resolved::ResolvedOperation;
use crate::plan::{Endpoint, JsonFields, OperationKind, OperationState};
use crate::twilio::{Attempts, BodyError, Client, Counters, OnceSent, Reply, RequestError};

/// Writes of unknown outcome, and 404s of what should be there, after which an operation is left for another run. Between them
/// the target is looked at, which has attempts of its own.
const ROUNDS: u32 = 8;

/// The clients of the two sides; the same where the account is.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    /// Chat, of the source's account.
    pub source: Arc<Client>,
    /// Conversations, of the target's account.
    pub target: Arc<Client>,
    /// What copies media between them, of a plan that does.
    pub media: Option<MediaCopier>,
}

impl Clients {
    /// The attempts of both.
    pub(crate) fn counters(&self) -> Counters {
        let (source, target) = (self.source.counters(), self.target.counters());
        if Arc::ptr_eq(&self.source, &self.target) {
            return target;
        }
        Counters {
            attempts: source.attempts + target.attempts,
            retried: source.retried + target.retried,
            throttled: source.throttled + target.throttled,
        }
    }

    pub(super) fn of(&self, endpoint: Endpoint) -> &Client {
        match endpoint {
            Endpoint::SourceChat => &self.source,
            Endpoint::TargetConversations => &self.target,
        }
    }
}

/// An operation that has been loaded.
#[derive(Debug)]
pub(super) struct ActiveOperation {
    pub(super) resolved: ResolvedOperation,
    /// The number of its lane.
    pub(super) lane: u64,
    /// How often its outcome was unknown.
    rounds: u32,
    /// How often what it refers to was not found.
    not_found: u32,
    /// The attempts of its request since it was last looked up.
    attempts: Attempts,
    begun: bool,
    /// When its request first left, if it did.
    first_sent: Option<Timestamp>,
    /// Its outcome is unknown, so that it is looked up before anything else.
    pub(super) must_look: bool,
    /// What was there before, where that was looked up.
    before: Option<JsonFields>,
    /// It is sent without the participants that it could bring.
    pub(super) is_single: bool,
}

impl ActiveOperation {
    pub(super) fn new(resolved: ResolvedOperation, lane: u64) -> Self {
        Self {
            resolved,
            lane,
            rounds: 0,
            not_found: 0,
            attempts: Attempts::default(),
            begun: false,
            first_sent: None,
            must_look: false,
            before: None,
            is_single: false,
        }
    }

    /// The participants that it is sent with, if it may be.
    pub(super) fn batch(&self) -> Option<&Batch> {
        self.resolved.batch.as_ref().filter(|_| !self.is_single)
    }

    /// The attempts of its request, which is about to leave.
    pub(super) fn take_attempts(&mut self) -> Attempts {
        self.first_sent.get_or_insert_with(crate::clock::now);
        std::mem::take(&mut self.attempts)
    }

    /// It is sent again after this time.
    pub(super) fn waits(mut self, attempts: Attempts, after: Duration) -> TaskStep {
        self.attempts = attempts;
        TaskStep::Waits { work: Box::new(self), after }
    }

    /// Its request may have been performed.
    pub(super) fn mark_sent(&mut self) {
        self.resolved.sent_at = self.resolved.sent_at.or(self.first_sent);
        self.attempts = Attempts::default();
    }
}

/// How far a task has brought an operation.
#[derive(Debug)]
pub(super) enum TaskStep {
    /// It is to be written when its lane has a turn.
    ToWrite(Box<ActiveOperation>),
    /// It is sent, or looked up, again after this time. Its slot and its turn are free meanwhile.
    Waits { work: Box<ActiveOperation>, after: Duration },
    /// It has come to its end.
    Ended { lane: u64, kind: OperationKind, state: OperationState },
    /// It could not be done for a reason that is not its own; a later run takes it up.
    Left { lane: u64, kind: OperationKind, number: i64, why: String },
    /// The run is ending.
    Interrupted { lane: u64 },
}

/// Performs operations; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Performer {
    pub(super) clients: Clients,
    pub(super) journal: JournalHandle,
    pub(super) batches: BatchPolicy,
    pub(super) webhooks: bool,
    /// The wait before an unknown outcome is looked up, doubled each time: the server may still be at work.
    pub(super) pause: Duration,
    pub(super) stop: CancellationToken,
}

impl Performer {
    /// Looks the operation up where that is needed, and records that it starts. What is left then is to send it, when its lane has a
    /// turn.
    pub(super) async fn prepare(self, work: ActiveOperation) -> Result<TaskStep, ApplyError> {
        let mut work = work;
        if work.must_look || work.resolved.needs_look() {
            match self.clone().look(work).await? {
                TaskStep::ToWrite(looked) => work = *looked,
                ended => return Ok(ended),
            }
        }
        if self.stop.is_cancelled() {
            return Ok(TaskStep::Interrupted { lane: work.lane });
        }
        if let Some(ended) = self.bring_media(&mut work).await? {
            return self.without_media(work, ended).await;
        }
        if !work.begun {
            self.journal.begin(work.resolved.number).await?;
            work.begun = true;
        }
        work.must_look = false;
        Ok(TaskStep::ToWrite(Box::new(work)))
    }

    /// Has the media of a message in the target; how the operation ends where that is not possible.
    async fn bring_media(&self, work: &mut ActiveOperation) -> Result<Option<MediaStep>, ApplyError> {
        let Some(copier) = &self.clients.media else { return Ok(None) };
        let step = copier.bring(&mut work.resolved, &self.journal).await?;
        Ok(Some(step).filter(|step| !matches!(step, MediaStep::Ready)))
    }

    async fn without_media(&self, work: ActiveOperation, step: MediaStep) -> Result<TaskStep, ApplyError> {
        match step {
            MediaStep::Failed(reason) => {
                let end = OperationEnd::failed(reason, Value::Null);
                self.end(work, end).await
            }
            MediaStep::Left(why) => self.leave(work, why).await,
            MediaStep::Ready | MediaStep::Interrupted => self.interrupted(work).await,
        }
    }

    /// Looks the operation up, and gives it back where it is to be written.
    pub(super) async fn look(self, mut work: ActiveOperation) -> Result<TaskStep, ApplyError> {
        self.place(&mut work).await?;
        match lookup::look(self.clients.of(work.resolved.endpoint), &work.resolved).await {
            Ok(LookupOutcome::ToWrite(before)) => {
                work.before = (!before.is_empty()).then_some(before);
                Ok(TaskStep::ToWrite(Box::new(work)))
            }
            Ok(LookupOutcome::Ended(end)) => self.looked(work, *end).await,
            Err(error) => self.could_not_look(work, error).await,
        }
    }

    /// Finds out which message of the target comes before the one that is looked up.
    async fn place(&self, work: &mut ActiveOperation) -> Result<(), ApplyError> {
        if work.resolved.operation.kind == OperationKind::CreateMessage {
            work.resolved.follows = self.journal.message_before(work.resolved.number).await?;
        }
        Ok(())
    }

    /// Writes what was prepared.
    pub(super) async fn write(self, work: ActiveOperation) -> Result<TaskStep, ApplyError> {
        let batches = self.batches.clone();
        let step = match work.batch().cloned().filter(|batch| batches.sends_together(batch)) {
            Some(batch) => Box::pin(self.write_batch(work, &batch)).await,
            None => self.write_one(work).await,
        };
        batches.was_sent();
        step
    }

    async fn write_one(self, mut work: ActiveOperation) -> Result<TaskStep, ApplyError> {
        let kind = work.resolved.operation.kind;
        let request = work.resolved.request(self.webhooks, None);
        let client = self.clients.of(work.resolved.endpoint);
        let read = |body: &bytes::Bytes| {
            if body.is_empty() && kind.is_delete() {
                return Ok(JsonFields::new()); // a deletion is answered with nothing
            }
            if kind.is_create() { read_created(body) } else { lookup::object(body) }
        };
        let mut attempts = work.take_attempts();
        match client.send_once(&request, read, &mut attempts).await {
            Ok(OnceSent::Answered(reply))
                if kind == OperationKind::MakePrivate && !is_private(&reply.body) =>
            {
                self.still_public(work, &reply).await
            }
            Ok(OnceSent::Answered(reply)) => {
                let end = answered(&work, &reply);
                self.end(work, end).await
            }
            Ok(OnceSent::RetryAfter(after)) => Ok(work.waits(attempts, after)),
            Err(error) => self.failed(work, error).await,
        }
    }

    pub(super) async fn failed(
        &self,
        mut work: ActiveOperation,
        error: RequestError,
    ) -> Result<TaskStep, ApplyError> {
        let is_role = work.resolved.operation.kind == OperationKind::CreateRole;
        let failure = match WriteFailure::of(&error) {
            // No code says that a role's name is taken, so that any refusal of one is looked into.
            WriteFailure::OfItem if is_role => WriteFailure::AlreadyThere,
            failure => failure,
        };
        match failure {
            WriteFailure::Interrupted => self.interrupted(work).await,
            WriteFailure::OfAll => Err(of_all(error)),
            WriteFailure::NotDone => self.left(work, error).await,
            WriteFailure::AlreadyThere => {
                let client = self.clients.of(work.resolved.endpoint);
                let found = match lookup::find(client, &work.resolved).await {
                    Ok(found) => found,
                    Err(error) => return self.could_not_look(work, error).await,
                };
                let end = match found {
                    Some(found) => match lookup::judge(&work.resolved, Some(&found)) {
                        LookupOutcome::Ended(end) => *end,
                        LookupOutcome::ToWrite(_) => refused(&work, &error),
                    },
                    None => refused(&work, &error),
                };
                self.looked(work, end).await
            }
            WriteFailure::Unknown => {
                work.mark_sent();
                work.rounds += 1;
                if work.rounds > ROUNDS {
                    return self.left(work, error).await;
                }
                work.must_look = true;
                let after = self.pause.saturating_mul(1 << (work.rounds - 1).min(6));
                Ok(TaskStep::Waits { work: Box::new(work), after })
            }
            WriteFailure::NotFound => self.not_found(work, error).await,
            WriteFailure::OfItem => {
                let end = refused(&work, &error);
                self.end(work, end).await
            }
        }
    }

    /// A 404, which Twilio has answered for requests that it had performed, and for what is there. The operation is looked up, and
    /// sent once more where nothing is found of it.
    async fn not_found(
        &self,
        mut work: ActiveOperation,
        error: RequestError,
    ) -> Result<TaskStep, ApplyError> {
        work.mark_sent();
        work.not_found += 1;
        self.place(&mut work).await?;
        let found = match lookup::find(self.clients.of(work.resolved.endpoint), &work.resolved).await {
            Ok(found) => found,
            Err(error) => return self.could_not_look(work, error).await,
        };
        let kind = work.resolved.operation.kind;
        let is_gone = found.is_none() && !kind.is_create() && !kind.is_delete();
        // The membership was there when the plan was made. Twilio names what ended, and running again would not bring it back.
        let has_left = error_codes::says_not_on_it(error.code) && work.resolved.was_there();
        match lookup::judge(&work.resolved, found.as_ref()) {
            LookupOutcome::Ended(end) if !is_gone || has_left => self.looked(work, *end).await,
            LookupOutcome::ToWrite(_) if work.not_found == 1 => Ok(TaskStep::ToWrite(Box::new(work))),
            LookupOutcome::ToWrite(_) if has_left => {
                self.end(work, OperationEnd::not_joined(&error.to_string())).await
            }
            _ => {
                let end = refused(&work, &error);
                self.end(work, end).await
            }
        }
    }

    /// Chat v3 has answered a conversion with success and with a channel that is not private. What it is now decides.
    async fn still_public(
        &self,
        mut work: ActiveOperation,
        reply: &Reply<JsonFields>,
    ) -> Result<TaskStep, ApplyError> {
        work.mark_sent();
        let found = match lookup::find(self.clients.of(work.resolved.endpoint), &work.resolved).await {
            Ok(found) => found,
            Err(error) => return self.could_not_look(work, error).await,
        };
        let end = match lookup::judge(&work.resolved, found.as_ref()) {
            LookupOutcome::Ended(end) => *end,
            LookupOutcome::ToWrite(_) => OperationEnd::failed(
                format!(
                    "left_public: Twilio answered {} and left the channel public; run apply again, and if it stays public ask \
                     Twilio's support why Chat v3 does not convert it",
                    reply.status
                ),
                json!({ "status": reply.status, "request_id": reply.request_id }),
            ),
        };
        self.end(work, end).await
    }

    pub(super) async fn could_not_look(
        &self,
        work: ActiveOperation,
        error: RequestError,
    ) -> Result<TaskStep, ApplyError> {
        match WriteFailure::of(&error) {
            WriteFailure::Interrupted => self.interrupted(work).await,
            WriteFailure::OfAll => Err(of_all(error)),
            // Of what may have been sent, a refused look says nothing: it is not failed, which would say that nothing was written.
            _ if work.resolved.sent_at.is_some() => self.left(work, error).await,
            WriteFailure::OfItem | WriteFailure::AlreadyThere => {
                let end = refused(&work, &error);
                self.end(work, end).await
            }
            WriteFailure::NotDone | WriteFailure::Unknown | WriteFailure::NotFound => {
                self.left(work, error).await
            }
        }
    }

    pub(super) async fn end(&self, work: ActiveOperation, end: OperationEnd) -> Result<TaskStep, ApplyError> {
        let (lane, state) = (work.lane, end.state);
        let kind = work.resolved.operation.kind;
        self.journal.end(work.resolved, end).await?;
        Ok(TaskStep::Ended { lane, kind, state })
    }

    async fn left(&self, work: ActiveOperation, error: RequestError) -> Result<TaskStep, ApplyError> {
        self.leave(work, error.to_string()).await
    }

    async fn leave(&self, work: ActiveOperation, why: String) -> Result<TaskStep, ApplyError> {
        let (lane, number) = (work.lane, work.resolved.number);
        let kind = work.resolved.operation.kind;
        self.withdraw(work).await?;
        Ok(TaskStep::Left { lane, kind, number, why })
    }

    async fn interrupted(&self, work: ActiveOperation) -> Result<TaskStep, ApplyError> {
        let lane = work.lane;
        self.withdraw(work).await?;
        Ok(TaskStep::Interrupted { lane })
    }

    /// What was begun and certainly not sent is as if it had not begun.
    pub(super) async fn withdraw(&self, work: ActiveOperation) -> Result<(), ApplyError> {
        if work.begun && work.resolved.sent_at.is_none() {
            self.journal.withdraw(work.resolved.number).await?;
        }
        Ok(())
    }
}

/// The end of an operation that Twilio refuses: its words, and what to do.
fn refused(work: &ActiveOperation, error: &RequestError) -> OperationEnd {
    if error.code == Some(error_codes::CLOSED)
        && let Some(sid) = work.resolved.new_conversation()
    {
        return lookup::closed_since(sid);
    }
    let mut reason = error.to_string();
    if let Some(advice) = error.code.and_then(error_codes::of) {
        reason.push_str("; ");
        reason.push_str(advice);
    }
    OperationEnd::failed(
        reason,
        json!({ "status": error.status, "code": error.code, "request_id": error.request_id }),
    )
}

/// What was created, with its SID.
pub(super) fn read_created(body: &bytes::Bytes) -> Result<JsonFields, BodyError> {
    let answer = lookup::object(body)?;
    if answer.get("sid").and_then(Value::as_str).is_none() {
        return Err(BodyError::Unexpected { expected: "what was created, with its SID" });
    }
    Ok(answer)
}

fn is_private(channel: &JsonFields) -> bool {
    channel.get("type").is_some_and(|kind| kind == "private")
}

/// The end of an operation that Twilio has answered. A field of which the answer has another value than was sent was ignored: the
/// operation is not done as planned.
pub(super) fn answered(work: &ActiveOperation, reply: &Reply<JsonFields>) -> OperationEnd {
    let operation = &work.resolved.operation;
    let kind = operation.kind;
    if let (true, Some(sid)) = (lookup::is_closed_view(&reply.body), work.resolved.new_conversation()) {
        return lookup::closed_since(sid);
    }
    let text = |key: &str| reply.body.get(key).and_then(Value::as_str).map(str::to_owned);
    let sid = if kind.is_delete() { None } else { text(lookup::sid_key(kind)) };
    let mut result = json!({
        "sid": sid,
        "known_by": "answer",
        "status": reply.status,
        "request_id": reply.request_id,
    });
    if let (OperationKind::CreateMessage, Some(index)) = (kind, reply.body.get("index")) {
        result["index"] = index.clone();
    }
    lookup::note_media(&work.resolved, &mut result);
    if let Some(before) = &work.before {
        result["before"] = Value::Object(before.clone()); // undoing restores what was there, not what was planned from
    }
    if kind == OperationKind::MakePrivate
        && let Some(members) = reply.body.get("members_count")
    {
        result["members_count"] = members.clone();
    }
    let mut sent = lookup::sent_fields(operation);
    sent.retain(|key, value| reply.body.contains_key(key) && !(kind.is_create() && value.is_null()));
    let ignored = differences(&sent, &reply.body);
    let reason = lookup::left_behind(&work.resolved).filter(|_| ignored.is_empty());
    if reason.is_some() {
        return OperationEnd { state: OperationState::Existing, reason, result, sid };
    }
    if ignored.is_empty() {
        return OperationEnd { state: OperationState::Done, reason: None, result, sid };
    }
    let reason = Some(format!("differs: Twilio answered {} and {}", reply.status, describe(&ignored)));
    OperationEnd { state: OperationState::Existing, reason, result, sid }
}
