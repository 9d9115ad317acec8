//! What can be wrong with a folder of audits.

use std::io;
use std::path::PathBuf;

use super::name::AuditName;

use crate::error::{Advise, Failure};

/// A folder of audits cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    /// The folder holds something else.
    #[error("`{}` holds something else: {found}", path.display())]
    SomethingElse {
        path: PathBuf,
        /// One of the things.
        found: String,
    },
    /// It is a file.
    #[error("`{}` is not a folder", path.display())]
    NotAFolder { path: PathBuf },
    /// The folder is of other services.
    #[error("`{}` has audits of {found}, not of {asked}", path.display())]
    OtherServices { path: PathBuf, found: String, asked: String },
    /// `audit.json` cannot be understood.
    #[error("`{}` cannot be understood", path.display())]
    Unreadable { path: PathBuf, source: serde_json::Error },
    /// The folder was made by a later version.
    #[error("`{}` is of format {found}; this chatferry knows format {known}", path.display())]
    OtherFormat {
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The format known.
        known: u64,
    },
    /// Another audit runs.
    #[error("another audit is running in `{}`", path.display())]
    Running { path: PathBuf },
    /// The newest audit was begun later than now.
    #[error("the newest audit in `{}` was begun at {newest}, and now it is {now}: the clock went backwards", path.display())]
    ClockWentBackwards { path: PathBuf, newest: AuditName, now: AuditName },
    /// A file that reports an audit could not be written.
    #[error("cannot write `{}`", path.display())]
    Unwritten { path: PathBuf, source: io::Error },
    /// A file or folder cannot be read or written.
    #[error("cannot use `{}`", path.display())]
    File { path: PathBuf, source: io::Error },
}

impl Advise for AuditError {
    fn status(&self) -> Failure {
        match self {
            Self::File { .. } | Self::Unwritten { .. } => Failure::Failed,
            _ => Failure::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        let advice = match self {
            Self::SomethingElse { .. } | Self::NotAFolder { .. } => {
                "name an empty folder, one that is not there yet, or one of earlier audits with --dir; nothing was changed"
            }
            Self::OtherServices { .. } => {
                "give each service (or set of services) a --dir of its own; nothing was changed"
            }
            Self::Unreadable { .. } => {
                "restore audit.json from another copy, or name another --dir; nothing was changed"
            }
            Self::OtherFormat { .. } => {
                "use the chatferry that made it, or name another --dir; nothing was changed"
            }
            Self::Running { .. } => {
                "wait until it ends, or let audits begin further apart; nothing was changed"
            }
            Self::ClockWentBackwards { .. } => {
                "set the clock; if that audit's time is the wrong one, move its folder away. Audits are compared in the order \
                 of their names, so one more now would be compared with the wrong night; nothing was changed"
            }
            Self::Unwritten { .. } => "see that its folder is there, can be written and has room",
            Self::File { .. } => {
                "check that the folder can be written and has room; complete audits are kept"
            }
        };
        Some(advice.to_owned())
    }
}
