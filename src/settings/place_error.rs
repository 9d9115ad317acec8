//! What can be wrong with a place that has names in it.

use crate::storage::nearest;

/// The names that a place can have.
const NAMES: [&str; 4] = ["account", "service", "date", "name"];

/// What can be wrong with a place that has names in it.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("`{text}` has `{{{name}}}`, which stands for nothing")]
    UnknownName { text: String, name: String },
    #[error("`{text}` has a `{{` without `}}`")]
    NotClosed { text: String },
    #[error("`{text}` has `{{account}}`, and no account is set")]
    NoAccount { text: String },
    #[error("`{text}` has `{{name}}`, and no account of an accounts file is chosen")]
    NoName { text: String },
    #[error("`{text}` has `{{service}}`, which stands for one service, and {}", services(*count))]
    NotOneService {
        text: String,
        /// How many are named.
        count: usize,
    },
    /// What a name stands for has letters that no SID has.
    #[error("what `{{{name}}}` in `{text}` stands for cannot be a part of a path")]
    Unusable { text: String, name: String },
    /// Several accounts would write to it.
    #[error("`{text}` is one place for the accounts `{first}` and `{second}`: one would overwrite the other")]
    SamePlace { text: String, first: String, second: String },
}

fn services(count: usize) -> String {
    if count == 0 { "none is named".to_owned() } else { format!("there are {count}") }
}

impl PlaceError {
    /// What to do about it.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownName { name, .. } => Some(match nearest(name, NAMES) {
                Some(meant) => format!("did you mean `{{{meant}}}`?"),
                None => "a place can have {account}, {service}, {date} and {name}".to_owned(),
            }),
            Self::Unusable { .. } => None,
            Self::NotClosed { .. } => {
                Some("a place can have {account}, {service}, {date} and {name}".to_owned())
            }
            Self::NoAccount { .. } => {
                Some("set TWILIO_ACCOUNT_SID, or choose one of --accounts FILE".to_owned())
            }
            Self::NoName { .. } => {
                Some("give --accounts FILE and --account NAME, or use {account}".to_owned())
            }
            Self::NotOneService { count: 0, .. } => {
                Some("give --service IS…, or `service` in the account's entry".to_owned())
            }
            Self::NotOneService { .. } => {
                Some("leave {service} out, or give each service a run of its own".to_owned())
            }
            Self::SamePlace { .. } => {
                Some("put {account} or {name} into it, such as `{name}/snapshot.db`".to_owned())
            }
        }
    }
}
