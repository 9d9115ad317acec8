//! One difference, and how many there are: the values that reports are made of.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::terms::ComparedSide;
use crate::model::Entity;
use crate::snapshot::Verdict;

/// The result for a record, in one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Mark {
    /// `=`: the same in both.
    Same,
    /// `+`: only in the new one.
    Added,
    /// `-`: missing in the new one.
    Missing,
    /// `*`: in both, and different.
    Different,
    /// `!`: one side could not be read there.
    Unreadable,
}

impl Mark {
    /// Every mark, in the order of totals.
    pub(crate) const ALL: [Self; 5] =
        [Self::Same, Self::Added, Self::Missing, Self::Different, Self::Unreadable];

    /// Its character.
    pub(crate) fn sign(self) -> char {
        match self {
            Self::Same => '=',
            Self::Added => '+',
            Self::Missing => '-',
            Self::Different => '*',
            Self::Unreadable => '!',
        }
    }

    /// Its name, as in totals.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "added",
            Self::Missing => "missing",
            Self::Different => "different",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_char(self.sign())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FieldChange {
    pub field: &'static str,
    pub old: Value,
    pub new: Value,
}

/// What is said of one record. It serializes to a line of `--format ndjson`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Difference {
    /// What is said.
    pub mark: Mark,
    /// What kind of record.
    #[serde(serialize_with = "plural")]
    pub entity: Entity,
    /// Its SID; of a membership `US…/CH…`.
    pub sid: String,
    /// What people call it; of a membership, its user's identity.
    pub name: Option<String>,
    /// What changed in a record that both have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange>,
    /// The record as the side that has it alone has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Map<String, Value>>,
    /// Why nothing can be said of it, and of which side that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The conversation that it is of, where its own SID does not say it. Reports fold rows by it.
    #[serde(skip)]
    pub conversation: Option<ConversationName>,
}

/// A conversation, as people know it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConversationName {
    pub sid: String,
    pub name: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a field by reference")]
fn plural<S: Serializer>(entity: &Entity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(entity.plural())
}

/// How many records there are of each mark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct MarkCounts {
    pub same: u64,
    pub added: u64,
    pub missing: u64,
    pub different: u64,
    pub unreadable: u64,
}

impl MarkCounts {
    /// How many of a mark.
    pub(crate) fn of(&self, mark: Mark) -> u64 {
        match mark {
            Mark::Same => self.same,
            Mark::Added => self.added,
            Mark::Missing => self.missing,
            Mark::Different => self.different,
            Mark::Unreadable => self.unreadable,
        }
    }

    pub(super) fn add(&mut self, mark: Mark, number: u64) {
        let count = match mark {
            Mark::Same => &mut self.same,
            Mark::Added => &mut self.added,
            Mark::Missing => &mut self.missing,
            Mark::Different => &mut self.different,
            Mark::Unreadable => &mut self.unreadable,
        };
        *count += number;
    }

    /// How many are anything but the same.
    pub(crate) fn differences(&self) -> u64 {
        self.added + self.missing + self.different + self.unreadable
    }
}

/// The counts in total and by entity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct DiffTotals {
    #[serde(flatten)]
    pub total: MarkCounts,
    /// By the name of their collection, of the entities that were compared.
    #[serde(serialize_with = "by_plural")]
    pub by_entity: BTreeMap<Entity, MarkCounts>,
}

fn by_plural<S: Serializer>(counts: &BTreeMap<Entity, MarkCounts>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counts.iter().map(|(entity, counts)| (entity.plural(), counts)))
}

impl DiffTotals {
    /// Counts so many records of a mark.
    pub(crate) fn add(&mut self, entity: Entity, mark: Mark, number: u64) {
        self.total.add(mark, number);
        self.by_entity.entry(entity).or_default().add(mark, number);
    }
}

/// What a comparison found, beyond the differences themselves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Comparison {
    /// How many.
    #[serde(flatten)]
    pub totals: DiffTotals,
    /// The older one.
    pub old: ComparedSide,
    /// The newer one.
    pub new: ComparedSide,
    /// Fields that were not compared, as `users.is_online`.
    pub ignored: Vec<String>,
    /// What a reader must know: what was not compared and why.
    pub notes: Vec<String>,
}

impl Comparison {
    /// Whether the two are the same, as far as they could be compared.
    pub(crate) fn is_same(&self) -> bool {
        self.totals.total.differences() == 0
    }

    /// Whether one of the two was not read to its end, so that the two are not known to be the same.
    pub(crate) fn has_incomplete_side(&self) -> bool {
        [&self.old, &self.new].into_iter().any(|side| side.verdict == Verdict::Incomplete)
    }
}
