//! `chatferry rehearse`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::setting::flag_group;

flag_group!(pub(crate) RehearseFlags: PLAN);

/// Rehearse a plan on a simulated Twilio with your own data: when, and what would fail
///
/// The simulator on this machine serves the plan's snapshot and the target as the plan read it. A copy of the plan is applied to
/// it, verified, planned again and undone, by the code that does it at Twilio, under Twilio's documented limits and rules. Its
/// clock jumps ahead where everything waits, so hours pass in minutes. The plan, its files and Twilio are not touched, no
/// credentials are needed, and no request leaves this machine.
#[derive(Debug, Default, Clone, Args)]
#[command(after_long_help = REHEARSE_HELP)]
pub(crate) struct RehearseArgs {
    #[command(flatten)]
    pub settings: RehearseFlags,
    /// What goes wrong meanwhile, such as `429=3%,lost-answer=1%`; `chatferry simulate --help` lists what can
    #[arg(long, value_name = "SPEC", default_value = "", hide_default_value = true)]
    pub faults: String,
    /// Makes other faults, and other moments for --kills
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Break the apply off in its middle N times, without a word to it, and resume it
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub kills: u32,
    /// Write a report too: a page (.html), Markdown (.md) or JSON (.json); may be repeated
    #[arg(long = "report", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub reports: Vec<PathBuf>,
    /// Open the first page among the reports in the browser
    #[arg(long, requires = "reports")]
    pub open: bool,
}

const REHEARSE_HELP: &str = "\
The rates of `apply` hold (CHATFERRY_RPS, CHATFERRY_CONVERSATION_RATE and the like, or chatferry.toml). Each request is taken to
last 0.15 seconds, as in the estimate of `plan`. Files are in the system's folder for temporary ones (TMPDIR) until it ends.

Examples:
  chatferry rehearse                                    plan.db, on a good day
  chatferry rehearse --faults 429=2%,503=1%,lost-answer=1% --kills 3
  chatferry rehearse --report rehearsal.html --open     a timeline, and what fails by cause
  chatferry rehearse --plan copy.db --json

Exit codes:
  0 all would succeed, and verify agrees · 2 wrong usage, or a plan, snapshot or target reading that cannot be used ·
  5 something would fail, or differ afterwards · 130 interrupted";
