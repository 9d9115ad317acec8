//! How a verb fails: any error that advises, with the exit status and the hint that follow from it.

use std::error::Error;
use std::io;

use crate::error::{Advise, ExitStatus, Failure};
use crate::report::text::problem::Problem;

/// A verb failed.
#[derive(Debug)]
pub struct CommandError {
    /// The exit status that it leads to.
    pub status: ExitStatus,
    pub error: Box<dyn Error + Send + Sync>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether the verb's own object, with the error in it, is on stdout already.
    pub has_object: bool,
}

impl CommandError {
    /// An error that ends the program with this status.
    pub fn new(status: ExitStatus, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { status, error: error.into(), hint: None, has_object: false }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same, of a verb that has given its object with the error in it.
    #[must_use]
    pub fn with_object(self) -> Self {
        Self { has_object: true, ..self }
    }

    /// The error as it is printed.
    pub fn problem(&self) -> Problem {
        Problem::new(self.error.as_ref(), self.hint.clone(), self.status.code())
    }

    /// Whether the reader of stdout went away, as `head` does. That is no failure worth a word.
    pub fn is_broken_pipe(&self) -> bool {
        let stdout = self.error.downcast_ref::<StdoutError>();
        stdout.is_some_and(|StdoutError(error)| error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl<E: Advise> From<E> for CommandError {
    fn from(error: E) -> Self {
        let (status, hint) = (error.status().into(), error.hint());
        Self { status, error: Box::new(error), hint, has_object: false }
    }
}

/// Data could not be written to stdout.
#[derive(Debug, thiserror::Error)]
#[error("standard output cannot be written")]
pub(crate) struct StdoutError(#[source] pub io::Error);

impl Advise for StdoutError {
    fn status(&self) -> Failure {
        Failure::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_reported_once_each_with_a_hint() {
        let error =
            CommandError::from(StdoutError(io::Error::other("disk full"))).with_hint("free some space");
        let problem = error.problem();
        assert_eq!(problem.message, "standard output cannot be written");
        assert_eq!(problem.causes, ["disk full"]);
        assert_eq!(problem.hint.as_deref(), Some("free some space"));
        assert_eq!(problem.exit_code, 1);
    }

    #[test]
    fn only_the_pipe_of_stdout_counts_as_broken_pipe() {
        let pipe = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(CommandError::from(StdoutError(pipe())).is_broken_pipe());
        assert!(!CommandError::new(ExitStatus::Failed, pipe()).is_broken_pipe());
    }
}
