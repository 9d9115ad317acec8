//! Why two snapshots cannot be compared.

use crate::snapshot::SnapshotError;

/// Two snapshots cannot be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TermsError {
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
    #[error("`{name}` is no field that is compared")]
    UnknownField {
        /// What was typed.
        name: String,
        /// The fields that there are, in the form in which it was typed.
        known: Vec<String>,
    },
    /// A snapshot could not be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

impl TermsError {
    /// Whether the input is at fault, so that nothing was started.
    pub(crate) fn is_bad_input(&self) -> bool {
        match self {
            Self::OtherService { .. } | Self::NothingInCommon { .. } | Self::UnknownField { .. } => true,
            Self::Snapshot(error) => error.is_bad_input(),
        }
    }
}
