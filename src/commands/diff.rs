//! `diff`: two snapshots in, differences out.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::cli::{DiffArgs, DiffFormat};
use crate::diff::{self, Comparison, DiffOptions, Terms};
use crate::error::ExitStatus;
use crate::report::diff::{DiffError, DiffOutput, DifferenceReport, PageAbout};
use crate::report::text::diff::summary;
use crate::settings::{DiffSettings, check_files};
use crate::snapshot::Snapshot;
use crate::storage::{Access, AtomicFile};

use super::difference_reports::{DifferenceReports, begin_page};
use super::failure::StdoutError;
use super::page::WantedPage;
use super::{CommandError, Context, Outcome};

pub(super) fn run(args: &DiffArgs, context: &mut Context) -> Outcome {
    let settings = DiffSettings::load(args)?;
    let mut taken = vec![settings.old.as_path(), settings.new.as_path()];
    taken.extend(settings.out.as_deref());
    let page = WantedPage::of(&args.page, &taken)?;
    let open = if check_files(&context.settings)? { diff::open_checked } else { diff::open };
    let old = open(&settings.old)?;
    let new = open(&settings.new)?;
    let format = match DiffOutput::from(settings.format) {
        DiffOutput::Csv if settings.spreadsheet_safe => DiffOutput::SpreadsheetCsv,
        DiffOutput::Table if settings.records => DiffOutput::Records,
        format => format,
    };
    let comparison = if let Some(path) = &settings.out {
        let mut files = vec![(format, path.as_path())];
        files.extend(page.as_ref().map(|page| (DiffOutput::Html, page.path.as_path())));
        let comparison = to_files(&old, &new, Terms::of(&old, &new)?, &settings.options, &files)?;
        if let Some(page) = &page {
            page.show();
        }
        comparison
    } else {
        let page = page.as_ref().map(|page| begin_page(page, PageAbout::default())).transpose()?;
        let style = context.line_style();
        // With --json stdout has the totals, and nothing else may stand there.
        let out: Box<dyn Write + '_> = if context.output.json {
            Box::new(io::sink())
        } else {
            Box::new(BufWriter::new(&mut context.stdout))
        };
        let reports = DifferenceReports::start(format, out, page).map_err(StdoutError)?.styled(style);
        compare(&old, &new, &settings.options, reports)?
    };
    context.conclude(&comparison, summary(&comparison))?;
    Ok(if !comparison.is_same() {
        ExitStatus::Findings
    } else if comparison.has_incomplete_side() {
        ExitStatus::Incomplete
    } else {
        ExitStatus::Done
    })
}

/// Writes the differences to files, which appear complete or not at all.
pub(super) fn to_files(
    old: &Snapshot,
    new: &Snapshot,
    terms: Terms,
    options: &DiffOptions,
    files: &[(DiffOutput, &Path)],
) -> Result<Comparison, DiffError> {
    let mut reports = Vec::new();
    for &(format, path) in files {
        let report = AtomicFile::create(path, Access::of_results())
            .and_then(|file| DifferenceReport::start(format, BufWriter::new(file)));
        reports.push((path, report.map_err(|source| in_file(path, source))?));
    }
    let comparison = diff::diff_snapshots(old, new, terms, options, |difference| {
        reports
            .iter_mut()
            .try_for_each(|(path, report)| report.add(difference).map_err(|source| in_file(path, source)))
    })?;
    let mut complete = Vec::new();
    for (path, report) in reports {
        let out = report.finish(&comparison);
        let file = out.and_then(|out| out.into_inner().map_err(io::IntoInnerError::into_error));
        complete.push((path, file.map_err(|source| in_file(path, source))?));
    }
    for (path, file) in complete {
        file.commit().map_err(|source| in_file(path, source))?;
    }
    Ok(comparison)
}

fn in_file(path: &Path, source: io::Error) -> DiffError {
    DiffError::File { path: path.to_path_buf(), source }
}

/// Compares and writes the differences as they come.
fn compare<W: Write>(
    old: &Snapshot,
    new: &Snapshot,
    options: &DiffOptions,
    mut reports: DifferenceReports<W>,
) -> Result<Comparison, CommandError> {
    let comparison = diff::diff_snapshots(old, new, Terms::of(old, new)?, options, |difference| {
        reports.add(difference).map_err(DiffError::Write)
    });
    let comparison = comparison.map_err(|error| match error {
        DiffError::Write(source) => StdoutError(source).into(),
        error => CommandError::from(error),
    })?;
    reports.finish(&comparison)?;
    Ok(comparison)
}

impl From<DiffFormat> for DiffOutput {
    fn from(format: DiffFormat) -> Self {
        match format {
            DiffFormat::Table => Self::Table,
            DiffFormat::Ndjson => Self::Ndjson,
            DiffFormat::Csv => Self::Csv,
            DiffFormat::Md => Self::Markdown,
            DiffFormat::Html => Self::Html,
        }
    }
}
