//! `chatferry export`: joins the flags, the mappings, the snapshot, the plan's SIDs and the writers.

mod media;
mod sids;
pub(super) mod users;

use std::io::Write;
use std::path::Path;

use crate::cli::export::ExportArgs;
use crate::error::ExitStatus;
use crate::event::Events;
use crate::export::{self, ExportError, ExportOptions, ExportReport, StoppableSource, WrittenTable};
use crate::printable::Printable;
use crate::report::text::{
    self,
    export::{ExportedFile, LeftOut, LeftOutKind, WrittenKind},
};
use crate::settings::{ExportDestination, ExportSettings, MediaExportSettings, check_files};
use crate::snapshot::Snapshot;

use super::{CommandError, Context, Outcome};

pub(super) async fn run(args: &ExportArgs, context: &mut Context) -> Outcome {
    if let Some(settings) = MediaExportSettings::load(&context.settings, args)? {
        return media::run(&settings, context).await;
    }
    let (mut settings, out) = ExportSettings::load(&context.settings, args)?;
    let path = settings.snapshot.clone();
    if check_files(&context.settings)? {
        Snapshot::check_file(&path).map_err(ExportError::from)?;
    }
    let snapshot = Snapshot::open(&path).map_err(ExportError::from)?;
    let info = snapshot.info().map_err(ExportError::from)?;
    let destination = out.of_snapshot(&info.account_sid, &info.services, &info.started)?;
    if let Some(plan) = &settings.plan {
        let (sids, facts) = sids::of_plan(plan, &path, &info.services)?;
        settings.options.plan = Some(facts);
        for record in settings.options.mappings.iter_mut().flat_map(|mapping| &mut mapping.records) {
            record.set_sids(sids.clone());
        }
    }
    users::give(&mut settings.options.mappings, &path)?;
    let progress = context.progress();
    let source = StoppableSource { source: &snapshot, stop: context.interrupt.token() };
    let written = write(&settings, &destination, &source, &mut context.stdout, &progress.events());
    progress.finish();
    let report = match written {
        Err(error) if error.is_closed_pipe() => return Ok(ExitStatus::Done),
        written => written?,
    };
    // With `--out -` standard output has the rows, and nothing else may stand there.
    if destination == ExportDestination::Stream {
        return Ok(ExitStatus::Done);
    }
    context.conclude(&report, summarize(&report))?;
    Ok(ExitStatus::Done)
}

/// Exports a snapshot to a folder.
pub(super) fn to_folder(
    options: &ExportOptions,
    snapshot: &Path,
    folder: &Path,
    context: &mut Context,
) -> Result<ExportReport, CommandError> {
    let snapshot = Snapshot::open(snapshot).map_err(ExportError::from)?;
    let progress = context.progress();
    let source = StoppableSource { source: &snapshot, stop: context.interrupt.token() };
    let written = export::run(&source, options, folder, &progress.events());
    progress.finish();
    Ok(written?)
}

/// Exports; `out` is standard output, which gets the rows of `--out -` and nothing else.
fn write(
    settings: &ExportSettings,
    destination: &ExportDestination,
    source: &StoppableSource<'_, Snapshot>,
    out: &mut (dyn Write + Send),
    events: &Events,
) -> Result<ExportReport, ExportError> {
    let options = &settings.options;
    match destination {
        ExportDestination::Database(url) => {
            export::run_to_database(source, options, url, settings.append, events)
        }
        ExportDestination::Folder(folder) => export::run(source, options, folder, events),
        ExportDestination::Store(url) => export::run_to_store(source, options, url, events),
        ExportDestination::Stream => export::stream(source, options, out, events),
    }
}

/// The report as text.
pub(super) fn summarize(report: &ExportReport) -> Printable {
    let of_records = report.records.iter().flat_map(|record| &record.files);
    let files: Vec<ExportedFile> = of_records
        .chain(report.bundles.iter().flat_map(|bundle| &bundle.files))
        .map(|file| ExportedFile { path: file.path.clone(), rows: file.rows, bytes: file.bytes })
        .collect();
    let of_records = report.records.iter().flat_map(|record| {
        let left_out = |count, what| LeftOut { count, of: record.record.clone(), what };
        let of_lists = record.passed.lists.iter().map(|(list, passed)| LeftOut {
            count: passed.filtered,
            of: format!("{}.{list}", record.record),
            what: LeftOutKind::Rows,
        });
        let of_record = [
            left_out(record.passed.filtered, LeftOutKind::Rows),
            left_out(record.passed.with_unwritten_fields, LeftOutKind::Fields),
        ];
        of_record.into_iter().chain(of_lists)
    });
    let of_snapshot = report.not_exported.iter().map(|not_exported| LeftOut {
        count: not_exported.count,
        of: not_exported.entity.replace('_', " "),
        what: LeftOutKind::Records,
    });
    let left_out: Vec<LeftOut> =
        of_records.chain(of_snapshot).filter(|left_out| left_out.count > 0).collect();
    let of_table = |table: &WrittenTable| ExportedFile {
        path: table.table.clone(),
        rows: table.rows,
        bytes: table.bytes,
    };
    let (written, kind) = if report.tables.is_empty() {
        (files, WrittenKind::Files)
    } else {
        (report.tables.iter().map(of_table).collect(), WrittenKind::Tables)
    };
    text::export::text(&written, kind, &left_out, report.verdict, report.private_only)
}
