//! Writes a snapshot's records to files: CSV, NDJSON and Parquet, described by a `datapackage.json`; or into tables of a database.
//!
//! One walk over the snapshot feeds all the formats of a record. Rows are neither collected nor sorted here, so memory does
//! not depend on their number.
//!
//! **Invariant:** files appear together or not at all. All of an export's files are written under temporary names and synced;
//! only then are they renamed, and `datapackage.json` comes last. A failure before that leaves the folder as it was.
//!
//! **Invariant:** same snapshot and options, same bytes. Nothing here asks for the time or for randomness.

mod datapackage;
mod destination;
mod error;
mod formats;
mod item_sorter;
mod lines;
mod lists;
mod media;
mod options;
mod passed;
mod rows;
mod run;
mod select;
mod source;
mod subject;
#[cfg(feature = "postgres")]
mod tables;
mod unique;
mod written;

pub use error::ExportError;
pub(crate) use formats::Compression;
pub use formats::FileFormat;
pub(crate) use lists::ListReader;
pub(crate) use media::{MediaEntry, MediaExport};
pub use options::ExportOptions;
pub(crate) use options::{PackagePage, PlanFacts, SubjectFacts};
pub(crate) use rows::lists_of;
pub use run::stream;
pub(crate) use run::{ExportReport, check_lines, json_objects, run, run_to_database, run_to_store};
pub(crate) use select::{check_names, check_stream, walk_of};
pub use source::RowSource;
pub(crate) use source::StoppableSource;
pub(crate) use subject::{Person, SubjectSource};
pub(crate) use written::WrittenTable;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
