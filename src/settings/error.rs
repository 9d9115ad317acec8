//! What can be wrong with settings. All of these are the user's to fix, and all of them are found before any request.
//!
//! **Invariant:** no message repeats a text that may be a secret: values of credentials, lines of a file that holds one, URLs
//! with passwords.

use std::io;
use std::path::PathBuf;

use crate::cli::setting::ValueError;
use crate::diff::TermsError;
use crate::error::{Advise, Failure};
use crate::export::ExportError;
use crate::model::{AccountSid, ServiceSid};
use crate::storage::nearest;

use super::accounts_error::AccountsError;
use super::environment::NotUtf8;
use super::file_error::FileError;
use super::place_error::PlaceError;
use super::provenance::Provenance;

/// Services that a hint names; `chatferry probe` lists them all.
const MOST_NAMED: usize = 5;

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A value is wrong.
    #[error("{place} cannot be used")]
    Value {
        /// Who gave it.
        place: Provenance,
        /// What is wrong with it.
        source: ValueError,
    },
    /// Two settings of one layer contradict each other.
    #[error("{first} and {second} cannot be used together")]
    Conflict {
        first: Provenance,
        /// The other.
        second: Provenance,
    },
    /// No service is named, and the account does not have exactly one.
    #[error("no service is chosen, and the account has {}", services.len())]
    NoService { services: Vec<ServiceSid> },
    /// Users are chosen by SID or identity, which are one service's.
    #[error("--users is of one service, and not exactly one was given")]
    UsersNeedOneService,
    /// A plan without a target.
    #[error("no target is chosen")]
    NoTarget,
    /// A report of a kind that is not made.
    #[error("no report can be made as `{}`: its name ends neither in .html nor in .md nor in .json", path.display())]
    ReportKind { path: PathBuf },
    /// Two things would be written to one file.
    #[error("`{}` is named twice", path.display())]
    SameFile { path: PathBuf },
    /// A report in a folder that is not there.
    #[error("the report `{}` has no folder to be written to", path.display())]
    ReportFolder { path: PathBuf },
    #[error("--messages copies messages, and in place they are there already")]
    MessagesInPlace,
    #[error("--open has no page to open: no --report ends in .html")]
    NothingToOpen,
    /// A kind or state of operations that does not exist.
    #[error("`{text}` is not a {what} of operation")]
    NoSuchName {
        /// What was given.
        text: String,
        /// `kind` or `state`.
        what: &'static str,
        /// The names that exist.
        known: Vec<&'static str>,
    },
    /// Invites were asked of Conversations.
    #[error("{place}: Conversations has no invites to read")]
    NoInvites {
        /// Who asked for Conversations.
        place: Provenance,
    },
    /// There is nothing to check across.
    #[error("{place}: there is nothing to check across: {why}")]
    NoCrossCheck {
        /// Who asked for it.
        place: Provenance,
        /// Why not.
        why: NoCrossCheck,
    },
    #[error("the settings file {} cannot be used", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: FileError,
    },
    /// A profile is asked for, and there is no file to have it.
    #[error("profile `{profile}` is asked for, but there is no settings file")]
    ProfileWithoutFile { profile: String },
    #[error("the accounts file {} cannot be used", path.display())]
    Accounts {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, or with the choice of an account.
        source: AccountsError,
    },
    /// An account is asked for, and there is no file to have it.
    #[error("{by} asks for an account, but there is no accounts file")]
    AccountWithoutFile {
        /// Flag or variable.
        by: &'static str,
    },
    #[error("there is no accounts file")]
    NoAccountsFile,
    #[error("no account of {} is chosen", path.display())]
    NoAccount { path: PathBuf },
    /// A place with names in it.
    #[error("{place} cannot be used")]
    Place {
        /// Who gave it.
        place: Provenance,
        /// What is wrong with it.
        source: PlaceError,
    },
    #[error("the snapshot is of account {found}, and the account `{name}` is {asked}")]
    OtherAccount { name: String, asked: AccountSid, found: AccountSid },
    /// An environment variable that is not text.
    #[error(transparent)]
    NotUtf8(#[from] NotUtf8),
    #[error("the credentials cannot be used")]
    Credentials(#[from] CredentialError),
    #[error(transparent)]
    Export(#[from] Box<ExportError>),
    /// The fields to leave out of a comparison.
    #[error(transparent)]
    Terms(#[from] TermsError),
    #[error(transparent)]
    UserChannel(#[from] UserChannelInputError),
    #[error("the list {} cannot be used", path.display())]
    List { path: PathBuf, source: UserChannelInputError },
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
    /// Both routes are read completely.
    #[error("user-channels and members are both read, and compared for every channel")]
    BothRead,
    #[error("neither user-channels nor members are read")]
    NeitherRead,
    /// The other route is found through lists that are not read.
    #[error("it takes the lists of users and of channels")]
    NoLists,
    /// Only some users are read.
    #[error("the channels of some users do not show who is on a channel")]
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

/// What is wrong with the credentials. The values are never repeated.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// Nothing is set.
    #[error("{missing} is not set")]
    Missing {
        missing: &'static str,
        /// Why it is needed.
        because: &'static str,
        /// Whether a `.env` lies in the folder and nothing at all is set.
        dot_env: bool,
    },
    /// An account of the accounts file without a secret. Other layers have another account's.
    #[error("{place} has neither `secret_file` nor `secret_command`")]
    NoSecretOfAccount { place: Provenance },
    /// A SID of another kind in this place.
    #[error("{place} holds {found}, where {expected} belongs")]
    WrongKind {
        /// Who gave it.
        place: Provenance,
        /// What it looks like.
        found: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// Not the right shape.
    #[error("{place} is not {expected}")]
    WrongShape {
        /// Who gave it.
        place: Provenance,
        /// What belongs there.
        expected: &'static str,
    },
    /// The file with the secret cannot be read.
    #[error("the secret file {} cannot be read", path.display())]
    SecretFile {
        /// Which file.
        path: PathBuf,
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

/// What is wrong with what `user-channel` was given. Lines count from 1.
#[derive(Debug, thiserror::Error)]
pub enum UserChannelInputError {
    #[error("--service: one user's channels are of one service")]
    SeveralServices,
    #[error("{flag} {reason}")]
    Name { flag: &'static str, reason: String },
    #[error("there is nothing to set")]
    NothingToSet,
    #[error("it cannot be read")]
    Read(#[source] io::Error),
    #[error("it is not CSV")]
    Csv(#[source] csv::Error),
    #[error("it has no columns `user` and `channel`")]
    NoColumns,
    #[error("it has a column `{name}`, which cannot be set")]
    Column { name: String },
    #[error("it has no rows")]
    NoRows,
    #[error("line {line} {reason}")]
    Line { line: u64, reason: String },
    #[error("lines {first} and {second} of the list are the same user on the same channel")]
    Twice { first: u64, second: u64 },
}

impl Advise for UserChannelInputError {
    fn status(&self) -> Failure {
        Failure::Usage
    }

    fn hint(&self) -> Option<String> {
        let advice = match self {
            Self::SeveralServices => "give one --service",
            Self::NothingToSet => {
                "give notification_level, last_consumed_message_index or last_consumption_timestamp"
            }
            Self::NoColumns | Self::Column { .. } | Self::NoRows => {
                "the columns are user, channel, and of notification_level, last_consumed_message_index and \
                 last_consumption_timestamp those to set"
            }
            Self::Line { .. } | Self::Csv(_) => "correct the line; nothing was planned",
            Self::Twice { .. } => "leave one of the two out; nothing was planned",
            Self::Name { .. } | Self::Read(_) => return None,
        };
        Some(advice.to_owned())
    }
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
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl Advise for SettingsError {
    fn status(&self) -> Failure {
        match self {
            Self::Export(error) => error.status(),
            Self::Terms(error) => error.status(),
            _ => Failure::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Value { source, .. } => source.hint(),
            Self::NoService { services } if services.is_empty() => {
                Some("check that TWILIO_ACCOUNT_SID is the account that has the service".to_owned())
            }
            Self::NoService { services } => {
                let named = services.iter().take(MOST_NAMED).map(ToString::to_string).collect::<Vec<_>>();
                Some(format!("give --service IS…, or --all-services; there is {}", named.join(", ")))
            }
            Self::UsersNeedOneService => {
                Some("give one --service with --users, and one snapshot for each".to_owned())
            }
            Self::NoCrossCheck { why, .. } => Some(why.advice().to_owned()),
            Self::NoInvites { .. } => {
                Some("leave `invites` out of --include, or read from Chat with --source chat".to_owned())
            }
            Self::NoTarget => Some(
                "give --target in-place for the same service, or --target IS… for a copy into another"
                    .to_owned(),
            ),
            Self::MessagesInPlace => Some("leave it out, or name another service with --target".to_owned()),
            Self::NothingToOpen => Some("add `--report plan.html`".to_owned()),
            Self::ReportFolder { .. } => Some("make the folder, or name another".to_owned()),
            Self::SameFile { .. } => Some("name another file".to_owned()),
            Self::NoSuchName { text, what, known } => {
                Some(match nearest(&text.replace('-', "_"), known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("the {what}s are {}", known.join(", ")),
                })
            }
            Self::File { source, .. } => source.hint(),
            Self::Accounts { source, .. } => source.hint(),
            Self::Place { source, .. } => source.hint(),
            Self::OtherAccount { .. } => {
                Some("give the snapshot of that account, or choose the other".to_owned())
            }
            Self::AccountWithoutFile { .. } | Self::NoAccountsFile => {
                Some("name one with --accounts FILE".to_owned())
            }
            Self::NoAccount { .. } => Some(
                "give --account NAME or its number from 0; `chatferry accounts check` lists them".to_owned(),
            ),
            Self::ProfileWithoutFile { .. } => {
                Some("make a chatferry.toml here, or name one with --config FILE".to_owned())
            }
            Self::Credentials(error) => Some(error.hint()),
            Self::Export(error) => error.hint(),
            Self::Terms(error) => error.hint(),
            Self::UserChannel(error) | Self::List { source: error, .. } => error.hint(),
            Self::Conflict { .. } | Self::NotUtf8(_) | Self::ReportKind { .. } | Self::Users { .. } => None,
        }
    }
}
