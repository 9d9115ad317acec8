//! chatferry: gets a Twilio Programmable Chat service out, completely and politely.
//!
//! One module for each stage, and data goes one way: wire → model → rows.
//!
//! ```text
//! twilio ──answers──▶ source ──model──▶ crawl ──commits──▶ snapshot ──mapping──▶ export ──▶ files
//! ```
//!
//! - [`twilio`] sends one request to one API; [`source`] turns answers into the [`model`].
//! - [`crawl`] decides which request is next and commits to the [`snapshot`], a SQLite file that later stages read.
//! - [`mapping`] says what rows are made of the model; [`export`] writes them.
//! - [`plan`] says what a migration would do, from a snapshot, a mapping and the target as it is.
//! - [`apply`] performs a plan, each operation once, and is the only stage that writes at Twilio.
//! - [`cli`], [`settings`] and [`report`] are what a person types and sees; [`commands`] joins the stages, and nothing else does.
//! - [`simulator`] is an embedded Twilio that imports none of the above.
//!
//! **Invariant:** modules import downwards only, by the table of ARCHITECTURE.md at the package's root, which also has a
//! crawl's course, what must stay true with the tests that guard it, and how to add a verb, a resource or a writer.
//!
//! The library is the program's own: its API may change with any version. What scripts may rely on is the command line.

pub mod apply;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod compare;
pub mod crawl;
pub mod error;
pub mod event;
pub mod export;
pub mod mapping;
pub mod model;
pub mod plan;
pub mod report;
pub mod secret;
pub mod settings;
pub mod simulator;
pub mod snapshot;
pub mod source;
pub mod twilio;
