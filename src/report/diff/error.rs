//! Why differences could not be reported.

use std::io;
use std::path::PathBuf;

use crate::diff::TermsError;
use crate::error::{Advise, Failure};
use crate::snapshot::SnapshotError;

/// Two snapshots could not be compared, or their differences not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiffError {
    /// They cannot be compared.
    #[error(transparent)]
    Compare(#[from] TermsError),
    /// The differences cannot be written to where they go.
    #[error("the differences cannot be written")]
    Write(#[source] io::Error),
    /// The file cannot be written.
    #[error("cannot write `{}`", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

impl From<SnapshotError> for DiffError {
    fn from(error: SnapshotError) -> Self {
        Self::Compare(error.into())
    }
}

impl Advise for DiffError {
    fn status(&self) -> Failure {
        match self {
            Self::Compare(error) => error.status(),
            Self::Write(_) | Self::File { .. } => Failure::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Compare(error) => error.hint(),
            Self::Write(_) => None,
            Self::File { .. } => Some(
                "see that its folder is there, can be written and has room; no file was left half written"
                    .to_owned(),
            ),
        }
    }
}
