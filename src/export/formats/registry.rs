//! From a format's name to its writer.

use std::io;

use super::csv::{CsvOptions, CsvWriter};
use super::format::{Compression, FileFormat};
use super::ndjson::NdjsonWriter;
use super::output::Output;
use super::row_writer::RowWriter;
use crate::mapping::MappedRecord;

/// The name of a file.
pub(in crate::export) fn file_name(
    base: &str,
    format: FileFormat,
    compression: Option<Compression>,
) -> String {
    match compression {
        Some(compression) => format!("{base}.{}.{}", format.name(), compression.suffix()),
        None => format!("{base}.{}", format.name()),
    }
}

/// The writer of a format, with its header already written.
pub(in crate::export) fn writer<'w, W: io::Write + Send + 'w>(
    format: FileFormat,
    record: &MappedRecord,
    csv: CsvOptions,
    output: Output<W>,
) -> io::Result<Box<dyn RowWriter<W> + 'w>> {
    Ok(match format {
        FileFormat::Csv => Box::new(CsvWriter::new(&record.columns, csv, output)),
        FileFormat::Ndjson => Box::new(NdjsonWriter::new(record, output)),
        #[cfg(feature = "parquet")]
        FileFormat::Parquet => Box::new(super::parquet::ParquetWriter::new(&record.columns, output)?),
        #[cfg(not(feature = "parquet"))]
        FileFormat::Parquet => return Err(io::Error::other("this chatferry was built without Parquet")),
    })
}
