//! Apache Parquet, zstd-compressed within, with types from the mapping.
//!
//! Dates are UTC timestamps in milliseconds; a text that is no date is null here and counted in `datapackage.json`. Objects and
//! arrays are their JSON text.
//!
//! **Invariant:** memory does not grow with the rows: a row group ends after [`GROUP_ROWS`] rows or [`GROUP_BYTES`] bytes, and
//! rows are collected in batches that are bounded by rows and by bytes.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::output::Output;
use super::row_writer::RowWriter;
use crate::mapping::{ColumnType, MappedColumn, MappedRow, Value};
use crate::model::Timestamp;

/// The most rows of a row group: enough for readers to skip by, few enough to hold.
const GROUP_ROWS: usize = 128 * 1024;
/// The most bytes of a row group, for rows with large attributes.
const GROUP_BYTES: usize = 32 * 1024 * 1024;
/// The most rows of a batch.
const BATCH_ROWS: usize = 8 * 1024;
/// The most bytes of text of a batch.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// The time zone of dates.
const UTC: &str = "UTC";

pub(super) struct ParquetWriter<W: Write + Send> {
    writer: ArrowWriter<Output<W>>,
    schema: SchemaRef,
    builders: Vec<Builder>,
    rows: usize,
    bytes: usize,
}

/// Collects the values of one column.
enum Builder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Boolean(BooleanBuilder),
    Time(TimestampMillisecondBuilder),
}

impl<W: Write + Send> ParquetWriter<W> {
    pub(super) fn new(columns: &[MappedColumn], output: Output<W>) -> io::Result<Self> {
        let builders: Vec<Builder> = columns.iter().map(|column| Builder::new(column.column_type)).collect();
        let fields: Vec<Field> = columns
            .iter()
            .zip(&builders)
            .map(|(column, builder)| Field::new(&column.name, builder.data_type(), true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(failed)?))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            .set_created_by(concat!("chatferry ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = ArrowWriter::try_new(output, Arc::clone(&schema), Some(properties)).map_err(failed)?;
        Ok(Self { writer, schema, builders, rows: 0, bytes: 0 })
    }

    fn write_batch(&mut self) -> io::Result<()> {
        let columns: Vec<ArrayRef> = self.builders.iter_mut().map(Builder::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(io::Error::other)?;
        (self.rows, self.bytes) = (0, 0);
        self.writer.write(&batch).map_err(failed)
    }
}

impl<W: Write + Send> RowWriter<W> for ParquetWriter<W> {
    fn row(&mut self, row: &MappedRow<'_>) -> io::Result<()> {
        for (builder, value) in self.builders.iter_mut().zip(row.values()) {
            self.bytes += builder.append(value);
        }
        self.rows += 1;
        if self.rows < BATCH_ROWS && self.bytes < BATCH_BYTES { Ok(()) } else { self.write_batch() }
    }

    fn finish(mut self: Box<Self>) -> io::Result<Output<W>> {
        if self.rows > 0 {
            self.write_batch()?;
        }
        self.writer.into_inner().map_err(failed)
    }
}

impl Builder {
    fn new(column_type: ColumnType) -> Self {
        match column_type {
            ColumnType::String | ColumnType::Object | ColumnType::Array | ColumnType::Json => {
                Self::Text(StringBuilder::new())
            }
            ColumnType::Integer => Self::Integer(Int64Builder::new()),
            ColumnType::Number => Self::Number(Float64Builder::new()),
            ColumnType::Boolean => Self::Boolean(BooleanBuilder::new()),
            ColumnType::Datetime => Self::Time(TimestampMillisecondBuilder::new().with_timezone(UTC)),
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::Text(_) => DataType::Utf8,
            Self::Integer(_) => DataType::Int64,
            Self::Number(_) => DataType::Float64,
            Self::Boolean(_) => DataType::Boolean,
            Self::Time(_) => DataType::Timestamp(TimeUnit::Millisecond, Some(UTC.into())),
        }
    }

    /// Appends a value and says how many bytes of text it has. A mapping that loaded has no values of other types than its
    /// columns'.
    fn append(&mut self, value: Value<'_>) -> usize {
        match (self, value) {
            (Self::Text(builder), value) => return append_text(builder, value),
            (Self::Integer(builder), Value::Integer(value)) => builder.append_value(value),
            (Self::Integer(builder), _) => builder.append_null(),
            (Self::Number(builder), Value::Number(value)) => builder.append_value(value),
            #[expect(
                clippy::cast_precision_loss,
                reason = "the mapping says that the column is a number with a fraction"
            )]
            (Self::Number(builder), Value::Integer(value)) => builder.append_value(value as f64),
            (Self::Number(builder), _) => builder.append_null(),
            (Self::Boolean(builder), Value::Boolean(value)) => builder.append_value(value),
            (Self::Boolean(builder), _) => builder.append_null(),
            (Self::Time(builder), Value::Time(time)) => builder.append_option(milliseconds(time)),
            (Self::Time(builder), _) => builder.append_null(),
        }
        8
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Number(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
        }
    }
}

fn append_text(builder: &mut StringBuilder, value: Value<'_>) -> usize {
    if let Value::Text(text) | Value::Json(text) = value {
        builder.append_value(text);
        return text.len();
    }
    let text = value.to_text();
    builder.append_option(text.as_deref());
    text.map_or(0, |text| text.len())
}

/// Milliseconds since 1970; none for a text that is no date.
fn milliseconds(time: &Timestamp) -> Option<i64> {
    if let Timestamp::Verbatim(text) = time
        && let Ok(instant) = text.parse::<jiff::Timestamp>()
    {
        return Some(instant.as_millisecond());
    }
    time.seconds().and_then(|seconds| seconds.checked_mul(1_000))
}

fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_instants_in_any_form_that_can_be_read() {
        assert_eq!(milliseconds(&Timestamp::from_wire("2016-03-24T21:05:50Z")), Some(1_458_853_550_000));
        assert_eq!(milliseconds(&Timestamp::from_wire("2016-03-24T21:05:50.25Z")), Some(1_458_853_550_250));
        assert_eq!(
            milliseconds(&Timestamp::from_wire("Thu, 24 Mar 2016 21:05:50 +0000")),
            Some(1_458_853_550_000)
        );
        assert_eq!(milliseconds(&Timestamp::from_wire("soon")), None);
    }
}
