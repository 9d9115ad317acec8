//! The formats of record files, and the one seam behind which each of them lives.

use std::io;

use serde::Serialize;

use super::csv::CsvWriter;
use super::ndjson::NdjsonWriter;
use super::options::ExportOptions;
use super::output::Output;
use crate::mapping::{Column, Row};

/// A format of record files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RFC 4180 with LF line ends.
    Csv,
    /// One JSON object on each line.
    Ndjson,
    /// Apache Parquet.
    Parquet,
}

/// How the text formats are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// gzip, level 6.
    Gzip,
    /// Zstandard, level 1: on such rows higher levels cost more and save nothing.
    Zstd,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Ndjson, Self::Parquet];

    /// The name in flags and the ending of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// Whether it is text, which may be compressed as a whole. Others compress within themselves.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Ndjson)
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

impl Compression {
    /// The name in flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The ending of compressed files.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Zstd => "zst",
        }
    }
}

/// Writes the rows of one file in one format.
///
/// **Invariant:** nothing is lost on the way to `finish`: after it, everything was handed to the output, trailers included.
pub(super) trait RowWriter<W: io::Write> {
    /// Writes one row.
    fn row(&mut self, row: &Row<'_>) -> io::Result<()>;

    /// Writes what is still held back and gives the output back.
    fn finish(self: Box<Self>) -> io::Result<Output<W>>;
}

/// The writer of a format, with its header already written.
pub(super) fn writer<'w, W: io::Write + Send + 'w>(
    format: Format,
    columns: &[Column],
    options: &ExportOptions,
    output: Output<W>,
) -> io::Result<Box<dyn RowWriter<W> + 'w>> {
    Ok(match format {
        Format::Csv => Box::new(CsvWriter::new(columns, options.spreadsheet_safe, output)),
        Format::Ndjson => Box::new(NdjsonWriter::new(columns, output)),
        #[cfg(feature = "parquet")]
        Format::Parquet => Box::new(super::parquet::ParquetWriter::new(columns, output)?),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => return Err(io::Error::other("this chatferry was built without Parquet")),
    })
}
