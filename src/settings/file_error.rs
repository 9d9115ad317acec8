//! What can be wrong with `chatferry.toml`, or with any file that has settings.
//!
//! **Invariant:** no message repeats a value: it may be a secret in the wrong place.

use std::io;

/// What is wrong with a settings file. Lines and columns count from 1.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[source] io::Error),
    /// It is not TOML. Only the parser's message is kept: its picture of the line could show a secret.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        line: usize,
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// A key that is no setting.
    #[error("line {line}, column {column}: unknown key `{key}`")]
    UnknownKey {
        line: usize,
        column: usize,
        key: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    #[error(
        "line {line}, column {column}: `{key}` is a secret, and secrets are not read from a settings file"
    )]
    Secret { line: usize, column: usize, key: String },
    /// A value of another type.
    #[error("line {line}, column {column}: `{key}` must be {expected}")]
    WrongType {
        line: usize,
        column: usize,
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    #[error("it has no profile `{profile}`")]
    NoProfile { profile: String, known: Vec<String> },
}

impl FileError {
    /// What to do about it.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { meant: Some(meant), .. } => Some(format!("did you mean `{meant}`?")),
            Self::UnknownKey { meant: None, .. } => Some("`chatferry config` lists every key".to_owned()),
            Self::Secret { .. } => {
                Some("set the environment variable, or use `secret_file` or `secret_command`".to_owned())
            }
            Self::NoProfile { known, .. } if known.is_empty() => Some("it has no profiles at all".to_owned()),
            Self::NoProfile { known, .. } => Some(format!("it has {}", known.join(", "))),
            _ => None,
        }
    }
}
