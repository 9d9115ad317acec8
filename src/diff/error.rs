//! Why two snapshots cannot be compared.

use std::path::PathBuf;

use crate::error::{Advise, Failure};
use crate::model::ServiceSid;
use crate::snapshot::SnapshotError;
use crate::storage::{StorageError, nearest};

/// Two snapshots cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
    /// They have no service in common.
    #[error("the two snapshots have no service in common: one is of {old}, the other of {new}")]
    OtherService {
        /// The services of the old one.
        old: String,
        /// The services of the new one.
        new: String,
    },
    /// They have nothing in common but the service.
    #[error("the two snapshots have nothing in common: one was crawled with {old}, the other with {new}")]
    NothingInCommon {
        /// What the old one includes.
        old: String,
        /// What the new one includes.
        new: String,
    },
    /// A field to be ignored that there is not.
    #[error("`{name}` is not a field that is compared")]
    UnknownField {
        /// What was typed.
        name: String,
        /// The fields that there are, in the form in which it was typed.
        known: Vec<String>,
    },
    /// One of two snapshots cannot be opened. Which of them needs no flag, so the advice of other verbs does not fit.
    #[error(transparent)]
    Unopened(SnapshotError),
    /// A snapshot lacks the service that is verified.
    #[error("`{}` has no service {service}", snapshot.display())]
    NoService { snapshot: PathBuf, service: ServiceSid },
    /// A snapshot could not be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

impl Advise for TermsError {
    fn status(&self) -> Failure {
        match self {
            Self::OtherService { .. }
            | Self::NothingInCommon { .. }
            | Self::UnknownField { .. }
            | Self::NoService { .. } => Failure::Usage,
            Self::Snapshot(error) | Self::Unopened(error) => error.status(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::OtherService { .. } => {
                "records are compared by SID, and no two services share any; name two snapshots of one service".to_owned()
            }
            Self::NothingInCommon { .. } => "crawl both with the same --include".to_owned(),
            Self::UnknownField { name, known } => match nearest(name, known.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("fields are {}", known.join(", ")),
            },
            Self::Unopened(SnapshotError::Storage(
                StorageError::Missing { .. } | StorageError::OtherKind { .. },
            )) => "name two snapshot files: the older first, then the newer".to_owned(),
            Self::Unopened(SnapshotError::Storage(StorageError::OtherFormat { .. })) => {
                "two snapshots are compared in the format of this chatferry: crawl again, or use the version that wrote them"
                    .to_owned()
            }
            Self::NoService { .. } => "crawl the service again, without --include".to_owned(),
            Self::Snapshot(error) | Self::Unopened(error) => return error.hint(),
        })
    }
}
