//! The flags of every verb. They are accepted before the verb and after it.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

/// What every verb understands.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = "Output and settings")]
pub struct GlobalArgs {
    /// Print the result as one JSON object on stdout, whatever the outcome
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more: -v for what is decided, -vv for every page
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log lines for people, or one JSON object a line, progress included [default: text]
    #[arg(long, global = true, value_name = "FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,
    /// Progress as bars (on a terminal only), as a line every few seconds, or none [default: auto]
    #[arg(long, global = true, value_name = "STYLE", value_enum)]
    pub progress: Option<ProgressStyle>,
    /// When to use color; auto respects `NO_COLOR` [default: auto]
    #[arg(long, global = true, value_name = "WHEN", value_enum)]
    pub color: Option<ColorWhen>,
    /// Read settings from this file [default: chatferry.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use `[profiles.NAME]` of the settings file
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressStyle {
    Auto,
    Bar,
    Plain,
    None,
}

/// When to use color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    Auto,
    Always,
    Never,
}
