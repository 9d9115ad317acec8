//! Files of lines that a mapping says more of than one row a line: literal first lines, several records, parts, several rows on a
//! line, a schema.
//!
//! **Invariant:** the same rows give the same files. Where a part ends depends on rows and bytes before compression only.

use std::io::{self, Write};

use super::error::ExportError;
use super::formats::{Compression, FileFormat, JsonRow, Output, file_name};
use super::written::WrittenFile;
use crate::mapping::{LineFiles, MappedRecord, MappedRow, RowBatch};

/// What opens a file by its name.
type OpenFile<'a, W> = dyn FnMut(&str) -> Result<W, ExportError> + 'a;
/// What a failed write to a file of that name is.
type WriteFailed<'a> = dyn Fn(&str, io::Error) -> ExportError + 'a;

/// Writes lines to one file after another.
pub(super) struct LineWriter<'a, W: Write> {
    name: &'a str,
    files: &'a LineFiles,
    compression: Option<Compression>,
    check_schema: bool,
    open: &'a mut OpenFile<'a, W>,
    failed: &'a WriteFailed<'a>,
    part: Option<FilePart<W>>,
    done: Vec<(WrittenFile, W)>,
    line: Vec<u8>,
    violations: u64,
    lines: u64,
    first_violation: Option<ExportError>,
}

/// A file that is being written.
struct FilePart<W: Write> {
    name: String,
    output: Output<W>,
    rows: u64,
    lines: u64,
    /// Before compression.
    bytes: u64,
}

/// How a record's rows become lines, and the rows that wait for their line to be full.
pub(super) struct RecordLines<'m> {
    row: JsonRow,
    batch: Option<&'m RowBatch>,
    /// The positions of the columns that a batch is keyed by.
    keyed_by: Vec<usize>,
    line: Vec<u8>,
    rows: u64,
    /// The first of them.
    subject: String,
}

impl<'m> RecordLines<'m> {
    pub(super) fn new(record: &'m MappedRecord) -> Self {
        let names = record.batch.iter().flat_map(|batch| &batch.keyed_by);
        let position = |name: &String| record.columns.iter().position(|column| column.name == *name);
        Self {
            row: JsonRow::new(record),
            batch: record.batch.as_ref(),
            keyed_by: names.filter_map(position).collect(),
            line: Vec::new(),
            rows: 0,
            subject: String::new(),
        }
    }

    /// Adds a row to the line of a batch.
    fn add(&mut self, batch: &RowBatch, row: &MappedRow<'_>) -> io::Result<()> {
        let out = &mut self.line;
        let is_keyed = !batch.keyed_by.is_empty();
        if self.rows == 0 {
            out.clear();
            out.extend_from_slice(batch.around.0.as_bytes());
            out.push(if is_keyed { b'{' } else { b'[' });
        } else {
            out.push(b',');
        }
        if is_keyed {
            let texts: Vec<_> =
                self.keyed_by.iter().map(|&column| row.value(column).to_text().unwrap_or_default()).collect();
            serde_json::to_writer(&mut *out, &texts.join(&batch.separator))?;
            out.push(b':');
        }
        self.row.push(out, row)?;
        self.rows += 1;
        Ok(())
    }
}

impl<'a, W: Write> LineWriter<'a, W> {
    pub(super) fn new(
        name: &'a str,
        files: &'a LineFiles,
        compression: Option<Compression>,
        check_schema: bool,
        open: &'a mut OpenFile<'a, W>,
        failed: &'a WriteFailed<'a>,
    ) -> Self {
        Self {
            name,
            files,
            compression,
            check_schema: check_schema && files.schema.is_some(),
            open,
            failed,
            part: None,
            done: Vec::new(),
            line: Vec::new(),
            violations: 0,
            lines: 0,
            first_violation: None,
        }
    }

    /// Writes a row; `subject` says which one it is.
    pub(super) fn row(
        &mut self,
        record: &mut RecordLines<'_>,
        row: &MappedRow<'_>,
        subject: impl Fn() -> String,
    ) -> Result<(), ExportError> {
        let Some(batch) = record.batch else {
            let mut line = std::mem::take(&mut self.line);
            line.clear();
            record.row.push(&mut line, row).map_err(|source| (self.failed)(self.name, source))?;
            let written = self.emit(&line, 1, &subject);
            self.line = line;
            return written;
        };
        if record.rows == 0 && self.check_schema {
            record.subject = format!("the line of {}", subject());
        }
        record.add(batch, row).map_err(|source| (self.failed)(self.name, source))?;
        if record.rows < batch.max_rows { Ok(()) } else { self.end_line(record) }
    }

    /// Writes the line that a record's last rows wait for.
    pub(super) fn end_line(&mut self, record: &mut RecordLines<'_>) -> Result<(), ExportError> {
        let Some(batch) = record.batch.filter(|_| record.rows > 0) else { return Ok(()) };
        record.line.push(if batch.keyed_by.is_empty() { b']' } else { b'}' });
        record.line.extend_from_slice(batch.around.1.as_bytes());
        let rows = std::mem::take(&mut record.rows);
        self.emit(&record.line, rows, &|| record.subject.clone())
    }

    /// The files, of which there is at least one.
    pub(super) fn finish(mut self) -> Result<Vec<(WrittenFile, W)>, ExportError> {
        if self.part.is_none() && self.done.is_empty() {
            self.begin_part()?;
        }
        self.end_part()?;
        match self.first_violation {
            None => Ok(self.done),
            Some(ExportError::Schema { file, schema, line, problem, .. }) => {
                let (count, lines) = (self.violations, self.lines);
                Err(ExportError::Schema { file, schema, count, lines, line, problem })
            }
            Some(other) => Err(other),
        }
    }

    fn emit(&mut self, line: &[u8], rows: u64, subject: &dyn Fn() -> String) -> Result<(), ExportError> {
        let (most_rows, most_bytes) =
            (self.files.max_rows.unwrap_or(u64::MAX), self.files.max_bytes.unwrap_or(u64::MAX));
        let length = line.len() as u64 + 1;
        let is_full = self.part.as_ref().is_some_and(|part| {
            part.rows > 0 && (part.rows + rows > most_rows || part.bytes + length > most_bytes)
        });
        if is_full {
            self.end_part()?;
        }
        if self.part.is_none() {
            self.begin_part()?;
        }
        if let Some(part) = &mut self.part {
            if part.bytes + length > most_bytes {
                let (file, line) = (part.name.clone(), part.lines + 1);
                return Err(ExportError::LongLine { file, line, bytes: length, most: most_bytes });
            }
            part.rows += rows;
        }
        self.push_line(line, subject)
    }

    fn push_line(&mut self, line: &[u8], subject: &dyn Fn() -> String) -> Result<(), ExportError> {
        let Some(part) = &mut self.part else { return Ok(()) };
        part.lines += 1;
        part.bytes += line.len() as u64 + 1;
        self.lines += 1;
        part.output.buffer.extend_from_slice(line);
        part.output.buffer.push(b'\n');
        part.output.row_done().map_err(|source| (self.failed)(&part.name, source))?;
        let Some(schema) = self.files.schema.as_ref().filter(|_| self.check_schema) else { return Ok(()) };
        if let Some(problem) = schema.problem(line) {
            self.violations += 1;
            if self.first_violation.is_none() {
                self.first_violation = Some(ExportError::Schema {
                    file: part.name.clone(),
                    schema: schema.name.clone(),
                    count: 0,
                    lines: 0,
                    line: part.lines,
                    problem: format!("({}): {problem}", subject()),
                });
            }
        }
        Ok(())
    }

    fn begin_part(&mut self) -> Result<(), ExportError> {
        let base = if self.files.has_parts() {
            format!("{}-{:04}", self.name, self.done.len() + 1)
        } else {
            self.name.to_owned()
        };
        let name = file_name(&base, FileFormat::Ndjson, self.compression);
        let file = (self.open)(&name)?;
        let output = Output::new(file, self.compression).map_err(|source| (self.failed)(&name, source))?;
        self.part = Some(FilePart { name, output, rows: 0, lines: 0, bytes: 0 });
        let files = self.files;
        for line in &files.first {
            self.push_line(line.as_bytes(), &|| "a line of `first`".to_owned())?;
        }
        Ok(())
    }

    fn end_part(&mut self) -> Result<(), ExportError> {
        let Some(part) = self.part.take() else { return Ok(()) };
        let (file, written) = part.output.finish().map_err(|source| (self.failed)(&part.name, source))?;
        let written = WrittenFile {
            path: part.name,
            format: FileFormat::Ndjson,
            rows: part.rows,
            bytes: written.bytes,
            sha256: written.sha256,
        };
        self.done.push((written, file));
        Ok(())
    }
}
