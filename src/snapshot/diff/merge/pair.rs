//! What of two rows is compared with each other: keys by SQLite's order, and the pairs of SIDs that both were sent with.

use std::cmp::Ordering;

use rusqlite::types::ValueRef;

use crate::snapshot::diff::column::FieldMask;
use crate::snapshot::read::reader::Snapshot;

/// The order of two keys as SQLite has it: null, numbers, texts, digits, and texts and digits by their bytes.
pub(super) fn compare(left: ValueRef<'_>, right: ValueRef<'_>) -> Ordering {
    let rank = |value: ValueRef<'_>| match value {
        ValueRef::Null => 0,
        ValueRef::Integer(_) | ValueRef::Real(_) => 1,
        ValueRef::Text(_) => 2,
        ValueRef::Blob(_) => 3,
    };
    match (left, right) {
        (ValueRef::Text(left), ValueRef::Text(right)) | (ValueRef::Blob(left), ValueRef::Blob(right)) => {
            left.cmp(right)
        }
        (left, right) => rank(left).cmp(&rank(right)),
    }
}

/// The pairs of SIDs that two rows were sent with: each file numbers them by itself. Nearly all rows have the same two numbers.
#[derive(Default)]
pub(super) struct ScopePair(Option<(Option<i64>, Option<i64>, FieldMask)>);

impl ScopePair {
    /// Which of the two SIDs differ.
    pub(super) fn differing(
        &mut self,
        sides: [&Snapshot; 2],
        old: Option<i64>,
        new: Option<i64>,
    ) -> FieldMask {
        if let Some((last_old, last_new, fields)) = self.0
            && (last_old, last_new) == (old, new)
        {
            return fields;
        }
        let (old_pair, new_pair) = (sides[0].scopes.pair(old), sides[1].scopes.pair(new));
        let mut fields = FieldMask::default();
        if old_pair.0 != new_pair.0 {
            fields = fields.with(0);
        }
        if old_pair.1 != new_pair.1 {
            fields = fields.with(1);
        }
        self.0 = Some((old, new, fields));
        fields
    }
}
