//! The comparison itself: each entity merged, each meeting as a difference.

use std::path::Path;

use serde_json::Value;

use super::difference::{Comparison, DiffTotals, Difference, FieldChange, Mark};
use super::error::TermsError;
use super::ignore::IgnoredFields;
use super::terms::Terms;
use crate::snapshot::{FieldMask, MergeOptions, Met, RawRow, Snapshot, SnapshotError, Which, columns, merge};

/// How to compare.
#[derive(Debug, Clone, Default)]
pub(crate) struct DiffOptions {
    /// Fields that do not count.
    pub ignored: IgnoredFields,
    /// Whether records that are the same are reported too.
    pub report_same: bool,
}

/// Opens one of the two.
pub(crate) fn open(path: &Path) -> Result<Snapshot, TermsError> {
    Snapshot::open(path).map_err(TermsError::Unopened)
}

/// Opens one of the two whose bytes are those that were written.
pub(crate) fn open_checked(path: &Path) -> Result<Snapshot, TermsError> {
    Snapshot::check_file(path).map_err(TermsError::Unopened)?;
    open(path)
}

/// Compares two snapshots on the terms that were made of them, and visits each difference in the order of entities and keys.
pub(crate) fn diff_snapshots<E: From<SnapshotError>>(
    old: &Snapshot,
    new: &Snapshot,
    terms: Terms,
    options: &DiffOptions,
    mut visit: impl FnMut(&Difference) -> Result<(), E>,
) -> Result<Comparison, E> {
    let mut totals = DiffTotals::default();
    for &entity in &terms.entities {
        totals.by_entity.entry(entity).or_default();
        let merging = MergeOptions {
            entity,
            fields: terms.comparable(entity).and(options.ignored.counting(entity)),
            report_same: options.report_same,
            common_only: terms.common_only,
        };
        merge::<E>(old, new, merging, &mut |met| {
            let difference = match met {
                Met::Same(number) => {
                    totals.add(entity, Mark::Same, number);
                    return Ok(());
                }
                Met::SameRow(row) => plain(Mark::Same, &row)?,
                Met::Differs { old, new, fields } => differs(&old, &new, fields)?,
                Met::Only { which, row, unread } => only(which, &row, unread)?,
            };
            totals.add(entity, difference.mark, 1);
            if difference.mark == Mark::Same && !options.report_same {
                return Ok(());
            }
            visit(&difference)
        })?;
    }
    let Terms { sides: [old, new], notes, .. } = terms;
    Ok(Comparison { totals, old, new, ignored: options.ignored.names(), notes })
}

fn plain(mark: Mark, row: &RawRow<'_>) -> Result<Difference, SnapshotError> {
    Ok(Difference {
        mark,
        entity: row.entity(),
        sid: row.sid()?,
        name: row.name()?,
        changes: Vec::new(),
        record: None,
        reason: None,
        conversation: None,
    })
}

/// A record that both have, and whose columns differ. What the columns mean may be the same all the same.
fn differs(old: &RawRow<'_>, new: &RawRow<'_>, fields: FieldMask) -> Result<Difference, SnapshotError> {
    let mut changes = Vec::new();
    for (number, column) in columns(new.entity()).iter().enumerate().filter(|(number, _)| fields.has(*number))
    {
        let (old, new) = (old.value(number)?, new.value(number)?);
        if !same(is_set(column.name), &old, &new) {
            changes.push(FieldChange { field: column.name, old, new });
        }
    }
    let mark = if changes.is_empty() { Mark::Same } else { Mark::Different };
    Ok(Difference { changes, ..plain(mark, new)? })
}

/// Whether a field holds a set, whose order says nothing.
fn is_set(name: &str) -> bool {
    matches!(name, "permissions" | "webhook_filters")
}

/// Whether two values mean the same: keys of an object have no order, nor have permissions.
fn same(as_sets: bool, old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Array(old), Value::Array(new)) if as_sets => {
            let sorted = |list: &[Value]| {
                let mut texts: Vec<String> = list.iter().map(ToString::to_string).collect();
                texts.sort();
                texts
            };
            sorted(old) == sorted(new)
        }
        (old, new) => old == new,
    }
}

fn only(which: Which, row: &RawRow<'_>, unread: Option<String>) -> Result<Difference, SnapshotError> {
    let mark = match (&unread, which) {
        (Some(_), _) => Mark::Unreadable,
        (None, Which::Old) => Mark::Missing,
        (None, Which::New) => Mark::Added,
    };
    let lacking = if which == Which::Old { "new" } else { "old" };
    let reason = unread.map(|why| format!("in the {lacking} snapshot {why}"));
    Ok(Difference { record: Some(row.record()?), reason, ..plain(mark, row)? })
}
