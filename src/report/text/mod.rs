//! Results as text for people, by verb, and what these texts have in common: numbers, tables, Markdown, errors.

pub(crate) mod accounts;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod browse;
pub(crate) mod confirm;
pub(crate) mod crawl;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod export;
pub(crate) mod format;
pub(crate) mod man;
pub(crate) mod mapping;
pub(super) mod markdown;
pub(crate) mod probe;
pub(crate) mod problem;
pub(crate) mod show;
pub(crate) mod simulate;
pub(crate) mod snapshot;
pub(crate) mod stays;
pub(crate) mod subject;
pub(crate) mod table;
pub(crate) mod user_channel;
pub(crate) mod verify;
