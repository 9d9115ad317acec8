//! How to talk: settings of every verb.

use crate::cli::{ColorWhen, GlobalArgs, LogFormat, ProgressStyle};

use super::error::SettingsError;
use super::flags::Flags;
use super::keys;
use super::loader::Loader;
use super::parse::{choice, switch};

/// How results, progress and log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputSettings {
    /// The result goes to stdout as one JSON object.
    pub json: bool,
    /// How many times `-v` was given.
    pub verbose: u8,
    /// Errors only.
    pub quiet: bool,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// How progress is shown, as asked for.
    pub progress: ProgressStyle,
    /// When to use color, as asked for.
    pub color: ColorWhen,
    /// `NO_COLOR` is set: `auto` means never.
    pub no_color: bool,
}

impl OutputSettings {
    /// What is used before the settings are read, for errors about the settings themselves.
    pub fn preliminary(global: &GlobalArgs) -> Self {
        Self {
            json: global.json,
            verbose: global.verbose,
            quiet: global.quiet,
            log_format: global.log_format.unwrap_or(LogFormat::Text),
            progress: ProgressStyle::None,
            color: global.color.unwrap_or(ColorWhen::Auto),
            no_color: false,
        }
    }
}

impl Loader {
    /// Whether a finished file is compared with its seal before it is used.
    pub fn check_files(&self) -> Result<bool, SettingsError> {
        self.read_or_default(&Flags::default(), &keys::CHECK_FILES, switch)
    }

    /// The settings of every verb.
    pub fn output(&self, global: &GlobalArgs) -> Result<OutputSettings, SettingsError> {
        let flags = Flags::from(global);
        Ok(OutputSettings {
            json: global.json,
            verbose: global.verbose,
            quiet: global.quiet,
            log_format: self.read_or_default(&flags, &keys::LOG_FORMAT, choice)?,
            progress: self.read_or_default(&flags, &keys::PROGRESS, choice)?,
            color: self.read_or_default(&flags, &keys::COLOR, choice)?,
            no_color: self.environment.has("NO_COLOR"),
        })
    }
}
