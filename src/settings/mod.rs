//! What the user typed, set and wrote, made into settings that a stage can rely on.
//!
//! For each setting that `cli::setting` declares the flag is asked first, then the environment, then the chosen profile of
//! `chatferry.toml`, then its top level, then the user's own settings file in the same way, then the default. A verb's file here takes
//! the verb's arguments and gives its checked settings.
//!
//! **Invariant:** bad input ends here, before any request. What leaves this module is checked.
//!
//! **Invariant:** no secret is in a [`Provenance`], an error or the listing; the only way out is
//! [`Credentials`](crate::secret::Credentials).

mod apply;
mod audit;
mod connection;
mod crawl;
mod credentials;
mod diff;
mod environment;
mod error;
mod export;
mod file;
mod hosts;
mod listing;
mod loader;
mod output;
mod plan;
mod provenance;
mod reference;
mod rehearse;
mod subject;
mod user_channel;
mod users;
mod verify;

pub(crate) use crate::cli::setting::{Include, IncludePart, MigrationTarget};
pub(crate) use apply::ApplySettings;
pub(crate) use audit::AuditSettings;
pub use connection::ConnectionSettings;
pub(crate) use crawl::{CrawlSettings, ProbeSettings, ServiceChoice, snapshot_file};
pub(crate) use diff::DiffSettings;
pub use environment::Environment;
pub(crate) use error::{SettingsError, UserChannelInputError};
pub(crate) use export::{ExportDestination, ExportSettings, MediaExportSettings};
pub(crate) use listing::SettingsListing;
pub use loader::Loader;
pub(crate) use output::{OutputSettings, check_files};
pub(crate) use plan::{PlanSettings, Planned, plan_file, wanted_operations};
pub(crate) use provenance::Provenance;
pub use reference::{SettingReference, reference};
pub(crate) use rehearse::RehearseSettings;
pub(crate) use subject::SubjectSettings;
pub(crate) use user_channel::{
    Named, UserChannelPlace, UserChannelRow, UserChannelUpdateSettings, channel_named, user_named,
};
pub(crate) use users::UserSelector;
pub(crate) use verify::{Verified, VerifySettings};

#[cfg(test)]
mod tests;
