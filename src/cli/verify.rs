//! `chatferry verify`

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::ConnectionArgs;
use super::connection::credentials_help;

/// Hold the target against a plan or a snapshot, field by field.
///
/// Reads the target as it is now and says of every role, user, conversation, participant and User Conversation whether it is
/// there as it should be: `-` missing in the target, `*` different (with field, as it should be and as it is), `+` only in the
/// target, `!` could not be read. It writes nothing at Twilio and can be run as often as you like.
#[derive(Debug, Default, Clone, Args)]
#[command(after_long_help = VERIFY_HELP)]
pub struct VerifyArgs {
    /// The plan whose target is verified [default: plan.db]
    ///
    /// Its snapshot and mapping must be where they were when the plan was made.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub plan: Option<PathBuf>,
    /// Verify a snapshot without a plan: against the same service, seen through Conversations, or against --target
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "plan")]
    pub snapshot: Option<PathBuf>,
    /// With --snapshot: `in-place`, or the service that was copied into (`IS…`) [default: in-place]
    #[arg(long, value_name = "WHERE", requires = "snapshot")]
    pub target: Option<String>,
    /// With --snapshot: what the target shall hold [default: conversations]
    #[arg(long, value_name = "NAME|FILE", requires = "snapshot")]
    pub mapping: Option<String>,
    /// Check part N of T of the conversations, with who is on them; T runs, from 1/T to T/T, check all
    ///
    /// Roles, users and conversations are all checked; what costs a request for each conversation or user is sampled. A
    /// notification level is fetched by itself where that takes fewer requests than the user's list.
    #[arg(long, value_name = "N/T")]
    pub sample: Option<String>,
    /// How the differences are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table")]
    pub format: VerifyFormat,
    /// Print what is the same too, as lines with `=`
    #[arg(long)]
    pub all: bool,
    /// Print a line for each record, instead of one for each event or cause
    #[arg(long)]
    pub records: bool,
    /// Hosts, credentials, politeness.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// A value of `--format`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VerifyFormat {
    /// A line for people
    #[default]
    Table,
    /// One JSON object on each line
    Ndjson,
}

const VERIFY_HELP: &str = concat!(
    credentials_help!(),
    "
A target in another account is read with CHATFERRY_TARGET_ACCOUNT_SID and its secret, as by `plan`.

Examples:
  chatferry verify                                     what plan.db should have brought about
  chatferry verify --format ndjson > differences.ndjson
  chatferry verify --sample 3/30                       the third of thirty nights
  chatferry verify --snapshot snapshot.db              is what Chat has in Conversations too?

Exit codes:
  0 everything is there as it should be · 2 wrong usage, or a snapshot or mapping that is not the plan's · 3 refused by
  Twilio · 4 something could not be read, run it again · 5 there are differences · 130 interrupted"
);
