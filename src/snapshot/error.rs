//! What can be wrong with a snapshot, and what to do about it.

use std::path::{Path, PathBuf};

use super::schema::SNAPSHOT;
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
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::Storage(error) => error.advice(),
            Self::OtherCrawl { .. } => {
                "name another file with --snapshot, or start over with --restart; nothing was changed"
                    .to_owned()
            }
        }
    }

    /// Whether the input is at fault, so that nothing was started.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Storage(error) => error.is_bad_input(),
            Self::OtherCrawl { .. } => true,
        }
    }

    pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        StorageError::from_sqlite(&SNAPSHOT, path, source).into()
    }

    pub(super) fn file(path: &Path, source: std::io::Error) -> Self {
        StorageError::file(&SNAPSHOT, path, source).into()
    }
}
