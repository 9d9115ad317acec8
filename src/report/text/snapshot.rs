//! What `snapshot info` and `snapshot check` say, as text.

use std::fmt::Write;

use super::format;
use super::table;
use crate::snapshot::{CheckReport, Info};

/// Disagreements, failures and oddities shown; the snapshot has them all.
const SHOWN: usize = 10;

/// The text of `snapshot info`.
pub(crate) fn info(info: &Info) -> String {
    let services: Vec<_> = info.services.iter().map(ToString::to_string).collect();
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        writeln!(text, "{name:<11} {value}").expect("writing to a String does not fail");
    };
    line("verdict", info.verdict.as_str());
    line("account", &info.account_sid.to_string());
    line("services", &services.join(", "));
    line("source", info.source.name());
    line(
        "crawled",
        &match &info.finished {
            Some(finished) => format!("{} to {finished}", info.started),
            None => format!("begun {}, not ended", info.started),
        },
    );
    if let Some(users) = info.selected_users {
        line("limited to", &format::counted(users as u64, "selected user"));
    }
    if let Some(check) = &info.cross_check {
        let (what, of) = match check.of {
            "members" => ("members", "channel"),
            _ => ("channels", "user"),
        };
        let lists = format::counted(check.lists, of);
        line("checked", &format!("{what} of {lists} by the other route, share {}", check.share));
    }
    for entity in &info.include {
        line(&entity.plural().replace('_', " "), &format::count(info.counts.of(*entity)));
    }
    if let Some(carried) = &info.carried {
        line("carried", &super::crawl::carried_over(carried));
    }
    line("requests", &super::crawl::requests(info.requests));
    let lists: Vec<_> =
        info.units.iter().map(|(state, count)| format!("{} {state}", format::count(*count))).collect();
    line("lists", &lists.join(", "));
    line("format", &format!("{}, begun by chatferry {}", info.format, info.tool_version));
    line("id", &info.id);
    text.push_str(&findings(info));
    text
}

fn findings(info: &Info) -> String {
    let mut text = String::new();
    let mut section = |title: &str, header: &[&str], rows: Vec<Vec<String>>, all: u64| {
        if rows.is_empty() {
            return;
        }
        let more = all.saturating_sub(rows.len() as u64);
        let more = if more > 0 { format!("and {} more\n", format::count(more)) } else { String::new() };
        write!(text, "\n{title}\n{}\n{more}", table::render(header, &rows))
            .expect("writing to a String does not fail");
    };
    let number = |value: Option<i64>| value.map_or_else(String::new, |value| value.to_string());
    let disagreements = info.disagreements.iter().take(SHOWN).map(|found| {
        vec![
            found.sid.clone(),
            found.kind.clone(),
            number(found.expected),
            number(found.received),
            found.outcome.clone(),
            found.detail.clone(),
        ]
    });
    section(
        "What did not agree",
        &["sid", "kind", "expected", "received", "outcome", "how that was found"],
        disagreements.collect(),
        info.disagreement_counts.values().sum(),
    );
    let failures =
        info.failures.iter().take(SHOWN).map(|failure| vec![failure.subject.clone(), failure.error.clone()]);
    section(
        "What could not be read",
        &["what", "why"],
        failures.collect(),
        info.units.get("failed").copied().unwrap_or_default(),
    );
    let vanished =
        info.vanished.iter().take(SHOWN).map(|(sid, evidence)| vec![sid.clone(), evidence.clone()]);
    section(
        "What was listed and is gone",
        &["sid", "evidence"],
        vanished.collect(),
        info.vanished.len() as u64,
    );
    let not_found = info.not_found.iter().take(SHOWN).map(|user| vec![user.clone()]);
    section(
        "Selected users that were not found",
        &["user"],
        not_found.collect(),
        info.not_found.len() as u64,
    );
    let oddities = info.oddities.iter().take(SHOWN).map(|oddity| {
        vec![
            oddity.entity.clone(),
            oddity.field.clone(),
            oddity.kind.clone(),
            format::count(oddity.count),
            oddity.example.clone(),
        ]
    });
    section(
        "What was odd, kept as it came",
        &["records", "key", "what", "count", "one of them"],
        oddities.collect(),
        info.oddities.len() as u64,
    );
    text
}

/// The text of `snapshot check`.
pub(crate) fn check(report: &CheckReport) -> String {
    let mut text = String::new();
    for check in &report.checks {
        let result = if check.found == 0 { "ok".to_owned() } else { format::counted(check.found, "finding") };
        writeln!(text, "{result:<12} {}", check.name).expect("writing to a String does not fail");
        for example in &check.examples {
            writeln!(text, "             {example}").expect("writing to a String does not fail");
        }
    }
    writeln!(text, "{:<12} {}", "verdict", report.verdict.as_str())
        .expect("writing to a String does not fail");
    text
}
