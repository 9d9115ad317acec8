//! `snapshot info` and `snapshot check`.

use std::path::PathBuf;

use crate::cli::SnapshotArgs;
use crate::cli::setting::FlagGroup;
use crate::cli::snapshot::{SnapshotFile, SnapshotInfoArgs, SnapshotVerb};
use crate::error::ExitStatus;
use crate::report::snapshot as snapshot_page;
use crate::report::text::snapshot as snapshot_text;
use crate::settings::snapshot_file;
use crate::snapshot::{Snapshot, Verdict};

use super::page::WantedPage;
use super::{Context, Outcome};

pub(super) fn run(args: &SnapshotArgs, context: &mut Context) -> Outcome {
    match &args.verb {
        SnapshotVerb::Info(file) => info(file, context),
        SnapshotVerb::Check(file) => check(file, context),
    }
}

fn path(file: &SnapshotFile, context: &Context) -> Result<PathBuf, super::CommandError> {
    Ok(match &file.file {
        Some(path) => path.clone(),
        None => snapshot_file(&context.settings, file.settings.flags())?,
    })
}

fn info(args: &SnapshotInfoArgs, context: &mut Context) -> Outcome {
    let path = path(&args.file, context)?;
    let page = WantedPage::of(&args.page, &[&path])?;
    let snapshot = Snapshot::open(&path)?;
    let info = snapshot.info()?;
    if let Some(page) = &page {
        page.write(|out| snapshot_page::html(&snapshot, &info, out))?;
    }
    if context.output.json {
        context.json(&info)?;
    } else {
        let now = context.settings.now()?;
        context.print(snapshot_text::info(&info, now))?;
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
        context.print(snapshot_text::check(&report))?;
    }
    Ok(match report.verdict {
        _ if !report.sound => ExitStatus::Usage,
        Verdict::Incomplete => ExitStatus::Incomplete,
        Verdict::Complete if report.is_clean() => ExitStatus::Done,
        Verdict::Complete | Verdict::CompleteWithDrift => ExitStatus::Findings,
    })
}
