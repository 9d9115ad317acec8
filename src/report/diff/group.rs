//! Groups the lines of a verification by field and cause: the first of each, then how many more there are.
//!
//! **Why** only there: someone who verifies asks what kinds of trouble there are; someone who compares two nights asks what happened.
//!
//! **Invariant:** nothing is left out. Each record is in a line or is counted in the last line of its group.
//!
//! **Invariant:** memory is bounded: from [`MOST_GROUPS`] on, causes share one group for each mark and kind of record.

use std::collections::BTreeMap;

use crate::diff::{Difference, Mark};
use crate::model::Entity;
use crate::printable::PrintableLine;
use crate::report::text::format;

/// Lines of a group that are written.
const SHOWN: u64 = 5;

/// Causes that are told apart.
const MOST_GROUPS: usize = 500;

/// What lines have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupKey {
    entity: Entity,
    mark: Mark,
    /// The fields that differ, or the reason.
    cause: String,
}

impl GroupKey {
    /// That of a line which stands for several records, of which this is the first.
    pub(super) fn led_by(entity: Entity, first: &Difference) -> Self {
        Self { entity, ..Self::of(first) }
    }

    pub(super) fn of(difference: &Difference) -> Self {
        let fields = || difference.changes.iter().map(|change| change.field).collect::<Vec<_>>().join(", ");
        Self {
            entity: difference.entity,
            mark: difference.mark,
            cause: difference.reason.clone().unwrap_or_else(fields),
        }
    }
}

/// A line that stands for one record or for several.
#[derive(Debug)]
pub(super) struct FoldedLine {
    pub(super) line: PrintableLine,
    pub(super) key: GroupKey,
    pub(super) records: u64,
}

/// The lines of a group so far, and what only is counted.
#[derive(Debug, Clone, Copy, Default)]
struct GroupCount {
    written: u64,
    more: u64,
    more_records: u64,
}

/// Counts the lines of each group.
#[derive(Debug, Default)]
pub(super) struct LineGroups(BTreeMap<GroupKey, GroupCount>);

impl LineGroups {
    /// The line, if its group has not enough of them yet.
    pub(super) fn add(&mut self, folded: FoldedLine) -> Option<PrintableLine> {
        let FoldedLine { line, mut key, records } = folded;
        if self.0.len() >= MOST_GROUPS && !self.0.contains_key(&key) {
            "other causes".clone_into(&mut key.cause);
        }
        let count = self.0.entry(key).or_default();
        if count.written < SHOWN {
            count.written += 1;
            return Some(line);
        }
        count.more += 1;
        count.more_records += records;
        None
    }

    /// How many more each group has, and how to see them.
    pub(super) fn rest(&self) -> Vec<PrintableLine> {
        let mut lines: Vec<PrintableLine> =
            self.0.iter().filter(|(_, count)| count.more > 0).map(|(key, count)| rest(key, *count)).collect();
        if !lines.is_empty() {
            lines.push(PrintableLine::from("`--records` writes a line for each record"));
        }
        lines
    }
}

fn rest(key: &GroupKey, count: GroupCount) -> PrintableLine {
    let GroupKey { entity, mark, cause } = key;
    let with = if count.more_records > count.more {
        format!(" with {}", format::counted(count.more_records, "record"))
    } else {
        String::new()
    };
    let why = match mark {
        Mark::Different => format!(" that differ in {cause}"),
        _ if cause.is_empty() => String::new(),
        _ => format!(": {cause}"),
    };
    let (sign, more) = (mark.sign(), format::count(count.more));
    PrintableLine::from(format!("{sign} {:<13} and {more} more{with}{why}", entity.plural()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::FieldChange;
    use crate::printable::Printable;

    fn row(mark: Mark, field: Option<&'static str>, reason: Option<&str>) -> FoldedLine {
        let change = |field| FieldChange { field, old: 1.into(), new: 2.into() };
        let difference = Difference {
            mark,
            entity: Entity::Member,
            sid: "MB1".to_owned(),
            name: None,
            changes: field.into_iter().map(change).collect(),
            record: None,
            reason: reason.map(str::to_owned),
            conversation: None,
        };
        let line = super::super::line::text(&difference);
        FoldedLine { line, key: GroupKey::of(&difference), records: 3 }
    }

    #[test]
    fn each_field_and_cause_has_its_first_lines_and_a_count() {
        let mut groups = LineGroups::default();
        let mut written = 0;
        for _ in 0..2_141 {
            written += u64::from(groups.add(row(Mark::Different, Some("role_sid"), None)).is_some());
        }
        assert!(groups.add(row(Mark::Different, Some("attributes"), None)).is_some());
        for _ in 0..7 {
            written += u64::from(groups.add(row(Mark::Missing, None, Some("it is public"))).is_some());
        }
        assert_eq!(written, 2 * SHOWN);
        let rest: Printable = groups.rest().into_iter().collect();
        assert_eq!(
            rest.to_string(),
            "- members       and 2 more with 6 records: it is public\n\
             * members       and 2,136 more with 6,408 records that differ in role_sid\n\
             `--records` writes a line for each record"
        );
    }

    #[test]
    fn a_group_that_is_all_there_says_nothing_more_and_memory_is_bounded() {
        let mut groups = LineGroups::default();
        for number in 0..3 * MOST_GROUPS {
            let reason = format!("reason {number}");
            groups.add(row(Mark::Unreadable, None, Some(&reason)));
        }
        assert_eq!(groups.0.len(), MOST_GROUPS + 1);
        let rest: Printable = groups.rest().into_iter().collect();
        assert!(
            rest.to_string().starts_with("! members       and 995 more with 2,985 records: other causes\n"),
            "{rest}"
        );
        assert!(LineGroups::default().rest().is_empty());
    }
}
