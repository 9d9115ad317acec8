//! What can be wrong with an accounts file, or with the choice of an account.

use super::file_error::FileError;
use crate::storage::nearest;

/// Accounts that a hint names.
const MOST_NAMED: usize = 5;

/// What is wrong with an accounts file. Lines and columns count from 1, accounts from 0.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("line {line}, column {column}: `{key}` is not an `[[account]]`")]
    NotAnAccount { line: usize, column: usize, key: String },
    #[error("it has no `[[account]]`")]
    Empty,
    #[error("line {line}: the account has no `name`")]
    NoName { line: usize },
    #[error("line {line}: `{name}` cannot be the name of an account")]
    Name { line: usize, name: String },
    #[error("lines {first} and {second} are accounts of one name, `{name}`")]
    NameTwice { name: String, first: usize, second: usize },
    #[error("line {line}: the account `{name}` has no `account_sid`")]
    NoSid { line: usize, name: String },
    /// The text may be a secret.
    #[error(
        "line {line}: the `account_sid` of `{name}` is not an Account SID (`AC` and 32 hexadecimal digits)"
    )]
    WrongSid { line: usize, name: String },
    #[error("{by} asks for account {number}, and the last is {last}, on line {line}")]
    BeyondEnd {
        /// Flag or variable.
        by: &'static str,
        number: String,
        /// The number of the last account.
        last: usize,
        line: usize,
    },
    #[error("{by} asks for `{name}`, and it has no account of that name")]
    NoSuchAccount { by: &'static str, name: String, known: Vec<String> },
}

impl AccountsError {
    /// What to do about it.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::NotAnAccount { .. } => Some(
                "settings of all accounts belong in chatferry.toml, those of one into its entry".to_owned(),
            ),
            Self::Empty | Self::NoName { .. } | Self::NoSid { .. } => Some(
                "each [[account]] needs `name`, `account_sid`, and `secret_file` or `secret_command`"
                    .to_owned(),
            ),
            Self::Name { .. } => Some(
                "names are part of paths: up to 63 letters, digits, `-`, `_` and `.`, and not digits only"
                    .to_owned(),
            ),
            Self::NameTwice { .. } => Some("results are kept by name: give one of them another".to_owned()),
            Self::WrongSid { .. } => None,
            Self::BeyondEnd { .. } => Some("accounts count from 0, as JOB_COMPLETION_INDEX does".to_owned()),
            Self::NoSuchAccount { name, known, .. } => {
                Some(match nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it has {}", some_of(known)),
                })
            }
        }
    }
}

fn some_of(names: &[String]) -> String {
    let first = names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
