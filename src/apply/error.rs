//! What ends a run. A failure of one item does not: it is in the plan, with its reason.

use crate::plan::PlanError;
use crate::twilio::RequestError;

/// A plan could not be performed further. What was done is in the plan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    /// The credentials were refused.
    #[error("Twilio refuses the credentials")]
    Unauthorized(#[source] Box<RequestError>),
    /// The credentials may not do this.
    #[error("Twilio refuses the permission")]
    Forbidden(#[source] Box<RequestError>),
    /// The API is gone.
    #[error("the API is not offered any more")]
    Gone(#[source] Box<RequestError>),
    /// The plan cannot be read or written. Nothing is sent that is not written down first.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The journal thread is gone; its own error says why.
    #[error("the journal thread has ended")]
    JournalThreadGone,
    /// A task ended in a panic.
    #[error("a task of the run ended unexpectedly")]
    Stopped(#[source] tokio::task::JoinError),
}
