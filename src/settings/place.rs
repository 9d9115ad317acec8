//! Where a value came from, for messages and for `chatferry config`.

use std::fmt;
use std::path::PathBuf;

use super::keys::Key;

/// The layer that gave a value. The order is that of precedence: the least wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A flag; the key's name.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// The settings file.
    File {
        /// The file.
        path: PathBuf,
        /// The profile, or none for the top level.
        profile: Option<String>,
        /// The line, from 1.
        line: usize,
    },
    /// Made from other settings, which are named.
    Derived(&'static str),
    /// Nobody set it.
    Default,
}

impl Place {
    pub(super) fn flag(key: &Key) -> Self {
        Self::Flag(key.name)
    }

    /// Lower wins. Profile and top level of the file differ, as the profile overrides.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Flag(_) => 0,
            Self::Variable(_) => 1,
            Self::File { profile: Some(_), .. } => 2,
            Self::File { profile: None, .. } => 3,
            Self::Derived(_) => 4,
            Self::Default => 5,
        }
    }

    /// The layer alone, for programs: `flag`, `environment`, `file`, `derived`, `default`.
    pub fn layer(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Variable(_) => "environment",
            Self::File { .. } => "file",
            Self::Derived(_) => "derived",
            Self::Default => "default",
        }
    }
}

/// What to look for: the flag, the variable, or file and line.
impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(formatter, "--{}", name.replace('_', "-")),
            Self::Variable(name) => formatter.write_str(name),
            Self::File { path, profile: None, line } => write!(formatter, "{}:{line}", path.display()),
            Self::File { path, profile: Some(profile), line } => {
                write!(formatter, "{}:{line} (profile {profile})", path.display())
            }
            Self::Derived(from) => write!(formatter, "from {from}"),
            Self::Default => formatter.write_str("default"),
        }
    }
}
