//! What the user typed, set and wrote, made into settings that a stage can rely on.
//!
//! For each setting that `cli::setting` declares the flag is asked first, then the entry of the chosen account in the accounts file, then the
//! environment, then the chosen profile of `chatferry.toml`, then its top level, then the user's own settings file in the same way, then the default. A verb's file here takes
//! the verb's arguments and gives its checked settings.
//!
//! **Invariant:** bad input ends here, before any request. What leaves this module is checked.
//!
//! **Invariant:** no secret is in a [`Provenance`], an error or the listing; the only way out is
//! [`Credentials`](crate::secret::Credentials).

mod accounts;
mod accounts_error;
mod apply;
mod audit;
mod connection;
mod crawl;
mod credentials;
mod diff;
mod each_account;
mod environment;
mod error;
mod export;
mod export_destination;
mod file;
mod file_error;
mod hosts;
mod listing;
mod loader;
mod output;
mod place;
mod place_error;
mod plan;
mod provenance;
mod reference;
mod rehearse;
mod result;
mod subject;
mod summary;
mod user_channel;
mod users;
mod verify;

pub(crate) use crate::cli::setting::{Include, IncludePart, MigrationTarget};
pub(crate) use apply::ApplySettings;
pub(crate) use audit::AuditSettings;
pub use connection::ConnectionSettings;
pub(crate) use crawl::{CrawlSettings, ProbeSettings, ServiceChoice, snapshot_file};
pub(crate) use diff::DiffSettings;
pub(crate) use each_account::{OneAccount, each_account};
pub use environment::Environment;
pub(crate) use error::{SettingsError, UserChannelInputError};
pub(crate) use export::{ExportSettings, MediaExportSettings};
pub(crate) use export_destination::ExportDestination;
pub(crate) use listing::SettingsListing;
pub use loader::Loader;
pub(crate) use output::{OutputSettings, check_files};
pub(crate) use plan::{PlanSettings, Planned, plan_file, wanted_operations};
pub(crate) use provenance::Provenance;
pub use reference::{SettingReference, reference};
pub(crate) use rehearse::RehearseSettings;
pub(crate) use result::ResultSettings;
pub(crate) use subject::SubjectSettings;
pub(crate) use summary::SummarySettings;
pub(crate) use user_channel::{
    Named, UserChannelPlace, UserChannelRow, UserChannelUpdateSettings, channel_named, user_named,
};
pub(crate) use users::UserSelector;
pub(crate) use verify::{Verified, VerifySettings};

#[cfg(test)]
mod tests;
