//! An error as it is printed: the chain once, then a hint.

use std::error::Error;

use serde::Serialize;

use crate::printable::{PrintableLine, Tone};
use crate::report::stderr::Stderr;

/// What the first Ctrl-C prints.
pub(crate) const INTERRUPTED: &str = "interrupted: finishing what is in flight (again to leave at once)";

/// An error with its causes and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub message: String,
    /// The nearest first.
    pub causes: Vec<String>,
    pub hint: Option<String>,
    /// The exit code that it leads to.
    pub exit_code: u8,
}

impl Problem {
    /// Splits an error into its causes. A cause that repeats the one before is left out: transparent errors repeat theirs. One that repeats it
    /// and adds more takes the place of the first, such as SQLite's with its code.
    pub fn new(error: &dyn Error, hint: Option<String>, exit_code: u8) -> Self {
        let message = error.to_string();
        let mut causes: Vec<String> = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            match causes.last_mut() {
                Some(last) if text.ends_with(last.as_str()) => *last = text,
                // The other way round: some libraries print the entire chain in each of its links.
                Some(last) if last.contains(&text) => {}
                None if text == message => {}
                _ => causes.push(text),
            }
            source = cause.source();
        }
        Self { message, causes, hint, exit_code }
    }

    pub(crate) fn print(&self, stderr: &Stderr) {
        let line = |tone, label, text: &str| PrintableLine::toned(tone, label).and(" ").and(text);
        stderr.print(line(Tone::Bad, "error:", &self.message));
        for cause in &self.causes {
            stderr.print(line(Tone::Bad, "caused by:", cause));
        }
        if let Some(hint) = &self.hint {
            stderr.print(line(Tone::Hint, "hint:", hint));
        }
    }

    /// Writes it as a log record.
    pub fn log(&self) {
        tracing::error!(
            causes = %self.causes.join(": "),
            hint = self.hint.as_deref().unwrap_or_default(),
            exit_code = self.exit_code,
            "{}",
            self.message
        );
    }
}
