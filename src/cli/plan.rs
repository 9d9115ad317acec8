//! `chatferry plan`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::ConnectionArgs;
use super::connection::credentials_help;
use super::setting::flag_group;

flag_group!(pub(crate) PlanFlags: TARGET, SNAPSHOT, PLAN, MAX_AGE, MAX_CHANGE_PERCENT);
flag_group!(pub(crate) PlanFileFlags: PLAN);

/// Say what a migration would do, item by item: the dry run of `apply`
///
/// Compares a snapshot, a mapping and the target as it is now. The plan is a file to be reviewed; `apply` performs that
/// plan and nothing else. The target is only read, page by page into a snapshot of its own next to the plan, and an
/// interrupted crawl of it resumes where it stopped. Planning twice gives the same plan.
#[derive(Debug, Default, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, after_long_help = PLAN_HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is one flag")]
pub(crate) struct PlanArgs {
    /// Look at a plan that was made.
    #[command(subcommand)]
    pub verb: Option<PlanVerb>,
    #[command(flatten)]
    pub settings: PlanFlags,
    /// What the target shall hold: a bundled mapping's name or a TOML file [default: conversations; for a copy: copy]
    #[arg(long, value_name = "NAME|FILE")]
    pub mapping: Option<String>,
    /// Write a report too: a page (.html), Markdown (.md) or JSON (.json); may be repeated
    #[arg(long = "report", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub reports: Vec<PathBuf>,
    /// Open the first page among the reports in the browser
    #[arg(long, requires = "reports")]
    pub open: bool,
    /// Exit with 5 when there is anything to do, or anything blocked
    #[arg(long)]
    pub check: bool,
    /// Plan from a snapshot that is not complete; the report says so
    #[arg(long)]
    pub allow_incomplete: bool,
    /// Mute the User Channels that are copied, so that no one is notified twice; an undo plan restores them
    #[arg(long)]
    pub mute_source: bool,
    /// Copy the messages too, in their order, with authors and dates; the snapshot must have them (`crawl --include …,messages`)
    #[arg(long)]
    pub messages: bool,
    /// With --messages, copy their media too: each file is read from the source's Media Content Service and uploaded to the target's
    #[arg(long, requires = "messages")]
    pub media: bool,
    /// Create conversations together with up to ten of their participants: one request for what otherwise takes one for each
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = BatchChoice::Auto)]
    pub batch: BatchChoice,
    /// Plan to take back what this plan did, as far as that is possible
    #[arg(long, value_name = "PLAN", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["target", "snapshot", "mapping", "mute_source", "allow_incomplete", "messages", "media", "batch"])]
    pub undo: Option<PathBuf>,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// A value of `--batch`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BatchChoice {
    /// Where that takes fewer requests; `apply` finds out whether Twilio honors it, and goes on without where it does not
    #[default]
    Auto,
    /// Each participant by a request of its own
    Never,
}

/// What can be done with a plan.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum PlanVerb {
    /// Show a plan: its totals, or its operations with their outcomes
    ///
    /// It is only read, even while it is applied, and no network is used.
    Show(PlanShowArgs),
}

/// How a plan is shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanShowArgs {
    #[command(flatten)]
    pub settings: PlanFileFlags,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ShowFormat,
    /// Only operations of these kinds, separated by commas; with --format ndjson
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub kind: Option<Vec<String>>,
    /// Only operations in these states, separated by commas; with --format ndjson
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub state: Option<Vec<String>>,
}

/// A value of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    /// The totals, as a terminal shows them
    Table,
    /// Each operation as a line of JSON
    Ndjson,
    /// The report as Markdown
    Md,
    /// The report as a page
    Html,
    /// The SIDs in the source and in the target side by side, as CSV: what was there, and what applying the plan made
    Sids,
}

const PLAN_HELP: &str = concat!(
    credentials_help!(),
    "  A copy into another account signs what it reads there with CHATFERRY_TARGET_ACCOUNT_SID and
  CHATFERRY_TARGET_AUTH_TOKEN, or CHATFERRY_TARGET_API_KEY and CHATFERRY_TARGET_API_SECRET.

Examples:
  chatferry plan --target in-place --report plan.html      what moving to Conversations takes
  chatferry plan --target IS… --mute-source                a copy into another service
  chatferry plan --target IS… --messages --media           a copy with its history and its files
  chatferry plan --target in-place --check                 exit code 5 when anything is left to do
  chatferry plan show --format ndjson --state failed       what could not be done, and why
  chatferry plan --undo plan.db --plan undo.db             take it back

Exit codes:
  0 planned · 2 wrong usage, settings or files, nothing was started · 3 refused by Twilio ·
  4 the target could not be read completely, run it again · 5 with --check: something is to be done
  or blocked · 130 interrupted, run it again"
);
