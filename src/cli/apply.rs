//! `chatferry apply`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::ConnectionArgs;
use super::connection::credentials_help;

/// Perform a reviewed plan. The only verb that changes anything at Twilio.
///
/// It performs the operations of that plan and nothing else. Each is written down in the plan before it is sent and after it is
/// answered, so that after an interruption or a crash the same command goes on, looks up what it does not know the end of,
/// and makes nothing twice. It also takes up again what failed, with what depends on it.
#[derive(Debug, Default, Clone, Args)]
#[command(after_long_help = APPLY_HELP)]
pub struct ApplyArgs {
    /// The plan file [default: plan.db]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub plan: Option<PathBuf>,
    /// Do not ask; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
    /// Perform operations of these kinds alone, separated by commas (`create_role,create_user`)
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub only: Option<Vec<String>>,
    /// Begin N operations at most: a first batch as a trial
    #[arg(long, value_name = "N")]
    pub limit: Option<String>,
    /// Stop once N operations have failed
    #[arg(long, value_name = "N")]
    pub stop_after_errors: Option<String>,
    /// Let the writes fire webhooks
    #[arg(long)]
    pub webhooks: bool,
    /// Most writes a second to one conversation and its participants; Twilio allows 30 [default: 30]
    #[arg(long, value_name = "N", help_heading = "Politeness")]
    pub conversation_rate: Option<String>,
    /// Most writes a second that create conversations, users and roles; Twilio allows 30 [default: 30]
    #[arg(long, value_name = "N", help_heading = "Politeness")]
    pub service_rate: Option<String>,
    /// Hosts, credentials, politeness.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

const APPLY_HELP: &str = concat!(
    credentials_help!(),
    "  Where the target is of another account, CHATFERRY_TARGET_ACCOUNT_SID and
  CHATFERRY_TARGET_AUTH_TOKEN, or CHATFERRY_TARGET_API_KEY and CHATFERRY_TARGET_API_SECRET.

Examples:
  chatferry apply                              asks, then performs plan.db
  chatferry apply --limit 10                   ten operations, as a trial
  chatferry apply --yes --max-duration 6h      from a job; the next run goes on
  chatferry plan show                          how far it is
  chatferry plan show --format ndjson --state failed,blocked

Exit codes:
  0 all done · 2 wrong usage, settings or plan, nothing was written · 3 refused by Twilio ·
  4 stopped, or some operations failed: run it again · 5 all done that can be, but some operations
  are blocked, or found something else than planned · 130 interrupted, run it again"
);
