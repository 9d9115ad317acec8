//! What the user typed, set and wrote, made into settings that a stage can rely on.
//!
//! For each key the flag is asked first, then the environment, then the chosen profile of `chatferry.toml`, then its top
//! level, then the default. Every layer gives text, and one parser per key reads it (`parse`), so a value is judged
//! in the same way wherever it came from. A new setting is one line in `keys` and one read where it is used.
//!
//! **Invariant:** bad input ends here, before any request. What leaves this module is checked.
//!
//! **Invariant:** no secret is in a [`Place`], an error or the listing; the only way out is [`Credentials`](crate::secret::Credentials).

mod apply;
mod connection;
mod crawl;
mod credentials;
mod environment;
mod error;
mod file;
mod flags;
mod hosts;
mod keys;
mod listing;
mod loader;
mod nearest;
mod output;
mod parse;
mod place;
mod plan;
mod users;

pub use apply::ApplySettings;
pub use connection::ConnectionSettings;
pub use crawl::{CrawlSettings, Include, Part, Services};
pub use credentials::CredentialSettings;
pub use environment::Environment;
pub use error::{CredentialError, FileError, SettingsError, UsersError, ValueError};
pub use keys::{KEYS, Key};
pub use listing::{InForce, Listing};
pub use loader::Loader;
pub use nearest::nearest;
pub use output::OutputSettings;
pub use place::{FilePlace, Place};
pub use plan::{PlanSettings, Planned, Target};
pub use users::UserSelector;

#[cfg(test)]
mod tests;
