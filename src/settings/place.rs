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
    File(Box<FilePlace>),
    /// Made from other settings, which are named.
    Derived(&'static str),
    /// Nobody set it.
    Default,
}

/// A place in the settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// The file.
    pub path: PathBuf,
    /// The profile, or none for the top level.
    pub profile: Option<String>,
    /// The line, from 1.
    pub line: usize,
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
            Self::File(place) if place.profile.is_some() => 2,
            Self::File(_) => 3,
            Self::Derived(_) => 4,
            Self::Default => 5,
        }
    }

    /// The layer alone, for programs: `flag`, `environment`, `file`, `derived`, `default`.
    pub fn layer(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Variable(_) => "environment",
            Self::File(_) => "file",
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
