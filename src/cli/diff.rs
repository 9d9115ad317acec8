//! `chatferry diff`

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::PageArgs;

/// Tell what changed between two snapshots.
///
/// Services, roles, users, channels, memberships, members, invites, messages and bindings are compared by SID, field by field. Each difference is
/// a line: `+` only in NEW, `-` missing in NEW, `*` different (with field, old and new), `!` could not be read in one of the
/// two. Both files are only read, no network is used, and memory does not grow with them.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = DIFF_HELP)]
pub(crate) struct DiffArgs {
    /// The older snapshot
    #[arg(value_name = "OLD", value_hint = ValueHint::FilePath)]
    pub old: PathBuf,
    /// The newer snapshot
    #[arg(value_name = "NEW", value_hint = ValueHint::FilePath)]
    pub new: PathBuf,
    /// How the differences are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table")]
    pub format: DiffFormat,
    /// Write the differences to this file instead of stdout; it appears complete or not at all
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// Leave a field out: `field` or `users.field`; may be repeated
    ///
    /// `users.is_online` and `users.is_notifiable` are left out unless `--ignore none` is given.
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// With `--format csv`: put an apostrophe in front of texts that a spreadsheet would run as formulas
    #[arg(long)]
    pub spreadsheet_safe: bool,
    /// Print what is the same too, as lines with `=`
    #[arg(long)]
    pub all: bool,
    /// Print a line for each record, instead of one for each event or cause
    #[arg(long)]
    pub records: bool,
    #[command(flatten)]
    pub page: PageArgs,
}

/// A value of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// A line for people
    Table,
    /// One JSON object on each line
    Ndjson,
    /// A row for each record, and for each field that differs
    Csv,
    /// Markdown with totals
    Md,
    /// A page with totals that needs nothing else
    Html,
}

const DIFF_HELP: &str = "\
Examples:
  chatferry diff monday.db tuesday.db
  chatferry diff monday.db tuesday.db --ignore unread_messages_count,channels.messages_count
  chatferry diff monday.db tuesday.db --report changes.html --open
  chatferry diff monday.db tuesday.db --json           the totals alone

Exit codes:
  0 the same · 2 wrong usage, or snapshots that cannot be compared · 5 there are differences";
