//! The settings of `apply`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use crate::cli::ApplyArgs;

use super::error::{SettingsError, ValueError};
use super::flags::Flags;
use super::keys;
use super::loader::Loader;
use super::parse;
use super::place::Place;

/// More writes a second than any account is allowed.
const MOST_WRITES: u32 = 10_000;

/// What is performed of a plan, and how.
#[derive(Debug, Clone)]
pub struct ApplySettings {
    /// The plan file.
    pub plan: PathBuf,
    /// Whether it is performed without asking.
    pub yes: bool,
    /// The names of the kinds that are wanted; none is all.
    pub only: Option<Vec<String>>,
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

impl Loader {
    /// The settings of `apply`.
    pub fn apply(&self, args: &ApplyArgs) -> Result<ApplySettings, SettingsError> {
        let flags = Flags::from(args);
        let rate = |key| {
            let number = self.read_or_default(&flags, key, |text| parse::number(text, 1..=MOST_WRITES))?;
            Ok::<_, SettingsError>(NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN))
        };
        let given = |flag: &'static str, text: &Option<String>| {
            let number = text.as_deref().map(|text| parse::number(text, 1..=u32::MAX)).transpose();
            number.map_err(|source: ValueError| SettingsError::Value { place: Place::Flag(flag), source })
        };
        Ok(ApplySettings {
            plan: self.plan_file(args.plan.as_deref())?,
            yes: args.yes,
            only: args.only.clone(),
            limit: given("limit", &args.limit)?.map(u64::from),
            stop_after_errors: given("stop_after_errors", &args.stop_after_errors)?.and_then(NonZeroU32::new),
            webhooks: args.webhooks,
            conversation_rate: rate(&keys::CONVERSATION_RATE)?,
            service_rate: rate(&keys::SERVICE_RATE)?,
        })
    }
}
