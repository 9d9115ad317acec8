//! `chatferry user-channel`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::ConnectionArgs;
use super::connection::credentials_help;
use super::setting::flag_group;

flag_group!(pub(crate) UserChannelFlags: SERVICE, SOURCE);
flag_group!(pub(crate) UserChannelUpdateFlags: SERVICE, SOURCE, PLAN);

/// List, fetch and update one user's channels
///
/// A User Channel is what a channel is to one of its users: the notification level, the last message read, the number of unread
/// ones. In Conversations it is called User Conversation. Users are named by SID or identity, channels by SID or unique name.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true, after_help = USER_CHANNEL_HELP)]
pub(crate) struct UserChannelArgs {
    #[command(subcommand)]
    pub verb: UserChannelVerb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserChannelVerb {
    /// List the channels of a user
    ///
    /// The list is followed to its end and compared with the user's own counter.
    #[command(after_long_help = LIST_HELP)]
    List(UserChannelListArgs),
    /// Fetch one channel of a user
    #[command(after_long_help = FETCH_HELP)]
    Fetch(UserChannelFetchArgs),
    /// Update one channel of a user, or plan the update of many
    ///
    /// One update is shown and performed once you agree. It is a plan of one operation that is performed as by `apply` and kept, so
    /// that `plan --undo` takes it back. With --from it is a plan of all rows, which is left for `apply`.
    #[command(after_long_help = UPDATE_HELP)]
    Update(Box<UserChannelUpdateArgs>),
}

#[derive(Debug, Args)]
pub(crate) struct UserChannelListArgs {
    /// The user: a SID (`US…`) or an identity
    #[arg(long, value_name = "WHO")]
    pub user: String,
    #[command(flatten)]
    pub settings: UserChannelFlags,
    /// How the channels are printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table")]
    pub format: UserChannelFormat,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UserChannelFetchArgs {
    /// The user: a SID (`US…`) or an identity
    #[arg(long, value_name = "WHO")]
    pub user: String,
    /// The channel: a SID (`CH…`) or a unique name
    #[arg(long, value_name = "CHANNEL")]
    pub channel: String,
    #[command(flatten)]
    pub settings: UserChannelFlags,
    /// How the channel is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table")]
    pub format: UserChannelFormat,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UserChannelUpdateArgs {
    /// The user: a SID (`US…`) or an identity
    #[arg(long, value_name = "WHO", required_unless_present = "from", requires = "channel")]
    pub user: Option<String>,
    /// The channel: a SID (`CH…`) or a unique name
    #[arg(long, value_name = "CHANNEL", required_unless_present = "from", requires = "user")]
    pub channel: Option<String>,
    /// Whether the user is notified of messages
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub notification_level: Option<LevelArg>,
    /// The index of the last message that the user has read
    #[arg(long, value_name = "N")]
    pub last_consumed_message_index: Option<String>,
    /// When the user read it, such as `2026-12-01T09:30:00Z`
    #[arg(long, value_name = "TIME")]
    pub last_consumption_timestamp: Option<String>,
    /// Plan the update of many: a CSV file with the columns user, channel, and what to set; `-` for stdin
    ///
    /// What can be set: `notification_level`, `last_consumed_message_index`, `last_consumption_timestamp`. An empty cell sets nothing.
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["user", "channel", "notification_level", "last_consumed_message_index", "last_consumption_timestamp", "yes"]
    )]
    pub from: Option<PathBuf>,
    #[command(flatten)]
    pub settings: UserChannelUpdateFlags,
    /// Do not ask; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// A value of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum UserChannelFormat {
    /// A table for people, with the channel's names
    Table,
    /// A header and a row for each
    Csv,
    /// The API's own object on each line
    Ndjson,
}

/// A value of `--notification-level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelArg {
    /// The user is notified
    Default,
    /// The user is not notified
    Muted,
}

const USER_CHANNEL_HELP: &str = "\
Examples:
  chatferry user-channel list --user ann@example.org
  chatferry user-channel fetch --user US… --channel general --json
  chatferry user-channel update --user ann@example.org --channel CH… --notification-level muted";

const LIST_HELP: &str = concat!(
    credentials_help!(),
    "
Examples:
  chatferry user-channel list --user ann@example.org
  chatferry user-channel list --user US… --service IS… --format csv

Exit codes:
  0 listed · 2 wrong usage, or no such user · 3 refused by Twilio · 4 the list does not agree with the user's own counter"
);

const FETCH_HELP: &str = concat!(
    credentials_help!(),
    "
Example:
  chatferry user-channel fetch --user ann@example.org --channel general --json

Exit codes:
  0 fetched · 2 wrong usage, no such user or channel, or the user is not on the channel · 3 refused by Twilio"
);

const UPDATE_HELP: &str = concat!(
    credentials_help!(),
    "
Examples:
  chatferry user-channel update --user ann@example.org --channel general --notification-level muted
  chatferry user-channel update --from muted.csv --plan mute.db     then: chatferry apply --plan mute.db
  chatferry plan --undo mute.db --plan unmute.db                    take it back

Exit codes:
  0 updated, or planned · 2 wrong usage, nothing was written · 3 refused by Twilio · 4 not updated, run it again ·
  5 planned, and some rows fit nothing · 130 interrupted"
);
