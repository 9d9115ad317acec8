//! What ends the crawl of a migration's target, of which nothing less than all is taken.

use crate::error::{Advise, Failure};
use crate::model::{AccountSid, ServiceSid};

/// The target could not be read to its end, or is not what was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("there is no Conversations service {service} in the account {account}")]
    NoSuchService { service: ServiceSid, account: AccountSid },
    #[error("the service {service} belongs to the account {owner}, not to {account}")]
    OtherAccount { service: ServiceSid, owner: AccountSid, account: AccountSid },
    #[error(
        "the target could not be read to its end: {} failed, and what is in it cannot be said",
        if *failed == 1 { "one list".to_owned() } else { format!("{failed} lists") }
    )]
    Incomplete { failed: u64, purpose: ReadingPurpose },
    #[error("the target could not be read: {why}")]
    GaveUp { why: String, purpose: ReadingPurpose },
    #[error("the time was up before the target was read to its end")]
    TimeUp { purpose: ReadingPurpose },
    #[error("interrupted before the target was read to its end")]
    Interrupted { purpose: ReadingPurpose },
}

impl Advise for TargetError {
    fn status(&self) -> Failure {
        match self {
            Self::NoSuchService { .. } | Self::OtherAccount { .. } => Failure::Usage,
            Self::Interrupted { .. } => Failure::Interrupted,
            Self::Incomplete { .. } | Self::GaveUp { .. } | Self::TimeUp { .. } => Failure::Incomplete,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoSuchService { .. } | Self::OtherAccount { .. } => {
                "check the SID after --target; for a service of another account set CHATFERRY_TARGET_ACCOUNT_SID with \
                 CHATFERRY_TARGET_AUTH_TOKEN"
                    .to_owned()
            }
            Self::Incomplete { purpose, .. }
            | Self::GaveUp { purpose, .. }
            | Self::TimeUp { purpose }
            | Self::Interrupted { purpose } => {
                let not_made = match purpose {
                    ReadingPurpose::Plan => "no plan was made",
                    ReadingPurpose::Verify => "nothing was verified",
                };
                format!("{not_made}; what was read is kept, and the same command resumes")
            }
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadingPurpose {
    Plan,
    Verify,
}
