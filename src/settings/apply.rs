//! The settings of `apply`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use super::error::SettingsError;
use super::loader::Loader;
use super::plan::{operation_kinds, plan_file};
use super::provenance::Provenance;
use crate::cli::ApplyArgs;
use crate::cli::setting::declarations::{CONVERSATION_RATE, SERVICE_RATE};
use crate::cli::setting::{DeclaredSetting, FlagGroup, parse};
use crate::plan::OperationKind;

/// What is performed of a plan, and how.
#[derive(Debug, Clone)]
pub(crate) struct ApplySettings {
    /// The plan file.
    pub plan: PathBuf,
    /// Whether it is performed without asking.
    pub yes: bool,
    /// The kinds that are wanted; none is all.
    pub only: Option<Vec<OperationKind>>,
    /// Begin so many operations at most.
    pub limit: Option<u64>,
    /// Stop once so many operations have failed.
    pub stop_after_errors: Option<NonZeroU32>,
    /// Whether writes fire webhooks.
    pub webhooks: bool,
    /// Writes a second to one conversation.
    pub conversation_rate: NonZeroU32,
    /// Writes a second to the service itself.
    pub service_rate: NonZeroU32,
}

impl ApplySettings {
    pub(crate) fn load(loader: &Loader, args: &ApplyArgs) -> Result<Self, SettingsError> {
        let flags = args.settings.flags();
        let rate = |setting: &'static DeclaredSetting<u32>| {
            let number = loader.get(flags, setting)?;
            Ok::<_, SettingsError>(NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN))
        };
        let given = |flag: &'static str, text: &Option<String>| {
            let number = text.as_deref().map(|text| parse::number(text, 1..=u32::MAX)).transpose();
            number.map_err(|source| SettingsError::Value { place: Provenance::Flag(flag), source })
        };
        Ok(Self {
            plan: plan_file(loader, flags)?,
            yes: args.yes,
            only: args.only.as_deref().map(operation_kinds).transpose()?,
            limit: given("limit", &args.limit)?.map(u64::from),
            stop_after_errors: given("stop_after_errors", &args.stop_after_errors)?.and_then(NonZeroU32::new),
            webhooks: args.webhooks,
            conversation_rate: rate(&CONVERSATION_RATE)?,
            service_rate: rate(&SERVICE_RATE)?,
        })
    }
}
