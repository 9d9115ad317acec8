//! `chatferry summary`

use clap::{Args, ValueEnum, ValueHint};

use super::PageArgs;

/// Tell how all accounts stand, by what their runs wrote
///
/// Reads the records of --result, the results of audits and the packages of exports that are in these folders and buckets, and prints a line for
/// each account: complete, drifted, incomplete, failed, or killed in its run. With --accounts also which accounts are missing. The newest file of each
/// service counts.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = SUMMARY_HELP)]
pub(crate) struct SummaryArgs {
    /// Folders, or URLs of object stores; what is below them is read too
    #[arg(value_name = "PLACE", required = true, value_hint = ValueHint::DirPath)]
    pub places: Vec<String>,
    /// How the accounts are printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table")]
    pub format: SummaryFormat,
    #[command(flatten)]
    pub page: PageArgs,
}

/// A value of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SummaryFormat {
    /// Lines for people
    Table,
    /// A row for each account
    Csv,
}

const SUMMARY_HELP: &str = "\
Examples:
  chatferry summary /data --accounts accounts.toml
  chatferry summary /data s3://lake/chat --report summary.html
  chatferry summary /data --accounts accounts.toml --format csv

Exit codes, the worst of all accounts:
  0 all are complete · 5 some drifted or changed · 4 some are incomplete, killed or missing · 1, 3 and 2 some failed with that code";
