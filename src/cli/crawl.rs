//! `chatferry crawl`

use clap::{Args, ValueEnum, ValueHint};

use super::ConnectionArgs;
use super::connection::credentials_help;

/// Read a Chat or Conversations service into a snapshot file, or go on with one.
///
/// Every page is committed as it arrives: after an interruption, a crash or `--max-duration` the same command goes on
/// where it stopped. At the end, what was received is checked against the counts that Twilio gives, and the
/// verdict is written into the snapshot. On a finished snapshot the command does nothing and says so.
#[derive(Debug, Default, Clone, Args)]
#[command(after_long_help = CRAWL_HELP)]
pub struct CrawlArgs {
    /// Service to read (`IS…`); may be repeated
    #[arg(long = "service", value_name = "SID", conflicts_with = "all_services")]
    pub services: Vec<String>,
    /// Read every service of the account
    #[arg(long)]
    pub all_services: bool,
    /// The snapshot file to write or to go on with [default: snapshot.db]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub snapshot: Option<String>,
    /// The API to read from [default: auto]
    ///
    /// A crawl goes on with the API that it began with.
    #[arg(long, value_name = "API", value_enum)]
    pub source: Option<SourceChoice>,
    /// What to read, separated by commas [default: roles,users,channels,user-channels,members]
    ///
    /// Of roles, users, channels, user-channels, members, invites, messages. Messages are many: `probe` says how many
    /// requests they take.
    #[arg(long, value_name = "LIST")]
    pub include: Option<String>,
    /// Read the channels of these users only: SIDs or identities, one a line; `-` for stdin
    ///
    /// Empty lines and lines that start with `#` are skipped.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub users: Option<String>,
    /// Read the N-th of T parts of the memberships by the other route too, and compare
    ///
    /// For a crawl with one of user-channels and members: the members of that share of the channels, or the channels of that
    /// share of the users, are read as evidence and left out again when the crawl ends complete. Parts depend on SIDs
    /// alone: T runs cover all.
    #[arg(long, value_name = "N/T")]
    pub cross_check: Option<String>,
    /// Begin anew; an older snapshot file is replaced only when the new one is finished
    #[arg(long)]
    pub restart: bool,
    /// Hosts, credentials, politeness.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// The API to read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceChoice {
    /// Programmable Chat v2 and, where it no longer answers, Conversations v1
    Auto,
    /// Programmable Chat v2
    Chat,
    /// Conversations v1: private channels only, no invites, no counts
    Conversations,
}

const CRAWL_HELP: &str = concat!(
    credentials_help!(),
    "
Examples:
  chatferry crawl --service IS…                            into snapshot.db
  chatferry crawl --all-services --max-duration 6h         stop after a night, go on the next
  chatferry crawl --service IS… --users leavers.txt        a few users only
  chatferry crawl --service IS… --include users,channels,user-channels --cross-check 1/7
  chatferry crawl --service IS… --source conversations     what Conversations shows of it
  chatferry crawl --service IS… --rps 20 --concurrency 4   beside a busy live app

Exit codes:
  0 complete · 2 wrong usage or settings · 3 refused by Twilio · 4 incomplete, run it again ·
  5 complete, but data changed meanwhile (drift) · 130 interrupted, run it again"
);
