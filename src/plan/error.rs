//! What can be wrong with a plan file, and what to do about it.

use std::path::{Path, PathBuf};

use super::align::UnfitMapping;
use crate::error::{Advise, Failure};
use crate::snapshot::SnapshotError;

/// A plan could not be made, opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// There is no such file.
    #[error("there is no plan at `{}`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("`{}` is not a chatferry plan", path.display())]
    NotAPlan {
        /// The file.
        path: PathBuf,
    },
    /// The file is of another format.
    #[error("`{}` is a plan of format {found}; this chatferry reads format {}", path.display(), super::file::FORMAT)]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// The file is damaged.
    #[error("the plan `{}` is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// It holds something that no chatferry writes there.
    #[error("the plan `{}` cannot be understood: {what}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What, and where.
        what: String,
    },
    /// It was changed since it was made.
    #[error("the plan `{}` was changed since it was made: its digest is {found}, not {written}", path.display())]
    Edited {
        /// The file.
        path: PathBuf,
        /// The digest that it was given.
        written: String,
        /// The digest of what it holds.
        found: String,
    },
    /// A plan was applied, and another would take its place.
    #[error("the plan `{}` was applied: {begun} of its {total} operations were begun or done", path.display())]
    Applied {
        /// The file.
        path: PathBuf,
        /// Operations that are no longer as they were planned.
        begun: u64,
        /// All of them.
        total: u64,
    },
    /// Another run uses it.
    #[error("the plan `{}` is in use by another run", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("no space is left for the plan `{}`", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// The file, or the folder it is in, cannot be read or written.
    #[error("cannot use `{}` as a plan", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Anything else that SQLite reports.
    #[error("cannot read or write the plan `{}`", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// A snapshot does not have the service that is asked for.
    #[error("`{}` does not have service {service}", path.display())]
    NoService {
        /// The snapshot.
        path: PathBuf,
        /// The service.
        service: String,
    },
    /// The mapping lacks what a plan needs.
    #[error(transparent)]
    Mapping(#[from] UnfitMapping),
    /// The snapshot, or what was read of the target, cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

impl PlanError {
    /// Sorts SQLite's errors by what a user can do about them.
    pub(super) fn from_sqlite(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_path_buf();
        match source {
            rusqlite::Error::FromSqlConversionFailure(column, _, cause) => {
                Self::Unreadable { path, what: format!("column {column}: {cause}") }
            }
            rusqlite::Error::InvalidColumnType(_, name, found) => {
                Self::Unreadable { path, what: format!("`{name}` is {found}") }
            }
            source => match source.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, source },
                Some(ErrorCode::NotADatabase) => Self::NotAPlan { path },
                Some(ErrorCode::DiskFull) => Self::Full { path, source },
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
                _ => Self::Database { path, source },
            },
        }
    }
}

impl Advise for PlanError {
    fn status(&self) -> Failure {
        match self {
            Self::Full { .. } | Self::File { .. } | Self::Database { .. } => Failure::Failed,
            Self::Snapshot(error) => error.status(),
            _ => Failure::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        let advice = match self {
            Self::Missing { .. } => "run `chatferry plan` first, or name the file with --plan",
            Self::NotAPlan { .. } => "name another file with --plan; nothing was written to this one",
            Self::OtherFormat { .. } => {
                "use the chatferry that wrote it, or make a new plan in another file with --plan; nothing was written to it"
            }
            Self::Damaged { .. } | Self::Unreadable { .. } => {
                "restore it from a copy, or make a new plan in another file with --plan; nothing was written to it"
            }
            Self::Edited { .. } => {
                "restore it from a copy, or make and review a new plan; nothing of this one is performed"
            }
            Self::Applied { .. } => {
                "name another file with --plan: this one is the record of what was done, which resuming and undoing need"
            }
            Self::Locked { .. } => "wait until that run ends, or name another file with --plan",
            Self::Full { .. } => {
                "free some space and run the same command again; what was there before is untouched"
            }
            Self::File { .. } => {
                "check that its folder exists and can be written, or name another file with --plan"
            }
            Self::Database { .. } => {
                "check whether the disk is full or failing, then run the same command again"
            }
            Self::NoService { .. } => "crawl that service, or name a snapshot of it with --snapshot",
            Self::Mapping(error) => return error.hint(),
            Self::Snapshot(error) => return error.hint(),
        };
        Some(advice.to_owned())
    }
}
