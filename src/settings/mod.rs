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
mod output;
mod parse;
mod place;
mod plan;
mod users;

pub(crate) use apply::ApplySettings;
pub(crate) use connection::ConnectionSettings;
pub(crate) use crawl::{CrawlSettings, Include, Part, Services};
pub use environment::Environment;
pub(crate) use error::{SettingsError, ValueError};
pub use keys::KEYS;
pub(crate) use listing::Listing;
pub use loader::Loader;
pub(crate) use output::OutputSettings;
pub(crate) use place::Place;
pub(crate) use plan::{PlanSettings, Planned, Target};
pub(crate) use users::UserSelector;

#[cfg(test)]
mod tests;
