//! The settings of `verify`.

use std::path::PathBuf;

use super::error::SettingsError;
use super::loader::Loader;
use super::plan::{plan_file, usual_mapping};
use super::provenance::Provenance;
use crate::cli::setting::declarations::TARGET;
use crate::cli::setting::{FlagGroup, MigrationTarget, parse};
use crate::cli::{VerifyArgs, VerifyFormat};
use crate::model::Share;

#[derive(Debug, Clone)]
pub(crate) struct VerifySettings {
    pub verified: Verified,
    /// The share of the conversations to check; none is all.
    pub sample: Option<Share>,
    pub format: VerifyFormat,
    /// Whether what is the same is printed too.
    pub report_same: bool,
    /// Whether each record has a line of its own.
    pub records: bool,
}

/// What the target is compared with.
#[derive(Debug, Clone)]
pub(crate) enum Verified {
    /// What this plan should have brought about.
    Plan(PathBuf),
    Snapshot {
        snapshot: PathBuf,
        target: MigrationTarget,
        mapping: String,
    },
}

impl VerifySettings {
    pub(crate) fn load(loader: &Loader, args: &VerifyArgs) -> Result<Self, SettingsError> {
        let flags = args.settings.flags();
        let sample = args.sample.as_deref().map(parse::share).transpose();
        let verified = match &args.snapshot {
            None => Verified::Plan(plan_file(loader, flags)?),
            Some(snapshot) => {
                let target = loader.read(flags, &TARGET)?.unwrap_or(MigrationTarget::InPlace);
                Verified::Snapshot {
                    snapshot: snapshot.clone(),
                    mapping: args.mapping.clone().unwrap_or_else(|| usual_mapping(&target).to_owned()),
                    target,
                }
            }
        };
        Ok(Self {
            verified,
            sample: sample
                .map_err(|source| SettingsError::Value { place: Provenance::Flag("sample"), source })?,
            format: args.format,
            report_same: args.all,
            records: args.records,
        })
    }
}
