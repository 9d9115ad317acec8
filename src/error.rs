//! How the program ends: one table of exit codes, which scripts rely on.
//!
//! **Invariant:** a status becomes a process exit code in `main` alone (and in `commands::interrupt`, which leaves at the
//! second Ctrl-C).

use std::error::Error;
use std::process::ExitCode;

/// How a verb ended. The numbers are a contract with scripts and never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitStatus {
    /// Done, and nothing is wrong.
    Done,
    /// Failed for a reason with no better code.
    Failed,
    /// Wrong usage, settings, mapping or input file. Nothing was started.
    Usage,
    /// Twilio refused the credentials or the permission.
    Refused,
    /// Some units failed or the time was up. What was done is kept, and running it again goes on from there.
    Incomplete,
    /// Done, and there is something to see: differences, changes, blocked items, drift.
    Findings,
    /// Interrupted. What was done is kept, and running it again goes on from there.
    Interrupted,
}

impl ExitStatus {
    /// Every status, in the order of its code.
    pub const ALL: [Self; 7] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Refused,
        Self::Incomplete,
        Self::Findings,
        Self::Interrupted,
    ];

    /// The process exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Incomplete => 4,
            Self::Findings => 5,
            Self::Interrupted => 130,
        }
    }

    /// The worse of two, for the outcome of several runs: what a person has to correct comes before what running it again completes.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    const fn weight(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Interrupted => 2,
            Self::Incomplete => 3,
            Self::Failed => 4,
            Self::Refused => 5,
            Self::Usage => 6,
        }
    }

    /// The status of a code; none for a number that is no code.
    pub(crate) fn of_code(code: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| u64::from(status.code()) == code)
    }

    /// What the code means, in a line; the table in the long help is made of these.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, and nothing is wrong",
            Self::Failed => "failed for a reason with no better code",
            Self::Usage => "wrong usage, settings, mapping or input file; nothing was started",
            Self::Refused => "Twilio refused the credentials or the permission",
            Self::Incomplete => "incomplete: what was done is kept, running it again goes on from there",
            Self::Findings => "done, and there is something to see: differences, changes, drift",
            Self::Interrupted => "interrupted: what was done is kept, running it again goes on from there",
        }
    }
}

/// The kinds of failure that a stage can tell apart. It knows no exit code: [`ExitStatus`] has those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Failure {
    /// What the user gave cannot be used. Nothing was started.
    Usage,
    /// A reason with no better kind.
    Failed,
    /// Twilio refused the credentials or the permission.
    Refused,
    /// Part of it is done and kept; the same command resumes.
    Incomplete,
    /// Ctrl-C or a signal; what was done is kept.
    Interrupted,
}

impl From<Failure> for ExitStatus {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Usage => Self::Usage,
            Failure::Failed => Self::Failed,
            Failure::Refused => Self::Refused,
            Failure::Incomplete => Self::Incomplete,
            Failure::Interrupted => Self::Interrupted,
        }
    }
}

/// An error that knows what kind of failure it is and what to do about it. Every stage implements it next to its error enum, and
/// `?` in a verb turns such an error into an exit status and a hint.
pub(crate) trait Advise: Error + Send + Sync + 'static {
    fn status(&self) -> Failure;

    /// What to do about it, where the message does not say it already.
    fn hint(&self) -> Option<String> {
        None
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_contract() {
        let codes: Vec<u8> = ExitStatus::ALL.iter().map(|status| status.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 130]);
    }

    #[test]
    fn every_code_has_a_meaning_of_its_own() {
        let meanings: std::collections::BTreeSet<_> = ExitStatus::ALL.iter().map(|s| s.meaning()).collect();
        assert_eq!(meanings.len(), ExitStatus::ALL.len());
    }
}
