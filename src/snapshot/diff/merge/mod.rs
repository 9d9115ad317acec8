//! Two snapshots read together, in the order of their keys: which rows both have, which only one has, and which differ.
//!
//! Rows are compared as SQLite stores them, and nothing of a row is decoded unless the visitor asks. Lists of users and channels
//! are merged by their SIDs; the rows of a user's or channel's own list are merged within it, so that both files are read in
//! the order of one index and memory holds two rows. A list whose digest is the same in both (`list_digest`, `group_digest`) is
//! counted and not read.
//!
//! **Invariant:** memory does not grow with the data.
//!
//! **Invariant:** a row that one side lacks is given with the reason why that side may lack it wrongly ([`Met::Only`]); what
//! could not be read is never reported as gone.

mod lists;
mod pair;
mod row;
mod unread;

use self::lists::Merge;
pub(crate) use self::row::RawRow;
use crate::model::{Entity, ServiceSid};
use crate::snapshot::diff::column::FieldMask;
use crate::snapshot::error::SnapshotError;
use crate::snapshot::read::reader::Snapshot;

#[derive(Debug, Clone, Copy)]
pub(crate) struct MergeOptions {
    /// The records.
    pub entity: Entity,
    /// The fields that count.
    pub fields: FieldMask,
    /// Whether rows that are the same are given one by one.
    pub report_same: bool,
    /// Whether only users and channels that both sides have are looked at, with what is in their lists: where the two
    /// were read for other users, a missing one means nothing.
    pub common_only: bool,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// The older one.
    Old,
    /// The newer one.
    New,
}

/// What a merge found.
#[derive(Debug)]
pub(crate) enum Met<'r> {
    /// Rows that are the same, by number.
    Same(u64),
    /// A row that is the same, where these are given one by one.
    SameRow(RawRow<'r>),
    /// A row that differs.
    Differs {
        old: RawRow<'r>,
        new: RawRow<'r>,
        /// In which of the fields that count.
        fields: FieldMask,
    },
    /// A row that only one side has.
    Only {
        /// The side that has it.
        which: Which,
        row: RawRow<'r>,
        /// Why the other side may have it all the same; none where it does not.
        unread: Option<String>,
    },
}

/// Merges one entity of two snapshots; the visitor's error ends it.
pub(crate) fn merge<E: From<SnapshotError>>(
    old: &Snapshot,
    new: &Snapshot,
    options: MergeOptions,
    visit: &mut impl FnMut(Met<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let services = services(old, new)?;
    let mut merge = Merge::of(old, new, options, &services)?;
    if let Some(rows) = merge.same_groups() {
        visit(Met::Same(rows))?;
    }
    for service in services {
        merge.service(service, visit)?;
    }
    Ok(())
}

/// The services of both, by SID: their numbers in each. Those that one of the crawls was not asked for are left out.
fn services(old: &Snapshot, new: &Snapshot) -> Result<Vec<[Option<i64>; 2]>, SnapshotError> {
    let mut found = std::collections::BTreeMap::<ServiceSid, [Option<i64>; 2]>::new();
    for (at, side) in [old, new].into_iter().enumerate() {
        for (number, sid) in side.service_numbers()? {
            found.entry(sid).or_default()[at] = Some(number);
        }
    }
    for side in [old, new] {
        let asked = side.identity()?.services;
        found.retain(|sid, _| asked.is_empty() || asked.contains(sid));
    }
    Ok(found.into_values().collect())
}
