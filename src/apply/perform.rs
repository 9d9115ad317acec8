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

use super::advice;
use super::error::ApplyError;
use super::item::Item;
use super::keeper::Keeper;
use super::look_up::{self, End, Seen};
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
pub(super) struct Work {
    pub(super) item: Item,
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

impl Work {
    pub(super) fn new(item: Item, lane: u64) -> Self {
        Self { item, lane, rounds: 0, not_found: 0, begun: false, before: None }
    }
}

/// How far a task has brought an operation.
#[derive(Debug)]
pub(super) enum Step {
    /// It is to be written when its lane has a turn.
    ToWrite(Box<Work>),
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
    pub(super) keeper: Keeper,
    pub(super) webhooks: bool,
    /// The wait before an unknown outcome is looked up, doubled each time: the server may still be at work.
    pub(super) pause: Duration,
    pub(super) stop: CancellationToken,
}

impl Performer {
    /// Looks at the target where that is needed, and has it written down that the operation begins. What is left then is to send
    /// it, when its lane has a turn.
    pub(super) async fn prepare(self, work: Work) -> Result<Step, ApplyError> {
        let mut work = work;
        if work.item.needs_look() {
            match self.clone().look(work).await? {
                Step::ToWrite(looked) => work = *looked,
                ended => return Ok(ended),
            }
        }
        if self.stop.is_cancelled() {
            return Ok(Step::Interrupted { lane: work.lane });
        }
        self.keeper.begin(work.item.number).await?;
        work.begun = true;
        Ok(Step::ToWrite(Box::new(work)))
    }

    /// Looks at the target, and gives the operation back where it is to be written.
    pub(super) async fn look(self, mut work: Work) -> Result<Step, ApplyError> {
        match look_up::look(self.clients.of(work.item.endpoint), &work.item).await {
            Ok(Seen::ToWrite(before)) => {
                work.before = (!before.is_empty()).then_some(before);
                Ok(Step::ToWrite(Box::new(work)))
            }
            Ok(Seen::End(end)) => self.end(work, *end).await,
            Err(error) => self.could_not_look(work, error).await,
        }
    }

    /// Writes what was prepared.
    pub(super) async fn write(self, work: Work) -> Result<Step, ApplyError> {
        let request = work.item.request(self.webhooks);
        let client = self.clients.of(work.item.endpoint);
        // A deletion is answered with nothing.
        let read = |body: &bytes::Bytes| {
            if body.is_empty() && work.item.operation.kind.is_delete() {
                return Ok(Fields::new());
            }
            look_up::object(body)
        };
        match client.send_parsed(&request, read).await {
            Ok(reply) => {
                let end = answered(&work, &reply);
                self.end(work, end).await
            }
            Err(error) => self.failed(work, error).await,
        }
    }

    async fn failed(&self, mut work: Work, error: RequestError) -> Result<Step, ApplyError> {
        match Failure::of(&error) {
            Failure::Interrupted => self.interrupted(work).await,
            Failure::OfAll => Err(of_all(error)),
            Failure::NotDone => self.left(work, error).await,
            Failure::AlreadyThere => {
                let found = match look_up::find(self.clients.of(work.item.endpoint), &work.item).await {
                    Ok(found) => found,
                    Err(error) => return self.could_not_look(work, error).await,
                };
                let end = match found {
                    Some(found) => match look_up::judge(&work.item, Some(&found)) {
                        Seen::End(end) => *end,
                        Seen::ToWrite(_) => refused(&error),
                    },
                    None => refused(&error),
                };
                self.end(work, end).await
            }
            Failure::Unknown => {
                work.item.sent = true;
                work.rounds += 1;
                if work.rounds > ROUNDS {
                    return self.left(work, error).await;
                }
                let pause = self.pause.saturating_mul(1 << (work.rounds - 1).min(6));
                self.stop.run_until_cancelled(tokio::time::sleep(pause)).await;
                self.clone().look(work).await
            }
            Failure::NotFound if work.not_found == 0 => {
                work.not_found += 1; // Twilio has answered 404 for what is there, so one is not believed
                Ok(Step::ToWrite(Box::new(work)))
            }
            Failure::NotFound | Failure::OfItem => self.end(work, refused(&error)).await,
        }
    }

    async fn could_not_look(&self, work: Work, error: RequestError) -> Result<Step, ApplyError> {
        match Failure::of(&error) {
            Failure::Interrupted => self.interrupted(work).await,
            Failure::OfAll => Err(of_all(error)),
            // Of what may have been sent, a refused look says nothing: it is not failed, which would say that nothing was written.
            _ if work.item.sent => self.left(work, error).await,
            Failure::OfItem | Failure::AlreadyThere => self.end(work, refused(&error)).await,
            Failure::NotDone | Failure::Unknown | Failure::NotFound => self.left(work, error).await,
        }
    }

    async fn end(&self, work: Work, end: End) -> Result<Step, ApplyError> {
        let (lane, state) = (work.lane, end.state);
        self.keeper.end(work.item, end).await?;
        Ok(Step::Ended { lane, state })
    }

    async fn left(&self, work: Work, error: RequestError) -> Result<Step, ApplyError> {
        let lane = work.lane;
        self.withdraw(work).await?;
        Ok(Step::Left { lane, why: error.to_string() })
    }

    async fn interrupted(&self, work: Work) -> Result<Step, ApplyError> {
        let lane = work.lane;
        self.withdraw(work).await?;
        Ok(Step::Interrupted { lane })
    }

    /// What was begun and certainly not sent is as if it had not begun.
    pub(super) async fn withdraw(&self, work: Work) -> Result<(), ApplyError> {
        if work.begun && !work.item.sent {
            self.keeper.withdraw(work.item.number).await?;
        }
        Ok(())
    }
}

/// What a failed request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
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

impl Failure {
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
            || (error.is_forbidden() && !advice::is_of_item(error.code))
        {
            Self::OfAll
        } else if advice::says_already_there(error.code) {
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
fn refused(error: &RequestError) -> End {
    let mut reason = error.to_string();
    if let Some(advice) = error.code.and_then(advice::of) {
        reason.push_str("; ");
        reason.push_str(advice);
    }
    End::failed(reason, json!({ "status": error.status, "code": error.code, "request_id": error.request_id }))
}

/// The end of an operation that Twilio has answered.
fn answered(work: &Work, reply: &Reply<Fields>) -> End {
    let kind = work.item.operation.kind;
    let text = |key: &str| reply.body.get(key).and_then(Value::as_str).map(str::to_owned);
    let sid = if kind.is_delete() { None } else { text(look_up::sid_key(kind)) };
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
    End { state: State::Done, reason: None, result, sid }
}
