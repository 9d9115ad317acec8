//! `chatferry audit`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::export::ExportChoice;
use super::setting::flag_group;
use super::{ConnectionArgs, PageArgs, connection::credentials_help};

flag_group!(
    pub(crate) AuditFlags: SERVICE, ALL_SERVICES, SOURCE, INCLUDE;
    where |flag| if flag.get_id() == "service" { flag.conflicts_with("all_services") } else { flag }
);

/// Read a service again, export it, and report what changed since the last audit
///
/// Each audit has a folder of its own in DIR, named by its time in UTC, with the snapshot, the exports, the differences from the
/// last complete audit, and the result. `DIR/latest` moves only when an audit is complete. One that is not keeps the ending
/// `.incomplete` and is never compared with. Its folder has a page of the differences; --report puts it elsewhere too.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = AUDIT_HELP)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub settings: AuditFlags,
    /// The folder of the audits; created if it does not exist
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// Resume the newest audit if it is incomplete, instead of starting another
    #[arg(long)]
    pub resume: bool,
    /// Carry users over whose counts did not change, but for the N-th of T parts
    ///
    /// A user whose `joined_channels_count` and `date_updated` are those of the last complete audit is carried over from it and not
    /// read. That is a heuristic: read positions and unread counts change without a trace there. Part N of T is read anyway; let
    /// N rotate, as `--skip-unchanged "$(date +%u)/7"` does in a week.
    #[arg(long, value_name = "N/T")]
    pub skip_unchanged: Option<String>,

    /// Leave a field out of the comparison: `field` or `users.field`; may be repeated
    #[arg(long, value_name = "FIELD", value_delimiter = ',', help_heading = "Differences")]
    pub ignore: Vec<String>,

    #[command(flatten, next_help_heading = "Differences")]
    pub page: PageArgs,

    #[command(flatten, next_help_heading = "Exports")]
    pub export: ExportChoice,

    /// Keep the newest N complete audits, and remove older ones
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Keeping")]
    pub keep: Option<u32>,
    /// Keep the audits of the last N days, and remove older ones; with --keep what either of them keeps
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500), help_heading = "Keeping")]
    pub keep_days: Option<u32>,
    /// Print what would be done and removed, and do nothing
    #[arg(long, help_heading = "Keeping")]
    pub plan_only: bool,

    /// Write the outcome to this file for Prometheus, as node exporter's textfile collector reads it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "For operators")]
    pub metrics_file: Option<PathBuf>,
    /// Run this in a shell when an audit is complete, with the result as JSON on its stdin
    #[arg(long, value_name = "COMMAND", help_heading = "For operators")]
    pub on_success: Option<String>,
    /// Run this when an audit is incomplete or failed
    #[arg(long, value_name = "COMMAND", help_heading = "For operators")]
    pub on_failure: Option<String>,
    /// Run this when an audit is complete and something changed
    #[arg(long, value_name = "COMMAND", help_heading = "For operators")]
    pub on_difference: Option<String>,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

const AUDIT_HELP: &str = concat!(
    credentials_help!(),
    "
Examples:
  chatferry audit --service IS… --dir audits --keep 14
  chatferry audit --service IS… --dir audits --keep-days 90 --plan-only
  chatferry audit --service IS… --dir audits --resume      resume an audit that was cut short
  chatferry audit --service IS… --dir audits --on-difference 'mail -s changes ops@example.com'

Exit codes:
  0 complete, nothing changed · 2 wrong usage or settings, or another audit is running · 3 refused by Twilio ·
  4 incomplete · 5 complete, and something changed · 130 interrupted"
);
