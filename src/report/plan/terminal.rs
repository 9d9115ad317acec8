//! The plan in the terminal: what the page shows in up to forty lines, the verdict last.

use super::plan_report::{Extent, PlanReport, side};
use super::verdict::BlockedCause;
use crate::plan::{MediaTotals, Move, PlanError, PlanFile, Severity};
use crate::printable::{Printable, PrintableLine, Tone, padded};
use crate::report::text::stays::{self, StaysItem};
use crate::report::text::{format, table as columns};

/// Checks with findings that are named; the others are counted.
const CHECKS: usize = 10;
/// The column after a name.
const NAME: usize = 11;

/// Causes of blocked operations that are named.
const CAUSES: usize = 3;

/// The plan as text for a terminal.
pub(crate) fn table(plan: &PlanFile) -> Result<Printable, PlanError> {
    let report = PlanReport::of(plan, Extent::default())?;
    let mut text: Printable = heading(&report).into_iter().collect();
    text.extend(report.notices.iter().map(|notice| {
        let (tone, label) = match notice.tone {
            "bad" => (Tone::Bad, "warning"),
            "busy" => (Tone::Caution, "warning"),
            _ => (Tone::Hint, "note"),
        };
        PrintableLine::from("  ").and_toned(tone, &padded(label, NAME)).and(&notice.title)
    }));
    if !report.changes.rows.is_empty() {
        text.blank();
        text.append(changes(&report));
        text.blank();
    }
    text.append(findings(&report));
    text.extend(blocked(&report));
    text.extend(stays::lines(&StaysItem::all(plan)?, &plan.path().display().to_string()));
    text.blank();
    if report.totals.requests > 0 {
        text.push(course(&report));
        text.blank();
    }
    let statement = &report.statement;
    let tone = match statement.tone {
        "good" => Tone::Good,
        "bad" => Tone::Bad,
        _ => Tone::Caution,
    };
    let line = PrintableLine::toned(tone, statement.headline).and(": ").and(&statement.text.replace('`', ""));
    text.push(line);
    Ok(text)
}

fn heading(report: &PlanReport) -> Vec<String> {
    let header = &report.header;
    let from_to = match header.kind {
        Move::InPlace => format!("in place, {}", side(&header.target)),
        Move::Copy => format!("copy of {} to {}", side(&header.source), side(&header.target)),
        Move::Undo => format!("undo in {}", side(&header.target)),
        Move::UserChannels => format!("user channels of {}", side(&header.target)),
    };
    [
        ("plan", from_to),
        ("snapshot", format!("{}, {}", header.snapshot, header.snapshot_verdict.replace('_', " "))),
        ("mapping", header.mapping.clone()),
        ("digest", report.digest.chars().take(16).collect()),
    ]
    .into_iter()
    // A plan of user channels is made of neither.
    .filter(|(name, _)| header.kind != Move::UserChannels || !matches!(*name, "snapshot" | "mapping"))
    .map(|(name, value)| format!("  {}{value}", padded(name, NAME)))
    .collect()
}

fn changes(report: &PlanReport) -> Printable {
    let mut header = vec![""];
    header.extend(report.changes.columns.iter().map(|column| column.label));
    let rows = report.changes.rows.iter().map(|row| {
        let counts = row.counts.iter().map(|count| format::count(*count));
        std::iter::once(row.label.to_owned()).chain(counts).collect()
    });
    columns::render(&header, &rows.collect::<Vec<_>>())
}

fn findings(report: &PlanReport) -> Printable {
    let found: Vec<_> = report.checks.iter().filter(|check| check.count > 0).collect();
    let not_checked = report.checks.iter().filter(|check| check.count == 0 && !check.is_checked).count();
    let passed = report.checks.len() - found.len() - not_checked;
    let rows = found
        .iter()
        .take(CHECKS)
        .map(|check| vec![severity(check.severity).to_owned(), check.code.clone(), check.title.clone()]);
    let rows: Vec<_> = rows.collect();
    let mut text = Printable::new();
    if !rows.is_empty() {
        text = columns::toned(&["", "check", "what was found"], &rows, |severity| match severity {
            "block" => Some(Tone::Bad),
            "warn" => Some(Tone::Caution),
            _ => None,
        });
    }
    if found.len() > CHECKS {
        let rest = &found[CHECKS..];
        let findings: u64 = rest.iter().map(|check| check.count).sum();
        let rest = format::counted(rest.len() as u64, "further check");
        text.push(format!("and {} of {rest}", format::counted(findings, "finding")));
    }
    if not_checked > 0 {
        let checks = format::counted(not_checked as u64, "check");
        text.push(format!("{checks} could not look at the target (not_checked)"));
    }
    if passed > 0 {
        text.push(format!("{} found nothing", format::counted(passed as u64, "check")));
    }
    text
}

/// Why operations are left out, and the remedy of each cause.
fn blocked(report: &PlanReport) -> Vec<String> {
    let left_out = if report.header.kind == Move::Undo { "stays" } else { "blocked" };
    let line = |cause: &BlockedCause| {
        let advice = cause.advice.replace('`', "");
        format!(
            "  {}{} ({}) by {}: {advice}",
            padded(left_out, NAME),
            format::count(cause.operations),
            cause.share,
            cause.code
        )
    };
    report.blocked_by.iter().take(CAUSES).map(line).collect()
}

fn course(report: &PlanReport) -> String {
    let batches = &report.totals.batches;
    let without = if batches.is_none() {
        String::new()
    } else {
        format!(" ({} with a request for each participant)", format::count(batches.requests_without))
    };
    let media = match report.totals.media {
        MediaTotals { files: 0, .. } => String::new(),
        MediaTotals { files, bytes } => {
            format!(
                ", and the time for {} of {} in all",
                format::counted(files, "file"),
                format::bytes(bytes)
            )
        }
    };
    format!(
        "  {}{}{without}, about {} under Twilio's write limits{media}",
        padded("requests", NAME),
        format::count(report.totals.requests),
        format::seconds(report.totals.estimated_seconds)
    )
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Pass => "pass",
        Severity::Note => "note",
        Severity::Warn => "warn",
        Severity::Block => "block",
    }
}
