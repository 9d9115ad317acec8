//! `chatferry export`: joins the flags, the mappings, the snapshot, the plan's SIDs and the writers.

mod sids;

use std::io::Write;
use std::path::Path;

use crate::cli::export::ExportArgs;
use crate::error::ExitStatus;
use crate::event::Events;
use crate::export::{self, ExportError, ExportOptions, ExportReport};
use crate::report::text::format;
use crate::settings::{ExportDestination, ExportSettings};
use crate::snapshot::{Snapshot, Verdict};

use super::{CommandError, Context, Outcome};

/// Runs the verb.
pub(super) fn run(args: &ExportArgs, context: &mut Context) -> Outcome {
    let mut settings = ExportSettings::load(&context.settings, args)?;
    let path = settings.snapshot.clone();
    let snapshot = Snapshot::open(&path).map_err(ExportError::from)?;
    if let Some(plan) = &settings.plan {
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
    if settings.destination == ExportDestination::Stream {
        return Ok(ExitStatus::Done);
    }
    let text = summarize(&report);
    context.conclude(&report, &text)?;
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
    let written = export::run(&snapshot, options, folder, &progress.events());
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
        ExportDestination::Folder(folder) => export::run(snapshot, &settings.options, folder, events),
        ExportDestination::Store(url) => export::run_to_store(snapshot, &settings.options, url, events),
        ExportDestination::Stream => export::stream(snapshot, &settings.options, out, events),
    }
}

/// The report in words, for people.
pub(super) fn summarize(report: &ExportReport) -> String {
    let mut lines = Vec::new();
    for record in &report.records {
        let rows = format::count(record.passed.rows);
        for file in &record.files {
            lines.push(format!("{rows:>12} rows  {:>14} bytes  {}", format::count(file.bytes), file.path));
        }
    }
    let verdict = match report.verdict {
        Verdict::Complete => "complete: the snapshot is, and so are these files",
        Verdict::CompleteWithDrift => {
            "complete with drift: data changed while it was crawled; `chatferry snapshot info` lists where"
        }
        Verdict::Incomplete => {
            "incomplete: the snapshot is, and so are these files; datapackage.json says so too"
        }
    };
    lines.push(verdict.to_owned());
    lines.join("\n")
}
