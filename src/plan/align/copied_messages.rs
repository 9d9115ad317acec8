//! Where the messages of a conversation go in a copy, for who has read how far.
//!
//! The target numbers its messages from 0 without gaps, and the indices of the source may have any. Of rows without a gap one entry is held.

use super::fields::{READ_INDEX, READ_TIME};
use crate::mapping::Value;

/// Where the copied messages of a conversation go: rows of indices without a gap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CopiedMessages {
    rows: Vec<CopiedRow>,
    count: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CopiedRow {
    first: i64,
    last: i64,
    /// The index that the first one has in the target.
    position: i64,
}

impl CopiedMessages {
    pub(super) fn push(&mut self, index: i64) {
        match self.rows.last_mut().filter(|row| row.last.checked_add(1) == Some(index)) {
            Some(row) => row.last = index,
            None => self.rows.push(CopiedRow { first: index, last: index, position: self.count }),
        }
        self.count += 1;
    }

    /// The index in the target of the last copied message at or below an index of the source.
    pub(crate) fn at_or_below(&self, index: i64) -> Option<i64> {
        let following = self.rows.partition_point(|row| row.first <= index);
        let row = self.rows.get(following.checked_sub(1)?)?;
        Some(row.position + index.min(row.last) - row.first)
    }

    /// How far a participant has read, by the target's indices. Of who has read no message that is copied, nothing is said.
    pub(super) fn translate(&self, desired: &mut [Option<Value<'_>>]) {
        let Some(Some(Value::Integer(index))) = desired.get(READ_INDEX).copied() else { return };
        let position = self.at_or_below(index);
        desired[READ_INDEX] = Some(position.map_or(Value::Null, Value::Integer));
        if position.is_none() {
            desired[READ_TIME] = None;
        }
    }
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn an_index_that_was_read_is_that_of_the_last_copied_message_at_or_below_it() {
        let mut copied = CopiedMessages::default();
        for index in [2, 3, 4, 9, 10, 20] {
            copied.push(index);
        }
        let of = |index| copied.at_or_below(index);
        assert_eq!((of(0), of(1)), (None, None), "nothing that was copied was read");
        assert_eq!(
            [2, 3, 4, 5, 8, 9, 10, 11, 19, 20, 1_000].map(of),
            [0, 1, 2, 2, 2, 3, 4, 4, 4, 5, 5].map(Some)
        );
        let mut desired = vec![None; READ_TIME + 1];
        desired[READ_INDEX] = Some(Value::Integer(1));
        desired[READ_TIME] = Some(Value::Text("2020-01-02T03:04:05Z"));
        copied.translate(&mut desired);
        assert_eq!((desired[READ_INDEX], desired[READ_TIME]), (Some(Value::Null), None));
        desired[READ_INDEX] = Some(Value::Integer(8));
        copied.translate(&mut desired);
        assert_eq!(desired[READ_INDEX], Some(Value::Integer(2)));
        assert_eq!(CopiedMessages::default().at_or_below(7), None);
    }
}
