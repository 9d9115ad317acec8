//! `chatferry show`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::setting::flag_group;

flag_group!(pub(crate) ShowFlags: SNAPSHOT);

/// Show one user, channel, member, role or service of a snapshot
///
/// WHAT is a SID, an identity, a unique name or a friendly name. A user is shown with its channels, a channel with its people, a
/// role with whoever has it, and each with what did not agree about it. With --plan, also with the operations that the plan has
/// for it. If several records have the name, they are listed. Files are only read, and no network is used.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = SHOW_HELP)]
pub(crate) struct ShowArgs {
    /// A SID, an identity, a unique name or a friendly name
    #[arg(value_name = "WHAT")]
    pub what: String,
    #[command(flatten)]
    pub settings: ShowFlags,
    /// Also show the operations that this plan has for it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub plan: Option<PathBuf>,
    /// Rows of each list; 0 for all
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u64,
}

const SHOW_HELP: &str = "\
Examples:
  chatferry show ada@example.org                  her channels, with role, status and unread messages
  chatferry show general --limit 0                everyone on the channel `general`
  chatferry show RL… --json                       whoever has the role
  chatferry show MB… --plan plan.db               a member on its channel, and what happens to it
  chatferry show ada@example.org --plan plan.db   and what the plan does about her

Exit codes:
  0 it is there, or several records have the name · 2 wrong usage, nothing has that name, or a plan of another snapshot";
