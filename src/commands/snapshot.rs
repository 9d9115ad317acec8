//! `snapshot info` and `snapshot check`.

use std::path::PathBuf;

use crate::cli::SnapshotArgs;
use crate::cli::snapshot::{SnapshotFile, SnapshotVerb};
use crate::error::ExitStatus;
use crate::report::text::snapshot as snapshot_text;
use crate::snapshot::{Snapshot, Verdict};

use super::{Context, Outcome};

/// Runs the verb.
pub(super) fn run(args: &SnapshotArgs, context: &mut Context) -> Outcome {
    match &args.verb {
        SnapshotVerb::Info(file) => info(file, context),
        SnapshotVerb::Check(file) => check(file, context),
    }
}

fn path(file: &SnapshotFile, context: &Context) -> Result<PathBuf, super::CommandError> {
    let given = file.file.as_deref().or(file.snapshot.as_deref());
    Ok(context.settings.snapshot(given)?)
}

fn info(file: &SnapshotFile, context: &mut Context) -> Outcome {
    let info = Snapshot::open(&path(file, context)?)?.info()?;
    if context.output.json {
        context.json(&info)?;
    } else {
        context.data(snapshot_text::info(&info).as_bytes())?;
    }
    Ok(ExitStatus::Done)
}

fn check(file: &SnapshotFile, context: &mut Context) -> Outcome {
    let path = path(file, context)?;
    let bytes = Snapshot::check_file(&path);
    let report = Snapshot::open(&path)?.check(bytes)?;
    if context.output.json {
        context.json(&report)?;
    } else {
        context.data(snapshot_text::check(&report).as_bytes())?;
    }
    Ok(match report.verdict {
        _ if !report.sound => ExitStatus::Usage,
        Verdict::Incomplete => ExitStatus::Incomplete,
        Verdict::Complete if report.is_clean() => ExitStatus::Done,
        Verdict::Complete | Verdict::CompleteWithDrift => ExitStatus::Findings,
    })
}
