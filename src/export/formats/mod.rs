//! The formats of record files, each behind the same trait.
//!
//! To add one: a file with its [`RowWriter`](row_writer::RowWriter), a variant of [`FileFormat`], and a line in [`writer`]. The tests of `export` take
//! every format.

mod csv;
mod format;
mod json_row;
#[cfg(any(feature = "parquet", feature = "postgres"))]
mod milliseconds;
mod ndjson;
mod output;
#[cfg(feature = "parquet")]
mod parquet;
mod registry;
mod row_writer;

pub(super) use csv::CsvOptions;
pub(crate) use format::Compression;
pub use format::FileFormat;
pub(super) use json_row::JsonRow;
#[cfg(feature = "postgres")]
pub(super) use milliseconds::milliseconds;
pub(super) use output::{Output, OutputDigest};
pub(super) use registry::file_name;
pub(super) use registry::writer;
