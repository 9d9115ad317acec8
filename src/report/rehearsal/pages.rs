//! A rehearsal as a page, as Markdown and as JSON: the verdict, a timeline of the kinds over simulated time, causes, and what came after.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::result::{KindOverTime, Rehearsal, RehearsalVerdict};
use crate::error::{Advise, Failure};
use crate::plan::{OperationKind, WriteLimit};
use crate::printable::json;
use crate::report::html::{self as page, TemplateError, chart};
use crate::report::text::format;

const PAGE: &str = include_str!("page.html");
const MARKDOWN: &str = include_str!("page.md");

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RehearsalReportError {
    #[error("the report cannot be laid out")]
    Page(#[from] TemplateError),
    #[error("the report cannot be put as JSON")]
    Json(#[from] serde_json::Error),
    #[error("the report cannot be written")]
    Write(#[from] io::Error),
}

impl Advise for RehearsalReportError {
    fn status(&self) -> Failure {
        Failure::Failed
    }
}

#[derive(Debug, Serialize)]
struct RehearsalReport<'a> {
    /// The plan's file without its folder.
    plan: String,
    tone: &'static str,
    headline: &'static str,
    all: u64,
    limit: u64,
    chart: Option<chart::Timeline>,
    rows: Vec<TimelineLine>,
    steps: Vec<(&'static str, String)>,
    rehearsal: &'a Rehearsal,
    tool_version: &'static str,
}

/// A kind in the table of the timeline.
#[derive(Debug, Serialize)]
struct TimelineLine {
    label: String,
    limit: &'static str,
    from: u64,
    to: u64,
    operations: u64,
    most: u64,
}

impl<'a> RehearsalReport<'a> {
    fn of(rehearsal: &'a Rehearsal) -> Self {
        let (tone, headline) = match rehearsal.verdict {
            RehearsalVerdict::Success if rehearsal.rehearsed_operations() == 0 => {
                ("good", "Nothing is left to rehearse")
            }
            RehearsalVerdict::Success => ("good", "All would succeed"),
            RehearsalVerdict::Difference if rehearsal.rehearsed_operations() == 0 => {
                ("busy", "Nothing is left to rehearse, and something differs")
            }
            RehearsalVerdict::Difference => ("busy", "All would succeed, and something would differ"),
            RehearsalVerdict::Failure => ("bad", "Something would fail"),
        };
        let label = |kind: OperationKind| kind.name().replace('_', " ");
        let kinds = &rehearsal.timeline.kinds;
        let drawn: Vec<_> = kinds.iter().map(|row| (label(row.kind), row.parts.as_slice())).collect();
        let row = |row: &KindOverTime| TimelineLine {
            label: label(row.kind),
            limit: match row.kind.write_limit() {
                WriteLimit::Service => "of the service",
                WriteLimit::Conversation => "of each conversation",
            },
            from: row.from,
            to: row.to,
            operations: row.operations,
            most: row.most_a_second,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is 30")]
        let limit = WriteLimit::PER_SECOND as u64;
        #[expect(clippy::cast_precision_loss, reason = "a drawing has no use for 53 bits")]
        let part = rehearsal.timeline.part_seconds as f64;
        Self {
            plan: Path::new(&rehearsal.plan)
                .file_name()
                .map_or_else(|| rehearsal.plan.clone(), |name| name.to_string_lossy().into_owned()),
            tone,
            headline,
            all: rehearsal.rehearsed_operations(),
            limit,
            chart: chart::timeline(&drawn, part, WriteLimit::PER_SECOND),
            rows: kinds.iter().map(row).collect(),
            steps: steps(rehearsal),
            rehearsal,
            tool_version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// What came after the apply.
fn steps(rehearsal: &Rehearsal) -> Vec<(&'static str, String)> {
    let not_reached = || "not reached: the apply did not come to its end".to_owned();
    let verify = rehearsal.verify.map(|counts| match counts.differences() {
        0 => format!("agrees: {} the same", format::counted(counts.same, "record")),
        differences => format!(
            "{}: {} missing, {} different, {} added, {} unreadable",
            format::counted(differences, "difference"),
            format::count(counts.missing),
            format::count(counts.different),
            format::count(counts.added),
            format::count(counts.unreadable)
        ),
    });
    let again = rehearsal.again.map(|operations| match operations {
        0 => "nothing to do".to_owned(),
        operations => format!("{} to do still", format::counted(operations, "operation")),
    });
    let undo = rehearsal.undo.as_ref().map(|undo| {
        let operations = format::counted(undo.operations, "operation");
        format!("{operations} in {}; {}", format::seconds(undo.simulated_seconds), undo.part())
    });
    [("Verify", verify), ("Plan again", again), ("Undo", undo)]
        .map(|(step, text)| (step, text.unwrap_or_else(not_reached)))
        .into()
}

/// Writes it as the ending of a file's name says: a page, Markdown or the object of `--json`.
pub(crate) fn write(
    rehearsal: &Rehearsal,
    file: &Path,
    out: &mut dyn Write,
) -> Result<(), RehearsalReportError> {
    let text = match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => {
            let page = page::html("rehearsal.html", PAGE, &RehearsalReport::of(rehearsal))?;
            page.before + &page.after
        }
        Some("md") => page::render("rehearsal.md", MARKDOWN, &RehearsalReport::of(rehearsal))?,
        _ => json::to_string_pretty(rehearsal)? + "\n",
    };
    Ok(out.write_all(text.as_bytes())?)
}
