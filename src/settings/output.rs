//! How results, progress and log lines are written: the settings of every verb.

use super::error::SettingsError;
use super::loader::Loader;
use crate::cli::GlobalArgs;
use crate::cli::setting::declarations::{CHECK_FILES, COLOR, FINDINGS_OK, LOG_FORMAT, PROGRESS, SHARED};
use crate::cli::setting::{ColorWhen, DeclaredSetting, FlagGroup, Flags, LogFormat, ProgressStyle};

/// Whether a finished snapshot is compared with its seal before it is used.
pub(crate) fn check_files(loader: &Loader) -> Result<bool, SettingsError> {
    loader.get(&Flags::default(), &CHECK_FILES)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one flag or one fact about the terminal")]
pub(crate) struct OutputSettings {
    /// The result goes to stdout as one JSON object.
    pub json: bool,
    /// How many times `-v` was given.
    pub verbose: u8,
    /// Errors only.
    pub quiet: bool,
    pub log_format: LogFormat,
    /// The style that was asked for, whether or not it is possible.
    pub progress: ProgressStyle,
    pub color: ColorWhen,
    /// `NO_COLOR` is set: `auto` means never.
    pub no_color: bool,
    /// The terminal cannot move its cursor (`TERM=dumb`): lines instead of bars, and `auto` means no color.
    pub dumb_terminal: bool,
    /// The exit code 5 is 0.
    pub findings_ok: bool,
    /// The group may read what is written.
    pub shared: bool,
}

impl OutputSettings {
    /// What is used before the settings are read, for errors about the settings themselves.
    pub(crate) fn preliminary(global: &GlobalArgs) -> Self {
        fn typed<T>(global: &GlobalArgs, setting: &DeclaredSetting<T>, default: T) -> T {
            let texts = global.settings.flags().get(&setting.declaration).unwrap_or_default();
            texts.first().and_then(|text| (setting.parse)(text).ok()).unwrap_or(default)
        }
        Self {
            json: global.json,
            verbose: global.verbose,
            quiet: global.quiet,
            log_format: typed(global, &LOG_FORMAT, LogFormat::Text),
            progress: ProgressStyle::None,
            color: typed(global, &COLOR, ColorWhen::Auto),
            no_color: false,
            dumb_terminal: false,
            findings_ok: false,
            shared: false,
        }
    }

    pub(crate) fn load(loader: &Loader, global: &GlobalArgs) -> Result<Self, SettingsError> {
        let flags = global.settings.flags();
        Ok(Self {
            json: global.json,
            verbose: global.verbose,
            quiet: global.quiet,
            log_format: loader.get(flags, &LOG_FORMAT)?,
            progress: loader.get(flags, &PROGRESS)?,
            color: loader.get(flags, &COLOR)?,
            no_color: loader.environment().has("NO_COLOR"),
            dumb_terminal: loader.environment().is_dumb_terminal(),
            findings_ok: loader.get(flags, &FINDINGS_OK)?,
            shared: loader.get(flags, &SHARED)?,
        })
    }
}
