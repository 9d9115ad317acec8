//! The flags of every verb. They are accepted before the verb and after it.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueHint};

use super::setting::flag_group;

flag_group!(pub GlobalFlags: LOG_FORMAT, PROGRESS, COLOR, RESULT, FINDINGS_OK, SHARED; where |flag| flag.global(true));

/// What every verb understands.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = "Output and settings")]
pub struct GlobalArgs {
    /// Print the result as one JSON object on stdout, whatever the outcome
    #[arg(long, global = true, hide_short_help = true)]
    pub json: bool,
    /// Log more: -v for decisions, -vv for every page
    #[arg(short, long, global = true, hide_short_help = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Print errors only
    #[arg(short, long, global = true, hide_short_help = true)]
    pub quiet: bool,
    #[command(flatten)]
    pub settings: GlobalFlags,
    /// Read settings from this file [default: chatferry.toml, if it exists]
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use `[profiles.NAME]` of the settings file
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Read accounts from this file, each with settings of its own
    ///
    /// Each `[[account]]` has a `name`, an `account_sid`, a `secret_file` or `secret_command`, and any other setting.
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub accounts: Option<PathBuf>,
    /// Use this account of the accounts file, by its name or its number from 0 [default: `JOB_COMPLETION_INDEX`]
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME|N")]
    pub account: Option<String>,
}
