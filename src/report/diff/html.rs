//! Differences as a page in the frame of [`crate::report::html`], with a search over all that are in it.
//!
//! **Invariant:** memory does not grow with the differences: each group keeps its first rows, and the others go to a temporary file
//! as the data of the page's script.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use serde::Serialize;

use super::copy;
use super::line::change_text;
use crate::diff::{ComparedSide, Comparison, Difference, Mark};
use crate::model::Entity;
use crate::report::html::{self as page, embedded_data};
use crate::report::text::diff::conclusion;

const TEMPLATE: &str = include_str!("page.html");

/// Rows of a group that can be read without a script.
const FIRST: usize = 25;

/// What a page of differences says of itself, besides what was compared.
#[derive(Debug, Clone)]
pub(crate) struct PageAbout {
    /// What kind of page it is.
    pub kicker: &'static str,
    /// The sentence of its verdict, in front of the counts.
    pub same: &'static str,
    pub differs: &'static str,
    /// Facts with their names, such as the plan that was verified.
    pub facts: Vec<(&'static str, String)>,
}

impl Default for PageAbout {
    fn default() -> Self {
        Self {
            kicker: "differences",
            same: "Nothing differs in what could be compared.",
            differs: "The two differ.",
            facts: Vec::new(),
        }
    }
}

/// What has been added so far.
#[derive(Debug, Default)]
pub(super) struct PageRows {
    pub(super) about: PageAbout,
    groups: BTreeMap<(usize, Entity), PageGroup>,
    /// The groups in the order of their first row, which is their number in the data.
    order: Vec<(usize, Entity)>,
    listed: u64,
}

/// Differences of one mark and one kind of record.
#[derive(Debug, Serialize)]
struct PageGroup {
    mark: &'static str,
    record: &'static str,
    count: u64,
    first: Vec<PageRow>,
    #[serde(skip)]
    number: usize,
}

#[derive(Debug, Serialize)]
struct PageRow {
    sids: Vec<String>,
    name: String,
    change: String,
}

#[derive(Serialize)]
struct NamedCount {
    name: &'static str,
    count: u64,
}

#[derive(Serialize)]
struct TotalsRow {
    name: &'static str,
    counts: Vec<u64>,
}

#[derive(Serialize)]
struct PageSide<'a> {
    label: &'static str,
    snapshot: &'a str,
    started: &'a str,
    services: String,
    source: &'static str,
    verdict: String,
}

#[derive(Serialize)]
struct DifferencePage<'a> {
    title: String,
    headline: String,
    text: String,
    tone: &'static str,
    notes: &'a [String],
    marks: Vec<NamedCount>,
    rows: Vec<TotalsRow>,
    all: u64,
    left_out: u64,
    listed_marks: Vec<NamedCount>,
    listed_records: Vec<NamedCount>,
    groups: Vec<&'a PageGroup>,
    sides: [PageSide<'a>; 2],
    about: &'a str,
    sentence: &'a str,
    facts: &'a [(&'static str, String)],
    ignored: String,
    tool_version: &'static str,
}

impl PageRows {
    /// Adds a difference. Beyond so many it is counted and not listed.
    pub(super) fn add(&mut self, out: &mut dyn Write, difference: &Difference, most: u64) -> io::Result<()> {
        let Difference { mark, entity, sid, name, .. } = difference;
        let place = Mark::ALL.iter().position(|other| other == mark).unwrap_or_default();
        let key = (place, *entity);
        let next = self.order.len();
        let order = &mut self.order;
        let group = self.groups.entry(key).or_insert_with(|| {
            order.push(key);
            PageGroup {
                mark: mark.name(),
                record: entity.plural(),
                count: 0,
                first: Vec::new(),
                number: next,
            }
        });
        group.count += 1;
        if self.listed >= most {
            return Ok(());
        }
        let change = change_text(difference);
        let row = embedded_data::json(&(group.number, sid, name, &change))?;
        write!(out, "{}{row}", if self.listed == 0 { "" } else { ",\n" })?;
        self.listed += 1;
        if group.first.len() < FIRST {
            group.first.push(PageRow {
                sids: sid.split('/').map(str::to_owned).collect(),
                name: name.clone().unwrap_or_default(),
                change,
            });
        }
        Ok(())
    }

    /// Writes the page, with the rows that were kept as its data.
    pub(super) fn write(
        &self,
        out: &mut dyn Write,
        comparison: &Comparison,
        rows: &mut dyn Read,
    ) -> io::Result<()> {
        let page = page::html("diff.html", TEMPLATE, &self.page(comparison)).map_err(io::Error::other)?;
        out.write_all(page.before.as_bytes())?;
        if !self.order.is_empty() {
            out.write_all(b"[")?;
            copy(rows, out)?;
            out.write_all(b"]")?;
        }
        out.write_all(page.after.as_bytes())
    }

    fn page<'a>(&'a self, comparison: &'a Comparison) -> DifferencePage<'a> {
        let Comparison { old, new, totals, notes, ignored } = comparison;
        let all: u64 = self.groups.values().map(|group| group.count).sum();
        let conclusion = conclusion(comparison);
        let (headline, text) = conclusion.split_once(": ").unwrap_or((&conclusion, ""));
        let groups = self.order.iter().filter_map(|key| self.groups.get(key));
        let sum = |of: &dyn Fn(&PageGroup) -> bool| {
            self.groups.values().filter(|group| of(group)).map(|group| group.count).sum::<u64>()
        };
        let counted = |name, count| NamedCount { name, count };
        let marks = || Mark::ALL.into_iter();
        let records = totals.by_entity.keys().map(|entity| entity.plural());
        DifferencePage {
            title: format!("{} and {}", old.snapshot, new.snapshot),
            headline: page::opening(headline),
            text: format!("{}.", page::opening(text)),
            tone: if comparison.is_same() { "good" } else { "busy" },
            notes,
            marks: marks().map(|mark| counted(mark.name(), totals.total.of(mark))).collect(),
            rows: totals
                .by_entity
                .iter()
                .map(|(entity, counts)| TotalsRow {
                    name: entity.plural(),
                    counts: marks().map(|mark| counts.of(mark)).collect(),
                })
                .collect(),
            all,
            left_out: all - self.listed,
            listed_marks: marks()
                .map(|mark| counted(mark.name(), sum(&|group| group.mark == mark.name())))
                .filter(|mark| mark.count > 0)
                .collect(),
            listed_records: records
                .map(|record| counted(record, sum(&|group| group.record == record)))
                .filter(|record| record.count > 0)
                .collect(),
            groups: groups.collect(),
            sides: [side("Old", old), side("New", new)],
            about: self.about.kicker,
            sentence: if comparison.is_same() { self.about.same } else { self.about.differs },
            facts: &self.about.facts,
            ignored: ignored.join(", "),
            tool_version: env!("CARGO_PKG_VERSION"),
        }
    }
}

fn side<'a>(label: &'static str, side: &'a ComparedSide) -> PageSide<'a> {
    let services: Vec<String> = side.services.iter().map(ToString::to_string).collect();
    PageSide {
        label,
        snapshot: &side.snapshot,
        started: &side.started,
        services: services.join(", "),
        source: side.source.name(),
        verdict: side.verdict.as_str().replace('_', " "),
    }
}
