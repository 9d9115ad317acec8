//! `chatferry audit`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::crawl::SourceChoice;
use super::export::{CompressArg, FormatArg, PiiArg};
use super::{ConnectionArgs, connection::credentials_help};

/// Read a service anew, export it, and tell what changed since the last time.
///
/// Each audit has a folder of its own in DIR, named by its time in UTC, with the snapshot, the exports, the differences to the
/// last complete audit, and the result. `DIR/latest` moves only when an audit is whole. One that is not keeps the ending
/// `.incomplete` and is never compared with.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = AUDIT_HELP)]
pub(crate) struct AuditArgs {
    /// Service to read (`IS…`); may be repeated
    #[arg(long = "service", value_name = "SID", conflicts_with = "all_services")]
    pub services: Vec<String>,
    /// Read every service of the account
    #[arg(long)]
    pub all_services: bool,
    /// The folder of the audits; made if it is not there
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// The API to read from [default: auto]
    #[arg(long, value_name = "API", value_enum)]
    pub source: Option<SourceChoice>,
    /// What to read, separated by commas [default: roles,users,channels,user-channels,members]
    #[arg(long, value_name = "LIST")]
    pub include: Option<String>,
    /// Go on with the newest audit if it is incomplete, instead of beginning anew
    #[arg(long)]
    pub resume: bool,
    /// Carry users over whose counts did not change, but for the N-th of T parts
    ///
    /// A user whose `joined_channels_count` and `date_updated` are those of the last complete audit is taken over from it and not
    /// read. That is a heuristic: read positions and unread counts move without a trace there. Part N of T is read anyway; let
    /// N go round, as `--skip-unchanged "$(date +%u)/7"` does in a week.
    #[arg(long, value_name = "N/T")]
    pub skip_unchanged: Option<String>,

    /// Leave a field out of the comparison: `field` or `users.field`; may be repeated
    #[arg(long, value_name = "FIELD", value_delimiter = ',', help_heading = "Differences")]
    pub ignore: Vec<String>,

    /// The mappings to export [default: chat and conversations]
    #[arg(long = "mapping", value_name = "NAME|FILE", help_heading = "Exports")]
    pub mappings: Vec<String>,
    /// The records to export [default: all that the snapshot holds]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Exports")]
    pub records: Option<Vec<String>>,
    /// The formats of the exports
    #[arg(
        long = "format",
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "csv,ndjson",
        help_heading = "Exports"
    )]
    pub formats: Vec<FormatArg>,
    /// Compress the exports' text files
    #[arg(long, value_name = "METHOD", help_heading = "Exports")]
    pub compress: Option<CompressArg>,
    /// What to do with personal data in the exports
    #[arg(long, value_name = "POLICY", default_value = "keep", help_heading = "Exports")]
    pub pii: PiiArg,
    /// The key for `--pii hmac`: a file of at least 16 random bytes
    #[arg(long, value_name = "FILE", required_if_eq("pii", "hmac"), help_heading = "Exports")]
    pub pii_key_file: Option<PathBuf>,

    /// Keep the newest N complete audits, and remove older ones
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Keeping")]
    pub keep: Option<u32>,
    /// Keep the audits of the last N days, and remove older ones; with --keep what either of them keeps
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500), help_heading = "Keeping")]
    pub keep_days: Option<u32>,
    /// Say what would be done and removed, and do nothing
    #[arg(long, help_heading = "Keeping")]
    pub plan_only: bool,

    /// Write how it went to this file for Prometheus, as node exporter's textfile collector reads it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "For operators")]
    pub metrics_file: Option<PathBuf>,
    /// Run this in a shell when an audit is whole, with the result as JSON on its stdin
    #[arg(long, value_name = "COMMAND", help_heading = "For operators")]
    pub on_success: Option<String>,
    /// Run this when an audit is incomplete or failed
    #[arg(long, value_name = "COMMAND", help_heading = "For operators")]
    pub on_failure: Option<String>,
    /// Run this when an audit is whole and something changed
    #[arg(long, value_name = "COMMAND", help_heading = "For operators")]
    pub on_difference: Option<String>,
    /// Hosts, credentials, politeness.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

const AUDIT_HELP: &str = concat!(
    credentials_help!(),
    "
Examples:
  chatferry audit --service IS… --dir audits --keep 14
  chatferry audit --service IS… --dir audits --keep-days 90 --plan-only
  chatferry audit --service IS… --dir audits --resume      go on with a night that was cut short
  chatferry audit --service IS… --dir audits --on-difference 'mail -s changes ops@example.com'

Exit codes:
  0 complete, nothing changed · 2 wrong usage or settings, or another audit is running · 3 refused by Twilio ·
  4 incomplete · 5 complete, and something changed · 130 interrupted"
);
