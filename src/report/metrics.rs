//! How an audit went, for Prometheus: the text format as node exporter's textfile collector reads it.
//!
//! All metrics are gauges: a file is about one audit, and no number in it only grows.

use jiff::Timestamp;

use super::text::audit::{AuditSummary, AuditVerdict};
use crate::diff::Mark;

/// A sample: labels and value.
type MetricSample = (Vec<(&'static str, String)>, f64);

/// The text of the metrics file. `last_success` is when the last complete audit ended.
pub(crate) fn render(summary: &AuditSummary, services: &str, last_success: Option<Timestamp>) -> String {
    let mut text = String::new();
    let mut metric = |name: &str, help: &str, samples: Vec<MetricSample>| {
        if samples.is_empty() {
            return;
        }
        let name = format!("chatferry_audit_{name}");
        let mut write = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        write(format!("# HELP {name} {help}"));
        write(format!("# TYPE {name} gauge"));
        for (labels, value) in samples {
            let labels: Vec<String> = std::iter::once(("service", services.to_owned()))
                .chain(labels)
                .map(|(label, value)| format!("{label}=\"{}\"", escaped(&value)))
                .collect();
            write(format!("{name}{{{}}} {value}", labels.join(",")));
        }
    };
    let single = |value: f64| vec![(Vec::new(), value)];
    let seconds = |time: &str| time.parse::<Timestamp>().ok().map(in_seconds);
    metric(
        "verdict",
        "What came of the last audit: 1 for its verdict, 0 for the others.",
        AuditVerdict::ALL
            .into_iter()
            .map(|verdict| {
                let is = if verdict == summary.verdict { 1.0 } else { 0.0 };
                (vec![("verdict", verdict.as_str().to_owned())], is)
            })
            .collect(),
    );
    metric("exit_code", "The exit code of the last audit.", single(f64::from(summary.exit_code)));
    metric(
        "last_run_timestamp_seconds",
        "When the last audit ended.",
        seconds(&summary.finished).map(single).unwrap_or_default(),
    );
    metric(
        "last_success_timestamp_seconds",
        "When the last complete audit ended.",
        last_success.map(in_seconds).map(single).unwrap_or_default(),
    );
    metric("duration_seconds", "How long the last audit took.", single(summary.elapsed_seconds));
    if let Some(crawl) = &summary.crawl {
        metric(
            "records",
            "Records in the last audit's snapshot.",
            crawl
                .counts
                .iter()
                .map(|(entity, count)| (entity_label(entity.plural()), number(*count)))
                .collect(),
        );
        let requests = crawl.requests;
        metric(
            "requests",
            "Requests that the last audit took.",
            [
                ("all", requests.total),
                ("retried", requests.retried),
                ("throttled", requests.throttled),
                ("minimum", requests.minimum),
            ]
            .into_iter()
            .map(|(kind, count)| (vec![("kind", kind.to_owned())], number(count)))
            .collect(),
        );
        metric("failed_lists", "Lists that the last audit could not read.", single(number(crawl.failures)));
    }
    if let Some(comparison) = &summary.differences {
        let of_entity = |entity: &str, mark: Mark| {
            let mut labels = entity_label(entity);
            labels.push(("mark", mark.name().to_owned()));
            labels
        };
        metric(
            "differences",
            "Records by their outcome since the audit before.",
            comparison
                .totals
                .by_entity
                .iter()
                .flat_map(|(entity, counts)| {
                    Mark::ALL.map(|mark| (of_entity(entity.plural(), mark), number(counts.of(mark))))
                })
                .collect(),
        );
    }
    text
}

fn entity_label(plural: &str) -> Vec<(&'static str, String)> {
    vec![("entity", plural.to_owned())]
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
fn number(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
fn in_seconds(time: Timestamp) -> f64 {
    time.as_second() as f64
}

/// A label's value, as the text format quotes it.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '\\' | '"' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            '\n' => escaped.push_str("\\n"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_the_time_of_the_last_success() {
        let summary = AuditSummary {
            last_complete: Some("20261123T020000Z".to_owned()),
            finished: "2026-11-24T02:00:05Z".to_owned(),
            elapsed_seconds: 5.5,
            exit_code: 3,
            ..AuditSummary::of_begun(
                "20261124T020000Z".to_owned(),
                "20261124T020000Z.incomplete".to_owned(),
                "AC00000000000000000000000000000001".parse().unwrap(),
                "2026-11-24T02:00:00Z".to_owned(),
            )
        };
        let text = render(&summary, "IS1", Some(Timestamp::from_second(1_795_400_000).unwrap()));
        for line in [
            "chatferry_audit_verdict{service=\"IS1\",verdict=\"failed\"} 1",
            "chatferry_audit_verdict{service=\"IS1\",verdict=\"complete\"} 0",
            "chatferry_audit_last_success_timestamp_seconds{service=\"IS1\"} 1795400000",
            "chatferry_audit_duration_seconds{service=\"IS1\"} 5.5",
            "chatferry_audit_exit_code{service=\"IS1\"} 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
        assert!(!text.contains("chatferry_audit_differences"));
    }

    #[test]
    fn a_label_cannot_end_its_line() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
