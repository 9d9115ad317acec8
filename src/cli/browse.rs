//! `chatferry browse`

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::setting::flag_group;

flag_group!(pub(crate) BrowseFlags: SNAPSHOT);

/// Look at a snapshot in a web browser, on this machine only
///
/// Serves pages on 127.0.0.1, behind a random token in the address, which is printed: an overview, a search by identity, name or
/// SID, every user, channel and role with its lists as pages and CSV, messages where they were crawled, and what did not
/// agree. With --plan each page has the operations about its record, with --other what changed. Nothing is written but a search
/// index beside the snapshot, nothing is loaded from elsewhere, and pages work without JavaScript. Ctrl-C ends it.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = BROWSE_HELP)]
pub(crate) struct BrowseArgs {
    #[command(flatten)]
    pub settings: BrowseFlags,
    /// Also show the operations that this plan has for each record
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub plan: Option<PathBuf>,
    /// Also show what differs from this snapshot
    #[arg(long, value_name = "SNAPSHOT", value_hint = ValueHint::FilePath)]
    pub other: Option<PathBuf>,
    /// Show names, identities, attributes and messages, or hide them
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = ShownPii::Show)]
    pub pii: ShownPii,
    /// Port on 127.0.0.1; 0 takes one that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Open the first page in the browser
    #[arg(long)]
    pub open: bool,
}

/// A value of `--pii`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShownPii {
    /// As they are in the snapshot
    Show,
    /// Only SIDs, types, counters and dates
    Hide,
}

const BROWSE_HELP: &str = "\
Examples:
  chatferry browse --open
  chatferry browse --snapshot monday.db --other sunday.db
  chatferry browse --plan plan.db --pii hide

Exit codes:
  0 ended by Ctrl-C · 1 the search index cannot be made · 2 wrong usage, a file that cannot be used, a plan of another snapshot, or a
  port in use";
