//! The export itself: walks each record once, writes all its formats, and puts the files in their places together.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use tempfile::NamedTempFile;

use super::error::ExportError;
use super::folder::{Folder, PACKAGE};
use super::format::{Format, RowWriter, writer};
use super::options::ExportOptions;
use super::output::Output;
use super::package;
use super::select::{Selected, select};
use super::source::{Rows, subject};
use crate::event::{Event, Events};
use crate::mapping::{ColumnType, Row, Value};
use crate::model::Timestamp;
use crate::snapshot::Verdict;

/// How many rows pass between two progress events.
const ROWS_PER_EVENT: u64 = 1 << 16;

/// What an export wrote.
#[derive(Debug, Serialize)]
pub struct ExportReport {
    /// The crawl's verdict.
    pub verdict: Verdict,
    /// The record files.
    pub files: Vec<WrittenFile>,
}

/// One file of an export.
#[derive(Debug, Clone, Serialize)]
pub struct WrittenFile {
    /// The record.
    pub record: String,
    /// The file's name within the folder.
    pub path: String,
    /// Its format.
    pub format: Format,
    /// How many rows it has.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Date columns (by position) that hold at least one text that is not RFC 3339.
    #[serde(skip)]
    pub(super) irregular_dates: Vec<usize>,
}

/// Exports to a folder.
pub fn run(
    source: &impl Rows,
    options: &ExportOptions,
    folder: &Path,
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let info = source.info()?;
    let selected = select(&options.mappings, options.records.as_deref(), &info)?;
    let folder = Folder::claim(folder, options.force)?;
    let mut described = Vec::new();
    let mut files = Vec::new();
    for selected in &selected {
        for (written, file) in write_record(source, selected, options, &folder, events)? {
            files.push((written.path.clone(), file));
            described.push((selected, written));
        }
    }
    let mut package = folder.temporary()?;
    let text = package::describe(&info, options, &described);
    package.write_all(&text).map_err(|source| in_folder(&folder, PACKAGE, source))?;
    folder.publish(files, package)?;
    let files: Vec<WrittenFile> = described.into_iter().map(|(_, written)| written).collect();
    for file in &files {
        events.send(Event::Exported {
            record: file.record.clone(),
            file: file.path.clone(),
            rows: file.rows,
            bytes: file.bytes,
        });
    }
    Ok(ExportReport { verdict: info.verdict, files })
}

/// Exports one record in one format to a stream.
pub fn stream(
    source: &impl Rows,
    options: &ExportOptions,
    out: &mut dyn Write,
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let info = source.info()?;
    let selected = select(&options.mappings, options.records.as_deref(), &info)?;
    let ([one], &[format]) = (selected.as_slice(), options.formats.as_slice()) else {
        let (records, formats) = (selected.len(), options.formats.len());
        return Err(ExportError::NotOneStream { records, formats });
    };
    let output = Output::new(out, options.compression).map_err(ExportError::Stream)?;
    let mut writers = vec![writer(format, &one.record.columns, options, output)];
    let passed = write_rows(source, one, &mut writers, events, |_, source| ExportError::Stream(source))?;
    let mut files = Vec::new();
    for writer in writers {
        let (_, written) = writer.finish().and_then(Output::finish).map_err(ExportError::Stream)?;
        files.push(WrittenFile {
            record: one.record.name.clone(),
            path: "-".to_owned(),
            format,
            rows: passed.rows,
            bytes: written.bytes,
            sha256: written.sha256,
            irregular_dates: Vec::new(),
        });
    }
    Ok(ExportReport { verdict: info.verdict, files })
}

/// Writes all formats of one record to temporary files.
fn write_record(
    source: &impl Rows,
    selected: &Selected<'_>,
    options: &ExportOptions,
    folder: &Folder,
    events: &Events,
) -> Result<Vec<(WrittenFile, NamedTempFile)>, ExportError> {
    let record = selected.record;
    let name = |format: Format| match options.compression {
        Some(compression) => format!("{}.{}.{}", record.name, format.name(), compression.suffix()),
        None => format!("{}.{}", record.name, format.name()),
    };
    let mut writers = Vec::new();
    for &format in &options.formats {
        let output = Output::new(folder.temporary()?, options.compression)
            .map_err(|source| in_folder(folder, &name(format), source))?;
        writers.push(writer(format, &record.columns, options, output));
    }
    let passed = write_rows(source, selected, &mut writers, events, |position, source| {
        in_folder(folder, &name(options.formats[position]), source)
    })?;
    let mut files = Vec::new();
    for (writer, &format) in writers.into_iter().zip(&options.formats) {
        let path = name(format);
        let finished = writer.finish().and_then(Output::finish).and_then(|(file, written)| {
            file.as_file().sync_all()?;
            Ok((file, written))
        });
        let (file, written) = finished.map_err(|source| in_folder(folder, &path, source))?;
        let written = WrittenFile {
            record: record.name.clone(),
            path,
            format,
            rows: passed.rows,
            bytes: written.bytes,
            sha256: written.sha256,
            irregular_dates: passed.irregular_dates.clone(),
        };
        files.push((written, file));
    }
    Ok(files)
}

/// What is known of a record's rows when all of them have passed.
struct Passed {
    rows: u64,
    irregular_dates: Vec<usize>,
}

/// Feeds every row of a record to all writers.
fn write_rows<W: Write>(
    source: &impl Rows,
    selected: &Selected<'_>,
    writers: &mut [Box<dyn RowWriter<W> + '_>],
    events: &Events,
    failed: impl Fn(usize, io::Error) -> ExportError,
) -> Result<Passed, ExportError> {
    let record = selected.record;
    let mut rows = 0_u64;
    let is_date = |position: &usize| record.columns[*position].column_type == ColumnType::Datetime;
    let (mut regular, mut irregular): (Vec<usize>, Vec<usize>) =
        ((0..record.columns.len()).filter(is_date).collect(), Vec::new());
    source.walk(&selected.walk(), &mut |step| {
        let subject = subject(step);
        if record.filter.as_ref().is_some_and(|filter| !filter.keeps(&subject)) {
            return Ok(());
        }
        let row = Row { columns: &record.columns, subject: &subject };
        for (position, writer) in writers.iter_mut().enumerate() {
            writer.row(&row).map_err(|source| failed(position, source))?;
        }
        regular.retain(|&position| {
            let odd = is_odd_date(record.columns[position].value(&subject));
            if odd {
                irregular.push(position);
            }
            !odd
        });
        rows += 1;
        if rows.is_multiple_of(ROWS_PER_EVENT) {
            events.send(Event::Exporting { record: record.name.clone(), rows });
        }
        Ok(())
    })?;
    events.send(Event::Exporting { record: record.name.clone(), rows });
    Ok(Passed { rows, irregular_dates: irregular })
}

/// Whether a date is a text that RFC 3339 readers do not take. It is written as it came all the same.
fn is_odd_date(value: Value<'_>) -> bool {
    matches!(value, Value::Time(Timestamp::Verbatim(text)) if text.parse::<jiff::Timestamp>().is_err())
}

fn in_folder(folder: &Folder, name: &str, source: io::Error) -> ExportError {
    ExportError::File { action: "write", path: folder.path().join(name), source }
}
