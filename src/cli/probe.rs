//! `chatferry probe`

use clap::Args;

use super::ConnectionArgs;
use super::connection::credentials_help;
use super::crawl::SourceChoice;

/// Ask what answers, how much there is, and what a crawl would cost.
///
/// Tells whether Chat and Conversations answer for these credentials, the limits of each service, how many users and
/// channels it has, and how many requests a crawl takes and how long at the allowed rate; memberships are priced both ways,
/// by user and by channel. It only reads.
#[derive(Debug, Default, Clone, Args)]
#[command(after_long_help = PROBE_HELP)]
pub struct ProbeArgs {
    /// Service to look at (`IS…`); may be repeated [default: every service of the account]
    #[arg(long = "service", value_name = "SID")]
    pub services: Vec<String>,
    /// The API that a crawl would read from [default: auto]
    #[arg(long, value_name = "API", value_enum)]
    pub source: Option<SourceChoice>,
    /// What the crawl would read, separated by commas [default: roles,users,channels,user-channels,members]
    #[arg(long, value_name = "LIST")]
    pub include: Option<String>,
    /// Hosts, credentials, politeness.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

const PROBE_HELP: &str = concat!(
    credentials_help!(),
    "
Examples:
  chatferry probe                          every service of the account
  chatferry probe --service IS… --json     for scripts

Exit codes:
  0 what a crawl would read answers · 1 it does not · 2 wrong usage or settings · 3 refused by Twilio"
);
