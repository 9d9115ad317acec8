//! From a format's name to its writer.

use std::io;

use super::csv::{CsvOptions, CsvWriter};
use super::format::FileFormat;
use super::ndjson::NdjsonWriter;
use super::output::Output;
use super::row_writer::RowWriter;
use crate::mapping::MappedColumn;

/// The writer of a format, with its header already written.
pub(in crate::export) fn writer<'w, W: io::Write + Send + 'w>(
    format: FileFormat,
    columns: &[MappedColumn],
    csv: CsvOptions,
    output: Output<W>,
) -> io::Result<Box<dyn RowWriter<W> + 'w>> {
    Ok(match format {
        FileFormat::Csv => Box::new(CsvWriter::new(columns, csv, output)),
        FileFormat::Ndjson => Box::new(NdjsonWriter::new(columns, output)),
        #[cfg(feature = "parquet")]
        FileFormat::Parquet => Box::new(super::parquet::ParquetWriter::new(columns, output)?),
        #[cfg(not(feature = "parquet"))]
        FileFormat::Parquet => return Err(io::Error::other("this chatferry was built without Parquet")),
    })
}
