//! Performs one operation: looks where that is needed, writes down that it begins, sends it, and says what became of it.
//!
//! **Invariant:** a write leaves only after the journal has it on disk as begun.
//!
//! **Invariant:** a write of unknown outcome is looked up before it is sent again, whatever the reason that nobody knows.
//!
//! **Invariant:** a failure is of its item, unless it is of all of them: refused credentials, an API that is gone, a plan that
//! cannot be written.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::error::ApplyError;
use super::error_codes;
use super::journal_thread::JournalHandle;
use super::lookup::{self, LookupOutcome, OperationEnd};
use super::resolved::ResolvedOperation;
use crate::plan::{Endpoint, Fields, Kind, State};
use crate::twilio::{Client, Counters, Reply, RequestError, RequestErrorKind};

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

/// An operation on its way.
#[derive(Debug)]
pub(super) struct ActiveOperation {
    pub(super) item: ResolvedOperation,
    /// The place of its lane.
    pub(super) lane: u64,
    /// How often its outcome was unknown.
    rounds: u32,
    /// How often what it refers to was not found.
    not_found: u32,
    begun: bool,
    /// What was there before, where that was looked at.
    before: Option<Fields>,
}

impl ActiveOperation {
    pub(super) fn new(item: ResolvedOperation, lane: u64) -> Self {
        Self { item, lane, rounds: 0, not_found: 0, begun: false, before: None }
    }
}

/// How far a task has brought an operation.
#[derive(Debug)]
pub(super) enum TaskStep {
    /// It is to be written when its lane has a turn.
    ToWrite(Box<ActiveOperation>),
    /// It has come to its end.
    Ended { lane: u64, state: State },
    /// It could not be done for a reason that is not its own; a later run takes it up.
    Left { lane: u64, why: String },
    /// The run is ending.
    Interrupted { lane: u64 },
}

/// Performs operations; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Performer {
    pub(super) clients: Clients,
    pub(super) journal: JournalHandle,
    pub(super) webhooks: bool,
    /// The wait before an unknown outcome is looked up, doubled each time: the server may still be at work.
    pub(super) pause: Duration,
    pub(super) stop: CancellationToken,
}

impl Performer {
    /// Looks at the target where that is needed, and has it written down that the operation begins. What is left then is to send
    /// it, when its lane has a turn.
    pub(super) async fn prepare(self, work: ActiveOperation) -> Result<TaskStep, ApplyError> {
        let mut work = work;
        if work.item.needs_look() {
            match self.clone().look(work).await? {
                TaskStep::ToWrite(looked) => work = *looked,
                ended => return Ok(ended),
            }
        }
        if self.stop.is_cancelled() {
            return Ok(TaskStep::Interrupted { lane: work.lane });
        }
        self.journal.begin(work.item.number).await?;
        work.begun = true;
        Ok(TaskStep::ToWrite(Box::new(work)))
    }

    /// Looks at the target, and gives the operation back where it is to be written.
    pub(super) async fn look(self, mut work: ActiveOperation) -> Result<TaskStep, ApplyError> {
        match lookup::look(self.clients.of(work.item.endpoint), &work.item).await {
            Ok(LookupOutcome::ToWrite(before)) => {
                work.before = (!before.is_empty()).then_some(before);
                Ok(TaskStep::ToWrite(Box::new(work)))
            }
            Ok(LookupOutcome::OperationEnd(end)) => self.end(work, *end).await,
            Err(error) => self.could_not_look(work, error).await,
        }
    }

    /// Writes what was prepared.
    pub(super) async fn write(self, work: ActiveOperation) -> Result<TaskStep, ApplyError> {
        let request = work.item.request(self.webhooks);
        let client = self.clients.of(work.item.endpoint);
        // A deletion is answered with nothing.
        let read = |body: &bytes::Bytes| {
            if body.is_empty() && work.item.operation.kind.is_delete() {
                return Ok(Fields::new());
            }
            lookup::object(body)
        };
        match client.send_parsed(&request, read).await {
            Ok(reply) => {
                let end = answered(&work, &reply);
                self.end(work, end).await
            }
            Err(error) => self.failed(work, error).await,
        }
    }

    async fn failed(&self, mut work: ActiveOperation, error: RequestError) -> Result<TaskStep, ApplyError> {
        match WriteFailure::of(&error) {
            WriteFailure::Interrupted => self.interrupted(work).await,
            WriteFailure::OfAll => Err(of_all(error)),
            WriteFailure::NotDone => self.left(work, error).await,
            WriteFailure::AlreadyThere => {
                let found = match lookup::find(self.clients.of(work.item.endpoint), &work.item).await {
                    Ok(found) => found,
                    Err(error) => return self.could_not_look(work, error).await,
                };
                let end = match found {
                    Some(found) => match lookup::judge(&work.item, Some(&found)) {
                        LookupOutcome::OperationEnd(end) => *end,
                        LookupOutcome::ToWrite(_) => refused(&error),
                    },
                    None => refused(&error),
                };
                self.end(work, end).await
            }
            WriteFailure::Unknown => {
                work.item.sent = true;
                work.rounds += 1;
                if work.rounds > ROUNDS {
                    return self.left(work, error).await;
                }
                let pause = self.pause.saturating_mul(1 << (work.rounds - 1).min(6));
                self.stop.run_until_cancelled(tokio::time::sleep(pause)).await;
                self.clone().look(work).await
            }
            WriteFailure::NotFound if work.not_found == 0 => {
                work.not_found += 1; // Twilio has answered 404 for what is there, so one is not believed
                Ok(TaskStep::ToWrite(Box::new(work)))
            }
            WriteFailure::NotFound | WriteFailure::OfItem => self.end(work, refused(&error)).await,
        }
    }

    async fn could_not_look(
        &self,
        work: ActiveOperation,
        error: RequestError,
    ) -> Result<TaskStep, ApplyError> {
        match WriteFailure::of(&error) {
            WriteFailure::Interrupted => self.interrupted(work).await,
            WriteFailure::OfAll => Err(of_all(error)),
            // Of what may have been sent, a refused look says nothing: it is not failed, which would say that nothing was written.
            _ if work.item.sent => self.left(work, error).await,
            WriteFailure::OfItem | WriteFailure::AlreadyThere => self.end(work, refused(&error)).await,
            WriteFailure::NotDone | WriteFailure::Unknown | WriteFailure::NotFound => {
                self.left(work, error).await
            }
        }
    }

    async fn end(&self, work: ActiveOperation, end: OperationEnd) -> Result<TaskStep, ApplyError> {
        let (lane, state) = (work.lane, end.state);
        self.journal.end(work.item, end).await?;
        Ok(TaskStep::Ended { lane, state })
    }

    async fn left(&self, work: ActiveOperation, error: RequestError) -> Result<TaskStep, ApplyError> {
        let lane = work.lane;
        self.withdraw(work).await?;
        Ok(TaskStep::Left { lane, why: error.to_string() })
    }

    async fn interrupted(&self, work: ActiveOperation) -> Result<TaskStep, ApplyError> {
        let lane = work.lane;
        self.withdraw(work).await?;
        Ok(TaskStep::Interrupted { lane })
    }

    /// What was begun and certainly not sent is as if it had not begun.
    pub(super) async fn withdraw(&self, work: ActiveOperation) -> Result<(), ApplyError> {
        if work.begun && !work.item.sent {
            self.journal.withdraw(work.item.number).await?;
        }
        Ok(())
    }
}

/// What a failed request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WriteFailure {
    /// The run is ending; nothing was sent.
    Interrupted,
    /// Nothing else would fare better.
    OfAll,
    /// Certainly not performed, for no reason of its own.
    NotDone,
    /// What it creates is there.
    AlreadyThere,
    /// Nobody knows whether it was performed.
    Unknown,
    /// What it refers to is not found.
    NotFound,
    /// Refused, for a reason of its own.
    OfItem,
}

impl WriteFailure {
    fn of(error: &RequestError) -> Self {
        match &error.kind {
            RequestErrorKind::Cancelled => return Self::Interrupted,
            RequestErrorKind::NotSent(_) | RequestErrorKind::WaitTooLong => return Self::NotDone,
            RequestErrorKind::Broken(_) | RequestErrorKind::TimedOut(_) | RequestErrorKind::BadBody(_) => {
                return Self::Unknown;
            }
            _ => {}
        }
        if error.is_unauthorized()
            || error.is_gone()
            || (error.is_forbidden() && !error_codes::is_of_item(error.code))
        {
            Self::OfAll
        } else if error_codes::says_already_there(error.code) {
            Self::AlreadyThere
        } else if error.is_server_error() {
            Self::Unknown
        } else if error.status == Some(429) {
            Self::NotDone // never processed; the client has sent it again as often as is sensible
        } else if error.is_not_found() {
            Self::NotFound
        } else {
            Self::OfItem
        }
    }
}

fn of_all(error: RequestError) -> ApplyError {
    if error.is_unauthorized() {
        ApplyError::Unauthorized(error.into())
    } else if error.is_gone() {
        ApplyError::Gone(error.into())
    } else {
        ApplyError::Forbidden(error.into())
    }
}

/// The end of an operation that Twilio refuses: its words, and what to do.
fn refused(error: &RequestError) -> OperationEnd {
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

/// The end of an operation that Twilio has answered.
fn answered(work: &ActiveOperation, reply: &Reply<Fields>) -> OperationEnd {
    let kind = work.item.operation.kind;
    let text = |key: &str| reply.body.get(key).and_then(Value::as_str).map(str::to_owned);
    let sid = if kind.is_delete() { None } else { text(lookup::sid_key(kind)) };
    let mut result = json!({
        "sid": sid,
        "known_by": "answer",
        "status": reply.status,
        "request_id": reply.request_id,
    });
    if let Some(before) = &work.before {
        result["before"] = Value::Object(before.clone()); // undoing restores what was there, not what was planned from
    }
    if kind == Kind::MakePrivate
        && let Some(members) = reply.body.get("members_count")
    {
        result["members_count"] = members.clone();
    }
    OperationEnd { state: State::Done, reason: None, result, sid }
}
