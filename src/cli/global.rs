//! The flags of every verb. They are accepted before the verb and after it.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::setting::flag_group;

flag_group!(pub GlobalFlags: LOG_FORMAT, PROGRESS, COLOR, SHARED; where |flag| flag.global(true));

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
}
