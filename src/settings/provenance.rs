//! Where a value came from, for messages and for `chatferry config`.

use std::fmt;
use std::path::PathBuf;

use crate::cli::setting::Declaration;

/// The layer that gave a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provenance {
    /// A flag; the setting's name.
    Flag(&'static str),
    /// The entry of the account that is chosen in the accounts file.
    Account(Box<AccountPlace>),
    /// An environment variable.
    Variable(&'static str),
    /// The settings file.
    File(Box<FilePlace>),
    /// Made from other settings, which are named.
    Derived(&'static str),
    /// No layer set it.
    Default,
}

/// A place in a settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    pub path: PathBuf,
    /// The profile, or none for the top level.
    pub profile: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// Whether it is the user's own file, which is below the folder's.
    pub of_user: bool,
}

/// A place in an accounts file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPlace {
    pub path: PathBuf,
    /// The account's name.
    pub account: String,
    /// The line, from 1.
    pub line: usize,
}

impl Provenance {
    pub(super) fn flag(declaration: &Declaration) -> Self {
        Self::Flag(declaration.name)
    }

    /// Lower wins. Profile and top level of a file differ, as the profile overrides; the folder's file wins over the user's.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Flag(_) => 0,
            Self::Account(_) => 1,
            Self::Variable(_) => 2,
            Self::File(place) => 3 + u8::from(place.profile.is_none()) + 2 * u8::from(place.of_user),
            Self::Derived(_) => 7,
            Self::Default => 8,
        }
    }

    /// The layer alone, for programs: `flag`, `account`, `environment`, `file`, `derived`, `default`.
    pub fn layer(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Account(_) => "account",
            Self::Variable(_) => "environment",
            Self::File(_) => "file",
            Self::Derived(_) => "derived",
            Self::Default => "default",
        }
    }
}

/// What to look for: the flag, the variable, or file and line.
impl fmt::Display for Provenance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(formatter, "--{}", name.replace('_', "-")),
            Self::Account(place) => {
                write!(formatter, "{}:{} (account {})", place.path.display(), place.line, place.account)
            }
            Self::Variable(name) => formatter.write_str(name),
            Self::File(place) => {
                write!(formatter, "{}:{}", place.path.display(), place.line)?;
                match &place.profile {
                    Some(profile) => write!(formatter, " (profile {profile})"),
                    None => Ok(()),
                }
            }
            Self::Derived(from) => write!(formatter, "from {from}"),
            Self::Default => formatter.write_str("default"),
        }
    }
}
