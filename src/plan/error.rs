//! What can be wrong with a plan file, and what to do about it.

use std::path::{Path, PathBuf};

use super::align::UnfitMapping;
use super::format::PLAN;
use crate::error::{Advise, Failure};
use crate::model::ChannelSid;
use crate::snapshot::SnapshotError;
use crate::storage::StorageError;

/// A plan could not be made, opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// It was changed since it was made.
    #[error("the plan `{}` was changed since it was made: its digest is {found}, not {written}", path.display())]
    Edited {
        path: PathBuf,
        /// The digest that it was given.
        written: String,
        /// The digest of what it holds.
        found: String,
    },
    /// A plan was applied, and another would take its place.
    #[error("the plan `{}` was applied: {begun} of its {total} operations were begun or done", path.display())]
    Applied {
        path: PathBuf,
        /// Operations that are no longer as they were planned.
        begun: u64,
        total: u64,
    },
    /// A run of it was killed in the middle of a request.
    #[error("of the plan `{}` {begun} operations were begun, and it is not known whether they were done", path.display())]
    OutcomeUnknown { path: PathBuf, begun: u64 },
    /// A snapshot does not have the service that is asked for.
    #[error("`{}` does not have service {service}", path.display())]
    NoService {
        /// The snapshot.
        path: PathBuf,
        service: String,
    },
    /// A message that is copied is not in the snapshot.
    #[error("the snapshot `{}` does not have message {index} of {channel}, which the plan copies", path.display())]
    NoMessage {
        /// The snapshot.
        path: PathBuf,
        channel: ChannelSid,
        /// Its index in the source.
        index: i64,
    },
    /// The thread that writes a plan has ended before the plan did. Why, its own error says.
    #[error("what writes the plan has ended")]
    WriterEnded,
    /// The mapping lacks what a plan needs.
    #[error(transparent)]
    Mapping(#[from] UnfitMapping),
    /// The snapshot, or what was read of the target, cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

impl PlanError {
    pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        StorageError::from_sqlite(&PLAN, path, source).into()
    }

    pub(super) fn unreadable(path: &Path, what: String) -> Self {
        StorageError::Unreadable { kind: &PLAN, path: path.to_path_buf(), what }.into()
    }
}

impl Advise for PlanError {
    fn status(&self) -> Failure {
        match self {
            Self::Storage(error) => error.status(),
            Self::Snapshot(error) => error.status(),
            _ => Failure::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        let advice = match self {
            Self::Storage(error) => return error.hint(),
            Self::Edited { .. } => {
                "restore it from a copy, or make and review a new plan; nothing of this one is performed"
            }
            Self::Applied { .. } => {
                "name another file with --plan: this one is the record of what was done, which resuming and undoing need"
            }
            Self::OutcomeUnknown { .. } => {
                "run `chatferry apply` with that plan again, which finds out; `--limit 1` makes it stop soon"
            }
            Self::NoService { .. } => "crawl that service, or name a snapshot of it with --snapshot",
            Self::NoMessage { .. } => "put back the snapshot that the plan was made from, or plan again",
            Self::Mapping(error) => return error.hint(),
            Self::Snapshot(error) => return error.hint(),
            Self::WriterEnded => return None,
        };
        Some(advice.to_owned())
    }
}
