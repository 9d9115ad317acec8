//! `chatferry verify`

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::connection::credentials_help;
use super::setting::flag_group;
use super::{ConnectionArgs, PageArgs};

flag_group!(
    pub(crate) VerifyFlags: PLAN, TARGET;
    where |flag| if flag.get_id() == "target" { flag.requires("verified") } else { flag.conflicts_with("verified") }
);

/// Compare the target with a plan or a snapshot, field by field
///
/// The plan's snapshot and mapping must be where they were when the plan was made. Reads the target as it is
/// now and says of every role, user, conversation, participant and User Conversation whether it is
/// there as it should be: `-` missing in the target, `*` different (with field, as it should be and as it is), `+` only in the
/// target, `!` could not be read. It writes nothing at Twilio and can be run as often as you like. The
/// page of --report says what agrees, what does not, when, and of which plan.
#[derive(Debug, Default, Clone, Args)]
#[command(after_long_help = VERIFY_HELP)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub settings: VerifyFlags,
    /// Verify a snapshot without a plan: against the same service, seen through Conversations, or against --target
    #[arg(id = "verified", long = "snapshot", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub snapshot: Option<PathBuf>,
    /// With --snapshot: what the target shall hold [default: conversations; for a copy: copy]
    #[arg(long, value_name = "NAME|FILE", requires = "verified")]
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
    #[command(flatten)]
    pub page: PageArgs,
    /// Print what is the same too, as lines with `=`
    #[arg(long)]
    pub all: bool,
    /// Print a line for each record, instead of one for each event or cause
    #[arg(long)]
    pub records: bool,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// A value of `--format`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerifyFormat {
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
  chatferry verify                                     did plan.db have its effect?
  chatferry verify --format ndjson > differences.ndjson
  chatferry verify --report verified.html              a page to keep or to sign
  chatferry verify --sample 3/30                       the third of thirty nights
  chatferry verify --snapshot snapshot.db              does Conversations have what Chat has?

Exit codes:
  0 everything is there as it should be · 2 wrong usage, or a snapshot or mapping that is not the plan's · 3 refused by
  Twilio · 4 something could not be read, run it again · 5 there are differences · 130 interrupted"
);
