//! An error as it is told: the chain once, then a hint.

use std::error::Error;

use anstyle::AnsiColor;
use serde::Serialize;

use crate::report::stderr::Stderr;

/// An error with its causes and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What went wrong.
    pub message: String,
    /// Why, the nearest cause first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit code that it leads to.
    pub exit_code: u8,
}

impl Problem {
    /// Takes an error apart. A cause that says what was just said is left out: transparent errors repeat theirs. One that says it
    /// again and more takes the place of the first, such as SQLite's with its code.
    pub fn new(error: &dyn Error, hint: Option<String>, exit_code: u8) -> Self {
        let message = error.to_string();
        let mut causes: Vec<String> = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            match causes.last_mut() {
                Some(last) if text.ends_with(last.as_str()) => *last = text,
                // The other way round: some libraries print the whole chain in each of its links.
                Some(last) if last.contains(&text) => {}
                None if text == message => {}
                _ => causes.push(text),
            }
            source = cause.source();
        }
        Self { message, causes, hint, exit_code }
    }

    /// Tells it for people.
    pub fn tell(&self, stderr: &Stderr) {
        stderr.line(&format!("{} {}", stderr.paint(AnsiColor::Red, "error:"), self.message));
        for cause in &self.causes {
            stderr.line(&format!("{} {cause}", stderr.paint(AnsiColor::Red, "caused by:")));
        }
        if let Some(hint) = &self.hint {
            stderr.line(&format!("{} {hint}", stderr.paint(AnsiColor::Cyan, "hint:")));
        }
    }

    /// Tells it as a log record.
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
