//! What can be wrong with a snapshot file, and what to do about it.

use std::path::PathBuf;

use crate::error::{Advise, Failure};

/// A snapshot could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// There is no such file.
    #[error("there is no snapshot at `{}`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("`{}` is not a chatferry snapshot", path.display())]
    NotASnapshot {
        /// The file.
        path: PathBuf,
    },
    /// The file is of another format.
    #[error("`{}` is a snapshot of format {found}; this chatferry reads format {}", path.display(), super::schema::FORMAT)]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
    },
    /// The file is damaged.
    #[error("the snapshot `{}` is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// Another run writes to it.
    #[error("the snapshot `{}` is in use by another run", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The disk is full. What was committed is kept.
    #[error("no space is left for the snapshot `{}`; what was committed is kept", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// The file, or the folder it is in, cannot be read or written.
    #[error("cannot use `{}` as a snapshot", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Anything else that SQLite reports.
    #[error("cannot read or write the snapshot `{}`", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// It was made for another job.
    #[error("the snapshot `{}` is of {found}, not of {asked}", path.display())]
    OtherCrawl {
        /// The file.
        path: PathBuf,
        /// What it holds, such as `service IS…`.
        found: String,
        /// What was asked for.
        asked: String,
    },
}

impl SnapshotError {
    /// Sorts SQLite's errors by what a user can do about them.
    pub(super) fn from_sqlite(path: &std::path::Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, source },
            Some(ErrorCode::NotADatabase) => Self::NotASnapshot { path },
            Some(ErrorCode::DiskFull) => Self::Full { path, source },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            _ => Self::Database { path, source },
        }
    }
}

impl Advise for SnapshotError {
    fn status(&self) -> Failure {
        match self {
            Self::Missing { .. }
            | Self::NotASnapshot { .. }
            | Self::OtherFormat { .. }
            | Self::Damaged { .. }
            | Self::Locked { .. }
            | Self::OtherCrawl { .. } => Failure::Usage,
            Self::Full { .. } | Self::File { .. } | Self::Database { .. } => Failure::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        let advice = match self {
            Self::Missing { .. } => "run `chatferry crawl` first, or name the file with --snapshot",
            Self::NotASnapshot { .. } => "name another file with --snapshot; nothing was written to this one",
            Self::OtherFormat { .. } => {
                "use the chatferry that wrote it, or crawl again into another file with --snapshot"
            }
            Self::Damaged { .. } => {
                "restore it from a copy, or crawl again into another file with --snapshot; nothing was written to it"
            }
            Self::Locked { .. } => "wait until that run ends, or name another file with --snapshot",
            Self::Full { .. } => "free some space and run the same command again; it resumes",
            Self::OtherCrawl { .. } => {
                "name another file with --snapshot, or start over with --restart; nothing was changed"
            }
            Self::File { .. } => {
                "check that its folder exists and can be written, or name another file with --snapshot"
            }
            Self::Database { .. } => {
                "check whether the disk is full or failing, then run the same command again; committed data is safe"
            }
        };
        Some(advice.to_owned())
    }
}
