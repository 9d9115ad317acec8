//! The data of snapshots, instead of what a seed gives: services with all that a crawl has read of them.
//!
//! Snapshots are read as anyone may read them, by their documented views. What they lack is answered as the API answers for something
//! empty, and listed as a [`Lack`].
//!
//! **Invariant:** every value is shown as it was read, in the API that it was read from: a crawl of it gives an equal snapshot. Writes
//! go to `Changes`, which takes precedence, as over a seed.

mod bindings;
mod broken_texts;
mod error;
mod fields;
mod file;
mod lack;
mod lists;
mod messages;
mod open;
mod recent;
mod relation;
mod rows;
mod service;
mod settings;

pub use error::LoadError;
pub use lack::Lack;
pub(crate) use open::{LoadedAccount, LoadedAt, open};
pub(crate) use service::LoadedService;
pub(crate) use settings::ReadResources;
