//! Why a snapshot cannot be served.

use std::ops::RangeInclusive;
use std::path::PathBuf;

/// A snapshot that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("{path} cannot be read as a snapshot", path = path.display())]
    Unreadable { path: PathBuf, source: rusqlite::Error },
    #[error("{path} is not a snapshot", path = path.display())]
    OtherKind { path: PathBuf },
    #[error("{path} has format {found}, and this version serves format {oldest} to {newest}", path = path.display(), oldest = FORMATS.start(), newest = FORMATS.end())]
    OtherFormat { path: PathBuf, found: i64 },
    #[error("{path} has no service: its crawl has not read one", path = path.display())]
    NoService { path: PathBuf },
    #[error(
        "{path} is not a reading of a target: it has to be of one service, read from Conversations, as a plan's `.target.db` is",
        path = path.display()
    )]
    NotATarget { path: PathBuf },
}

/// The formats whose views are read. Format 2 has no view `bindings`.
pub(super) const FORMATS: RangeInclusive<i64> = 2..=3;
