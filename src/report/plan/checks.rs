//! The assessment as a report has it: every check, how much it found, and the first findings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::plan::{CHECKS, PlanCheck, PlanFinding, Severity, all_checks};
use crate::report::text::format;

/// A check and what it found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct CheckRow {
    pub(super) code: String,
    /// That of its findings; `pass` where there are none.
    pub(super) severity: Severity,
    /// Whether it blocks the plan.
    pub(super) of_plan: bool,
    pub(super) title: String,
    pub(super) meaning: String,
    pub(super) advice: String,
    pub(super) count: u64,
    /// Whether it could look at all that it looks at.
    pub(super) is_checked: bool,
    /// The first findings.
    pub(super) first: Vec<FindingRow>,
    /// How many of the findings the page's script has.
    pub(super) listed: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct FindingRow {
    /// One SID, or the two of a membership.
    pub(super) sids: Vec<String>,
    pub(super) about: String,
    pub(super) name: Option<String>,
    pub(super) detail: String,
}

impl FindingRow {
    pub(super) fn of(finding: &PlanFinding) -> Self {
        Self {
            sids: finding.sid.split('/').map(str::to_owned).collect(),
            about: finding.entity.plural().replace('_', " "),
            name: finding.name.clone(),
            detail: finding.detail.clone(),
        }
    }
}

impl CheckRow {
    fn new(code: &str, check: Option<&'static PlanCheck>, count: u64) -> Self {
        let text = |of: fn(&PlanCheck) -> &'static str| check.map_or("", of).to_owned();
        let severity = check.map_or(Severity::Warn, |check| check.severity);
        Self {
            code: code.to_owned(),
            severity: if count == 0 { Severity::Pass } else { severity },
            of_plan: check.is_some_and(|check| check.of_plan),
            title: check.map_or_else(|| code.to_owned(), |check| check.title(count, format::count)),
            meaning: text(|check| check.meaning),
            advice: text(|check| check.advice),
            count,
            is_checked: true,
            first: Vec::new(),
            listed: 0,
        }
    }

    /// Every check that was made, the gravest first and those that found nothing last.
    pub(super) fn all(
        counts: &BTreeMap<String, u64>,
        not_checked: &BTreeSet<String>,
        mut found: BTreeMap<&'static str, (&'static PlanCheck, Vec<FindingRow>)>,
    ) -> Vec<Self> {
        let row = |(code, count): (&String, &u64)| match found.remove(code.as_str()) {
            Some((check, first)) => Self { first, ..Self::new(code, Some(check), *count) },
            None => Self::new(code, all_checks().find(|check| check.code == code), *count),
        };
        let mut rows: Vec<Self> = counts.iter().map(row).collect();
        for row in rows.iter_mut().filter(|row| not_checked.contains(&row.code)) {
            row.is_checked = false;
            if row.count == 0 {
                "it could not be checked".clone_into(&mut row.title);
            }
        }
        let place =
            |row: &Self| CHECKS.iter().position(|check| check.code == row.code).unwrap_or(CHECKS.len());
        rows.sort_by_cached_key(|row| (Reverse(row.severity), Reverse(row.of_plan), place(row)));
        rows
    }
}

/// How many findings of each check are listed when not all can be: as many of each as there is room for, so that no check is
/// crowded out by another.
pub(super) fn allotted(counts: &[u64], room: u64) -> Vec<u64> {
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|index| counts[*index]);
    let mut allotted = vec![0; counts.len()];
    let mut left = room;
    for (done, index) in order.iter().enumerate() {
        let fair = left / (counts.len() - done) as u64;
        allotted[*index] = counts[*index].min(fair);
        left -= allotted[*index];
    }
    allotted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_with_many_findings_leaves_room_for_the_others() {
        assert_eq!(allotted(&[5, 1_000_000, 0, 20], 100_000), [5, 99_975, 0, 20]);
        assert_eq!(allotted(&[70, 80, 10], 100), [45, 45, 10]);
        assert_eq!(allotted(&[7, 8], 100), [7, 8]);
        assert!(allotted(&[], 100).is_empty());
    }
}
