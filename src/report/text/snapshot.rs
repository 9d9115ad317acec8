//! The text of `snapshot info` and `snapshot check`.

use jiff::Timestamp;

use super::crawl::tone;
use super::format;
use super::table;
use crate::model::Api;
use crate::printable::{Printable, PrintableLine, Tone, padded};
use crate::snapshot::{CheckReport, Info, Verdict};

/// Rows of each section; the snapshot has all.
const SHOWN: usize = 10;
/// The column after a name in `info`: the longest is `user channels`.
const NAME: usize = 15;
/// The column after a result in `check`.
const RESULT: usize = 13;

/// The text of `snapshot info`.
pub(crate) fn info(info: &Info, now: Timestamp) -> Printable {
    let services: Vec<_> = info.services.iter().map(ToString::to_string).collect();
    let mut text = Printable::new();
    let scope = if info.source == Api::Conversations { ", private channels only" } else { "" };
    text.push(
        PrintableLine::from(padded("verdict", NAME))
            .and_toned(tone(info.verdict), info.verdict.as_str())
            .and(scope),
    );
    let mut line = |name: &str, value: &str| text.push(padded(name, NAME) + value);
    line("account", &info.account_sid.to_string());
    line("services", &services.join(", "));
    line("source", info.source.name());
    line(
        "crawled",
        &match &info.finished {
            Some(finished) => {
                format!("{} to {finished}{}", info.started, format::age_of(finished, now))
            }
            None => format!("started {}, not finished{}", info.started, format::age_of(&info.started, now)),
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
    line("format", &format!("{}, created by chatferry {}", info.format, info.tool_version));
    line("id", &info.id);
    text.append(findings(info));
    text
}

fn findings(info: &Info) -> Printable {
    let mut text = Printable::new();
    let mut section = |title: &str, header: &[&str], rows: Vec<Vec<String>>, all: u64| {
        if rows.is_empty() {
            return;
        }
        text.blank();
        text.push(PrintableLine::toned(Tone::Heading, title));
        text.append(table::render(header, &rows));
        let more = all.saturating_sub(rows.len() as u64);
        if more > 0 {
            text.push(format!("and {} more", format::count(more)));
        }
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
        "Disagreements",
        &["sid", "kind", "expected", "received", "outcome", "evidence"],
        disagreements.collect(),
        info.disagreement_counts.values().sum(),
    );
    let failures =
        info.failures.iter().take(SHOWN).map(|failure| vec![failure.subject.clone(), failure.error.clone()]);
    section(
        "Lists that could not be read",
        &["list", "reason"],
        failures.collect(),
        info.units.get("failed").copied().unwrap_or_default(),
    );
    let vanished =
        info.vanished.iter().take(SHOWN).map(|(sid, evidence)| vec![sid.clone(), evidence.clone()]);
    section(
        "Listed, but vanished during the crawl",
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
        "Unexpected values, stored as received",
        &["records", "key", "kind", "count", "example"],
        oddities.collect(),
        info.oddities.len() as u64,
    );
    text
}

/// The text of `snapshot check`.
pub(crate) fn check(report: &CheckReport) -> Printable {
    let mut text = Printable::new();
    for check in &report.checks {
        let (tone, result) = match check.found {
            0 => (Tone::Good, "ok".to_owned()),
            found => (Tone::Bad, format::counted(found, "finding")),
        };
        let line = PrintableLine::toned(tone, &padded(&result, RESULT)).and(check.name);
        text.push(line);
        text.extend(check.examples.iter().map(|example| padded("", RESULT) + example));
    }
    text.push(
        PrintableLine::from(padded("verdict", RESULT))
            .and_toned(tone(report.verdict), report.verdict.as_str()),
    );
    if report.verdict != Verdict::Complete {
        let indent = padded("", RESULT);
        if report.disagreements > 0 {
            let subjects = format::counted(report.disagreements, "subject");
            text.push(format!("{indent}lists and counts did not agree on {subjects}"));
        }
        if report.vanished > 0 {
            let vanished = format::count(report.vanished);
            text.push(format!("{indent}users and channels that vanished during the crawl: {vanished}"));
        }
        text.push(format!("{indent}`chatferry snapshot info` has the evidence"));
    }
    text
}
