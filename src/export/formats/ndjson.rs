//! NDJSON: one JSON object on each line.

use std::io::{self, Write};

use super::json_row::JsonRow;
use super::output::Output;
use super::row_writer::RowWriter;
use crate::mapping::{MappedRecord, MappedRow};

pub(super) struct NdjsonWriter<W: Write> {
    output: Output<W>,
    row: JsonRow,
}

impl<W: Write> NdjsonWriter<W> {
    pub(super) fn new(record: &MappedRecord, output: Output<W>) -> Self {
        Self { output, row: JsonRow::new(record) }
    }
}

impl<W: Write> RowWriter<W> for NdjsonWriter<W> {
    fn row(&mut self, row: &MappedRow<'_>) -> io::Result<()> {
        self.row.push(&mut self.output.buffer, row)?;
        self.output.buffer.push(b'\n');
        self.output.row_done()
    }

    fn finish(self: Box<Self>) -> io::Result<Output<W>> {
        Ok(self.output)
    }
}
