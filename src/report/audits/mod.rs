//! The page of a folder of audits: a row for each, newest first, and how counts and differences went over time.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::html::{self as page, TemplateError};
use crate::error::{Advise, Failure};

const TEMPLATE: &str = include_str!("page.html");

/// The width and the height of a chart.
const WIDTH: f64 = 170.0;
const HEIGHT: f64 = 60.0;
/// Audits of a chart.
const CHARTED: usize = 60;

#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditsPageError {
    #[error("the page of audits cannot be laid out")]
    Page(#[from] TemplateError),
    #[error("the page of audits cannot be written")]
    Write(#[from] io::Error),
}

impl Advise for AuditsPageError {
    fn status(&self) -> Failure {
        Failure::Failed
    }
}

/// An audit, by its own `result.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct AuditRow {
    folder: String,
    verdict: String,
    tone: &'static str,
    started: String,
    elapsed_seconds: Option<f64>,
    users: Option<u64>,
    channels: Option<u64>,
    memberships: Option<u64>,
    /// Differences from the audit before; none where there was none to compare with.
    differences: Option<u64>,
    base: Option<String>,
    report: bool,
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct AuditsPage<'a> {
    headline: String,
    text: String,
    tone: &'static str,
    rows: Vec<&'a AuditRow>,
    charts: Vec<TimeChart>,
    tool_version: &'static str,
}

/// A number of each audit over time, as bars.
#[derive(Debug, Serialize)]
struct TimeChart {
    id: &'static str,
    label: &'static str,
    least: u64,
    most: u64,
    last: u64,
    width: f64,
    height: f64,
    bars: Vec<TimeBar>,
}

#[derive(Debug, PartialEq, Serialize)]
struct TimeBar {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl AuditRow {
    /// Reads what a result says. Of an audit without one, only its folder is known.
    pub(crate) fn of(folder: String, result: Option<&Value>, report: bool) -> Self {
        let Some(result) = result else {
            return Self {
                folder,
                verdict: "no result".to_owned(),
                tone: "bad",
                report,
                error: Some("it was killed or is running".to_owned()),
                ..Self::default()
            };
        };
        let text = |pointer: &str| result.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let number = |pointer: &str| result.pointer(pointer).and_then(Value::as_u64);
        let verdict = text("/verdict").unwrap_or_default();
        let differs = || {
            ["added", "missing", "different", "unreadable"]
                .iter()
                .map(|mark| number(&format!("/differences/{mark}")).unwrap_or_default())
                .sum()
        };
        Self {
            tone: match verdict.as_str() {
                "complete" => "good",
                "complete_with_drift" => "busy",
                _ => "bad",
            },
            verdict: verdict.replace('_', " "),
            started: text("/started").unwrap_or_default(),
            elapsed_seconds: result.pointer("/elapsed_seconds").and_then(Value::as_f64),
            users: number("/crawl/counts/users"),
            channels: number("/crawl/counts/channels"),
            memberships: number("/crawl/counts/user_channels"),
            differences: text("/base").map(|_| differs()),
            base: text("/base"),
            error: text("/error/message"),
            folder,
            report,
        }
    }
}

/// Writes the page of audits that are given oldest first.
pub(crate) fn html(audits: &[AuditRow], out: &mut dyn Write) -> Result<(), AuditsPageError> {
    let last = audits.last();
    let (headline, tone) = last.map_or_else(
        || ("No audit yet".to_owned(), "busy"),
        |last| (page::opening(&format!("the last audit is {}", last.verdict)), last.tone),
    );
    let text = last.map_or_else(String::new, |last| {
        let changed = match last.differences {
            Some(0) => "nothing changed since the audit before".to_owned(),
            Some(number) => format!("{number} differences from the audit before"),
            None => "it was not compared with an earlier one".to_owned(),
        };
        format!("It started {}; {changed}.", last.started)
    });
    let of = |id, label, value: fn(&AuditRow) -> Option<u64>| chart(id, label, audits, value);
    let charts = [
        of("memberships", "Memberships", |audit| audit.memberships),
        of("users", "Users", |audit| audit.users),
        of("channels", "Channels", |audit| audit.channels),
        of("differences", "Differences", |audit| audit.differences),
        of("duration", "Duration in seconds", |audit| {
            Some(Duration::try_from_secs_f64(audit.elapsed_seconds?.ceil()).ok()?.as_secs())
        }),
    ];
    let report = AuditsPage {
        headline,
        text,
        tone,
        rows: audits.iter().rev().collect(),
        charts: charts.into_iter().flatten().collect(),
        tool_version: env!("CARGO_PKG_VERSION"),
    };
    let rendered = page::html("audits.html", TEMPLATE, &report)?;
    out.write_all(rendered.before.as_bytes())?;
    Ok(())
}

/// None where fewer than two audits have the number.
fn chart(
    id: &'static str,
    label: &'static str,
    audits: &[AuditRow],
    value: impl Fn(&AuditRow) -> Option<u64>,
) -> Option<TimeChart> {
    let recent = &audits[audits.len().saturating_sub(CHARTED)..];
    let values: Vec<Option<u64>> = recent.iter().map(value).collect();
    let known: Vec<u64> = values.iter().copied().flatten().collect();
    if known.len() < 2 {
        return None;
    }
    let (least, most) = (known.iter().min().copied()?, known.iter().max().copied()?);
    #[expect(clippy::cast_precision_loss, reason = "places on a drawing")]
    let bars = {
        let step = (WIDTH / values.len() as f64).min(24.0);
        let bars = values.iter().enumerate().filter_map(|(at, value)| {
            let height = (*value)? as f64 / most.max(1) as f64 * HEIGHT;
            Some(TimeBar {
                x: rounded(at as f64 * step),
                y: rounded(HEIGHT - height),
                width: rounded(step * 0.8),
                height: rounded(height),
            })
        });
        bars.collect()
    };
    Some(TimeChart {
        id,
        label,
        least,
        most,
        last: known.last().copied()?,
        width: WIDTH,
        height: HEIGHT,
        bars,
    })
}

fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(verdict: &str, memberships: u64, missing: u64) -> Value {
        serde_json::json!({
            "verdict": verdict, "started": "2026-12-01T02:00:00Z", "elapsed_seconds": 61.5, "base": "2026-11-30T020000Z",
            "crawl": {"counts": {"users": 3, "channels": 2, "user_channels": memberships}},
            "differences": {"added": 1, "missing": missing, "different": 0, "unreadable": 0},
        })
    }

    #[test]
    fn a_row_for_each_audit_newest_first_with_what_its_result_says() {
        let rows = [
            AuditRow::of("2026-11-30T020000Z".to_owned(), Some(&result("complete", 10, 0)), true),
            AuditRow::of("2026-12-01T020000Z".to_owned(), Some(&result("complete_with_drift", 20, 4)), true),
            AuditRow::of("<b>.incomplete".to_owned(), None, false),
        ];
        assert_eq!((rows[1].differences, rows[1].memberships, rows[1].tone), (Some(5), Some(20), "busy"));
        let mut page = Vec::new();
        html(&rows, &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"));
        assert!(at("&lt;b&gt;.incomplete") < at("2026-12-01T020000Z/report.html"), "newest first");
        assert!(at("2026-12-01T020000Z/report.html") < at("2026-11-30T020000Z/report.html"));
        assert!(page.contains("The last audit is no result"), "{page}");
        assert!(!page.contains("<b>.incomplete"));
    }

    #[test]
    fn bars_grow_with_their_numbers_and_a_gap_is_a_gap() {
        let row = |memberships| AuditRow { memberships, ..AuditRow::default() };
        let audits = [row(Some(5)), row(None), row(Some(10))];
        let chart = chart("m", "M", &audits, |audit| audit.memberships).unwrap();
        assert_eq!((chart.least, chart.most, chart.last), (5, 10, 10));
        assert_eq!(chart.bars.len(), 2);
        assert_eq!(chart.bars[0], TimeBar { x: 0.0, y: 30.0, width: 19.2, height: 30.0 });
        assert_eq!(chart.bars[1], TimeBar { x: 48.0, y: 0.0, width: 19.2, height: 60.0 });
        assert!(super::chart("m", "M", &audits[..2], |audit| audit.memberships).is_none());
    }
}
