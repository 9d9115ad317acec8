//! `chatferry export`: joins the flags, the mappings, the snapshot, the plan's SIDs and the writers.

mod sids;

use std::io::Write;
use std::path::{Path, PathBuf};

use url::Url;
use zeroize::Zeroizing;

use crate::cli::export::{CompressArg, ExportArgs, FormatArg, PiiArg};
use crate::error::ExitStatus;
use crate::event::Events;
use crate::export::{self, Compression, ExportError, ExportOptions, ExportReport, Format};
use crate::mapping::{self, Mapping, MappingError, PiiKey, PiiPolicy};
use crate::printable::Printable;
use crate::report::text::{self, export::ExportedFile};
use crate::snapshot::Snapshot;

use super::{CommandError, Context, Outcome};

/// The mappings that are exported when none is named.
const DEFAULT_MAPPINGS: &[&str] = &["chat", "conversations"];

/// What was typed, checked.
#[derive(Debug)]
struct ExportSettings {
    /// Where to.
    destination: ExportTarget,
    /// What to write and how.
    pub options: ExportOptions,
}

/// Where an export goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ExportTarget {
    /// Standard output.
    Stream,
    /// A folder.
    Folder(PathBuf),
    /// A prefix of a bucket.
    Store(Url),
}

impl ExportTarget {
    /// Takes `-`, a URL of an object store, or a folder's path.
    fn of(text: &str) -> Self {
        if text == "-" {
            return Self::Stream;
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "s3" | "s3a" | "gs" | "az" | "azure" | "abfs" | "abfss") => {
                Self::Store(url)
            }
            _ => Self::Folder(PathBuf::from(text)),
        }
    }
}

/// Checks the flags as far as possible before the snapshot is opened.
fn settings(args: &ExportArgs) -> Result<ExportSettings, ExportError> {
    let named: Vec<&str> = args.mappings.iter().map(String::as_str).collect();
    let named = if named.is_empty() { DEFAULT_MAPPINGS } else { &named };
    let mut mappings = Vec::new();
    for name in named {
        mappings.push(mapping::load(name).map_err(in_mapping)?);
    }
    export::check_names(&mappings, args.records.as_deref())?;
    let wanted =
        |name: &str| args.records.as_ref().is_none_or(|records| records.iter().any(|record| record == name));
    for mapping in &mut mappings {
        if let Some(condition) = &args.condition {
            mapping.add_condition(condition, wanted).map_err(in_mapping)?;
        }
    }
    if let Some(columns) = &args.columns {
        mapping::select_columns(&mut mappings, columns, wanted).map_err(in_mapping)?;
    }
    let pii = pii(args)?;
    for mapping in &mut mappings {
        mapping.apply_pii(&pii);
    }
    if args.plan.is_none() {
        refuse_counterparts(&mappings, wanted)?;
    }
    let mut formats: Vec<Format> = args.formats.iter().map(|&format| Format::from(format)).collect();
    formats.sort();
    formats.dedup();
    let options = ExportOptions {
        mappings,
        records: args.records.clone(),
        formats,
        compression: args.compress.map(Compression::from),
        pii,
        plan: None,
        condition: args.condition.clone(),
        spreadsheet_safe: args.spreadsheet_safe,
        force: args.force,
    };
    let destination = ExportTarget::of(&args.out);
    if destination == ExportTarget::Stream {
        export::check_stream(&options)?;
    }
    Ok(ExportSettings { destination, options })
}

/// Fails where a record that is written asks for SIDs of a target: without a plan there is none.
fn refuse_counterparts(mappings: &[Mapping], wanted: impl Fn(&str) -> bool) -> Result<(), ExportError> {
    for mapping in mappings {
        for record in mapping.records.iter().filter(|record| wanted(&record.name)) {
            if let Some(place) = record.needs_plan() {
                let (mapping, record) = (mapping.name.clone(), record.name.clone());
                return Err(ExportError::NeedsPlan { record, mapping, place });
            }
        }
    }
    Ok(())
}

fn in_mapping(error: MappingError) -> ExportError {
    ExportError::Mapping(Box::new(error))
}

/// What is done with personal columns, with the key read from its file.
fn pii(args: &ExportArgs) -> Result<PiiPolicy, ExportError> {
    match (args.pii, &args.pii_key_file) {
        (PiiArg::Keep, _) => Ok(PiiPolicy::Keep),
        (PiiArg::Drop, _) => Ok(PiiPolicy::Drop),
        (PiiArg::Hmac, None) => Err(ExportError::NoKey),
        (PiiArg::Hmac, Some(path)) => {
            let bytes =
                std::fs::read(path).map_err(|source| ExportError::KeyFile { path: path.clone(), source })?;
            let key = PiiKey::new(Zeroizing::new(bytes))
                .map_err(|source| ExportError::ShortKey { path: path.clone(), source })?;
            Ok(PiiPolicy::Hmac(key))
        }
    }
}

/// Runs the verb.
pub(super) fn run(args: &ExportArgs, context: &mut Context) -> Outcome {
    let mut settings = settings(args)?;
    let path = context.settings.snapshot(args.snapshot.as_deref())?;
    let snapshot = Snapshot::open(&path).map_err(ExportError::from)?;
    if let Some(plan) = &args.plan {
        let services = snapshot.info().map_err(ExportError::from)?.services;
        let (sids, facts) = sids::of_plan(plan, &path, &services)?;
        settings.options.plan = Some(facts);
        for record in settings.options.mappings.iter_mut().flat_map(|mapping| &mut mapping.records) {
            record.set_sids(sids.clone());
        }
    }
    let progress = context.progress();
    let written = write(&settings, &snapshot, &mut context.stdout, &progress.events());
    progress.finish();
    let report = match written {
        Err(error) if error.is_closed_pipe() => return Ok(ExitStatus::Done),
        written => written?,
    };
    // With `--out -` standard output has the rows, and nothing else may stand there.
    if args.out == "-" {
        return Ok(ExitStatus::Done);
    }
    context.conclude(&report, summarize(&report))?;
    Ok(ExitStatus::Done)
}

/// The flags of an export to a folder as it is done without any further flag.
pub(super) fn plain_args(snapshot: &Path, folder: &Path) -> ExportArgs {
    ExportArgs {
        snapshot: Some(snapshot.to_path_buf()),
        out: folder.display().to_string(),
        mappings: Vec::new(),
        plan: None,
        records: None,
        formats: vec![FormatArg::Csv, FormatArg::Ndjson],
        columns: None,
        condition: None,
        pii: PiiArg::Keep,
        pii_key_file: None,
        compress: None,
        spreadsheet_safe: false,
        force: false,
    }
}

/// Checks the flags of an export before there is a snapshot.
pub(super) fn check_args(args: &ExportArgs) -> Result<(), CommandError> {
    Ok(settings(args).map(|_| ())?)
}

/// Exports a snapshot to a folder.
pub(super) fn to_folder(
    args: &ExportArgs,
    snapshot: &Path,
    context: &mut Context,
) -> Result<ExportReport, CommandError> {
    let settings = settings(args)?;
    let snapshot = Snapshot::open(snapshot).map_err(ExportError::from)?;
    let progress = context.progress();
    let written = write(&settings, &snapshot, &mut context.stdout, &progress.events());
    progress.finish();
    Ok(written?)
}

/// Exports; `out` is standard output, which gets the rows of `--out -` and nothing else.
fn write(
    settings: &ExportSettings,
    snapshot: &Snapshot,
    out: &mut (dyn Write + Send),
    events: &Events,
) -> Result<ExportReport, ExportError> {
    match &settings.destination {
        ExportTarget::Folder(folder) => export::run(snapshot, &settings.options, folder, events),
        ExportTarget::Store(url) => export::run_to_store(snapshot, &settings.options, url, events),
        ExportTarget::Stream => export::stream(snapshot, &settings.options, out, events),
    }
}

/// The report as text.
pub(super) fn summarize(report: &ExportReport) -> Printable {
    let files: Vec<ExportedFile> = report
        .records
        .iter()
        .flat_map(|record| {
            let rows = record.passed.rows;
            record.files.iter().map(move |file| ExportedFile {
                path: file.path.clone(),
                rows,
                bytes: file.bytes,
            })
        })
        .collect();
    text::export::text(&files, report.verdict, report.private_only)
}

impl From<FormatArg> for Format {
    fn from(arg: FormatArg) -> Self {
        match arg {
            FormatArg::Csv => Self::Csv,
            FormatArg::Ndjson => Self::Ndjson,
            FormatArg::Parquet => Self::Parquet,
        }
    }
}

impl From<CompressArg> for Compression {
    fn from(arg: CompressArg) -> Self {
        match arg {
            CompressArg::Gzip => Self::Gzip,
            CompressArg::Zstd => Self::Zstd,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Advise, Failure};
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: ExportArgs,
    }

    fn settings_of(line: &[&str]) -> Result<ExportSettings, ExportError> {
        let line = std::iter::once("export").chain(line.iter().copied());
        settings(&Line::try_parse_from(line).unwrap().args)
    }

    #[test]
    fn the_defaults_are_the_published_ones() {
        let settings = settings_of(&["--out", "here"]).unwrap();
        assert_eq!(settings.options.formats, [Format::Csv, Format::Ndjson]);
        assert!(settings.options.records.is_none());
        assert_eq!(settings.destination, ExportTarget::Folder("here".into()));
        assert!(matches!(ExportTarget::of("s3://bucket/prefix"), ExportTarget::Store(_)));
        assert!(matches!(ExportTarget::of(r"c:\exports"), ExportTarget::Folder(_)));
        let names: Vec<&str> =
            settings.options.mappings.iter().map(|mapping| mapping.name.as_str()).collect();
        assert_eq!(names, DEFAULT_MAPPINGS);
    }

    #[test]
    fn what_cannot_be_is_refused_before_the_snapshot_is_opened() {
        assert!(settings_of(&["--out", "x", "--mapping", "chatt"]).unwrap_err().status() == Failure::Usage);
        assert!(
            settings_of(&["--out", "x", "--records", "users,userz"]).unwrap_err().status() == Failure::Usage
        );
        let error = settings_of(&["--out", "-", "--records", "users"]).unwrap_err();
        assert!(matches!(error, ExportError::NotOneStream { records: 1, formats: 2 }));
        settings_of(&["--out", "-", "--records", "users", "--format", "csv"]).unwrap();
        assert!(
            settings_of(&["--out", "x", "--where", "satus == 'joined'"]).unwrap_err().status()
                == Failure::Usage
        );
        assert!(
            settings_of(&["--out", "x", "--columns", "identify"]).unwrap_err().status() == Failure::Usage
        );
    }

    #[test]
    fn sids_of_a_target_need_a_plan_where_they_are_written() {
        let error = settings_of(&["--out", "x", "--mapping", "chat", "--mapping", "sids"]).unwrap_err();
        assert!(error.status() == Failure::Usage);
        let expected = "record `role_sids` of mapping `sids` needs --plan FILE: column `target_sid` asks for";
        assert!(error.to_string().starts_with(expected), "{error}");
        let sids = ["--out", "x", "--mapping", "sids"];
        settings_of(&[&sids[..], &["--plan", "plan.db"]].concat()).unwrap();
        settings_of(&[&sids[..], &["--columns", "source_sid"]].concat()).unwrap();
        let condition = ["--out", "x", "--where", "sid|counterpart is none", "--records", "users"];
        assert!(matches!(settings_of(&condition), Err(ExportError::NeedsPlan { .. })));
    }

    #[test]
    fn a_key_is_read_from_its_file_and_must_be_long_enough() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let line = ["--out", "x", "--pii", "hmac", "--pii-key-file", file.to_str().unwrap()];
        assert!(matches!(settings_of(&line), Err(ExportError::KeyFile { .. })));
        std::fs::write(&file, "too short\n").unwrap();
        let error = settings_of(&line).unwrap_err();
        assert!(matches!(&error, ExportError::ShortKey { .. }) && error.status() == Failure::Usage);
        std::fs::write(&file, "0123456789abcdef0123456789abcdef\n").unwrap();
        let settings = settings_of(&line).unwrap();
        assert!(!format!("{settings:?}").contains("0123456789abcdef0123"), "the key is not printed");
    }
}
