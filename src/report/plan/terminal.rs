//! The plan in the terminal: the page's story in forty lines at most, the verdict last.

use super::plan_report::{Extent, Story, side};
use super::verdict::BlockedCause;
use crate::plan::{Move, PlanError, PlanFile, Severity};
use crate::report::text::{format, table as columns};

/// Checks with findings that are named; the others are counted.
const CHECKS: usize = 10;

/// Causes of blocked operations that are named.
const CAUSES: usize = 3;

/// The plan as text for a terminal.
pub(crate) fn table(plan: &PlanFile) -> Result<String, PlanError> {
    let story = Story::of(plan, Extent::default())?;
    let mut lines = heading(&story);
    lines.extend(story.notices.iter().map(|notice| {
        format!("  {:<10} {}", if notice.tone == "bad" { "warning" } else { "note" }, notice.title)
    }));
    if !story.happening.rows.is_empty() {
        lines.push(String::new());
        lines.push(happening(&story));
    }
    lines.push(findings(&story));
    lines.extend(blocked(&story));
    lines.push(course(&story));
    lines.push(format!("{}: {}", story.statement.headline, story.statement.text.replace('`', "")));
    Ok(lines.join("\n"))
}

fn heading(story: &Story) -> Vec<String> {
    let header = &story.header;
    let from_to = match header.kind {
        Move::InPlace => format!("in place, {}", side(&header.target)),
        Move::Copy => format!("copy of {} to {}", side(&header.source), side(&header.target)),
        Move::Undo => format!("undo in {}", side(&header.target)),
    };
    [
        ("plan", from_to),
        ("snapshot", format!("{}, {}", header.snapshot, header.snapshot_verdict.replace('_', " "))),
        ("mapping", header.mapping.clone()),
        ("digest", story.digest.chars().take(16).collect()),
    ]
    .map(|(name, value)| format!("  {name:<10} {}", plain(&value)))
    .into()
}

fn happening(story: &Story) -> String {
    let mut header = vec![""];
    header.extend(story.happening.columns.iter().map(|column| column.label));
    let rows = story.happening.rows.iter().map(|row| {
        let counts = row.counts.iter().map(|count| format::count(*count));
        std::iter::once(row.label.to_owned()).chain(counts).collect()
    });
    columns::render(&header, &rows.collect::<Vec<_>>())
}

fn findings(story: &Story) -> String {
    let found: Vec<_> = story.checks.iter().filter(|check| check.count > 0).collect();
    let passed = story.checks.len() - found.len();
    let rows = found
        .iter()
        .take(CHECKS)
        .map(|check| vec![severity(check.severity).to_owned(), check.code.clone(), check.title.clone()]);
    let rows: Vec<_> = rows.collect();
    let mut text = String::new();
    if !rows.is_empty() {
        text = columns::render(&["", "check", "what was found"], &rows);
    }
    if found.len() > CHECKS {
        let rest = &found[CHECKS..];
        let findings: u64 = rest.iter().map(|check| check.count).sum();
        let rest = format::counted(rest.len() as u64, "further check");
        text.extend(["and ", &format::counted(findings, "finding"), " of ", &rest, "\n"]);
    }
    text + &format!("{} found nothing\n", format::counted(passed as u64, "check"))
}

/// Why operations are left out, and the remedy of each cause.
fn blocked(story: &Story) -> Vec<String> {
    let left_out = if story.header.kind == Move::Undo { "stays" } else { "blocked" };
    let line = |cause: &BlockedCause| {
        let advice = cause.advice.replace('`', "");
        format!(
            "  {:<10} {} ({}) by {}: {advice}",
            left_out,
            format::count(cause.operations),
            cause.share,
            cause.code
        )
    };
    story.blocked_by.iter().take(CAUSES).map(line).collect()
}

fn course(story: &Story) -> String {
    format!(
        "  {:<10} {}, about {} under Twilio's write limits\n",
        "requests",
        format::count(story.totals.requests),
        format::seconds(story.totals.estimated_seconds)
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

/// Data without what a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
