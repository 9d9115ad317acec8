//! The export itself: walks each record once, writes all its formats, and publishes the files together.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::datapackage;
use super::destination::{FileDestination, Nowhere, OutputFolder, PACKAGE};
use super::error::ExportError;
use super::formats::{FileFormat, Output, file_name, writer};
use super::lines::{LineWriter, RecordLines};
use super::options::ExportOptions;
use super::passed::RowsPassed;
use super::rows::pass;
use super::select::{FileGroup, NotExported, SelectedRecord, file_groups, not_exported, select};
use super::source::RowSource;
use super::written::{WrittenBundle, WrittenFile, WrittenRecord, WrittenTable};
use crate::event::{Event, Events};
use crate::mapping::{LineFiles, row_sid};
use crate::model::Api;
use crate::snapshot::{Info, Verdict};

/// What an export wrote.
#[derive(Debug, Serialize)]
pub struct ExportReport {
    pub verdict: Verdict,
    /// The snapshot is of Conversations, which lists private channels only.
    pub private_only: bool,
    pub records: Vec<WrittenRecord>,
    /// The files that have several of the records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bundles: Vec<WrittenBundle>,
    /// The tables, where it is to a database.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<WrittenTable>,
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

/// Writes nothing, and compares the lines of files whose mapping names a schema with it.
pub(crate) fn check_lines(
    source: &impl RowSource,
    options: &ExportOptions,
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let info = source.info()?;
    let selected = select(&options.mappings, options.records.as_deref(), &info)?;
    export(source, &info, &selected, options, Nowhere, events)
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
        Err(without_stores(url))
    }
}

/// Exports into the tables of a database's schema: `postgres://HOST/DATABASE/SCHEMA`. `append` keeps the rows of other crawls. To be called
/// within the program's runtime, which has several threads.
pub(crate) fn run_to_database(
    source: &impl RowSource,
    options: &ExportOptions,
    url: &url::Url,
    append: bool,
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let info = source.info()?;
    let selected = select(&options.mappings, options.records.as_deref(), &info)?;
    #[cfg(feature = "postgres")]
    {
        let written = super::tables::load(source, &info, &selected, url, append, events)?;
        let (records, tables) = written.into_iter().unzip();
        Ok(ExportReport {
            verdict: info.verdict,
            private_only: info.source == Api::Conversations,
            records,
            bundles: Vec::new(),
            tables,
            not_exported: not_exported(&info, &selected),
        })
    }
    #[cfg(not(feature = "postgres"))]
    {
        let _ = (selected, url, append, events);
        let problem = "needs a chatferry that was built with `--features postgres`".to_owned();
        Err(ExportError::DatabaseAddress { problem })
    }
}

/// The JSON objects of a bucket at a URL and below it, each with its address. Those longer than `most_bytes` are left out.
pub(crate) fn json_objects(url: &url::Url, most_bytes: u64) -> Result<Vec<(String, Vec<u8>)>, ExportError> {
    #[cfg(feature = "cloud")]
    {
        super::destination::json_objects(url, most_bytes)
    }
    #[cfg(not(feature = "cloud"))]
    {
        let _ = most_bytes;
        Err(without_stores(url))
    }
}

#[cfg(not(feature = "cloud"))]
fn without_stores(url: &url::Url) -> ExportError {
    let source = "this chatferry was built without object storage: build it with `--features cloud`";
    ExportError::Destination { url: url.to_string(), source: source.into() }
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
    let groups = file_groups(selected, &options.formats)?;
    let mut written = Vec::new();
    let mut bundles = Vec::new();
    let mut files = Vec::new();
    for group in groups {
        match group {
            FileGroup::Record(selected) => {
                let (record, of_record) = write_record(source, selected, options, &destination, events)?;
                files.extend(record.files.iter().map(|file| file.path.clone()).zip(of_record));
                written.push((selected, record));
            }
            FileGroup::Bundle(bundle, selected) => {
                let out = DestinationFiles { options, destination: &destination };
                let (passed, of_bundle) =
                    out.write(source, &bundle.name, &bundle.lines, &selected, events)?;
                let (of_bundle, handles): (Vec<_>, Vec<_>) = of_bundle.into_iter().unzip();
                files.extend(of_bundle.iter().map(|file| file.path.clone()).zip(handles));
                bundles.push(WrittenBundle {
                    bundle: bundle.name.clone(),
                    mapping: selected.first().map(|first| first.mapping.name.clone()).unwrap_or_default(),
                    records: selected.iter().map(|selected| selected.record.name.clone()).collect(),
                    files: of_bundle,
                });
                let records = selected.into_iter().zip(passed);
                written.extend(
                    records.map(|(selected, passed)| (selected, selected.written(passed, Vec::new()))),
                );
            }
        }
    }
    let mut page = None;
    if let Some(wanted) = &options.page {
        let failed = |source| destination.failed(datapackage::PAGE, source);
        let mut output = Output::new(destination.create(datapackage::PAGE)?, None).map_err(failed)?;
        output.buffer.extend_from_slice(wanted.html.as_bytes());
        let (mut file, digest) = output.finish().map_err(failed)?;
        destination.complete(&mut file).map_err(failed)?;
        files.push((datapackage::PAGE.to_owned(), file));
        page = Some((wanted, digest));
    }
    let mut package = destination.create(PACKAGE)?;
    let not_exported = not_exported(info, selected);
    let page = page.as_ref().map(|(page, digest)| (*page, digest));
    let text = datapackage::describe(info, options, &written, &bundles, page, &not_exported);
    let stored = package.write_all(&text).and_then(|()| destination.complete(&mut package));
    stored.map_err(|source| destination.failed(PACKAGE, source))?;
    destination.publish(files, package)?;
    let records: Vec<WrittenRecord> = written.into_iter().map(|(_, record)| record).collect();
    let of_records = records.iter().flat_map(|record| record.files.iter().map(|file| (&record.record, file)));
    let of_bundles = bundles.iter().flat_map(|bundle| bundle.files.iter().map(|file| (&bundle.bundle, file)));
    for (record, file) in of_records.chain(of_bundles) {
        events.send(Event::Exported {
            record: record.clone(),
            file: file.path.clone(),
            rows: file.rows,
            bytes: file.bytes,
        });
    }
    let private_only = info.source == Api::Conversations;
    let tables = Vec::new();
    Ok(ExportReport { verdict: info.verdict, private_only, records, bundles, tables, not_exported })
}

/// Exports one record in one format, or one bundle, to a stream.
pub fn stream(
    source: &impl RowSource,
    options: &ExportOptions,
    out: &mut (dyn Write + Send),
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let info = source.info()?;
    let selected = select(&options.mappings, options.records.as_deref(), &info)?;
    let groups = file_groups(&selected, &options.formats)?;
    let (records, formats) = (groups.len(), options.formats.len());
    let &[format] = options.formats.as_slice() else {
        return Err(ExportError::NotOneStream { records, formats });
    };
    let (mut records, mut bundles) =
        match groups.as_slice() {
            [FileGroup::Record(one)] if !one.record.is_ndjson_only() => {
                let failed = ExportError::Stream;
                let output = Output::new(out, options.compression_of(format)).map_err(failed)?;
                let mut writer = writer(format, one.record, options.csv(), output).map_err(failed)?;
                let passed = pass(source, one.record, events, &mut |row, _| writer.row(row).map_err(failed))?;
                let (_, written) = writer.finish().and_then(Output::finish).map_err(failed)?;
                let (rows, bytes, sha256) = (passed.rows, written.bytes, written.sha256);
                (
                    vec![one.written(
                        passed,
                        vec![WrittenFile { path: String::new(), format, rows, bytes, sha256 }],
                    )],
                    Vec::new(),
                )
            }
            [group] => {
                let (name, lines, selected) = group.lines();
                if lines.has_parts() {
                    return Err(ExportError::PartsInStream { name: name.to_owned() });
                }
                let mut out = Some(out);
                let mut open =
                    |_: &str| out.take().ok_or_else(|| ExportError::PartsInStream { name: name.to_owned() });
                let failed = |_: &str, source| ExportError::Stream(source);
                let (passed, files) =
                    write_lines(source, name, &lines, &selected, options, &mut open, &failed, events)?;
                let files: Vec<WrittenFile> = files.into_iter().map(|(file, _)| file).collect();
                match group {
                    FileGroup::Record(one) => (
                        passed.into_iter().map(|passed| one.written(passed, files.clone())).collect(),
                        Vec::new(),
                    ),
                    FileGroup::Bundle(bundle, _) => {
                        let mapping =
                            selected.first().map(|first| first.mapping.name.clone()).unwrap_or_default();
                        let names = selected.iter().map(|selected| selected.record.name.clone()).collect();
                        let written = selected
                            .iter()
                            .zip(passed)
                            .map(|(selected, passed)| selected.written(passed, Vec::new()));
                        let bundle =
                            WrittenBundle { bundle: bundle.name.clone(), mapping, records: names, files };
                        (written.collect(), vec![bundle])
                    }
                }
            }
            _ => return Err(ExportError::NotOneStream { records, formats }),
        };
    let of_records = records.iter_mut().flat_map(|record| &mut record.files);
    let of_bundles = bundles.iter_mut().flat_map(|bundle: &mut WrittenBundle| &mut bundle.files);
    of_records.chain(of_bundles).for_each(|file| "-".clone_into(&mut file.path));
    Ok(ExportReport {
        verdict: info.verdict,
        private_only: info.source == Api::Conversations,
        records,
        bundles,
        tables: Vec::new(),
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
    if record.is_ndjson_only() {
        let lines = record.lines.clone().unwrap_or_default();
        let out = DestinationFiles { options, destination };
        let (passed, files) = out.write(source, &record.name, &lines, &[selected], events)?;
        let (files, handles) = files.into_iter().unzip();
        let passed = passed.into_iter().next().unwrap_or_default();
        return Ok((selected.written(passed, files), handles));
    }
    let name = |format: FileFormat| file_name(&record.name, format, options.compression_of(format));
    let mut writers = Vec::new();
    for &format in &options.formats {
        let file = destination.create(&name(format))?;
        let writer = Output::new(file, options.compression_of(format))
            .and_then(|output| writer(format, record, options.csv(), output));
        writers.push(writer.map_err(|source| destination.failed(&name(format), source))?);
    }
    let passed = pass(source, record, events, &mut |row, _| {
        for (writer, &format) in writers.iter_mut().zip(&options.formats) {
            writer.row(row).map_err(|source| destination.failed(&name(format), source))?;
        }
        Ok(())
    })?;
    let (mut written_files, mut files) = (Vec::new(), Vec::new());
    for (writer, &format) in writers.into_iter().zip(&options.formats) {
        let finished = writer.finish().and_then(Output::finish).and_then(|(mut file, written)| {
            destination.complete(&mut file)?;
            Ok((file, written))
        });
        let path = name(format);
        let (file, written) = finished.map_err(|source| destination.failed(&path, source))?;
        let (rows, bytes, sha256) = (passed.rows, written.bytes, written.sha256);
        written_files.push(WrittenFile { path, format, rows, bytes, sha256 });
        files.push(file);
    }
    Ok((selected.written(passed, written_files), files))
}

/// Files of lines at a destination.
struct DestinationFiles<'a, P> {
    options: &'a ExportOptions,
    destination: &'a P,
}

impl<P: FileDestination> DestinationFiles<'_, P> {
    /// Writes the rows of some records to files that cannot be seen yet.
    fn write(
        &self,
        source: &impl RowSource,
        name: &str,
        lines: &LineFiles,
        selected: &[&SelectedRecord<'_>],
        events: &Events,
    ) -> Result<LinesWritten<P::File>, ExportError> {
        let destination = self.destination;
        let mut open = |name: &str| destination.create(name);
        let failed = |name: &str, source| destination.failed(name, source);
        let (passed, mut files) =
            write_lines(source, name, lines, selected, self.options, &mut open, &failed, events)?;
        for (written, file) in &mut files {
            destination.complete(file).map_err(|source| destination.failed(&written.path, source))?;
        }
        Ok((passed, files))
    }
}

/// The rows of each record that passed, and the files.
type LinesWritten<W> = (Vec<RowsPassed>, Vec<(WrittenFile, W)>);

#[expect(clippy::too_many_arguments, reason = "what is written, how, and where to")]
fn write_lines<W: Write>(
    source: &impl RowSource,
    name: &str,
    lines: &LineFiles,
    selected: &[&SelectedRecord<'_>],
    options: &ExportOptions,
    open: &mut dyn FnMut(&str) -> Result<W, ExportError>,
    failed: &dyn Fn(&str, io::Error) -> ExportError,
    events: &Events,
) -> Result<LinesWritten<W>, ExportError> {
    let compression = options.compression_of(FileFormat::Ndjson);
    let mut writer = LineWriter::new(name, lines, compression, options.check_schema, open, failed);
    let mut passed = Vec::new();
    for selected in selected {
        let record = selected.record;
        let mut of_record = RecordLines::new(record);
        passed.push(pass(source, record, events, &mut |row, records| {
            let subject = || format!("{} {}", record.name, row_sid(record.entity, records));
            writer.row(&mut of_record, row, subject)
        })?);
        writer.end_line(&mut of_record)?;
    }
    Ok((passed, writer.finish()?))
}
