//! What can be wrong with settings. All of it is the user's to mend, and all of it is found before any request.
//!
//! **Invariant:** no message repeats a text that may be a secret: values of credentials, lines of a file that holds one, URLs
//! with passwords.

use std::io;
use std::path::PathBuf;

use crate::error::{Advise, Failure};
use crate::model::InvalidSid;
use crate::secret::OriginError;

use super::environment::NotUtf8;
use super::place::Place;

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A value is wrong.
    #[error("{place} cannot be used")]
    Value {
        /// Who gave it.
        place: Place,
        /// What is wrong with it.
        source: ValueError,
    },
    /// Two settings of one layer contradict each other.
    #[error("{first} and {second} cannot be used together")]
    Conflict {
        /// One.
        first: Place,
        /// The other.
        second: Place,
    },
    /// A setting without which the verb cannot start.
    #[error("no service is chosen")]
    NoService,
    /// A plan without a target.
    #[error("no target is chosen")]
    NoTarget,
    /// A report of a kind that is not made.
    #[error("no report can be made as `{}`: its name ends neither in .html nor in .md nor in .json", path.display())]
    ReportKind {
        /// The file.
        path: PathBuf,
    },
    /// Two things would be written to one file.
    #[error("`{}` is named twice", path.display())]
    SameFile {
        /// The file.
        path: PathBuf,
    },
    /// A report in a folder that is not there.
    #[error("the report `{}` has no folder to be written to", path.display())]
    ReportFolder {
        /// The file.
        path: PathBuf,
    },
    /// A kind or state of operations that there is none of.
    #[error("`{text}` is no {what} of operations")]
    NoSuchName {
        /// What was given.
        text: String,
        /// `kind` or `state`.
        what: &'static str,
        /// What there is.
        known: String,
    },
    /// Invites were asked of Conversations.
    #[error("{place}: Conversations has no invites to read")]
    NoInvites {
        /// Who asked for Conversations.
        place: Place,
    },
    /// There is nothing to check across.
    #[error("{place}: there is nothing to check across: {why}")]
    NoCrossCheck {
        /// Who asked for it.
        place: Place,
        /// Why not.
        why: NoCrossCheck,
    },
    /// The settings file.
    #[error("the settings file {} cannot be used", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: FileError,
    },
    /// A profile is asked for, and there is no file to have it.
    #[error("profile `{profile}` is asked for, but there is no settings file")]
    ProfileWithoutFile {
        /// The profile.
        profile: String,
    },
    /// An environment variable that is not text.
    #[error(transparent)]
    NotUtf8(#[from] NotUtf8),
    /// The credentials.
    #[error("the credentials cannot be used")]
    Credentials(#[from] CredentialError),
    /// The list of users.
    #[error("the list of users {} cannot be used", path.display())]
    Users {
        /// Which file, `-` for stdin.
        path: PathBuf,
        /// What is wrong with it.
        source: UsersError,
    },
}

/// Why a crawl cannot be checked across.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCrossCheck {
    /// Both routes are read in whole.
    #[error("user-channels and members are both read, and held against each other for every channel")]
    BothRead,
    /// Neither is.
    #[error("neither user-channels nor members are read")]
    NeitherRead,
    /// The other route is found through lists that are not read.
    #[error("it takes the lists of users and of channels")]
    NoLists,
    /// Only some users are read.
    #[error("the channels of some users do not tell who is on a channel")]
    OfUsers,
}

impl NoCrossCheck {
    /// What to do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::BothRead => "leave it out, or leave `members` out of --include",
            Self::NeitherRead => "add `user-channels` or `members` to --include",
            Self::NoLists => "add `users` and `channels` to --include",
            Self::OfUsers => "leave out --users or --cross-check",
        }
    }
}

/// A value is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ValueError {
    /// Not a whole number, or out of bounds.
    #[error("`{text}` is not a whole number from {least} to {most}")]
    NotANumber {
        /// What was given.
        text: String,
        /// The least that makes sense.
        least: u32,
        /// The most that makes sense.
        most: u32,
    },
    /// No share.
    #[error("`{text}` is not one of so many parts, such as `1/7`")]
    NotAShare {
        /// What was given.
        text: String,
    },
    /// Neither true nor false.
    #[error("`{text}` is neither true nor false")]
    NotASwitch {
        /// What was given.
        text: String,
    },
    /// Not a span of time.
    #[error("`{text}` is not a span of time such as `2h` or `1h 30m`")]
    NotADuration {
        /// What was given.
        text: String,
        /// Why.
        source: jiff::Error,
    },
    /// Zero, negative or longer than a year.
    #[error("`{text}` is not between one second and a year")]
    AbsurdDuration {
        /// What was given.
        text: String,
    },
    /// Not one of a few.
    #[error("`{text}` is none of {allowed}")]
    NotAChoice {
        /// What was given.
        text: String,
        /// What is allowed.
        allowed: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// A part without the part through which it is read.
    #[error("`{part}` is read through `{through}`, which is not in the list")]
    PartNeeds {
        /// The part.
        part: &'static str,
        /// What it needs.
        through: &'static str,
    },
    /// Nothing at all.
    #[error("nothing is named")]
    Empty,
    /// Not a SID of its kind.
    #[error(transparent)]
    Sid(#[from] InvalidSid),
    /// Not an origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// Not a part of a host name.
    #[error("`{text}` is not a region or edge such as `ie1` or `dublin`")]
    NotALabel {
        /// What was given.
        text: String,
    },
}

/// What is wrong with a settings file. Lines and columns count from 1.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[source] io::Error),
    /// It is not TOML. Only the parser's message is kept: its picture of the line could show a secret.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// Where.
        line: usize,
        /// Where.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// A key that is no setting.
    #[error("line {line}, column {column}: unknown key `{key}`")]
    UnknownKey {
        /// Where.
        line: usize,
        /// Where.
        column: usize,
        /// The key.
        key: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// A secret.
    #[error(
        "line {line}, column {column}: `{key}` is a secret, and secrets are not read from a settings file"
    )]
    Secret {
        /// Where.
        line: usize,
        /// Where.
        column: usize,
        /// The key.
        key: String,
    },
    /// A value of another type.
    #[error("line {line}, column {column}: `{key}` must be {expected}")]
    WrongType {
        /// Where.
        line: usize,
        /// Where.
        column: usize,
        /// The key.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    /// No such profile.
    #[error("it has no profile `{profile}`")]
    NoProfile {
        /// The profile.
        profile: String,
        /// Those it has.
        known: Vec<String>,
    },
}

/// What is wrong with the credentials. The values are never repeated.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// Nothing is set.
    #[error("{missing} is not set")]
    Missing {
        /// What is missing.
        missing: &'static str,
        /// Why it is needed.
        because: &'static str,
    },
    /// A SID of another kind in this place.
    #[error("{place} holds {found}, where {expected} belongs")]
    WrongKind {
        /// Who gave it.
        place: Place,
        /// What it looks like.
        found: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// Not the right shape.
    #[error("{place} is not {expected}")]
    WrongShape {
        /// Who gave it.
        place: Place,
        /// What belongs there.
        expected: &'static str,
    },
    /// The file with the secret cannot be read.
    #[error("the secret file {} cannot be read", path.display())]
    SecretFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The command cannot be started.
    #[error("the secret command cannot be run")]
    SecretCommand(#[source] io::Error),
    /// The command says that it failed.
    #[error("the secret command failed ({status})")]
    SecretCommandFailed {
        /// How it ended.
        status: std::process::ExitStatus,
    },
}

/// What is wrong with a list of users. Lines count from 1.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[source] io::Error),
    /// Not a single user.
    #[error("it names no user")]
    Empty,
    /// A line that is neither a SID nor an identity.
    #[error("line {line} {reason}")]
    Line {
        /// Where.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl Advise for SettingsError {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Value { source: ValueError::NotAChoice { meant: Some(meant), .. }, .. } => {
                Some(format!("did you mean `{meant}`?"))
            }
            Self::Value { source: ValueError::PartNeeds { through, .. }, .. } => {
                Some(format!("add `{through}` to the list"))
            }
            Self::NoService => {
                Some("give --service IS…, or --all-services; `chatferry probe` lists them".to_owned())
            }
            Self::NoCrossCheck { why, .. } => Some(why.advice().to_owned()),
            Self::NoInvites { .. } => {
                Some("leave `invites` out of --include, or read from Chat with --source chat".to_owned())
            }
            Self::NoTarget => Some(
                "give --target in-place for the same service, or --target IS… for a copy into another"
                    .to_owned(),
            ),
            Self::ReportFolder { .. } => Some("make the folder, or name another".to_owned()),
            Self::SameFile { .. } => Some("name another file".to_owned()),
            Self::NoSuchName { known, .. } => Some(format!("there is {known}")),
            Self::File { source, .. } => file_hint(source),
            Self::ProfileWithoutFile { .. } => {
                Some(format!("make a chatferry.toml here, or name one with --config FILE"))
            }
            Self::Credentials(error) => Some(error.hint()),
            _ => None,
        }
    }
}

fn file_hint(error: &FileError) -> Option<String> {
    match error {
        FileError::UnknownKey { meant: Some(meant), .. } => Some(format!("did you mean `{meant}`?")),
        FileError::UnknownKey { meant: None, .. } => Some("`chatferry config` lists every key".to_owned()),
        FileError::Secret { .. } => {
            Some("set the environment variable, or use `secret_file` or `secret_command`".to_owned())
        }
        FileError::NoProfile { known, .. } if known.is_empty() => {
            Some("it has no profiles at all".to_owned())
        }
        FileError::NoProfile { known, .. } => Some(format!("it has {}", known.join(", "))),
        _ => None,
    }
}
