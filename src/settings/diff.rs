//! The settings of `diff`.

use std::path::PathBuf;

use super::error::SettingsError;
use crate::cli::{DiffArgs, DiffFormat};
use crate::diff::{DiffOptions, IgnoredFields};

#[derive(Debug, Clone)]
pub(crate) struct DiffSettings {
    pub old: PathBuf,
    pub new: PathBuf,
    pub format: DiffFormat,
    /// Whether texts of CSV that a spreadsheet would run as formulas get an apostrophe in front.
    pub spreadsheet_safe: bool,
    /// The file to write to; none is stdout.
    pub out: Option<PathBuf>,
    /// Whether each record has a line of its own.
    pub records: bool,
    pub options: DiffOptions,
}

impl DiffSettings {
    pub(crate) fn load(args: &DiffArgs) -> Result<Self, SettingsError> {
        let ignored = IgnoredFields::parse(args.ignore.iter().map(|name| name.trim()))?;
        Ok(Self {
            old: args.old.clone(),
            new: args.new.clone(),
            format: args.format,
            spreadsheet_safe: args.spreadsheet_safe,
            out: args.out.clone(),
            records: args.records,
            options: DiffOptions { ignored, report_same: args.all },
        })
    }
}
