//! Apache Parquet, zstd-compressed within, with types from the mapping.
//!
//! Dates are UTC timestamps in milliseconds; a text that is no date is null here and counted in `datapackage.json`. Objects and
//! arrays are their JSON text. The column writers of the crate `parquet` are used without Arrow, which would double what is compiled.
//!
//! **Invariant:** memory does not grow with the rows: a row group ends after [`GROUP_ROWS`] rows or [`GROUP_BYTES`] bytes.

use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::milliseconds::milliseconds;
use super::output::Output;
use super::row_writer::RowWriter;
use crate::mapping::{ColumnType, MappedColumn, MappedRow, Value};

/// The most rows of a row group: enough for readers to skip by, few enough to hold.
const GROUP_ROWS: usize = 128 * 1024;
/// The most bytes of values of a row group, for rows with large attributes.
const GROUP_BYTES: usize = 32 * 1024 * 1024;

pub(super) struct ParquetWriter<W: Write + Send> {
    writer: SerializedFileWriter<Output<W>>,
    columns: Vec<ColumnBuffer>,
    rows: usize,
    bytes: usize,
}

/// What a row group has of one column: a definition level for each row (0 is null), and the values of the others.
struct ColumnBuffer {
    levels: Vec<i16>,
    values: ColumnValues,
}

enum ColumnValues {
    /// All texts behind one another, and where each ends.
    Text(Vec<u8>, Vec<usize>),
    Integer(Vec<i64>),
    Number(Vec<f64>),
    Boolean(Vec<bool>),
    /// Milliseconds since 1970.
    Time(Vec<i64>),
}

impl<W: Write + Send> ParquetWriter<W> {
    pub(super) fn new(columns: &[MappedColumn], output: Output<W>) -> io::Result<Self> {
        let buffers: Vec<ColumnBuffer> =
            columns.iter().map(|column| ColumnBuffer::new(column.column_type)).collect();
        let fields = columns.iter().zip(&buffers).map(|(column, buffer)| buffer.values.field(&column.name));
        let fields = fields.collect::<Result<_, _>>().map_err(failed)?;
        let schema = Type::group_type_builder("schema").with_fields(fields).build().map_err(failed)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).map_err(failed)?))
            .set_created_by(concat!("chatferry ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer =
            SerializedFileWriter::new(output, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
        Ok(Self { writer, columns: buffers, rows: 0, bytes: 0 })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for buffer in &mut self.columns {
            let missing = || ParquetError::General("a column of the mapping is not in the schema".to_owned());
            let mut writer = group.next_column()?.ok_or_else(missing)?;
            buffer.write(&mut writer)?;
            writer.close()?;
        }
        (self.rows, self.bytes) = (0, 0);
        group.close().map(drop)
    }
}

impl<W: Write + Send> RowWriter<W> for ParquetWriter<W> {
    fn row(&mut self, row: &MappedRow<'_>) -> io::Result<()> {
        for (buffer, value) in self.columns.iter_mut().zip(row.values()) {
            self.bytes += buffer.push(value);
        }
        self.rows += 1;
        if self.rows < GROUP_ROWS && self.bytes < GROUP_BYTES {
            Ok(())
        } else {
            self.write_group().map_err(failed)
        }
    }

    fn finish(mut self: Box<Self>) -> io::Result<Output<W>> {
        if self.rows > 0 {
            self.write_group().map_err(failed)?;
        }
        self.writer.into_inner().map_err(failed)
    }
}

impl ColumnBuffer {
    fn new(column_type: ColumnType) -> Self {
        let values = match column_type {
            ColumnType::String | ColumnType::Object | ColumnType::Array | ColumnType::Json => {
                ColumnValues::Text(Vec::new(), Vec::new())
            }
            ColumnType::Integer => ColumnValues::Integer(Vec::new()),
            ColumnType::Number => ColumnValues::Number(Vec::new()),
            ColumnType::Boolean => ColumnValues::Boolean(Vec::new()),
            ColumnType::Datetime => ColumnValues::Time(Vec::new()),
        };
        Self { levels: Vec::new(), values }
    }

    /// Takes a value and says how many bytes it holds.
    fn push(&mut self, value: Value<'_>) -> usize {
        let bytes = self.values.push(value);
        self.levels.push(i16::from(bytes.is_some()));
        bytes.unwrap_or_default() + size_of::<i16>()
    }

    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = Some(self.levels.as_slice());
        match &mut self.values {
            ColumnValues::Text(text, ends) => {
                let text = Bytes::from(std::mem::take(text));
                let starts = std::iter::once(0).chain(ends.iter().copied());
                let values: Vec<_> =
                    starts.zip(&*ends).map(|(start, end)| ByteArray::from(text.slice(start..*end))).collect();
                writer.typed::<ByteArrayType>().write_batch(&values, levels, None)?;
                ends.clear();
            }
            ColumnValues::Integer(values) | ColumnValues::Time(values) => {
                writer.typed::<Int64Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            ColumnValues::Number(values) => {
                writer.typed::<DoubleType>().write_batch(values, levels, None)?;
                values.clear();
            }
            ColumnValues::Boolean(values) => {
                writer.typed::<BoolType>().write_batch(values, levels, None)?;
                values.clear();
            }
        }
        self.levels.clear();
        Ok(())
    }
}

impl ColumnValues {
    fn field(&self, name: &str) -> Result<Arc<Type>, ParquetError> {
        let (physical, logical) = match self {
            Self::Text(..) => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            Self::Integer(_) => (PhysicalType::INT64, None),
            Self::Number(_) => (PhysicalType::DOUBLE, None),
            Self::Boolean(_) => (PhysicalType::BOOLEAN, None),
            Self::Time(_) => (PhysicalType::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        };
        let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        field.with_logical_type(logical).build().map(Arc::new)
    }

    /// Takes a value and says how many bytes it holds; none for null, and for a value of another type, which a mapping that
    /// loaded does not have.
    fn push(&mut self, value: Value<'_>) -> Option<usize> {
        match (self, value) {
            (Self::Text(text, ends), Value::Text(value) | Value::Json(value)) => {
                text.extend_from_slice(value.as_bytes());
                ends.push(text.len());
                return Some(value.len() + size_of::<usize>());
            }
            (Self::Text(text, ends), value) => {
                let value = value.to_text()?;
                text.extend_from_slice(value.as_bytes());
                ends.push(text.len());
                return Some(value.len() + size_of::<usize>());
            }
            (Self::Integer(values), Value::Integer(value)) => values.push(value),
            (Self::Number(values), Value::Number(value)) => values.push(value),
            #[expect(
                clippy::cast_precision_loss,
                reason = "the mapping says that the column is a number with a fraction"
            )]
            (Self::Number(values), Value::Integer(value)) => values.push(value as f64),
            (Self::Boolean(values), Value::Boolean(value)) => values.push(value),
            (Self::Time(values), Value::Time(time)) => values.push(milliseconds(time)?),
            (Self::Integer(_) | Self::Number(_) | Self::Boolean(_) | Self::Time(_), _) => return None,
        }
        Some(size_of::<u64>())
    }
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
