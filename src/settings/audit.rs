//! The settings of `audit`: of its crawl, its exports and its comparison, and what is kept.

use std::io::Read;
use std::path::PathBuf;

use super::connection::ConnectionSettings;
use super::crawl::CrawlSettings;
use super::error::SettingsError;
use super::export::ExportSettings;
use super::loader::Loader;
use super::place;
use super::provenance::Provenance;
use crate::audit::Retention;
use crate::cli::AuditArgs;
use crate::cli::setting::{FlagGroup, parse};
use crate::diff::{DiffOptions, IgnoredFields};
use crate::model::Share;

#[derive(Debug)]
pub(crate) struct AuditSettings {
    /// The folder of the audits.
    pub dir: PathBuf,
    /// Its snapshot is set once the audit has a folder of its own.
    pub crawl: CrawlSettings,
    pub connection: ConnectionSettings,
    /// What is exported into the folder of the audit.
    pub export: ExportSettings,
    pub compare: DiffOptions,
    /// The share of the users that is read although nothing about them changed.
    pub skip_unchanged: Option<Share>,
    pub keep: Retention,
    /// Resume the newest audit if it is incomplete.
    pub resume: bool,
    /// Print what would be done, and do nothing.
    pub plan_only: bool,
    pub metrics_file: Option<PathBuf>,
    pub hooks: AuditHooks,
}

/// The commands that an audit runs at its end.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_field_names, reason = "they are named as their flags")]
pub(crate) struct AuditHooks {
    pub on_success: Option<String>,
    pub on_failure: Option<String>,
    pub on_difference: Option<String>,
}

impl AuditSettings {
    pub(crate) fn load(
        loader: &Loader,
        args: &AuditArgs,
        stdin: &mut dyn Read,
    ) -> Result<Self, SettingsError> {
        let flags = args.settings.flags();
        let place = |flag, path: &PathBuf| place::of_flag(loader, flags, flag, &path.to_string_lossy());
        let crawl = CrawlSettings::of(loader, flags, PathBuf::new(), false, stdin)?;
        let connection = ConnectionSettings::load(loader, &args.connection)?;
        let skip_unchanged = args.skip_unchanged.as_deref().map(parse::share).transpose();
        Ok(Self {
            dir: place("dir", &args.dir)?,
            crawl,
            connection,
            export: ExportSettings::of_choice(&args.export, PathBuf::new())?.unlimited()?,
            compare: DiffOptions {
                ignored: IgnoredFields::parse(args.ignore.iter().map(|name| name.trim()))?,
                report_same: false,
            },
            skip_unchanged: skip_unchanged.map_err(|source| SettingsError::Value {
                place: Provenance::Flag("skip_unchanged"),
                source,
            })?,
            keep: Retention { newest: args.keep, days: args.keep_days },
            resume: args.resume,
            plan_only: args.plan_only,
            metrics_file: args.metrics_file.as_ref().map(|file| place("metrics_file", file)).transpose()?,
            hooks: AuditHooks {
                on_success: args.on_success.clone(),
                on_failure: args.on_failure.clone(),
                on_difference: args.on_difference.clone(),
            },
        })
    }
}
