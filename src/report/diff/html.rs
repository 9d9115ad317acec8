//! Differences as a page in the frame of [`crate::report::html`], with a search over all that are in it.
//!
//! Rows stand in parts: people, channels, memberships, settings. Of each part the records whose counters alone changed are folded: such
//! a counter follows from rows of another part.
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
use crate::report::text::format;

const TEMPLATE: &str = include_str!("page.html");

/// Rows of a group that can be read without a script.
const FIRST: usize = 25;

/// What a page of differences says of itself, besides what was compared.
#[derive(Debug, Clone)]
pub(crate) struct PageAbout {
    /// What kind of page it is.
    pub kicker: &'static str,
    /// When what it tells was found, as a sentence.
    pub moment: Option<String>,
    /// Its verdict: a sentence, and the beginning of one that ends with what differs.
    pub same: &'static str,
    pub differs: &'static str,
    /// Facts with their names, such as the plan that was verified.
    pub facts: Vec<(&'static str, String)>,
}

impl Default for PageAbout {
    fn default() -> Self {
        Self {
            kicker: "differences",
            moment: None,
            same: "Nothing differs in what could be compared.",
            differs: "The two differ",
            facts: Vec::new(),
        }
    }
}

/// What has been added so far.
#[derive(Debug, Default)]
pub(super) struct PageRows {
    pub(super) about: PageAbout,
    groups: BTreeMap<GroupPlace, PageGroup>,
    listed: u64,
}

/// Where a group stands on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct GroupPlace {
    part: PagePart,
    derived: bool,
    entity: Entity,
    /// The place in [`Mark::ALL`].
    mark: usize,
}

/// What a reader asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PagePart {
    People,
    Channels,
    Memberships,
    Messages,
    Settings,
}

/// Counters that follow from other records.
const DERIVED: [&str; 4] =
    ["joined_channels_count", "members_count", "messages_count", "unread_messages_count"];

impl PagePart {
    const ALL: [Self; 5] = [Self::People, Self::Channels, Self::Memberships, Self::Messages, Self::Settings];

    fn of(entity: Entity) -> Self {
        match entity {
            Entity::User | Entity::Binding => Self::People,
            Entity::Channel => Self::Channels,
            Entity::Membership | Entity::Member | Entity::Invite => Self::Memberships,
            Entity::Message => Self::Messages,
            Entity::Service | Entity::Role => Self::Settings,
        }
    }

    /// What one and what many of its records are called.
    fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::People => ("person", "people"),
            Self::Channels => ("channel", "channels"),
            Self::Memberships => ("membership", "memberships"),
            Self::Messages => ("message", "messages"),
            Self::Settings => ("setting", "settings"),
        }
    }
}

/// Whether only counters changed that follow from other records.
fn is_derived(difference: &Difference) -> bool {
    let changed = |field: &str| difference.changes.iter().any(|change| change.field == field);
    difference.mark == Mark::Different
        && DERIVED.into_iter().any(changed)
        && difference
            .changes
            .iter()
            .all(|change| DERIVED.contains(&change.field) || change.field == "date_updated")
}

/// Differences of one mark and one kind of record.
#[derive(Debug, Serialize)]
struct PageGroup {
    mark: &'static str,
    record: &'static str,
    derived: bool,
    count: u64,
    first: Vec<PageRow>,
    /// Its number in the data: the order of first rows.
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
struct PartRows<'a> {
    name: &'static str,
    count: u64,
    groups: Vec<&'a PageGroup>,
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
    parts: Vec<PartRows<'a>>,
    sides: [PageSide<'a>; 2],
    about: &'a str,
    sentence: String,
    moment: Option<&'a str>,
    facts: &'a [(&'static str, String)],
    ignored: String,
    tool_version: &'static str,
}

impl PageRows {
    /// Adds a difference. Beyond so many it is counted and not listed.
    pub(super) fn add(&mut self, out: &mut dyn Write, difference: &Difference, most: u64) -> io::Result<()> {
        let Difference { mark, entity, sid, name, .. } = difference;
        let place = GroupPlace {
            part: PagePart::of(*entity),
            derived: is_derived(difference),
            entity: *entity,
            mark: Mark::ALL.iter().position(|other| other == mark).unwrap_or_default(),
        };
        let next = self.groups.len();
        let group = self.groups.entry(place).or_insert_with(|| PageGroup {
            mark: mark.name(),
            record: entity.plural(),
            derived: place.derived,
            count: 0,
            first: Vec::new(),
            number: next,
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
        if !self.groups.is_empty() {
            out.write_all(b"[")?;
            copy(rows, out)?;
            out.write_all(b"]")?;
        }
        out.write_all(page.after.as_bytes())
    }

    /// The parts that have a group, each with its groups in order.
    fn parts(&self) -> Vec<PartRows<'_>> {
        let part = |part: PagePart| {
            let of_part = self.groups.iter().filter(|(place, _)| place.part == part);
            let groups: Vec<&PageGroup> = of_part.map(|(_, group)| group).collect();
            let count = groups.iter().map(|group| group.count).sum();
            PartRows { name: part.nouns().1, count, groups }
        };
        PagePart::ALL.into_iter().map(part).filter(|part| part.count > 0).collect()
    }

    /// What differs: `The two differ: 2 people and 14 memberships; 9 counters follow from such changes.`
    fn sentence(&self) -> String {
        let sum = |of: &dyn Fn(&GroupPlace) -> bool| {
            self.groups.iter().filter(|(place, _)| of(place)).map(|(_, group)| group.count).sum::<u64>()
        };
        let named: Vec<String> = PagePart::ALL
            .into_iter()
            .map(|part| (part.nouns(), sum(&|place| place.part == part && !place.derived)))
            .filter(|(_, count)| *count > 0)
            .map(|((one, many), count)| {
                format!("{} {}", format::count(count), if count == 1 { one } else { many })
            })
            .collect();
        let what = match named.as_slice() {
            [] => String::new(),
            [rest @ .., last] if !rest.is_empty() => format!(": {} and {last}", rest.join(", ")),
            [only] | [.., only] => format!(": {only}"),
        };
        let counters = match sum(&|place| place.derived) {
            0 => String::new(),
            1 if what.is_empty() => ", in one record’s counters only".to_owned(),
            count if what.is_empty() => format!(", in the counters of {} records only", format::count(count)),
            1 => "; the counters of 1 record follow from such changes".to_owned(),
            count => format!("; the counters of {} records follow from such changes", format::count(count)),
        };
        format!("{}{what}{counters}.", self.about.differs)
    }

    fn page<'a>(&'a self, comparison: &'a Comparison) -> DifferencePage<'a> {
        let Comparison { old, new, totals, notes, ignored } = comparison;
        let all: u64 = self.groups.values().map(|group| group.count).sum();
        let conclusion = conclusion(comparison);
        let (headline, text) = conclusion.split_once(": ").unwrap_or((&conclusion, ""));
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
            parts: self.parts(),
            sides: [side("Old", old), side("New", new)],
            about: self.about.kicker,
            sentence: if comparison.is_same() { self.about.same.to_owned() } else { self.sentence() },
            moment: self.about.moment.as_deref(),
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
