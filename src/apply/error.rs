//! What ends a run. A failure of one item does not: it is in the plan, with its reason.

use std::path::PathBuf;

use crate::error::{Advise, Failure};
use crate::plan::PlanError;
use crate::twilio::media::MediaError;
use crate::twilio::{REFUSED_HINT, RequestError};

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
    /// Media cannot be copied at all.
    #[error("the media of messages cannot be copied")]
    Media(#[source] Box<MediaError>),
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

/// A plan is not performed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanRefused {
    /// A check blocks the entire plan.
    #[error("the plan `{}` is blocked: {checks}", plan.display())]
    Blocked { plan: PathBuf, checks: String },
    #[error("there is no service {service} in the account {account}")]
    NoTarget {
        service: String,
        account: String,
        #[source]
        source: Box<RequestError>,
    },
}

impl Advise for PlanRefused {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Blocked { .. } => {
                "see the findings with `chatferry plan show`, fix what they name, and plan again; nothing was written"
                    .to_owned()
            }
            Self::NoTarget { .. } => "check the credentials, or plan again; nothing was written".to_owned(),
        })
    }
}

impl Advise for ApplyError {
    fn status(&self) -> Failure {
        match self {
            Self::Unauthorized(_) | Self::Forbidden(_) => Failure::Refused,
            Self::Media(error) => error.status(),
            Self::Plan(error) => error.status(),
            Self::Gone(_) | Self::JournalThreadGone | Self::Stopped(_) => Failure::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        const KEPT: &str = "what was done is in the plan; run the same command again to resume";
        Some(match self {
            Self::Unauthorized(_) | Self::Forbidden(_) => format!("{REFUSED_HINT}; {KEPT}"),
            Self::Media(error) => match error.hint() {
                Some(hint) => format!("{hint}; {KEPT}"),
                None => KEPT.to_owned(),
            },
            Self::Gone(_) => format!("check that the account is still active; {KEPT}"),
            Self::Plan(_) => "fix that, for instance by freeing some space, and run the same command again: what was done is in the plan, and what was in \
                 flight is looked up".to_owned(),
            Self::JournalThreadGone | Self::Stopped(_) => KEPT.to_owned(),
        })
    }
}
