//! `chatferry apply`

use clap::Args;

use super::connection::credentials_help;
use super::setting::flag_group;
use super::{ConnectionArgs, PageArgs};

flag_group!(pub(crate) ApplyFlags: PLAN, CONVERSATION_RATE, SERVICE_RATE);

/// Perform a reviewed plan; the only verb that changes anything at Twilio
///
/// It performs the operations of that plan and nothing else. Each is recorded in the plan before it is sent and after it is
/// answered, so that after an interruption or a crash the same command resumes, looks up every operation whose outcome is
/// unknown, and creates nothing twice. It also retries what failed, with what depends on it. There is no dry run here: the
/// plan is the dry run. The page of --report is that of the plan, with what was done, what was not, and why.
#[derive(Debug, Default, Clone, Args)]
#[command(after_long_help = APPLY_HELP)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub settings: ApplyFlags,
    /// Do not ask; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
    /// Perform only operations of these kinds, separated by commas (`create_role,create_user`)
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub only: Option<Vec<String>>,
    /// Start up to N operations: a first batch as a trial
    #[arg(long, value_name = "N")]
    pub limit: Option<String>,
    /// Stop once N operations have failed
    #[arg(long, value_name = "N")]
    pub stop_after_errors: Option<String>,
    /// Let the writes fire webhooks
    #[arg(long)]
    pub webhooks: bool,
    #[command(flatten)]
    pub page: PageArgs,
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
  chatferry apply --yes --max-duration 6h      from a job; the next run resumes
  chatferry apply --report applied.html        what was done, what was not and why, as a page
  chatferry plan show                          how far it is
  chatferry plan show --format ndjson --state failed,blocked

Exit codes:
  0 all done · 2 wrong usage, settings or plan, nothing was written · 3 refused by Twilio ·
  4 stopped, or some operations failed: run it again · 5 all done that can be, but some operations
  are blocked, or found something different from the plan · 130 interrupted, run it again"
);
