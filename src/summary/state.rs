//! How an account can stand, the best first.

use serde::Serialize;

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountState {
    Complete,
    /// Complete, and some of it changed while it was read.
    #[serde(rename = "complete_with_drift")]
    Drifted,
    /// Some of it could not be read, or the time was up; the same command completes it.
    Incomplete,
    /// Its run is going on, or was killed.
    Unfinished,
    Failed,
    /// Nothing was found of it.
    Missing,
}

impl AccountState {
    pub(crate) const ALL: [Self; 6] =
        [Self::Complete, Self::Drifted, Self::Incomplete, Self::Unfinished, Self::Failed, Self::Missing];

    /// Its name, as in `--json`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Drifted => "complete_with_drift",
            Self::Incomplete => "incomplete",
            Self::Unfinished => "unfinished",
            Self::Failed => "failed",
            Self::Missing => "missing",
        }
    }
}
