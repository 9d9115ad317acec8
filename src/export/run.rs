//! The export itself: walks each record once, writes all its formats, and puts the files in their places together.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::error::ExportError;
use super::folder::Folder;
use super::format::{Format, writer};
use super::options::ExportOptions;
use super::output::Output;
use super::package;
use super::place::{PACKAGE, Place};
use super::rows::{RowsPassed, pass};
use super::select::{Selected, select};
use super::source::Rows;
use crate::event::{Event, Events};
use crate::snapshot::{Info, Verdict};

/// What an export wrote.
#[derive(Debug, Serialize)]
pub struct ExportReport {
    /// The crawl's verdict.
    pub verdict: Verdict,
    /// The records.
    pub records: Vec<WrittenRecord>,
}

/// One record of an export.
#[derive(Debug, Serialize)]
pub struct WrittenRecord {
    /// The record.
    pub record: String,
    /// The mapping that it is of.
    pub mapping: String,
    /// What is known of its rows.
    #[serde(flatten)]
    pub passed: RowsPassed,
    /// Its files.
    pub files: Vec<WrittenFile>,
}

/// One file of an export.
#[derive(Debug, Clone, Serialize)]
pub struct WrittenFile {
    /// The file's name within the folder.
    pub path: String,
    /// Its format.
    pub format: Format,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Exports to a folder.
pub(crate) fn run(
    source: &impl Rows,
    options: &ExportOptions,
    folder: &Path,
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let info = source.info()?;
    let selected = select(&options.mappings, options.records.as_deref(), &info)?;
    export(source, &info, &selected, options, Folder::claim(folder, options.force)?, events)
}

/// Exports to object storage: `s3://bucket/prefix`, `gs://…`, `az://…`. Not to be called from within an async runtime's worker.
pub(crate) fn run_to_store(
    source: &impl Rows,
    options: &ExportOptions,
    url: &url::Url,
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let info = source.info()?;
    let selected = select(&options.mappings, options.records.as_deref(), &info)?;
    #[cfg(feature = "cloud")]
    {
        let bucket = super::bucket::Bucket::claim(url, options.force)?;
        export(source, &info, &selected, options, bucket, events)
    }
    #[cfg(not(feature = "cloud"))]
    {
        let _ = (selected, events);
        let source = "this chatferry was built without object storage: build it with `--features cloud`";
        Err(ExportError::Destination { url: url.to_string(), source: source.into() })
    }
}

/// Exports to a place that was claimed.
pub(super) fn export<P: Place>(
    source: &impl Rows,
    info: &Info,
    selected: &[Selected<'_>],
    options: &ExportOptions,
    place: P,
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let mut records = Vec::new();
    let mut files = Vec::new();
    for selected in selected {
        let (record, written) = write_record(source, selected, options, &place, events)?;
        files.extend(record.files.iter().map(|file| file.path.clone()).zip(written));
        records.push(record);
    }
    let mut package = place.create(PACKAGE)?;
    let text = package::describe(info, options, selected, &records);
    let stored = package.write_all(&text).and_then(|()| place.complete(&mut package));
    stored.map_err(|source| place.failed(PACKAGE, source))?;
    place.publish(files, package)?;
    for record in &records {
        for file in &record.files {
            events.send(Event::Exported {
                record: record.record.clone(),
                file: file.path.clone(),
                rows: record.passed.rows,
                bytes: file.bytes,
            });
        }
    }
    Ok(ExportReport { verdict: info.verdict, records })
}

/// Exports one record in one format to a stream.
pub fn stream(
    source: &impl Rows,
    options: &ExportOptions,
    out: &mut (dyn Write + Send),
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let info = source.info()?;
    let selected = select(&options.mappings, options.records.as_deref(), &info)?;
    let ([one], &[format]) = (selected.as_slice(), options.formats.as_slice()) else {
        let (records, formats) = (selected.len(), options.formats.len());
        return Err(ExportError::NotOneStream { records, formats });
    };
    let output = Output::new(out, options.compression_of(format)).map_err(ExportError::Stream)?;
    let writer = writer(format, &one.record.columns, options, output).map_err(ExportError::Stream)?;
    let mut writers = vec![writer];
    let passed = pass(source, one, &mut writers, events, |_, source| ExportError::Stream(source))?;
    let mut files = Vec::new();
    for writer in writers {
        let (_, written) = writer.finish().and_then(Output::finish).map_err(ExportError::Stream)?;
        let path = "-".to_owned();
        files.push(WrittenFile { path, format, bytes: written.bytes, sha256: written.sha256 });
    }
    let record =
        WrittenRecord { record: one.record.name.clone(), mapping: one.mapping.name.clone(), passed, files };
    Ok(ExportReport { verdict: info.verdict, records: vec![record] })
}

/// Writes all formats of one record to files that cannot be seen yet.
fn write_record<P: Place>(
    source: &impl Rows,
    selected: &Selected<'_>,
    options: &ExportOptions,
    place: &P,
    events: &Events,
) -> Result<(WrittenRecord, Vec<P::File>), ExportError> {
    let record = selected.record;
    let name = |format: Format| match options.compression_of(format) {
        Some(compression) => format!("{}.{}.{}", record.name, format.name(), compression.suffix()),
        None => format!("{}.{}", record.name, format.name()),
    };
    let mut writers = Vec::new();
    for &format in &options.formats {
        let file = place.create(&name(format))?;
        let writer = Output::new(file, options.compression_of(format))
            .and_then(|output| writer(format, &record.columns, options, output));
        writers.push(writer.map_err(|source| place.failed(&name(format), source))?);
    }
    let passed = pass(source, selected, &mut writers, events, |position, source| {
        place.failed(&name(options.formats[position]), source)
    })?;
    let (mut written_files, mut files) = (Vec::new(), Vec::new());
    for (writer, &format) in writers.into_iter().zip(&options.formats) {
        let finished = writer.finish().and_then(Output::finish).and_then(|(mut file, written)| {
            place.complete(&mut file)?;
            Ok((file, written))
        });
        let path = name(format);
        let (file, written) = finished.map_err(|source| place.failed(&path, source))?;
        written_files.push(WrittenFile { path, format, bytes: written.bytes, sha256: written.sha256 });
        files.push(file);
    }
    let record = WrittenRecord {
        record: record.name.clone(),
        mapping: selected.mapping.name.clone(),
        passed,
        files: written_files,
    };
    Ok((record, files))
}
