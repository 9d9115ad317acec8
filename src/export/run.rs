//! The export itself: walks each record once, writes all its formats, and publishes the files together.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::datapackage::{self, WrittenFile, WrittenRecord};
use super::destination::{FileDestination, OutputFolder, PACKAGE};
use super::error::ExportError;
use super::formats::{FileFormat, Output, writer};
use super::options::ExportOptions;
use super::rows::pass;
use super::select::{NotExported, SelectedRecord, not_exported, select};
use super::source::RowSource;
use crate::event::{Event, Events};
use crate::model::Api;
use crate::snapshot::{Info, Verdict};

/// What an export wrote.
#[derive(Debug, Serialize)]
pub struct ExportReport {
    pub verdict: Verdict,
    /// The snapshot is of Conversations, which lists private channels only.
    pub private_only: bool,
    pub records: Vec<WrittenRecord>,
    /// What the snapshot holds and none of these records has rows of.
    pub not_exported: Vec<NotExported>,
}

/// Exports to a folder.
pub(crate) fn run(
    source: &impl RowSource,
    options: &ExportOptions,
    folder: &Path,
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let info = source.info()?;
    let selected = select(&options.mappings, options.records.as_deref(), &info)?;
    export(source, &info, &selected, options, OutputFolder::claim(folder, options.force)?, events)
}

/// Exports to object storage: `s3://bucket/prefix`, `gs://…`, `az://…`. To be called within
/// the program's runtime, which has several threads.
pub(crate) fn run_to_store(
    source: &impl RowSource,
    options: &ExportOptions,
    url: &url::Url,
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let info = source.info()?;
    let selected = select(&options.mappings, options.records.as_deref(), &info)?;
    #[cfg(feature = "cloud")]
    {
        let bucket = super::destination::StorePrefix::claim(url, options.force)?;
        export(source, &info, &selected, options, bucket, events)
    }
    #[cfg(not(feature = "cloud"))]
    {
        let _ = (selected, events);
        let source = "this chatferry was built without object storage: build it with `--features cloud`";
        Err(ExportError::Destination { url: url.to_string(), source: source.into() })
    }
}

/// Exports to a destination that was claimed.
pub(super) fn export<P: FileDestination>(
    source: &impl RowSource,
    info: &Info,
    selected: &[SelectedRecord<'_>],
    options: &ExportOptions,
    destination: P,
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let mut records = Vec::new();
    let mut files = Vec::new();
    for selected in selected {
        let (record, written) = write_record(source, selected, options, &destination, events)?;
        files.extend(record.files.iter().map(|file| file.path.clone()).zip(written));
        records.push(record);
    }
    let mut package = destination.create(PACKAGE)?;
    let not_exported = not_exported(info, selected);
    let text = datapackage::describe(info, options, selected, &records, &not_exported);
    let stored = package.write_all(&text).and_then(|()| destination.complete(&mut package));
    stored.map_err(|source| destination.failed(PACKAGE, source))?;
    destination.publish(files, package)?;
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
    let private_only = info.source == Api::Conversations;
    Ok(ExportReport { verdict: info.verdict, private_only, records, not_exported })
}

/// Exports one record in one format to a stream.
pub fn stream(
    source: &impl RowSource,
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
    let writer = writer(format, &one.record.columns, options.csv(), output).map_err(ExportError::Stream)?;
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
    Ok(ExportReport {
        verdict: info.verdict,
        private_only: info.source == Api::Conversations,
        records: vec![record],
        not_exported: not_exported(&info, &selected),
    })
}

/// Writes all formats of one record to files that cannot be seen yet.
fn write_record<P: FileDestination>(
    source: &impl RowSource,
    selected: &SelectedRecord<'_>,
    options: &ExportOptions,
    destination: &P,
    events: &Events,
) -> Result<(WrittenRecord, Vec<P::File>), ExportError> {
    let record = selected.record;
    let name = |format: FileFormat| match options.compression_of(format) {
        Some(compression) => format!("{}.{}.{}", record.name, format.name(), compression.suffix()),
        None => format!("{}.{}", record.name, format.name()),
    };
    let mut writers = Vec::new();
    for &format in &options.formats {
        let file = destination.create(&name(format))?;
        let writer = Output::new(file, options.compression_of(format))
            .and_then(|output| writer(format, &record.columns, options.csv(), output));
        writers.push(writer.map_err(|source| destination.failed(&name(format), source))?);
    }
    let passed = pass(source, selected, &mut writers, events, |position, source| {
        destination.failed(&name(options.formats[position]), source)
    })?;
    let (mut written_files, mut files) = (Vec::new(), Vec::new());
    for (writer, &format) in writers.into_iter().zip(&options.formats) {
        let finished = writer.finish().and_then(Output::finish).and_then(|(mut file, written)| {
            destination.complete(&mut file)?;
            Ok((file, written))
        });
        let path = name(format);
        let (file, written) = finished.map_err(|source| destination.failed(&path, source))?;
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
