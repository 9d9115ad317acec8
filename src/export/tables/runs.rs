//! The table `chatferry_runs`: what the rows of each crawl in each table are, and whether they are complete.
//!
//! Why: files have `datapackage.json` beside them; a table has nothing that says that it is from an incomplete crawl.
//!
//! **Invariant:** a line of it is written in the transaction that loads the rows it is about.

use super::columns::{INSTANT, RUN, TableColumn, quoted};
use crate::mapping::Mapping;
use crate::snapshot::Info;

/// Its name in the schema.
pub(super) const RUNS: &str = "chatferry_runs";

pub(super) const COMMENT: &str = "What chatferry loaded: a row for each crawl and table";

pub(super) fn columns() -> Vec<TableColumn> {
    [
        (RUN, INSTANT, "When the crawl began"),
        ("record", "text", "The table that has rows of it"),
        ("mapping", "text", "The mapping that made them"),
        ("rows", "bigint", "How many they are"),
        ("verdict", "text", "Whether the crawl was complete: complete, complete_with_drift or incomplete"),
        ("source", "text", "The API that was read: chat or conversations"),
        ("snapshot_id", "text", "The snapshot that they are from, as datapackage.json names it"),
        ("chatferry_version", "text", "The version that loaded them"),
        ("loaded", INSTANT, "When they were loaded"),
    ]
    .map(|(name, kind, comment)| TableColumn {
        name: name.to_owned(),
        kind: kind.to_owned(),
        comment: comment.to_owned(),
    })
    .into()
}

/// What makes an instant of microseconds since 1970, the first value of a statement.
pub(super) const INSTANT_OF_VALUE: &str = "'epoch'::timestamptz + $1::bigint * interval '1 microsecond'";

/// The statement that removes the lines about a table: those of the same crawl, or all. Its values are when the crawl began, and the record.
pub(super) fn removal(schema: &str, of_run_only: bool) -> String {
    let run = if of_run_only {
        format!("{} = {INSTANT_OF_VALUE}", quoted(RUN))
    } else {
        // The value is there all the same.
        "$1::bigint IS NOT NULL".to_owned()
    };
    format!("DELETE FROM {}.{} WHERE record = $2::text AND {run}", quoted(schema), quoted(RUNS))
}

/// The statement that adds a line. Its values are when the crawl began, the record, its rows, and [`of_crawl`].
pub(super) fn addition(schema: &str) -> String {
    format!(
        "INSERT INTO {}.{} ({}, record, rows, mapping, verdict, source, snapshot_id, chatferry_version, loaded) VALUES ({INSTANT_OF_VALUE}, $2::text, \
         $3::bigint, $4::text, $5::text, $6::text, $7::text, $8::text, now())",
        quoted(schema),
        quoted(RUNS),
        quoted(RUN)
    )
}

/// Mapping, verdict, source, snapshot and version.
pub(super) fn of_crawl<'a>(info: &'a Info, mapping: &'a Mapping) -> [&'a str; 5] {
    [&mapping.name, info.verdict.as_str(), info.source.name(), &info.id, env!("CARGO_PKG_VERSION")]
}
