//! What can be wrong with a snapshot, and what to do about it.

use std::path::{Path, PathBuf};

use super::format::SNAPSHOT;
use crate::error::{Advise, Failure};
use crate::storage::StorageError;

/// A snapshot cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// It was made for another job.
    #[error("the snapshot `{}` is of {found}, not of {asked}", path.display())]
    OtherCrawl {
        path: PathBuf,
        /// What it holds, such as `service IS…`.
        found: String,
        asked: String,
    },
}

impl SnapshotError {
    pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        StorageError::from_sqlite(&SNAPSHOT, path, source).into()
    }

    pub(super) fn file(path: &Path, source: std::io::Error) -> Self {
        StorageError::file(&SNAPSHOT, path, source).into()
    }
}

impl Advise for SnapshotError {
    fn status(&self) -> Failure {
        match self {
            Self::Storage(error) => error.status(),
            Self::OtherCrawl { .. } => Failure::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Storage(error) => error.hint(),
            Self::OtherCrawl { .. } => Some(
                "name another file with --snapshot, or start over with --restart; nothing was changed"
                    .to_owned(),
            ),
        }
    }
}
